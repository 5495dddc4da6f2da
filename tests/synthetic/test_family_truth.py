"""The truth of families and households, and the export of a case system that says some of it, errors included."""

from collections import Counter, defaultdict
from itertools import pairwise

import pytest
from synthetic_files import Everything, Read, Row, csv_rows


@pytest.fixture(scope="module")
def families(everything: Everything) -> dict[str, Row]:
    return {row["person"]: row for row in csv_rows(everything.out / "truth" / "families.csv")}


def test_families_say_what_persons_say(read: Read) -> None:
    told = {row["person"]: row for row in csv_rows(read.out / "truth" / "families.csv")}
    assert set(told) == set(read.persons)
    for person, row in read.persons.items():
        assert (told[person]["mother"], told[person]["father"]) == (row["mother"], row["father"])
        assert told[person]["care_experienced"] == row["cla"]
        assert (told[person]["lives_with"] == "none") == (row["uasc"] == "1")


def test_everybody_born_is_in_one_place_at_a_time(read: Read) -> None:
    spells = defaultdict(list)
    for row in csv_rows(read.out / "truth" / "households.csv"):
        spells[row["person"]].append((row["valid_from"], row["valid_to"] or "9999"))
    born = {person for person, row in read.persons.items() if row["birth_date"]}
    assert set(spells) == born
    for listed in spells.values():
        listed.sort()
        assert all(end <= begin for (_, end), (begin, _) in pairwise(listed))


def test_children_of_a_mother_share_her_household_unless_they_live_with_a_father(read: Read) -> None:
    told = csv_rows(read.out / "truth" / "families.csv")
    home = {row["person"]: row["household"] for row in csv_rows(read.out / "truth" / "households.csv")
            if row["kind"] == "home"}  # fmt: skip
    of_mother = defaultdict(set)
    for row in told:
        if row["lives_with"] in ("both", "mother") and row["person"] in home:
            of_mother[row["mother"]].add(home[row["person"]])
    assert {len(homes) for homes in of_mother.values()} == {1}
    assert 0.01 < sum(row["multi_home"] == "1" for row in told) / len(told) < 0.1


def test_an_export_of_family_links_has_errors_of_its_kind(everything: Everything, families: dict[str, Row]) -> None:
    lines = csv_rows(everything.out / "local" / "family_links.csv")
    person = {row["row"]: row["person"] for row in everything.truth if row["source"] == "family_links"}
    mothers, ids = defaultdict(set), defaultdict(set)
    for number, row in enumerate(lines, start=1):
        if row["Mother ID"]:
            mother = families[person[str(number)]]["mother"]
            mothers[row["LA"], row["Mother ID"]].add(mother)
            ids[row["LA"], mother].add(row["Mother ID"])
    assert 0.9 < sum(bool(row["Mother ID"]) for row in lines) / len(lines) < 0.97
    assert 0.3 < sum(bool(row["Father ID"]) for row in lines) / len(lines) < 0.55
    wrong = Counter(len(found) for found in mothers.values())
    assert 0 < wrong[2] / len(mothers) < 0.03, "some ids stand with the children of two mothers"
    assert 0 < sum(len(found) > 1 for found in ids.values()) / len(ids) < 0.06, "some mothers have two ids"
