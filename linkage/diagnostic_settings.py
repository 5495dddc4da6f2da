"""`[diagnostics]` of the project file: subgroups, what they are compared with, and how public tables are protected."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from linkage.strict import Strict, nearest


class EligibleSpec(Strict):
    """`[[diagnostics.eligible]]`: records of a source of which every one is expected in another source, and why.

    `only` narrows them down by subgroup: `only = { age = ["5 to 9", "10 to 15"] }`.
    """

    source: str
    other: str
    reason: str
    only: dict[str, tuple[str, ...]] = {}


class StatisticSpec(Strict):
    """`[[diagnostics.statistics]]`: a share that is to be published from the links (docs/diagnostics.md).

    Of the records of the source `of`, how many have one of the values `where` (subgroup -> values) in the source
    `seen_in`; without `where`, how many are in that source at all. `decision` is the share at which a reader would
    decide otherwise, 0 to 1.
    """

    name: str
    of: str
    seen_in: str
    where: dict[str, tuple[str, ...]] = {}
    decision: float | None = Field(default=None, ge=0, le=1)


class DiagnosticSettings(Strict):
    """`[diagnostics]`: the subgroups of every table, and how the public ones are protected (docs/disclosure.md).

    `suppress_below` makes the profile stricter, never weaker; None is the profile's own threshold. `releases` is the
    file of earlier releases, which this one is laid beside and entered in. `pool_modes`: how children without their
    identifiers are put back for validation (docs/validation.md); empty, nothing is validated and nothing calibrated.
    `reference` names, by subgroup variable, the group that the others are compared with: these comparisons are declared
    before the run, all others exploration. `intersections` are the variables whose combinations are looked at (default:
    the first two subgroups).
    """

    subgroups: tuple[str, ...] = ("ethnicity", "sex", "age")
    profile: Literal["cco10", "srs10", "dfe_cin", "dfe_cla"] = "cco10"
    suppress_below: int | None = Field(default=None, ge=0)
    releases: str | None = None
    pool_modes: tuple[Literal["residual_pool", "full_pool"], ...] = ("residual_pool",)
    reference: dict[str, str] = {}
    intersections: tuple[str, ...] = ()
    eligible: tuple[EligibleSpec, ...] = ()
    statistics: tuple[StatisticSpec, ...] = ()

    @model_validator(mode="after")
    def _crossed_are_subgroups(self) -> DiagnosticSettings:
        for name in self.intersections:
            if name not in self.subgroups:
                raise ValueError(f"[diagnostics] intersections names {name!r}, which is not among subgroups; "
                                 f"nearest: {nearest(name, self.subgroups)}")  # fmt: skip
        return self

    @property
    def crossed(self) -> tuple[str, ...]:
        """The variables whose combinations are looked at; none where there are not two."""
        chosen = self.intersections or self.subgroups[:2]
        return chosen if len(chosen) > 1 else ()

    @property
    def named_sources(self) -> tuple[tuple[str, str], ...]:
        """Every source that a setting names, with the name of the setting."""
        eligible = [("eligible", name) for item in self.eligible for name in (item.source, item.other)]
        return (*eligible, *(("statistics", name) for item in self.statistics for name in (item.of, item.seen_in)))
