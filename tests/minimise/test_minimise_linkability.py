"""What a copy costs: counts worked out by hand, and the pairs of a synthetic England."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from math import isclose, log2
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_project import UPN, key_file, read_copy, small_project

from linkage.identifiers import checked_identifier
from linkage.minimise import minimise_project
from linkage.minimise.linkability import Linkability, linkability_of
from linkage.project import read_project

FULL_DATE = re.compile(r"\d{4}-\d\d-\d\d|\d\d?/\d\d?/\d{4}")
POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b")
IDENTIFIER = re.compile(r"\b[A-Z]\d{11}[A-Z\d]\b|\b\d{10}\b|\bEH\d{6}\b")
NAME_COLUMNS = ("Surname", "Forename", "MiddleNames", "PreferredSurname", "FormerSurname")


@given(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=60))
def test_the_counts_are_those_of_a_naive_reference(combinations: list[str]) -> None:
    shares = Counter(combinations)
    sizes = Counter(shares.values())
    found = linkability_of([(size, size * n, 0, 0) for size, n in sorted(sizes.items())])
    held = [shares[combination] for combination in combinations]
    assert (found.alone, found.few, found.many) == (
        sum(k == 1 for k in held), sum(2 <= k <= 4 for k in held), sum(k >= 5 for k in held)
    )  # fmt: skip
    assert found.lost == sum(k > 1 for k in held)
    entropy = -sum(k / len(held) * log2(k / len(held)) for k in shares.values())
    assert isclose(found.bits, entropy, abs_tol=0.006)


def test_the_cost_of_a_small_source_by_hand(tmp_path: Path) -> None:
    """Six children, of whom days and names tell all apart; months leave a pair of two and a group of three."""
    months = ("2010-05", "2010-05", "2011-02", "2011-02", "2011-02", "2012-07")
    people = [
        {"ref": str(at), "upn": UPN if at == 0 else "", "forename": "ABCDEF"[at] * 4, "surname": "Same",
         "born": f"{month}-{10 + at}", "sex": "F", "postcode": "M1 1AE", "ward": "Northside"}
        for at, month in enumerate(months)
    ]  # fmt: skip
    project = small_project(tmp_path / "in", suppress_below=10, left=people, right=people)
    cost = minimise_project(read_project(project), out=tmp_path / "out", key_file=key_file(tmp_path))
    assert cost.sources[0].before == Linkability(6, 1, 1, 6, 0, 0, bits=2.58, bits_needed=2.58, lost=0)
    # 2/6 log2(6/2) + 3/6 log2(6/3) + 1/6 log2(6) = 1.459; of the 5 that are not alone one has a UPN.
    assert cost.sources[0].after == Linkability(6, 1, 1, 1, 5, 0, bits=1.46, bits_needed=2.58, lost=4)
    fields = {field.field: field for field in cost.fields if field.source == "left"}
    assert (fields["dob"].known, fields["dob"].kept, fields["dob"].bits_after) == (6, 6, 1.46)
    assert (fields["forename"].known, fields["forename"].bits_before) == (None, None)  # fewer than ten, and left out
    # By names, birth date and postcode all six are found; without names and days the UPN finds one.
    assert [(pair.by, pair.before, pair.after, pair.both) for pair in cost.pairs] == [
        ("identifiers", 1, 1, 1), ("all rules", 6, 1, 1)
    ]  # fmt: skip
    with (tmp_path / "out" / "minimise.csv").open(encoding="utf-8") as file:
        lines = {(line["about"], line["measure"]): line for line in csv.DictReader(file) if line["source"] == "left"}
    assert (lines["records", "lost"]["before"], lines["records", "lost"]["after"]) == ("0", "4")
    assert lines["pairs with right", "linked by all rules"]["after"] == "1"


# --- a synthetic England ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shared(linkage, demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's England minimised by the command, with the defaults."""
    folder = tmp_path_factory.mktemp("england")
    said = linkage("minimise", demo.project, "--out", folder / "out", "--key", key_file(folder), "--json")
    assert said.code == 0, said.err
    assert said.json == json.loads((folder / "out" / "minimise.json").read_text(encoding="utf-8"))
    return folder / "out"


def census(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_nothing_that_tells_who_somebody_is_is_in_any_file(shared: Path, demo) -> None:
    people = [line for path in sorted(demo.england.glob("returns/census/*.csv")) for line in census(path)]
    # Some names are initials, and so are codes; White is a surname and a group of ethnicities.
    names = {line[column].upper() for line in people for column in NAME_COLUMNS if len(line[column]) > 2}
    names -= {"WHITE"}
    assert len(names) > 300
    for path in sorted(shared.iterdir()):
        text = path.read_text(encoding="utf-8")
        # The pseudonyms are random letters and digits, in which anything can occur.
        text = re.sub(r"\b[a-z_]+_[0-9a-f]{12,32}\b", "", text)
        assert not FULL_DATE.search(text), path.name
        assert not POSTCODE.search(text), path.name
        assert not IDENTIFIER.search(text), path.name
        assert not names & {cell.upper() for cell in re.split(r'[,"\n]', text)}, path.name


def test_the_same_upn_is_the_same_pseudonym_and_finds_the_same_pairs(shared: Path, demo) -> None:
    """Counted from the files themselves: pupils of two years whose UPNs pass the check and agree."""

    def upns(year: int) -> list[str]:
        checked = [
            checked_identifier("upn", line["UPN"])
            for line in census(demo.england / "returns" / "census" / f"spring_{year}.csv")
        ]
        return [item.value for item in checked if item and item.value and item.status == "valid"]

    before = {*upns(2023)} & {*upns(2024)}
    copied = [{line["pseudonym"] for line in read_copy(shared, f"census_{year}")} for year in (2023, 2024)]
    assert len(before) > 500
    assert len({value for value in copied[0] & copied[1] if value.startswith("upn_")}) >= len(before)
    report = json.loads((shared / "minimise.json").read_text(encoding="utf-8"))
    (pairs,) = [
        pair for pair in report["pairs"]
        if (pair["source_l"], pair["source_r"], pair["by"]) == ("census_2023", "census_2024", "identifiers")
    ]  # fmt: skip
    assert pairs["both"] == pairs["after"]
    assert pairs["before"] - pairs["both"] <= 0.01 * pairs["before"]  # a wrong check letter, a slip in the month


def test_the_project_of_the_copies_runs_as_it_is(linkage, shared: Path, tmp_path: Path) -> None:
    said = linkage("run", shared / "linkage.toml", "--out", tmp_path / "run", "--json")
    assert said.code == 0, said.err
    passes = {item["rule"]: item["linked"] for item in said.json["passes"]}
    assert passes["pseudonym"] > 500
    assert passes["la_child_id"] > 0
    assert {item["code"] for item in said.json["findings"]} <= {"FO001"}  # rows that fold into one record
