"""Family units against the truth: B-cubed by hand, and against a naive count over children."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.diagnostics.evaluation import evaluate
from linkage.diagnostics.family_scores import FamilyScore
from tests.diagnostics.small_run import Rec, key_truth, write_csv, write_outputs

Unit = tuple[str, str, str]  # unit, person of the run, role


def scores_of(
    folder: Path, mothers: dict[str, str], units: list[Unit], persons: dict[str, str] | None = None
) -> dict[tuple[str, str, str], FamilyScore]:
    """Scores of a run in which child `x` is person `p_x` (or as `persons` says), by rule, variable and group."""
    folder.mkdir(exist_ok=True)
    held = persons or {child: f"p_{child}" for child in mothers}
    records = tuple(Rec("a", f"k{child}", held[child], child) for child in mothers)
    write_outputs(folder, records, sources=("a",))
    with duckdb.connect() as con:
        con.execute("create table f (unit_id varchar, unit_rule varchar, person_id varchar, role varchar)")
        for unit, person, role in units:
            con.execute("insert into f values (?, 'birth_family', ?, ?)", [unit, person, role])
        con.execute(f"copy f to '{folder / 'families.parquet'}'")
    truth = folder / "truth"
    key_truth(write_csv(truth / "rows.csv", "", ()), records)
    lines = [f"{child},{mother},{'1' if mother == 'lone' else '0'}" for child, mother in mothers.items()]
    write_csv(truth / "families.csv", "person,mother,lone_parent", lines)
    found = evaluate(folder, truth).families
    return {(item.unit_rule, item.subgroup_var, item.subgroup): item for item in found}


def test_over_merge_and_over_split_are_told_apart(tmp_path: Path) -> None:
    """Mother m has a, b, c; n has d; the run puts a and b together, and c with d.

    P of a, b: 2 of 2, of c, d: 1 of 2, so precision 3/4. T of a, b: 2 of 3, of c: 1 of 3, of d: 1, so recall 2/3.
    """
    units = [("u", "p_a", "child"), ("u", "p_b", "child"), ("v", "p_c", "child"), ("v", "p_d", "child")]
    found = scores_of(tmp_path / "run", {"a": "m", "b": "m", "c": "m", "d": "n"}, units)
    score = found["birth_family", "all", "all"]
    assert (score.children, score.precision) == (4, 0.75)
    assert score.recall == pytest.approx(2 / 3, abs=1e-6)
    assert (score.over_merged, score.over_split, score.exact) == (0.5, 0.75, 0.0)
    assert score.f1 == pytest.approx(2 * 0.75 * (2 / 3) / (0.75 + 2 / 3), abs=1e-5)
    assert found["birth_family", "unit_size", "1"].children == 1


def test_a_child_in_no_unit_is_by_itself_and_a_mother_is_no_child_of_it(tmp_path: Path) -> None:
    units = [("u", "p_a", "mother"), ("u", "p_b", "child")]
    score = scores_of(tmp_path / "run", {"a": "m", "b": "lone"}, units)["birth_family", "all", "all"]
    assert (score.precision, score.recall, score.exact) == (1.0, 1.0, 1.0)


def test_two_children_taken_for_one_person_count_as_together(tmp_path: Path) -> None:
    score = scores_of(tmp_path / "run", {"a": "m", "b": "n"}, [], {"a": "p", "b": "p"})["birth_family", "all", "all"]
    assert (score.precision, score.recall) == (0.5, 1.0)


@settings(max_examples=8, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("mno"), st.sampled_from("uvw"), st.sampled_from("uvw-")), min_size=2, max_size=8)
)
def test_overlapping_units_against_a_naive_count(
    tmp_path_factory: pytest.TempPathFactory, listed: list[tuple[str, str, str]]
) -> None:
    children = {f"c{at}": each for at, each in enumerate(listed)}
    units = sorted({(unit, f"p_{child}", "child") for child, (_, one, other) in children.items()
                    for unit in (one, other) if unit != "-"})  # fmt: skip
    mothers = {child: mother for child, (mother, _, _) in children.items()}
    score = scores_of(tmp_path_factory.mktemp("units") / "run", mothers, units)["birth_family", "all", "all"]
    precision = recall = 0.0
    for child, (mother, one, other) in children.items():
        mine = {one, other} - {"-"}
        found = {who for who, each in children.items() if mine & {*each[1:]} or who == child}
        true = {who for who, each in children.items() if each[0] == mother}
        precision += len(found & true) / len(found) / len(children)
        recall += len(found & true) / len(true) / len(children)
    assert (score.precision, score.recall) == (pytest.approx(precision, abs=1e-5), pytest.approx(recall, abs=1e-5))


def test_a_truth_without_families_gives_no_scores(tmp_path: Path) -> None:
    scores_of(tmp_path / "run", {"a": "m", "b": "m"}, [])
    (tmp_path / "run" / "truth" / "families.csv").unlink()
    assert evaluate(tmp_path / "run", tmp_path / "run" / "truth").families == ()
