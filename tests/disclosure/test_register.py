"""Two releases beside one another, and the files that publishing writes."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from tables_at_hand import Groups, link_rates

from linkage.disclosure import public_tables, publish, read_register
from linkage.disclosure.profiles import Profile, profile_of
from linkage.errors import InputError, RefusedError

SRS, CCO = profile_of("srs10"), profile_of("cco10")
FIRST: Groups = {"sen": {"E": (5, 40), "K": (60, 100), "N": (800, 1_000)}}


def published(folder: Path, groups: Groups, profile: Profile = SRS, register: Path | None = None) -> dict[str, int]:
    """Write the diagnostics of these groups, and publish them."""
    diagnostics = folder / "diagnostics"
    diagnostics.mkdir(exist_ok=True, parents=True)
    rows = link_rates(groups)
    with (diagnostics / "match_rate.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return publish(diagnostics, folder / "public", profile, register=register, population="test")


def test_public_tables_have_no_column_that_is_not_described_and_no_hidden_value(tmp_path: Path) -> None:
    (tmp_path / "diagnostics").mkdir()
    (tmp_path / "diagnostics" / "not_described.csv").write_text("a,b\n1,2\n")
    facts = published(tmp_path, FIRST)
    assert facts == {"tables": 1, "counts": 8, "hidden": 2, "withheld": 1}
    assert sorted(path.name for path in (tmp_path / "public").iterdir()) == ["match_rate.csv", "not_published.csv"]
    told = (tmp_path / "public" / "not_published.csv").read_text(encoding="utf-8").splitlines()
    assert told[1:] == ["not_described,whole,the engine has no description of it,srs10"]
    with (tmp_path / "diagnostics" / "sdc_log.csv").open(encoding="utf-8", newline="") as file:
        log = list(csv.DictReader(file))
    assert [(line["subgroup"], line["reason"]) for line in log] == [
        ("E", "small count"), ("K", "would give another away")]  # fmt: skip
    table = public_tables(tmp_path / "public")["match_rate"]
    assert [row["linked"] for row in table] == [865, "c", "c", 800]
    assert [row["rate"] for row in table] == [pytest.approx(0.759), "c", "c", pytest.approx(0.8)]
    assert {row["profile"] for row in table} == {"srs10"}
    again = (tmp_path / "public" / "match_rate.csv").read_bytes()
    published(tmp_path, FIRST)
    assert (tmp_path / "public" / "match_rate.csv").read_bytes() == again


def test_the_same_release_is_entered_once_and_holds_no_hidden_value(tmp_path: Path) -> None:
    register = tmp_path / "releases.jsonl"
    for _ in range(2):
        published(tmp_path, FIRST, register=register)
    lines = register.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1
    cells = {tuple(name): value for name, value in json.loads(lines[0])["cells"]}
    assert cells["linked", "cin", "census", "l", "sen", "E"] is None
    assert cells["linked", "cin", "census", "l", "sen", "N"] == 800
    assert [release.profile for release in read_register(register)] == ["srs10"]


@pytest.mark.parametrize("more", [1, 9])
def test_a_release_that_differs_by_a_few_children_is_refused(tmp_path: Path, more: int) -> None:
    register = tmp_path / "releases.jsonl"
    published(tmp_path / "one", FIRST, register=register)
    later = {"sen": {**FIRST["sen"], "N": (800 + more, 1_000 + more)}}
    with pytest.raises(RefusedError) as refused:
        published(tmp_path / "two", later, register=register)
    assert refused.value.exit_code == 12
    assert "80" not in str(refused.value)
    assert not (tmp_path / "two" / "public").exists()
    assert len(read_register(register)) == 1


def test_a_release_that_differs_by_ten_or_is_rounded_in_both_is_not(tmp_path: Path) -> None:
    published(tmp_path / "one", FIRST, register=tmp_path / "exact.jsonl")
    later = {"sen": {**FIRST["sen"], "N": (810, 1_020)}}
    published(tmp_path / "two", later, register=tmp_path / "exact.jsonl")
    assert len(read_register(tmp_path / "exact.jsonl")) == 2
    for linked in (800, 806):
        groups = {"sen": {**FIRST["sen"], "N": (linked, 1_000)}}
        published(tmp_path / "three", groups, CCO, tmp_path / "rounded.jsonl")
    assert len(read_register(tmp_path / "rounded.jsonl")) == 2


def test_what_one_release_hid_no_later_one_shows(tmp_path: Path) -> None:
    register = tmp_path / "releases.jsonl"
    published(tmp_path / "one", FIRST, register=register)  # hides K beside E
    later = {"sen": {"E": (45, 80), "K": (60, 100), "N": (800, 1_000)}}  # would hide nothing
    published(tmp_path / "two", later, register=register)
    table = public_tables(tmp_path / "two" / "public")["match_rate"]
    assert [row["linked"] for row in table][1:3] == ["c", "c"]


def test_what_one_release_showed_no_later_one_can_hide(tmp_path: Path) -> None:
    register = tmp_path / "releases.jsonl"
    published(tmp_path / "one", {"sen": {"E": (45, 80), "K": (60, 100), "N": (800, 1_000)}}, register=register)
    with pytest.raises(RefusedError, match="shown then, hidden now"):
        published(tmp_path / "two", FIRST, register=register)


def test_a_register_that_was_edited_is_refused_by_line(tmp_path: Path) -> None:
    register = tmp_path / "releases.jsonl"
    published(tmp_path, FIRST, register=register)
    with register.open("a", encoding="utf-8") as file:
        file.write('{"time": "now"}\n')
    with pytest.raises(InputError, match=r"releases\.jsonl, line 2"):
        read_register(register)
