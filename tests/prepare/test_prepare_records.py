"""The tables that prepare makes as a whole: their columns, their numbers, and that neither order nor threads matter."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prepare_sources import Prepare, Row, Source, prepared

from linkage.sql import Connection, columns, connect
from linkage.tables import EVENT_COLUMNS

TABLES = (
    "sources", "records", "source_rows", "identifiers", "upn_groups", "addresses", "events", "fold_conflicts",
)  # fmt: skip
RECORD_COLUMNS = {
    "record_id", "source_no", "source", "key", "row_count", "forename", "middle_names", "surname", "forenames",
    "surnames", "forename_phonetic", "surname_phonetic", "forename_key", "surname_key", "forename_keys",
    "surname_keys", "dob", "dob_precision", "expected_dob", "death_date",
    "postcode", "postcode_precision", "sector", "district", "postcodes", "address_line", "uprn", "authority",
    "school_urn", "sex", "ethnicity", "ethnicity_5", "ethnicity_19", "language", "sen", "fsm", "disability", "cin",
    "cpp", "cla", "uasc",
}  # fmt: skip
WITH_RAW = ("forename", "middle_names", "surname", "dob", "expected_dob", "death_date", "postcode", "sex", "ethnicity")


def test_records_have_the_columns_of_the_contract_whatever_the_sources_have(prepare: Prepare) -> None:
    made = prepare(a=[{"key": "1"}])
    beside = {f"{name}_{suffix}" for name in WITH_RAW for suffix in ("raw", "why")}
    assert set(columns(made.con, "records")) == RECORD_COLUMNS | beside
    types = dict(made.con.execute("select column_name, column_type from (describe records)").fetchall())
    assert types["record_id"] == "BIGINT"
    assert types["dob"] == "DATE"
    assert types["forenames"] == "VARCHAR[]"


def test_a_source_without_rows_leaves_empty_tables(prepare: Prepare) -> None:
    made = prepare(a=[])
    assert made.records == []
    assert [row["source"] for row in made.table("sources")] == ["a"]


def test_sources_say_which_are_unique_and_which_are_linked_within(prepare: Prepare) -> None:
    made = prepare(b=[{"key": "1"}], a=[{"key": "1"}], unique=["a"], within=["b"])
    columns = ("source_no", "source", "format", "is_unique", "is_within")
    assert [tuple(row[name] for name in columns) for row in made.table("sources")] == [
        (0, "b", "table", False, True),
        (1, "a", "table", True, False),
    ]


def test_record_ids_are_dense_in_the_order_of_source_and_key(prepare: Prepare) -> None:
    made = prepare(b=[{"key": "10"}, {"key": "9"}, {"key": "é"}, {"key": "Z"}], a=[{"key": "1"}])
    assert made.values("record_id", "source", "key") == [
        (0, "b", "10"),
        (1, "b", "9"),
        (2, "b", "Z"),
        (3, "b", "é"),
        (4, "a", "1"),
    ]


def test_subgroup_columns_of_all_sources_stand_in_records(prepare: Prepare) -> None:
    made = prepare(a=[{"subgroup__area": " North "}], b=[{"subgroup__phase": ""}])
    assert made.values("subgroup__area", "subgroup__phase") == [("North", None), (None, None)]


def test_places_and_numbers_lose_what_spreadsheets_add(prepare: Prepare) -> None:
    made = prepare(
        a=Source(
            [
                {
                    "key": "1",
                    "authority": "301",
                    "school_urn": "100123.0",
                    "uprn": "00012.0",
                    "address_line": "1, High-St.",
                },
                {"key": "2", "uprn": "none"},
            ],
            settings={"authority": "302"},
        )
    )
    columns = ("authority", "school_urn", "uprn", "address_line")
    assert made.values(*columns) == [("301", "100123", "12", "1 HIGH ST"), ("302", None, None, None)]


def test_events_are_cleaned_and_belong_to_records(prepare: Prepare) -> None:
    event = dict(zip(EVENT_COLUMNS, ("K", "referral", " 1A ", "03/05/2020", "not known"), strict=True))
    made = prepare(a=Source([{"key": "J"}, {"key": "K"}], events=[event, event, {**event, "key": "gone"}]))
    assert made.table("events") == [
        {"record_id": 1, "kind": "referral", "code": "1A", "date_from": date(2020, 5, 3), "date_to": None},
    ]


def test_no_working_table_is_left_behind(prepare: Prepare) -> None:
    made = prepare(a=[{"key": "1", "forename": "Amy"}])
    left = made.con.execute("select table_name from duckdb_tables() where table_name like 'prepare%'").fetchall()
    assert left == []


# --- properties -----------------------------------------------------------------------------------

_ROW = st.fixed_dictionaries(
    {
        "key": st.sampled_from("ABC"),
        "rank": st.integers(0, 1),
        "forename": st.sampled_from([None, "", "Amy", "Ben", "Baby", "Anna Maria (Nan)"]),
        "surname": st.sampled_from([None, " ", "Jones", "Okafor", "Smith-Jones"]),
        "dob": st.sampled_from([None, "2012-05-03", "2014-11-20", "2012-05", "1900-01-01", "x"]),
        "sex": st.sampled_from([None, "1", "F", "0"]),
        "postcode": st.sampled_from([None, "", "M1 1AE", "LS1", "ZZ99 9ZZ"]),
        "ethnicity": st.sampled_from([None, "", "WBRI", "NOBT", "33"]),
        "upn": st.sampled_from([None, "", "B801200005001", "UN1", "x"]),
        "former_upn": st.sampled_from([None, "H801200001001"]),
        "la_child_id": st.sampled_from([None, " ", "7"]),
        "uprn": st.sampled_from([None, "", "12", "x"]),
        "subgroup__area": st.sampled_from([None, "", "N", "S"]),
    }
)


def _everything(rows: list[Row], *, threads: int = 2, database: Path | None = None) -> dict[str, list[Any]]:
    with connect(database, threads=threads, memory="1GB") as con:
        made = prepared(con, {"a": rows})
        tables = {name: made.table(name) for name in TABLES if name != "source_rows"}
        return {**tables, "findings": list(made.findings)}


@settings(max_examples=8, deadline=None)
@given(st.lists(_ROW, min_size=1, max_size=10), st.randoms(use_true_random=False))
def test_the_order_of_rows_decides_nothing(rows: list[Row], rng: random.Random) -> None:
    shuffled = rng.sample(rows, len(rows))
    assert _everything(rows) == _everything(shuffled)


@settings(max_examples=8, deadline=None)
@given(st.lists(_ROW, min_size=1, max_size=8))
def test_what_is_not_known_is_null_and_every_row_has_its_record(rows: list[Row]) -> None:
    with connect() as con:
        made = prepared(con, {"a": rows})
        for name in TABLES:
            for row in made.table(name):
                assert "" not in row.values()
                assert all(value != [] and (not isinstance(value, list) or "" not in value) for value in row.values())
        ids = [record["record_id"] for record in made.records]
        assert ids == list(range(len(ids)))
        placed = made.table("source_rows", "row")
        assert [row["row"] for row in placed] == list(range(1, len(rows) + 1))
        keys = {record["record_id"]: record["key"] for record in made.records}
        assert [keys[row["record_id"]].split("#")[0] for row in placed] == [row["key"] for row in rows]
        assert sum(record["row_count"] for record in made.records) == len(rows)
        held = [(r["record_id"], r["scheme"], r["scope"], r["value"]) for r in made.table("identifiers")]
        assert len(held) == len(set(held))


@pytest.fixture(scope="module")
def many_rows() -> list[Row]:
    rng = random.Random(1)
    forenames = ["Amy", "Ben", "Cal", "Dee", "Eve", "Baby", "O'Neil"]
    return [
        {
            "key": f"{rng.randrange(1250):05}",
            "rank": rng.randrange(3),
            "forename": rng.choice(forenames),
            "surname": f"Sur{rng.randrange(200)}",
            "dob": f"{rng.randrange(2005, 2020)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 28):02}",
            "postcode": f"M{rng.randrange(1, 30)} {rng.randrange(10)}AB",
            "upn": f"A80120000{rng.randrange(5000):04}",
        }
        for _ in range(2000)
    ]


def test_the_number_of_threads_and_the_file_decide_nothing(many_rows: list[Row], tmp_path: Path) -> None:
    once = _everything(many_rows, threads=1)
    assert once == _everything(many_rows[::-1], threads=2, database=tmp_path / "run.duckdb")
    assert len(once["fold_conflicts"]) > 50


def test_preparing_again_gives_the_same(con: Connection) -> None:
    sources = {"a": [{"key": "1", "forename": "Amy"}, {"key": "1", "forename": "Aimee"}]}
    assert prepared(con, sources).records == prepared(con, sources).records
