"""Samples made by hand: strata of known pairs, and keys whose every number can be worked out beside them."""

from __future__ import annotations

from collections.abc import Sequence

from linkage.clerical.design import Design, Stratum
from linkage.clerical.draw import SAMPLED, Drawn, Reading
from linkage.clerical.key import SampleKey
from linkage.sql import Connection


def stratum(number: int, pairs: int, *, found: bool = True, expected: float = 0.9, group: str = "all") -> Stratum:
    return Stratum(number, f"band {number}", found, group, pairs, expected)


def key_of(
    strata: Sequence[Stratum], pairs: Sequence[Drawn], *, twice: Sequence[int] = (), by: str = "all"
) -> SampleKey:
    """Reader 1 reads all pairs, numbered from 1; reader 2 those at the places `twice`."""
    readings = [Reading(number, 1, pair) for number, pair in enumerate(pairs, start=1)]
    readings += [Reading(len(pairs) + at, 2, pairs[place]) for at, place in enumerate(twice, start=1)]
    sizes = tuple(sum(pair.stratum == item.number for pair in pairs) for item in strata)
    return SampleKey("s_test", "run", by, 1, tuple(strata), sizes, tuple(readings))


def pairs_of(
    number: int | None, count: int, *, kind: str = SAMPLED, group: str = "all", confidence: float = 0.9
) -> list[Drawn]:
    """`count` pairs of a stratum, or planted ones."""
    start = 1_000 * (0 if number is None else number + 1)
    return [Drawn(start + at, start + at + 500_000, kind, number, group, confidence) for at in range(count)]


def fill_frame(con: Connection, design: Design) -> None:
    """`clerical_frame` of the strata: the pair at a place of a stratum is (stratum * 100,000 + place, the same + 1)."""
    con.execute("create temp table clerical_frame (record_id_l bigint, record_id_r bigint, stratum_no bigint, "
                "place bigint, subgroup varchar, confidence double)")  # fmt: skip
    for item in design.strata:
        con.execute(
            "insert into clerical_frame select ? * 100000 + p, ? * 100000 + p + 1, ?, p, ?, ? from range(?) r(p)",
            [item.number, item.number, item.number, item.subgroup, item.expected, item.pairs],
        )
