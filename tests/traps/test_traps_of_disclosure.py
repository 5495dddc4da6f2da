"""Traps 10 to 12: small counts that can be had back, and rounding."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from tables_at_hand import Groups, link_rates

from linkage.disclosure import MATCH_RATE_TABLE, Profile, audit, half_up, profile_of, protect, publish
from linkage.disclosure.shaping import PublicRow
from linkage.errors import RefusedError

CCO, SRS = profile_of("cco10"), profile_of("srs10")
SEN: Groups = {"sen": {"E": (5, 40), "K": (60, 100), "N": (800, 1_000)}}


def protected(groups: Groups, profile: Profile) -> dict[str, PublicRow]:
    found = protect([(MATCH_RATE_TABLE, link_rates(groups))], profile)
    assert not audit([(MATCH_RATE_TABLE, link_rates(groups))], found.tables, profile)
    return {row["subgroup"]: row for row in found.tables["match_rate"]}


def released(folder: Path, groups: Groups) -> None:
    (folder / "diagnostics").mkdir(parents=True)
    listed = link_rates(groups)
    with (folder / "diagnostics" / "match_rate.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(listed[0]))
        writer.writeheader()
        writer.writerows(listed)
    publish(folder / "diagnostics", folder / "public", SRS, register=folder.parent / "releases.jsonl", population="t")


def test_trap_10_none_and_all_of_a_group_are_hidden_as_small_counts_are() -> None:
    """Trap 10, a zero that tells of a whole group: none linked, and all linked, are both hidden."""
    found = protected({"sex": {"F": (300, 300), "M": (0, 300), "unknown": (30, 60), "other": (50, 90)}}, SRS)
    assert [found[group]["linked"] for group in "FM"] == ["c", "c"]


def test_trap_10_a_hidden_count_does_not_follow_from_the_margins() -> None:
    """Trap 10, `c` from a total less the rest: a second cell is hidden, and which of the two is small is not said."""
    found = protected(SEN, SRS)
    hidden = [group for group, row in found.items() if row["linked"] == "c"]
    assert len(hidden) == 2
    assert "E" in hidden
    assert len({found[group]["linked_status"] for group in hidden}) == 1
    assert all(found[group][column] == "c" for group in hidden for column in ("rate", "lo", "hi"))


def test_trap_10_a_hidden_count_does_not_follow_from_the_release_before(tmp_path: Path) -> None:
    """Trap 10, differencing: a release that differs from the last by three children is refused, and not written."""
    released(tmp_path / "one", SEN)
    with pytest.raises(RefusedError) as refused:
        released(tmp_path / "two", {"sen": {**SEN["sen"], "N": (803, 1_003)}})
    assert refused.value.exit_code == 12
    assert not (tmp_path / "two" / "public").exists()
    assert not any(text in str(refused.value) for text in ("803", "1,003", "1003"))


def test_trap_11_halves_are_rounded_up_and_not_to_the_even() -> None:
    """Trap 11, banker's rounding: Python's own would make 20 of 25 and 2 of 2.5; a published 225 is 230."""
    assert [half_up(value, step) for value, step in ((25, 10), (2.5, 1), (0.125, "0.01"), (0.285, "0.01"))] == [
        Decimal("30"), Decimal("3"), Decimal("0.13"), Decimal("0.29"),
    ]  # fmt: skip
    found = protected({"sex": {"F": (225, 445), "M": (235, 465)}}, CCO)
    assert [(found[group]["linked"], found[group]["records"]) for group in "FM"] == [("230", "450"), ("240", "470")]


@pytest.mark.parametrize("records", [130, 450, 2_050, 20_050])
def test_trap_12_a_rate_beside_rounded_counts_is_no_finer_than_they_are(records: int) -> None:
    """Trap 12, two decimals of a rate of rounded counts: rate times children moves in steps of ten or more."""
    groups = {"sex": {"F": (records // 3, records), "M": (records // 2, records)}}
    row = protected(groups, CCO)["F"]
    shown = Decimal(row["rate"])
    step = Decimal(1).scaleb(int(shown.as_tuple().exponent))  # what the last digit shown is worth
    told = CCO.step_of(int(row["records"]))
    assert told is not None
    assert shown % told == 0
    assert told >= step
    assert told * int(row["records"]) >= CCO.round_base


def test_trap_12_a_rate_of_too_few_children_is_not_shown() -> None:
    """Trap 12: among fewer than a hundred children no rate can be coarse enough."""
    row = protected({"sex": {"F": (40, 90), "M": (300, 600)}}, CCO)["F"]
    assert row["rate"] == "u"
