"""The benchmark's own arithmetic, on cases worked out by hand. What it measures is in docs/benchmarks.md."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import linkage_synth
import numpy as np
import pytest
from adult_learners import add_adults
from calibration import error_by_chance, expected_calibration_error, reliability
from copied_tables import COPIED, copy_tables
from datasets import Dataset, write_dataset
from families_quality import as_markdown as families_as_markdown
from judging import judge
from measuring import FailedError, measure
from pages import refresh
from persons_families import copies_for, is_met
from recall_ranking import Cell, long_run, named_worst, said_to_differ
from scale import exponents


def _write(folder: Path, truth: str) -> None:
    (folder / "truth").mkdir()
    (folder / "truth" / "rows.csv").write_text(truth, encoding="utf-8")


def _select(*rows: tuple[str, str, str]) -> str:
    return f"select * from (values {', '.join(map(str, rows))}) t(source, key, person)"


def test_pairs_across_sources_after_clustering(tmp_path: Path) -> None:
    _write(tmp_path, "source,key,person\na,1,x\nb,1,x\nb,2,x\na,2,y\nb,3,y\nb,4,z\n")
    # True: a1-b1, a1-b2, a2-b3. Found: a1-b1 rightly, a2-b4 falsely. b1-b2 is within a source and counts for nobody.
    found = _select(("a", "1", "p"), ("b", "1", "p"), ("a", "2", "q"), ("b", "4", "q"))
    result = judge(Dataset("d", "D", "town", ("a", "b")), tmp_path, found)
    assert (result.found, result.false, result.missed) == (1, 1, 2)
    assert (result.precision, result.recall) == (0.5, pytest.approx(1 / 3))
    assert result.error == pytest.approx(0.6)
    assert result.of_twins is None


def test_pairs_within_one_table_and_merged_twins(tmp_path: Path) -> None:
    _write(tmp_path, "source,key,person\na,1,x\na,2,x\na,3,y\na,4,z\n")
    persons = "person,twin_group,sibling_group\nx,t,s\ny,t,s\nz,,s\n"
    (tmp_path / "truth" / "persons.csv").write_text(persons, encoding="utf-8")
    found = _select(("a", "1", "p"), ("a", "2", "p"), ("a", "3", "p"))
    result = judge(Dataset("d", "D", "town", ("a",)), tmp_path, found)
    assert (result.found, result.false, result.missed) == (1, 2, 0)
    assert (result.twin_merges, result.of_twins) == (1, 1)
    assert (result.sibling_merges, result.of_siblings) == (1, 2)


def test_calibration_error_of_bins_of_equal_mass() -> None:
    # Ten bins of two pairs: nine of 0.9 with both true (0.1 off), one of 0.5 with one true (not off).
    confidence = np.array([0.5, 0.5] + [0.9] * 18)
    same = np.array([True, False] + [True] * 18)
    assert expected_calibration_error(confidence, same) == pytest.approx(0.09)
    assert [each["pairs"] for each in reliability(confidence, same)] == [2] * 10
    assert expected_calibration_error(np.array([]), np.array([], dtype=bool)) == 0


def test_chance_alone_makes_an_error_in_small_bins() -> None:
    # The share of n right pairs of chance p is off by sqrt(2 p (1-p) / (pi n)) on average: 0.0319 of 100 at 0.8.
    assert error_by_chance(np.full(1_000, 0.8)) == pytest.approx(0.0319, abs=0.002)
    assert error_by_chance(np.ones(50)) == 0


def test_growth_exponent() -> None:
    rows = [{"records": {"a": 10, "b": 90}, "wall_seconds": 2.0}, {"records": {"a": 1000}, "wall_seconds": 40.0}]
    assert exponents(rows, "wall_seconds") == [pytest.approx(1.30103)]  # 20 times the seconds for 10 times the records


def test_copies_have_nothing_in_common_but_names_and_birth_dates(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with duckdb.connect(str(tmp_path / "run" / "run.duckdb")) as con:
        con.execute("create table sources as select 0 as source_no")
        for table, changed in COPIED.items():
            # Postcodes, numbers and texts of two records, by what the copy changes of the table.
            kinds = {"record_id": "r", "record_id_l": "r", "record_id_r": "r", "postcodes": "['AB1 2CD']"}
            listed = ", ".join(kinds.get(name, "'v' || r") + f" as {name}" for name in changed)
            con.execute(f"create table {table} as select {listed}, 'ANN' as forename from range(2) as t(r)")
    copy_tables(tmp_path / "run", tmp_path / "working.duckdb", 3)
    with duckdb.connect(str(tmp_path / "working.duckdb")) as con:
        assert con.execute("select record_id, key from records").fetchall() == [
            (0, "v0~0"), (1, "v1~0"), (2, "v0~1"), (3, "v1~1"), (4, "v0~2"), (5, "v1~2"),
        ]  # fmt: skip
        assert con.execute("select distinct postcodes[1] from records order by all").fetchall() == [
            ("AB1 2CD~0",), ("AB1 2CD~1",), ("AB1 2CD~2",),
        ]  # fmt: skip
        assert con.execute("select max(record_id_r), count(*) from decided_pairs").fetchall() == [(5, 6)]
        assert con.execute("select count(distinct value), any_value(forename) from identifiers").fetchall() == [
            (6, "ANN")
        ]


def test_a_million_persons_are_copies_enough_within_both_targets() -> None:
    assert (copies_for(1_000_000, 36_000), copies_for(72_000, 36_000)) == (28, 2)
    assert is_met({"wall_seconds": 180.0, "peak_mib": 6144.0})
    assert not is_met({"wall_seconds": 181.0, "peak_mib": 100.0})
    assert not is_met({"wall_seconds": 20.0, "peak_mib": 6145.0})


def test_families_are_told_with_their_targets() -> None:
    ends = {"lo": 0.97, "hi": 0.99}
    unit = {"unit_rule": "birth_family", "subgroup_var": "mothers_id", "children": 7, "precision": 1.0, "recall": 0.9,
            "over_merged": 0.0, "over_split": 0.2}  # fmt: skip
    pairs = {"held": "all", "tp": 1, "fp": 0, "fn": 1, "precision": 1.0, "precision_lo": 0.2, "precision_hi": 1.0,
             "recall": 0.5, "recall_lo": 0.1, "recall_hi": 0.9}  # fmt: skip
    names = ("bcubed_f1", "bcubed_precision", "bcubed_recall", "over_merged", "over_split")
    text = families_as_markdown([{
        "children": 500, "seed": 1, "wall_seconds": 1.0, "peak_mib": 1.0, "stages": {"persons": 1.0, "families": 1.0},
        "persons": [{"measure": name, "estimate": 0.98, **ends} for name in names],
        "families": [{**unit, "subgroup": "held", "f1": 0.947}, {**unit, "subgroup": "not held", "f1": 0.96}],
        "unborn": [pairs],
    }])  # fmt: skip
    assert "| persons, bcubed f1 (95%) | 0.9800 (0.9700–0.9900) | 0.99 | **no** |" in text
    assert "| `birth_family`, mother's id held: B-cubed F1 | 0.9470 | 0.95 | **no** |" in text
    assert "| `birth_family`, mother's id not held: B-cubed F1 | 0.9600 | | |" in text
    assert "| unborn to born, precision (95%) | 1.0000 (0.200–1.000) | 0.98 | yes |" in text


def test_project_file_leaves_everything_at_its_default(tmp_path: Path) -> None:
    write_dataset(tmp_path, Dataset("d", "D", "febrl", ("a",)))
    text = (tmp_path / "linkage.toml").read_text(encoding="utf-8")
    assert text.split("[link]")[1].strip() == 'within = ["a"]'
    write_dataset(tmp_path, Dataset("d", "D", "children", ("a", "b")))
    assert "[link]" not in (tmp_path / "linkage.toml").read_text(encoding="utf-8")


def test_who_is_named_worst_is_held_against_one_england_and_against_all() -> None:
    # In England 1 group a is the worst by a handful of pairs, but over both Englands it is b. a is named in both.
    counts = {(1, "a"): (6, 10), (1, "b"): (70, 100), (1, "c"): (95, 100), (1, "d"): (4, 4),
              (2, "a"): (28, 30), (2, "b"): (70, 100), (2, "c"): (95, 100), (2, "d"): (4, 4)}  # fmt: skip
    cells = [
        Cell(seed, "age", name, 0.9, 0.8, 1.0, pairs, found, shrunk=0.9, rank_lo=3 if name == "c" else 1,
             rank_hi=4 if name == "c" else 2, may_be_worst=name == "a")
        for (seed, name), (found, pairs) in counts.items()
    ]  # fmt: skip
    assert long_run(cells) == {("age", "a"): 34 / 40, ("age", "b"): 0.7, ("age", "c"): 0.95}
    told = named_worst(cells)
    assert [(one.groups, one.named, one.is_claim) for one in told] == [(4, 1, True)] * 2
    assert [(one.is_right, one.is_right_in_the_long_run) for one in told] == [(True, False), (False, False)]
    # c parts from a, b and d: of d, all of whose pairs were found, the order is wrong, and the long run does not tell.
    assert said_to_differ(cells) == (6, 4, 4, 4)


def test_page_is_refreshed_between_its_markers(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- scale -->\nold\n<!-- /scale -->\nafter\n", encoding="utf-8")
    refresh("scale", "new", page)
    assert page.read_text(encoding="utf-8") == "before\n<!-- scale -->\nnew\n<!-- /scale -->\nafter\n"
    with pytest.raises(ValueError, match="loading"):
        refresh("loading", "new", page)


def test_a_process_that_fails_or_takes_too_long_is_told() -> None:
    with pytest.raises(FailedError, match="no such option"):
        measure(["sh", "-c", "echo no such option >&2; exit 3"])
    with pytest.raises(FailedError, match="ended after"):
        measure(["sleep", "30"], most_seconds=0.1)
    assert measure(["true"]).wall_seconds > 0


def test_adult_learners_are_new_people_of_valid_numbers(tmp_path: Path) -> None:
    linkage_synth.generate(tmp_path, children=1500, seed=3, formats={"ilr"})
    files = sorted((tmp_path / "returns/ilr").glob("*.xml"))
    before = sum(file.read_text(encoding="utf-8").count("<Learner>") for file in files)
    added = add_adults(tmp_path, learners=4 * before)
    text = "".join(file.read_text(encoding="utf-8") for file in files)
    assert text.count("<Learner>") == before + added
    assert abs(added - 3 * before) <= 10
    adults = re.findall(r"<LearnRefNumber>(A\d{11})</LearnRefNumber><ULN>(\d{10})</ULN>.*?<DateOfBirth>(\d{4})-", text)
    assert len(adults) == len({reference for reference, _, _ in adults}) == len({uln for _, uln, _ in adults}) == added
    for _, number, year in adults:
        assert sum(weight * int(digit) for weight, digit in zip(range(10, 0, -1), number, strict=True)) % 11 == 10
        assert int(year) <= 2003
