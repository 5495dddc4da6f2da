"""A synthetic England linked from end to end: what is said of it adds up, and gives nobody away."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from linkage.diagnostics.evaluation import Evaluation, evaluate
from linkage.diagnostics.explain import explain_pair, explain_record
from linkage.sql import connect, rows


@pytest.fixture(scope="module")
def england(demo) -> Path:
    return demo.folder


@pytest.fixture(scope="module")
def evaluation(england: Path) -> Evaluation:
    return evaluate(england / "run", england / "england" / "truth")


def test_every_record_of_the_synthetic_england_has_a_truth(england: Path, evaluation: Evaluation) -> None:
    with connect() as con:
        sizes = dict(rows(con, f"select source, count(*) from '{england}/run/records.parquet' group by source"))
    assert {item.source: item.records for item in evaluation.coverage} == sizes
    assert all(item.without_truth == 0 for item in evaluation.coverage)


def test_subgroups_and_pairs_of_sources_add_up_to_all(evaluation: Evaluation) -> None:
    for variable in {score.subgroup_var for score in evaluation.scores}:
        of_variable = [score for score in evaluation.scores if score.subgroup_var == variable]
        for parts in ([s for s in of_variable if s.source_l == "all"], [s for s in of_variable if s.source_l != "all"]):
            summed = [sum(getattr(score.counts, name) for score in parts) for name in ("tp", "fp", "fn")]
            assert summed == [evaluation.overall.tp, evaluation.overall.fp, evaluation.overall.fn]


def test_the_run_beats_a_plain_join_on_upns(evaluation: Evaluation) -> None:
    plain = next(score.counts for score in evaluation.plain_join if score.source_l == "all")
    assert plain.tp + plain.fn == evaluation.overall.tp + evaluation.overall.fn
    assert evaluation.overall.tp > plain.tp


def test_no_key_is_in_the_report(england: Path) -> None:
    text = (england / "run" / "report.html").read_text(encoding="utf-8")
    with connect() as con:
        keys = [str(key) for (key,) in rows(con, f"select key from '{england}/run/records.parquet'")]
    assert len(keys) > 1000
    assert not [key for key in keys if key in text]


def test_every_decision_can_be_explained(england: Path) -> None:
    run = england / "run"
    with connect() as con:
        found = rows(con, f"""
            select any_value(source_l || ':' || key_l), any_value(source_r || ':' || key_r), decision
            from (from '{run}/links.parquet' order by key_l, key_r)
            group by stage, rule, decision, flags""")  # fmt: skip
    assert found
    for left, right, decision in found:
        told = explain_pair(run, str(left), str(right))
        assert told.decided is not None
        assert told.decided.decision == decision
        assert told.reasons
        assert str(right) in [link.other for link in explain_record(run, str(left)).links]


def test_a_pair_scored_now_has_the_evidence_that_the_run_gave_it(england: Path, tmp_path: Path) -> None:
    run = england / "run"
    with connect(run / "run.duckdb", read_only=True) as con:
        left, right = rows(con, """
            select l.source || ':' || l.key, r.source || ':' || r.key from scored_pairs s
            join records l on l.record_id = s.record_id_l join records r on r.record_id = s.record_id_r
            order by s.evidence_bits desc, s.record_id_l, s.record_id_r limit 1""")[0]  # fmt: skip
    (tmp_path / "run").mkdir()
    for name in ("run.duckdb", "manifest.json"):
        (tmp_path / "run" / name).write_bytes((run / name).read_bytes())
    with connect(tmp_path / "run" / "run.duckdb") as con:
        con.execute("delete from scored_pairs")
    in_run, now = (explain_pair(folder, str(left), str(right)).evidence for folder in (run, tmp_path / "run"))
    assert in_run is not None
    assert now is not None
    assert (in_run.when, now.when) == ("in the run", "now")
    assert now.parts == in_run.parts


def test_the_link_rates_of_the_csv_are_those_of_persons(england: Path) -> None:
    run = england / "run"
    manifest = json.loads((run / "manifest.json").read_text())
    assert manifest["configuration"]["diagnostics"]["subgroups"]
    with connect() as con:
        told = rows(con, f"""
            select source_l, source_r, linked from '{run}/diagnostics/match_rate.csv'
            where subgroup_var = 'all' and side = 'l' order by all""")  # fmt: skip
        counted = rows(con, f"""
            select t.source_l, t.source_r, count(*) filter (p.person_id in (
                select o.person_id from '{run}/persons.parquet' o where o.source = t.source_r))
            from (select distinct source_l, source_r from '{run}/diagnostics/match_rate.csv') t
            join '{run}/persons.parquet' p on p.source = t.source_l
            group by all order by all""")  # fmt: skip
    assert told == counted
