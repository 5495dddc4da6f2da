"""Parameters of the model: m, u and h of every level, what each rests on, and where a run keeps them.

Writes `model_parameters` (one row per level, as scored with) and `sampled_u` (one row per level that random pairs
showed).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from linkage.packs import ModelSpec
from linkage.sql import Connection, Step, rows, run_steps

MODEL_PARAMETERS = "model_parameters"
SAMPLED_U = "sampled_u"
DIGITS = 9  # significant digits of a parameter; beyond them Splink's sums depend on the order of threads
WEIGHT_DECIMALS = 6  # decimals of a weight in bits


@dataclass(frozen=True)
class LevelParameters:
    """m, u and h (0 to 1) of one level of a comparison, and where each came from; h None: not told from strangers.

    Bases: `labels` (deterministic links), `em`, `sample` (random pairs), `assumed` (the model's file, for want of
    pairs), `fixed` (the model's file, on purpose), `households` (pairs under one household key).
    """

    comparison: str
    level_no: int
    label: str
    m: float
    u: float
    m_basis: str
    u_basis: str
    h: float | None = None
    h_basis: str = ""

    @property
    def bits(self) -> float:
        """log2(m/u): the evidence of this level."""
        return math.log2(self.m / self.u)


Parameters = tuple[LevelParameters, ...]
Seen = dict[tuple[str, int], float]  # m or u as pairs showed it, by comparison and level


def starting_parameters(spec: ModelSpec) -> Parameters:
    """The values of the model's file, before any training."""
    return tuple(
        LevelParameters(
            comparison.name, number, level.label, level.m, level.u, basis, basis, level.h, basis if level.h else ""
        )
        for comparison in spec.comparison
        for number, level in enumerate(comparison.levels)
        for basis in ("fixed" if level.fixed else "assumed",)
    )


def rounded(parameters: Parameters) -> Parameters:
    """The parameters to nine significant digits, so that reruns give the same bytes."""
    return tuple(
        replace(level, m=_significant(level.m), u=_significant(level.u), h=level.h and _significant(level.h))
        for level in parameters
    )


def _significant(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def save_parameters(con: Connection, parameters: Parameters) -> None:
    """`model_parameters`: one row per level, as scored with."""
    run_steps(
        con,
        (
            Step(
                MODEL_PARAMETERS,
                f"""create or replace table {MODEL_PARAMETERS} (comparison varchar, level_no tinyint, label varchar,
                m double, u double, bits double, m_basis varchar, u_basis varchar, h double, h_basis varchar)""",
            ),
        ),
    )
    for level in parameters:
        values = (level.comparison, level.level_no, level.label, level.m, level.u, level.bits, level.m_basis,
                  level.u_basis, level.h, level.h_basis)  # fmt: skip
        con.execute(f"insert into {MODEL_PARAMETERS} values ({', '.join('?' * len(values))})", values)


def save_sampled_u(con: Connection, sampled: Seen) -> None:
    """`sampled_u`: one row per level that random pairs showed."""
    create = f"create or replace table {SAMPLED_U} (comparison varchar, level_no tinyint, u double)"
    run_steps(con, (Step(SAMPLED_U, create),))
    for (comparison, level_no), u in sampled.items():
        con.execute(f"insert into {SAMPLED_U} values (?, ?, ?)", (comparison, level_no, u))


def read_sampled_u(con: Connection) -> Seen:
    """u as the run's random pairs showed it: identifiers have no part in it."""
    found = rows(con, f"select comparison, level_no, u from {SAMPLED_U} order by rowid")
    return {(str(comparison), int(str(level_no))): float(str(u)) for comparison, level_no, u in found}


def read_parameters(con: Connection) -> Parameters:
    """The parameters a run was scored with."""
    found: Sequence[tuple[Any, ...]] = rows(
        con,
        f"""select comparison, level_no, label, m, u, m_basis, u_basis, h, h_basis
            from {MODEL_PARAMETERS} order by rowid""",
    )
    return tuple(LevelParameters(*row) for row in found)
