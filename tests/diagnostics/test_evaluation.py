"""Evaluation against a truth: worked cases, a naive count over all pairs, and what is refused."""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.diagnostics.evaluation import evaluate
from linkage.diagnostics.pair_scores import count_pairs, scores
from linkage.errors import InputError, LinkageError, UsageError
from linkage.sql import connect
from linkage.stats import PairCounts
from tests.diagnostics.small_run import Rec, key_truth, make_run, write_csv, write_outputs

# Two children, ana (a1, b1, c1) and ben (a2, b2): the run joins a1 with b1, leaves c1 out, and puts a2 and b2 into
# two persons, one of them with cas (c2). b9 is nobody's.
RECORDS = (
    Rec("a", "a1", "p1", "ana"), Rec("b", "b1", "p1", "ana"), Rec("c", "c1", "p2", "ana"),
    Rec("a", "a2", "p3", "ben"), Rec("b", "b2", "p4", "ben"), Rec("c", "c2", "p4", "cas"), Rec("b", "b9", "p9"),
)  # fmt: skip
# True pairs: ana a-b, a-c, b-c; ben a-b. Found: a1-b1 (true), b2-c2 (false). So tp 1, fp 1, fn 3.


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    folder.mkdir()
    write_outputs(folder, RECORDS, sources=("a", "b", "c"))
    return folder


def cells(run: Path, truth: Path) -> dict[tuple[str, str, str, str], PairCounts]:
    found = evaluate(run, truth).scores
    return {(s.source_l, s.source_r, s.subgroup_var, s.subgroup): s.counts for s in found}


def test_pairs_of_a_worked_example(run: Path, tmp_path: Path) -> None:
    found = cells(run, key_truth(tmp_path / "truth.csv", RECORDS))
    assert found == {
        ("all", "all", "all", "all"): PairCounts(1, 1, 3),
        ("a", "b", "all", "all"): PairCounts(1, 0, 1),
        ("a", "c", "all", "all"): PairCounts(0, 0, 1),
        ("b", "c", "all", "all"): PairCounts(0, 1, 1),
    }


def test_whole_persons_of_a_worked_example(run: Path, tmp_path: Path) -> None:
    result = evaluate(run, key_truth(tmp_path / "truth.csv", RECORDS))
    found = {item.measure: (item.x, item.n) for item in result.persons}
    # ana and ben have several records, neither of them whole; p1 and p4 hold several, p4 mixes.
    assert found == {"exact": (0, 2), "over_split": (2, 2), "over_merged": (1, 2)}
    assert result.overall.recall is not None
    assert result.overall.recall.estimate == 0.25


def test_records_without_a_truth_are_left_out_and_counted(run: Path, tmp_path: Path) -> None:
    truth = key_truth(tmp_path / "truth.csv", RECORDS)
    truth.write_text(truth.read_text() + "b,gone,eve\nelsewhere,1,eve\n")
    found = {item.source: item for item in evaluate(run, truth).coverage}
    assert (found["b"].records, found["b"].with_truth, found["b"].without_truth) == (3, 2, 1)
    assert (found["b"].truth_rows, found["b"].truth_rows_not_in_run) == (3, 1)
    assert (found["other sources"].records, found["other sources"].truth_rows_not_in_run) == (0, 1)
    assert list(found) == ["a", "b", "c", "other sources"]


