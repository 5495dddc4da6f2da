"""The two tables overlap as asked, and share as many valid UPNs as asked."""

from collections import Counter
from pathlib import Path

import pytest
from linkage_synth import Summary, two_tables
from synthetic_files import Row, csv_rows


def by_person(folder: Path, name: str) -> dict[str, Row]:
    person = {row["key"]: row["person"] for row in csv_rows(folder / "truth.csv") if row["source"] == name}
    return {person[row["ref"]]: row for row in csv_rows(folder / f"{name}.csv")}


def test_sizes_overlap_and_shared_upns(tables: tuple[Path, Summary]) -> None:
    folder, summary = tables
    left, right = by_person(folder, "a"), by_person(folder, "b")
    assert len(left) == len(right) == summary.rows["a"] == summary.rows["b"] == 8_000
    pairs = set(left) & set(right)
    assert len(pairs) == 6_400
    shared = [who for who in pairs if left[who]["upn"] and left[who]["upn"] == right[who]["upn"]]
    assert len(shared) == 5_760
    names = ("forename", "surname")
    differ = sum(any(left[person][name] != right[person][name] for name in names) for person in pairs)
    assert 0.07 < differ / len(pairs) < 0.14


def test_tables_have_their_header_and_no_upn_twice(tables: tuple[Path, Summary]) -> None:
    folder, _ = tables
    for name in ("a", "b"):
        rows = csv_rows(folder / f"{name}.csv")
        assert list(rows[0]) == ["ref", "upn", "forename", "surname", "dob", "sex", "postcode"]
        assert max(Counter(row["upn"] for row in rows if row["upn"]).values()) == 1
        assert len({row["ref"] for row in rows}) == len(rows)


def test_brothers_and_sisters_stand_in_the_tables(tables: tuple[Path, Summary]) -> None:
    folder, _ = tables
    rows = csv_rows(folder / "a.csv")
    homes = Counter((row["surname"], row["postcode"]) for row in rows if row["postcode"])
    assert sum(count for count in homes.values() if count > 1) > 2_000


def test_impossible_shares_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="overlap"):
        two_tables(tmp_path, records=100, overlap=1.5)
