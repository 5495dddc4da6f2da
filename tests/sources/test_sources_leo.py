"""Format `leo`: lookups that are many-to-many, and outcome tables."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from linkage.errors import InputError
from linkage.prepare import prepare_records
from linkage.project import SourceSpec
from linkage.sql import rows

LOOKUPS = {
    "LEARNER_AE_ID_TO_PMR_LOOKUP.csv": "AE_ID,PMR\n1001,aB1\n1001,AB1\n1002,aB1\n1003,c3\n,d4\n1004,\n",
    "LEARNER_AE_ID_TO_EDUKEY_LOOKUP.csv": "ae_id,EduKey\n1001,E1\n1003,E3\n1003,E4\n",
    "EDUCATION_RECORDS_LOOKUP.csv": "RECORDID,AE_ID\n9001,1001\n9002,1001\n9003,1005.0\n",
}
OUTCOMES = {
    "earnings.csv": "EDUKEY,TaxYear,Earnings\nE1,200405,100\nE1,200506,200\nE9,200405,5\n",
    "activity.csv": "AE_ID,TaxYear,Benefit\n1001,200405,1\n1009,200405,1\n",
}


def test_lookups_keep_every_id_and_count_what_is_shared(load, con) -> None:
    loaded = load(LOOKUPS, format="leo", supply="leo")
    assert loaded.extract.fields == ("leo_person_id", "pmr", "edukey", "pseudonym")
    assert loaded.extract.excluded == {"no_key": 1}
    assert len(loaded.rows) == 11
    counted = {(item.code, item.field): item.count for item in loaded.extract.findings}
    assert counted == {
        ("ID015", "pmr"): 1,  # aB1 under 1001 and 1002
        ("ID016", "pmr"): 1,  # 1001 has two that differ in case
        ("ID016", "edukey"): 1,
        ("ID016", "pseudonym"): 1,
    }

    spec = SourceSpec(name="s", format="leo", path=("x",), supply="leo")
    prepare_records(con, [spec], [loaded.extract], unique=[], within=[])
    assert rows(con, "select key, row_count from records order by key") == [
        ("1001", 5), ("1002", 1), ("1003", 3), ("1004", 1), ("1005", 1),
    ]  # fmt: skip
    held = rows(con, "select key, scheme, string_agg(value, ',' order by value) from identifiers join records "
                     "using (record_id) where scope = 'leo' group by all order by all")  # fmt: skip
    assert held == [
        ("1001", "edukey", "E1"), ("1001", "leo_person_id", "1001"), ("1001", "pmr", "AB1,aB1"),
        ("1001", "pseudonym", "9001,9002"), ("1002", "leo_person_id", "1002"), ("1002", "pmr", "aB1"),
        ("1003", "edukey", "E3,E4"), ("1003", "leo_person_id", "1003"), ("1003", "pmr", "c3"),
        ("1004", "leo_person_id", "1004"), ("1005", "leo_person_id", "1005"), ("1005", "pseudonym", "9003"),
    ]  # fmt: skip


def test_outcome_tables_give_records_of_their_id(load, con) -> None:
    loaded = load(OUTCOMES, format="leo")
    assert sorted((row["key"], row["leo_person_id"], row["edukey"]) for row in loaded.rows) == [
        ("1001", "1001", None), ("1009", "1009", None), ("EDUKEY/E1", None, "E1"), ("EDUKEY/E1", None, "E1"),
        ("EDUKEY/E9", None, "E9"),
    ]  # fmt: skip
    assert loaded.codes == {"ID010": 1}
    spec = SourceSpec(name="s", format="leo", path=("x",))
    prepare_records(con, [spec], [loaded.extract], unique=[], within=[])
    assert rows(con, "select count(*), sum(row_count) from records") == [(4, 5)]
    assert rows(con, "select scheme, count(*) from identifiers group by all order by all") == [
        ("edukey", 2), ("leo_person_id", 2),
    ]  # fmt: skip


def test_numbers_of_a_parquet_file_and_missing_codes(load, tmp_path: Path) -> None:
    table = {"AE_ID": pa.array([1001.0, None, 0.0, 1002.0]), "EDUKEY": pa.array(["E1", "E2", "NULL", "-1"])}
    pq.write_table(pa.table(table), tmp_path / "l.parquet")
    loaded = load(format="leo", path="l.parquet", supply="leo")
    assert [(row["row"], row["key"], row["edukey"]) for row in loaded.rows] == [
        (1, "1001", "E1"), (2, "EDUKEY/E2", "E2"), (4, "1002", None),
    ]  # fmt: skip
    assert loaded.extract.excluded == {"no_key": 1}
    assert sum(item.count for item in loaded.extract.findings if item.code == "ID011") == 3


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("PupilMatchingRefAnonymous_SPR20,Gender_SPR20", "a table of the NPD"),
        ("external_id,ukprn_anon,RECORDID", 'format "lilr"'),
        ("UPN,Surname,Forename,DOB", "school census"),
    ],
)
def test_a_wrong_file_is_told_what_it_looks_like(load, header: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as raised:
        load({"x.csv": header + "\nSECRET\n"}, format="leo", path="x.csv")
    assert "SECRET" not in str(raised.value)
