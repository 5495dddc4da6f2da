"""Patterns: which level each comparison of a pair is at, how many pairs are alike, and how likely that is.

Training looks at pairs only through these: thousands of patterns stand for millions of pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from linkage.match.evidence import evidence_sql
from linkage.match.guards import join_upns_sql
from linkage.match.parameters import Parameters
from linkage.match.pool import POOL
from linkage.packs import ModelSpec
from linkage.sql import Connection, Step, ident, rows, scratch_step

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Patterns:
    """One line per pattern: the level of each comparison (-1 not known), what valid UPNs say of the pairs (1 one
    person, 0 two, -1 unknown), and how many pairs there are."""

    comparisons: tuple[str, ...]
    levels: npt.NDArray[np.int64]
    same: npt.NDArray[np.int64]
    counts: Floats

    @property
    def pairs(self) -> float:
        """All pairs."""
        return float(self.counts.sum())


def levels_step(spec: ModelSpec, parameters: Parameters, *, pairs: str, into: str) -> Step:
    """`into`: the model's levels of the pairs of a table, and `same`: what their UPNs say."""
    levels = ", ".join(f"e.{ident('level_' + item.name)}" for item in spec.comparison)
    return scratch_step(
        into,
        f"""
        select {levels},
          case when ul.upn_groups is null or ur.upn_groups is null then -1
            else list_has_any(ul.upn_groups, ur.upn_groups)::int end as same
        from ({evidence_sql(spec, parameters, pairs)}) e
        join {POOL} l on l.record_id = e.record_id_l
        join {POOL} r on r.record_id = e.record_id_r{join_upns_sql()}""",
    )


def read_patterns(con: Connection, table: str, comparisons: Sequence[str]) -> Patterns:
    """The patterns of some comparisons in a table that `levels_step` made, in a fixed order."""
    listed = "".join(f"{ident('level_' + name)}, " for name in comparisons)
    found = rows(con, f"select {listed}same, count(*) from {ident(table)} group by all order by all")
    numbers = np.array(found, dtype=np.int64).reshape(-1, len(comparisons) + 2)
    return Patterns(tuple(comparisons), numbers[:, :-2], numbers[:, -2], numbers[:, -1].astype(np.float64))


def likelihood(patterns: Patterns, parameters: Parameters, chance: Literal["m", "u", "h"]) -> Floats:
    """The chance of each pattern among pairs of one kind; what is not known says nothing. No h is u."""
    total = np.ones(len(patterns.counts))
    for column, name in enumerate(patterns.comparisons):
        own = [level for level in parameters if level.comparison == name]
        chances = np.array([getattr(level, chance) or level.u for level in own])
        levels = patterns.levels[:, column]
        total *= np.where(levels < 0, 1.0, chances[np.maximum(levels, 0)])
    return total


def seen_at_levels(patterns: Patterns, weights: Floats) -> dict[tuple[str, int], tuple[float, float]]:
    """Per comparison and level: the weight of pairs at the level, and of all pairs where the comparison is known."""
    found: dict[tuple[str, int], tuple[float, float]] = {}
    for column, name in enumerate(patterns.comparisons):
        levels = patterns.levels[:, column]
        known = float(weights[levels >= 0].sum())
        for level in np.unique(levels[levels >= 0]):
            found[name, int(level)] = (float(weights[levels == level].sum()), known)
    return found
