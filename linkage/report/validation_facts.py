"""What the report says of validation: how far the pairs known by identifiers came without them, and confidences."""

from __future__ import annotations

from dataclasses import dataclass

from linkage.diagnostics.confidences import overall
from linkage.sql import Connection, has_table, rows
from linkage.stats import CalibrationBin, Interval, calibration_table, wilson
from linkage.validation.rerun import JOINED, KNOWN


@dataclass(frozen=True)
class MaskedFunnel:
    """Pairs of one child whose identifiers were hidden, and how many came how far; intervals 0 to 1."""

    pool_mode: str
    known: int
    comparable: int
    blocked: int
    recall: Interval
    precision: Interval | None


@dataclass(frozen=True)
class Reliability:
    """Pairs of the model by confidence; `is_calibrated` says that a map was learnt, out of whose sight each is.

    `modelled`: the same pairs by the confidence that the model itself gave them; `bins` are these, where there is no
    map.
    """

    pairs: int
    is_calibrated: bool
    bins: tuple[CalibrationBin, ...]
    modelled: tuple[CalibrationBin, ...] = ()

    @property
    def charts(self) -> tuple[tuple[str, tuple[CalibrationBin, ...]], ...]:
        """A title and bins for each chart."""
        if not self.is_calibrated:
            return (("Modelled confidence", self.bins),)
        return (("Calibrated confidence", self.bins), ("As the model had it, before calibration", self.modelled))


def masked_funnels(con: Connection) -> tuple[MaskedFunnel, ...]:
    """One for each pool mode; none where nothing was validated."""
    if not has_table(con, KNOWN):
        return ()
    found = rows(
        con,
        f"""
        with joined as (
          select pool_mode, count(*) filter (same) as true, count(same) as told from {JOINED} group by pool_mode)
        select k.pool_mode, count(*), count(*) filter (comparable), count(*) filter (blocked),
          count(*) filter (recovered), coalesce(any_value(j.true), 0), coalesce(any_value(j.told), 0)
        from {KNOWN} k left join joined j on j.pool_mode = k.pool_mode
        group by k.pool_mode order by k.pool_mode desc""",
    )
    listed = []
    for mode, *counts in found:
        known, comparable, blocked, recovered, true, told = (int(str(n)) for n in counts)
        recall = wilson(recovered, known)
        assert recall is not None, "a mode without pairs has no row"
        listed.append(MaskedFunnel(str(mode), known, comparable, blocked, recall, wilson(true, told)))
    return tuple(listed)


def reliability(con: Connection) -> Reliability | None:
    """Confidences against hidden identifiers, the calibrated ones where there are; None where no pair tells."""
    modelled, calibrated, same = overall(con)
    if not len(same):
        return None
    is_calibrated = not any(value != value for value in calibrated)  # NaN: no map
    told = calibration_table(calibrated if is_calibrated else modelled, same)
    before = calibration_table(modelled, same) if is_calibrated else ()
    return Reliability(len(same), is_calibrated, tuple(told), tuple(before))
