"""Who could not be told from others whatever agreed: by hand on a dozen records, and totals on a real run."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent.parent / "match"))

from tiny_run import load, people

from linkage.diagnostics.beyond_reach import beyond_reach
from linkage.match.parameters import starting_parameters
from linkage.match.pool import make_pool
from linkage.packs import ModelSpec, load_packs
from linkage.sql import Connection, connect, execute, rows, run_steps
from linkage.validation.rerun import best_of_known_step


@pytest.fixture(scope="module")
def model() -> ModelSpec:
    """The bundled model for data without names."""
    spec = load_packs((), "pseudonymised", folder=Path()).model
    assert spec is not None
    return spec


@pytest.fixture
def con(model: ModelSpec) -> Iterator[Connection]:
    """Eight records of `a`, four of `b`, which has no ethnicity and only months of birth."""
    listed = people("""
        source | key | dob        | sex | ethnicity | school_urn | pmr
        a      | 1   | 2010-03-05 | F   | WBRI      | 100001     |
        a      | 2   |            | F   |           |            |
        a      | 3   |            |     | WBRI      |            |
        a      | 4   | 2011-07-01 | M   | AIND      | 100002     |
        a      | 5   | 2011-07-19 | M   | WBRI      | 100002     |
        a      | 6   | 2012-01-01 |     |           |            |
        a      | 7   |            |     |           |            | p7
        a      | 8   | 2009-09-09 | F   |           | 100001     |
        b      | 1   | 2010-03    | F   |           | 100001     | p1
        b      | 2   | 2011-07    | M   |           | 100002     |
        b      | 3   | 2011       | M   |           | 100002     |
        b      | 4   |            | F   |           | 100003     |
    """)
    with connect(threads=1) as made:
        load(made, listed)
        make_pool(made)
        execute(made, "update pool set linked_mask = 2 where source_no = 0 and record_id = 7")  # a:8 has its link
        beyond_reach(made, model, starting_parameters(model), accept=0.99, review=0.5)
        yield made


def counts(con: Connection, source: str) -> dict[tuple[str, str], int]:
    sql = """select reason, not_compared, records from diagnostics__beyond_reach where source = $source
             order by reason_no, not_compared"""
    return {(str(why), str(fields)): int(str(n)) for why, fields, n in rows(con, sql, {"source": source})}


def test_comparable_is_who_could_reach_the_threshold_or_holds_an_identifier(con: Connection) -> None:
    # 0.99 of one in four needs 8.63 bits: 2 has a sex, 3 nothing that b holds, 6 a month of birth (7.48).
    found = rows(
        con,
        """select p.record_id + 1 from comparable_records c join pool p using (record_id)
                         where p.source_no = 0 and c.mask & 2 > 0 order by all""",
    )
    assert [number for (number,) in found] == [1, 4, 5, 7, 8]


def test_a_pair_is_as_comparable_as_the_fields_that_both_hold(con: Connection, model: ModelSpec) -> None:
    pairs = [(0, 8), (5, 8), (5, 11), (7, 11)]  # a:1 and b:1, a:6 and b:1, a:6 and b:4, a:8 and b:4
    execute(con, f"create temp table known_of_copy as from (values {str(pairs)[1:-1]}) t(record_id_l, record_id_r)")
    run_steps(con, (best_of_known_step(model, starting_parameters(model)),))
    found = rows(con, "select record_id_l, record_id_r, records, round(evidence_bits, 1) from known_best order by all")
    assert found == [(0, 8, 4, 20.5), (5, 8, 4, 7.5), (5, 11, 4, 0.0), (7, 11, 4, 13.0)]


def test_each_record_is_counted_once_under_the_first_reason_that_holds(con: Connection) -> None:
    # Starting weights in bits: birth month 7.48, sex 0.99, school 12.05; one of b's four records: 2 bits.
    # 0.5 needs 0 bits, 0.99 needs 6.63. b has no ethnicity, so it never counts.
    assert counts(con, "a") == {
        ("identifier", ""): 1,  # 7: b holds references of the same supply
        ("nothing_to_compare", "authority, dob, ethnicity, postcode, school, sex"): 1,  # 3: ethnicity alone
        ("too_little_evidence", "authority, dob, ethnicity, postcode, school"): 1,  # 2: 0.99 - 2 bits
        ("review_at_best", "authority, ethnicity, postcode, school, sex"): 1,  # 6: 7.48 - 2 bits
        ("not_alone", "ethnicity, postcode"): 2,  # 4 and 5: b knows neither day nor ethnicity
        ("within_reach", "ethnicity, postcode"): 1,  # 1: 20.5 - 2 bits
    }


def test_the_other_way_round_has_counts_of_its_own(con: Connection) -> None:
    # Eight records of a: 3 bits. The school speaks for the authority, too. A year of birth never holds the top level
    # of a month's: -2 bits, so b's third record has 12.05 + 0.99 - 2 - 3 = 8.04; the fourth has no birth date: 10.04.
    assert counts(con, "b") == {
        ("identifier", ""): 1,
        ("within_reach", "dob, ethnicity, postcode"): 1,
        ("within_reach", "ethnicity, postcode"): 2,
    }


def test_a_whole_run_writes_the_table_and_it_adds_up(demo) -> None:
    with (demo.run / "diagnostics" / "beyond_reach.csv").open(encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    assert found
    totals: dict[tuple[str, str], int] = {}
    for line in found:
        pair = (line["source"], line["other"])
        totals[pair] = totals.get(pair, 0) + int(line["records"])
    assert all(totals[line["source"], line["other"]] == int(line["of"]) for line in found)
    reasons = {line["reason"] for line in found}
    assert {"identifier", "nothing_to_compare", "too_little_evidence", "within_reach"} <= reasons


def test_a_source_that_holds_nothing_to_compare_is_told_so(model: ModelSpec) -> None:
    listed = people("""
        source | key | dob        | sex | pmr
        a      | 1   |            |     | p1
        a      | 2   |            |     |
        b      | 1   | 2010-03-05 | F   | p1
    """)
    with connect(threads=1) as con:
        load(con, listed)
        make_pool(con)
        beyond_reach(con, model, starting_parameters(model), accept=0.95, review=0.5)
        reasons = rows(con, "select source, reason, records::bigint from diagnostics__beyond_reach order by all")
    assert reasons == [
        ("a", "identifier", 1), ("a", "nothing_to_compare", 1), ("b", "identifier", 1)]  # fmt: skip
