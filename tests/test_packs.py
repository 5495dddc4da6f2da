"""Rule packs and models: the bundled ones are whole, a path wins, and a wrong one is refused in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from linkage.errors import ProjectError
from linkage.packs import bundled, load_packs

PACK = """
[pack]
id = "{id}"
version = 1
[[rule]]
id = "{rule}"
title = "Same UPN"
reason = "For tests."
match = ["upn"]
assumed_precision = 0.99
"""


def write_pack(path: Path, *, id: str = "mine", rule: str = "same_upn", change: tuple[str, str] = ("", "")) -> Path:
    path.write_text(PACK.format(id=id, rule=rule).replace(*change), encoding="utf-8")
    return path


def refused(folder: Path, *rules: str, model: str = "none") -> str:
    with pytest.raises(ProjectError) as told:
        load_packs(rules, model, folder=folder)
    return str(told.value)


LINKING = sorted(path for path in bundled("rules").glob("*.toml") if path.stem != "families")


@pytest.mark.parametrize("path", LINKING, ids=lambda path: path.stem)
def test_a_bundled_rule_pack_is_whole_and_gives_its_reasons(path: Path, tmp_path: Path) -> None:
    found = load_packs((path.stem,), "none", folder=tmp_path)
    assert found.rules
    assert all(len(rule.reason) > 20 for rule in found.rules)


@pytest.mark.parametrize(
    "folder", [p for p in sorted(bundled("models").iterdir()) if p.is_dir()], ids=lambda path: path.name
)
def test_a_bundled_model_is_whole(folder: Path, tmp_path: Path) -> None:
    model = load_packs((), folder.name, folder=tmp_path).model
    assert model is not None
    for comparison in model.comparison:
        trained = [level for level in comparison.levels if not level.fixed] or comparison.levels
        assert sum(level.m for level in trained) == pytest.approx(1, abs=0.02), comparison.name
        assert sum(level.u for level in trained) == pytest.approx(1, abs=0.02), comparison.name
        assert comparison.levels[-1].when is None, comparison.name


def test_rules_run_in_the_order_in_which_packs_are_named(tmp_path: Path) -> None:
    write_pack(tmp_path / "one.toml", id="one", rule="first")
    write_pack(tmp_path / "two.toml", id="two", rule="second")
    assert [rule.id for rule in load_packs(("two.toml", "one.toml"), "none", folder=tmp_path).rules] == [
        "second",
        "first",
    ]


def test_a_path_wins_over_a_bundled_name(tmp_path: Path) -> None:
    write_pack(tmp_path / "identifiers", rule="mine_only")
    assert [rule.id for rule in load_packs(("identifiers",), "none", folder=tmp_path).rules] == ["mine_only"]


def test_a_model_may_be_a_folder_of_the_project(tmp_path: Path) -> None:
    (tmp_path / "ours").mkdir()
    text = (bundled("models") / "child" / "model.toml").read_text(encoding="utf-8")
    (tmp_path / "ours" / "model.toml").write_text(text.replace('id = "child"', 'id = "ours"'), encoding="utf-8")
    model = load_packs((), "ours", folder=tmp_path).model
    assert model is not None
    assert model.model.id == "ours"


def test_none_is_no_model(tmp_path: Path) -> None:
    assert load_packs((), "none", folder=tmp_path).model is None


def test_a_changed_pack_has_another_hash(tmp_path: Path) -> None:
    write_pack(tmp_path / "mine.toml")
    before = load_packs(("mine.toml",), "none", folder=tmp_path).hashes
    write_pack(tmp_path / "mine.toml", change=("For tests.", "For other tests."))
    after = load_packs(("mine.toml",), "none", folder=tmp_path).hashes
    assert before.keys() == after.keys() == {"rules/mine@1"}
    assert before != after


def test_a_missing_pack_is_told_with_the_nearest(tmp_path: Path) -> None:
    assert "nearest: 'identifiers'" in refused(tmp_path, "identifers")


def test_two_rules_of_one_name_are_refused(tmp_path: Path) -> None:
    write_pack(tmp_path / "one.toml", id="one")
    write_pack(tmp_path / "two.toml", id="two")
    assert "Two rules are called 'same_upn'" in refused(tmp_path, "one.toml", "two.toml")


def test_two_packs_of_one_name_are_refused(tmp_path: Path) -> None:
    write_pack(tmp_path / "one.toml", rule="first")
    write_pack(tmp_path / "two.toml", rule="second")
    assert "Two rule packs have the same id" in refused(tmp_path, "one.toml", "two.toml")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('match = ["upn"]', 'match = ["upm"]'), "nearest: 'upn'"),
        (('match = ["upn"]', 'match = ["upn", "uln"]'), "matches two identifiers"),
        (('match = ["upn"]', "match = []"), "at least 1 item"),
        (('match = ["upn"]', 'match = ["upn"]\nunless = ["dob_conflct"]'), "nearest: 'dob_conflict'"),
        (('match = ["upn"]', 'match = ["upn"]\nunique = "most"'), "unique"),
        (("0.99", "1"), "less than 1"),
        (("title =", "titel ="), "nearest valid key: 'title'"),
        (("[pack]", "[pakc]"), "nearest valid key: 'pack'"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[1][:20],
)
def test_a_pack_that_is_not_valid_is_refused(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    write_pack(tmp_path / "mine.toml", change=change)
    assert words in refused(tmp_path, "mine.toml")