def test_a_record_of_several_persons_is_the_one_with_most_rows_and_a_fold_error(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    records = [Rec("a", "k1", "p1", rows=3), Rec("a", "k2", "p2", rows=2), Rec("b", "k3", "p1")]
    write_outputs(run, records, sources=("a", "b"))
    # k1 has rows 1 to 3 (two of them zoe's), k2 rows 4 and 5 (one each: the smaller name wins).
    rows = ["a,a.csv,1,zoe", "a,a.csv,2,ana", "a,a.csv,3,zoe", "a,a.csv,4,ida", "a,a.csv,5,eva", "b,b.csv,1,zoe"]
    truth = write_csv(tmp_path / "truth.csv", "source,file,row,person", rows)
    result = evaluate(run, truth)
    assert result.overall == PairCounts(1, 0, 0)
    assert {item.source: item.fold_errors for item in result.coverage} == {"a": 2, "b": 0}
    joined = write_csv(tmp_path / "other.csv", "source,file,row,person", [*rows, "b,b.csv,9,eva"])
    assert evaluate(run, joined).overall == PairCounts(1, 0, 0)


def test_pairs_within_a_source_count_only_where_it_is_linked_within(tmp_path: Path) -> None:
    records = [Rec("a", "1", "p", "x"), Rec("a", "2", "p", "x"), Rec("a", "3", "p", "y"), Rec("b", "4", "p", "x")]
    truth = key_truth(tmp_path / "truth.csv", records)
    for within, expected in (((), PairCounts(2, 1, 0)), (("a",), PairCounts(3, 3, 0))):
        run = tmp_path / f"run{len(within)}"
        run.mkdir()
        write_outputs(run, records, sources=("a", "b"), within=within)
        assert evaluate(run, truth).overall == expected


def test_subgroups_come_from_the_persons_of_the_truth(run: Path, tmp_path: Path) -> None:
    truth = tmp_path / "truth"
    key_truth(truth / "rows.csv", RECORDS)
    write_csv(truth / "persons.csv", "person,sex,forename,note", ["ana,F,Ana,", "ben,M,Ben,", "cas,,Cas,", "zed,M,Z,"])
    result = evaluate(run, truth)
    found = {(s.source_l, s.source_r, s.subgroup): s.counts for s in result.scores if s.subgroup_var == "sex"}
    assert found["all", "all", "F"] == PairCounts(1, 0, 2)
    assert found["all", "all", "M"] == PairCounts(0, 1, 1)  # the false pair b2-c2 counts under its left record
    assert found["a", "b", "F"] == PairCounts(1, 0, 0)
    assert {s.subgroup_var for s in result.scores} == {"all", "sex"}
    assert "forename, note" in result.notes[0]


def test_without_persons_a_subgroup_is_the_most_frequent_of_the_childs_records(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    groups = [("a", "F"), ("b", "M"), ("c", "M"), ("d", "unknown")]
    records = [Rec(source, "k", "p", "ana", {"sex": sex}) for source, sex in groups]
    write_outputs(run, records, sources=tuple("abcd"))
    result = evaluate(run, key_truth(tmp_path / "truth.csv", records))
    found = [s for s in result.scores if s.subgroup_var == "sex" and s.source_l == "all"]
    assert [(s.subgroup, s.counts) for s in found] == [("M", PairCounts(6, 0, 0))]


def test_twins_and_siblings_in_one_person_are_counted(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    records = [
        Rec("a", "1", "p1", "tom"), Rec("b", "1", "p1", "tim"), Rec("a", "2", "p2", "sue"), Rec("b", "2", "p3", "sal"),
        Rec("a", "3", "p4", "max"), Rec("b", "3", "p5", "may"), Rec("a", "4", "p6", "lone"),
    ]  # fmt: skip
    write_outputs(run, records, sources=("a", "b"))
    truth = tmp_path / "truth"
    key_truth(truth / "rows.csv", records)
    # tom and tim are twins in one person, sue and sal twins apart, max and may siblings apart; lone's twin is not here.
    persons = ["tom,1,10", "tim,1,10", "sue,2,20", "sal,2,20", "max,,30", "may,,30", "lone,4,", "ghost,4,"]
    write_csv(truth / "persons.csv", "person,twin_group,sibling_group", persons)
    found = {item.measure: (item.x, item.n) for item in evaluate(run, truth).persons}
    assert found["twin_merges"] == (1, 3)
    assert found["sibling_merges"] == (1, 5)


def test_a_plain_join_on_upns_is_the_figure_to_beat(tmp_path: Path) -> None:
    run = make_run(tmp_path / "project" / "run")
    records = [
        Rec("census", "KEYA1", "p_0", "z"), Rec("census", "KEYA2", "p_1", "b"), Rec("census", "KEYA3", "p_2", "c"),
        Rec("cin", "KEYB1", "p_0", "z"), Rec("cin", "KEYB2", "p_1", "b"), Rec("cin", "KEYB3", "p_4", "c"),
    ]  # fmt: skip
    manifest = (run / "manifest.json").read_text()
    write_outputs(run, records, sources=("census", "cin"))
    (run / "manifest.json").write_text(manifest)
    result = evaluate(run, key_truth(tmp_path / "truth.csv", records))
    assert result.overall == PairCounts(2, 0, 1)
    assert [(s.source_l, s.source_r, s.counts) for s in result.plain_join] == [
        ("all", "all", PairCounts(1, 0, 2)), ("census", "cin", PairCounts(1, 0, 2))]  # fmt: skip
    (run / "run.duckdb").unlink()
    without = evaluate(run, tmp_path / "truth.csv")
    assert without.plain_join == ()
    assert "plain join" in without.notes[-1]


def test_the_result_is_json_and_tables(run: Path, tmp_path: Path) -> None:
    result = evaluate(run, key_truth(tmp_path / "truth.csv", RECORDS))
    told = json.loads(json.dumps(result.as_dict()))
    first = told["scores"][0]
    assert (first["source_l"], first["tp"], first["recall"], first["precision"]) == ("all", 1, 0.25, 0.5)
    assert first["recall_lo"] < 0.25 < first["recall_hi"]
    assert next(s for s in told["scores"] if s["source_r"] == "c" and s["source_l"] == "a")["precision"] is None
    for _, headers, lines in result.as_tables():
        assert all(len(line) == len(headers) for line in lines)
        assert all(isinstance(cell, str) for line in lines for cell in line)


def test_parquet_and_an_extra_column_are_read_too(run: Path, tmp_path: Path) -> None:
    numbers = (1, 1, 1, 2, 2, 2, 3)
    rows = [f"{r.source},{r.source}.csv,{n},{r.truth or ''},x" for r, n in zip(RECORDS, numbers, strict=True)]
    text = write_csv(tmp_path / "truth.csv", "source,file,row,person,note", rows)
    with connect() as con:
        con.execute(f"copy (select * from read_csv('{text}')) to '{tmp_path}/truth.parquet' (format parquet)")
    assert cells(run, tmp_path / "truth.parquet") == cells(run, text)
    assert evaluate(run, text).overall == PairCounts(1, 1, 3)


SECRET = "SECRETVALUE"


@pytest.mark.parametrize(
    ("header", "lines", "error"),
    [
        ("source,id,person", [f"a,{SECRET},{SECRET}"], InputError),
        (f"a,{SECRET},x", [f"a,{SECRET},{SECRET}"], InputError),
        ("source,key,person", [f"a,{SECRET},{SECRET}"], InputError),
        ("source,file,row,person", [f"a,a.csv,{SECRET},{SECRET}"], InputError),
        ("source,file,row,person", [f"a,{SECRET},1,{SECRET}"], InputError),
        ("source,key,person", [f'a,"{SECRET},{SECRET}', 'a,b"c,"d'], InputError),
    ],
)
def test_a_truth_that_cannot_be_used_is_refused_without_its_values(
    run: Path, tmp_path: Path, header: str, lines: list[str], error: type[LinkageError]
) -> None:
    with pytest.raises(error) as caught:
        evaluate(run, write_csv(tmp_path / "truth.csv", header, lines))
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
    assert "truth.csv" in caught.value.faults[0].where


def test_persons_that_are_repeated_are_refused(run: Path, tmp_path: Path) -> None:
    truth = tmp_path / "truth"
    key_truth(truth / "rows.csv", RECORDS)
    write_csv(truth / "persons.csv", "person,sex", ["ana,F", "ana,M"])
    with pytest.raises(InputError, match="repeated"):
        evaluate(run, truth)
    write_csv(truth / "persons.csv", "child,sex", ["ana,F"])
    with pytest.raises(InputError, match="lack a column"):
        evaluate(run, truth)


def test_a_run_or_a_truth_that_is_not_there_is_a_usage_error(run: Path, tmp_path: Path) -> None:
    truth = key_truth(tmp_path / "truth.csv", RECORDS)
    empty = tmp_path / "empty"
    empty.mkdir()
    for wrong_run, wrong_truth in ((tmp_path / "none", truth), (run, tmp_path / "none.csv"), (run, empty)):
        with pytest.raises(UsageError):
            evaluate(wrong_run, wrong_truth)


def test_the_left_source_is_the_one_the_project_names_first(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    records = [Rec("zebra", "1", "p", "x"), Rec("ant", "1", "p", "x")]
    write_outputs(run, records, sources=("zebra", "ant"))
    assert ("zebra", "ant", "all", "all") in cells(run, key_truth(tmp_path / "truth.csv", records))


JUDGED = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 4), st.integers(0, 4)), max_size=14)


@settings(max_examples=60, deadline=None)
@given(JUDGED, st.sets(st.integers(0, 2)), st.lists(st.sampled_from("FMU"), min_size=5, max_size=5))
def test_counts_are_those_of_looking_at_every_pair(
    records: list[tuple[int, int, int]], within: set[int], sexes: list[str]
) -> None:
    con = connect(threads=1)
    try:
        con.execute("create table run_sources (source_no int, source varchar, is_within boolean)")
        con.executemany("insert into run_sources values (?, ?, ?)", [(n, f"s{n}", n in within) for n in range(3)])
        con.execute("create table judged (source_no int, key varchar, person varchar, true_person varchar)")
        con.execute("create table true_persons (true_person varchar, s0 varchar)")
        con.executemany("insert into true_persons values (?, ?)", [(str(n), sex) for n, sex in enumerate(sexes)])
        for number, (source, person, true_person) in enumerate(records):
            values = [source, f"{number:02}", str(person), str(true_person)]
            con.execute("insert into judged values (?, ?, ?, ?)", values)
        count_pairs(con)
        found = {(s.source_l, s.source_r, s.subgroup_var, s.subgroup): s.counts for s in scores(con, ("sex",))}
    finally:
        con.close()
    expected = naive(records, within, sexes)
    shown = {key: counts for key, counts in found.items() if counts != PairCounts(0, 0, 0)}
    assert shown == expected


def naive(
    records: list[tuple[int, int, int]], within: set[int], sexes: list[str]
) -> dict[tuple[str, str, str, str], PairCounts]:
    """Look at every pair, left before right by source and then by key."""
    counted: dict[tuple[str, str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    numbered = sorted(enumerate(records), key=lambda item: (item[1][0], item[0]))
    for (_, left), (_, right) in itertools.combinations(numbered, 2):
        if left[0] == right[0] and left[0] not in within:
            continue
        is_found, is_true = left[1] == right[1], left[2] == right[2]
        if not (is_found or is_true):
            continue
        place = 0 if is_found and is_true else 1 if is_found else 2
        for sources in (("all", "all"), (f"s{left[0]}", f"s{right[0]}")):
            for group in (("all", "all"), ("sex", sexes[left[2]])):
                counted[*sources, *group][place] += 1
    return {key: PairCounts(*counts) for key, counts in counted.items()}
