"""Families, cultures and life before birth."""

import datetime
from collections import Counter, defaultdict
from itertools import pairwise

from linkage_synth.cultures import CULTURES, ETHNICITY_GROUPS
from synthetic_files import Read, Row


def families(read: Read) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in read.persons.values():
        if row["birth_date"] and row["sibling_group"]:
            groups[row["sibling_group"]].append(row)
    return groups


def test_as_many_children_as_asked_for_and_some_unborn(read: Read) -> None:
    bands = Counter(row["age_band"] for row in read.persons.values())
    assert 20_000 - 10 <= sum(bands.values()) - bands["unborn"] <= 20_000
    assert 20 <= bands["unborn"] <= 80


def test_twins_share_mother_father_and_day_of_birth(read: Read) -> None:
    pairs: dict[str, list[Row]] = defaultdict(list)
    for row in read.persons.values():
        if row["twin_group"]:
            pairs[row["twin_group"]].append(row)
    for pair in pairs.values():
        assert len(pair) == 2
        for column in ("mother", "father", "birth_date"):
            if all(row["birth_date"] for row in pair):
                assert pair[0][column] == pair[1][column]
    assert 0.010 < 2 * len(pairs) / len(read.persons) < 0.021
    opposite = sum(first["sex"] != second["sex"] for first, second in pairs.values()) / len(pairs)
    assert 0.2 < opposite < 0.46


def test_births_of_one_mother_are_nine_months_apart(read: Read) -> None:
    for group in families(read).values():
        days = sorted(datetime.date.fromisoformat(row["birth_date"]) for row in group)
        gaps = [(later - earlier).days for earlier, later in pairwise(days)]
        assert all(gap == 0 or gap >= 270 for gap in gaps)


def test_there_are_half_siblings(read: Read) -> None:
    groups = families(read)
    mixed = sum(len({row["father"] for row in group}) > 1 for group in groups.values())
    assert 0.05 < mixed / len(groups) < 0.3


def test_every_culture_is_present(read: Read) -> None:
    counts = Counter(row["culture"] for row in read.persons.values())
    assert len(CULTURES) >= 12
    for culture in CULTURES:
        share = counts[culture.key] / len(read.persons)
        assert 0.3 * culture.share < share < 2.5 * culture.share, culture.key


def test_every_ethnicity_code_is_present(read: Read) -> None:
    codes = {row["ethnicity"] for row in read.persons.values()}
    assert codes == set(ETHNICITY_GROUPS)
    recorded = {row["ethnicity"] for row in read.primary["cin_2024"]}
    assert {"REFU", "NOBT"} <= recorded


def test_one_child_in_eight_moved(read: Read) -> None:
    moved = [row["moved"] == "1" for row in read.persons.values()]
    assert 0.10 < sum(moved) / len(moved) < 0.15


def test_children_known_before_birth_are_born_in_the_next_file(read: Read) -> None:
    before = {row["person"]: row for row in read.rows("cin_2023") if not row["dob"]}
    after = {row["person"]: row for row in read.rows("cin_2024")}
    assert len(before) > 20
    assert all(row["expected"] and row["sex"] == "0" and not row["upn"] for row in before.values())
    born = [person for person in before if person in after and after[person]["dob"]]
    not_born = [person for person in before if read.persons[person]["stillborn"] == "1"]
    assert len(born) > 0.5 * len(before)
    assert not_born
    for person in born:
        due = datetime.date.fromisoformat(before[person]["expected"])
        birth = datetime.date.fromisoformat(read.persons[person]["birth_date"])
        assert abs((due - birth).days) <= 21
    for person in not_born:
        assert person not in after or not after[person]["dob"]


def test_unaccompanied_children_have_no_family_here_and_the_factor_of_their_kind(read: Read) -> None:
    alone = [row for row in read.persons.values() if row["uasc"] == "1"]
    assert len(alone) >= 20
    assert all(not row["sibling_group"] for row in alone)
    rows = [row for row in read.rows("cin_2024") if row["true_uasc"] == "1" and row["factors"]]
    assert all("9A" in row["factors"].split() for row in rows)
