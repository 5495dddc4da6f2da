"""The benchmark's own arithmetic, on cases worked out by hand. What it measures is in docs/benchmarks.md."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from calibration import expected_calibration_error, reliability
from datasets import Dataset, write_dataset
from judging import judge
from measuring import FailedError, measure
from pages import refresh
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


def test_growth_exponent() -> None:
    rows = [{"records": {"a": 10, "b": 90}, "wall_seconds": 2.0}, {"records": {"a": 1000}, "wall_seconds": 40.0}]
    assert exponents(rows, "wall_seconds") == [pytest.approx(1.30103)]  # 20 times the seconds for 10 times the records


def test_project_file_leaves_everything_at_its_default(tmp_path: Path) -> None:
    write_dataset(tmp_path, Dataset("d", "D", "febrl", ("a",)))
    text = (tmp_path / "linkage.toml").read_text(encoding="utf-8")
    assert text.split("[link]")[1].strip() == 'within = ["a"]'
    write_dataset(tmp_path, Dataset("d", "D", "children", ("a", "b")))
    assert "[link]" not in (tmp_path / "linkage.toml").read_text(encoding="utf-8")


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
