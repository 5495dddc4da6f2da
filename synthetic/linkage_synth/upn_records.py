"""UPNs as they are recorded: missing, out of date, mistyped, or another child's."""

import numpy as np

from linkage_synth.arrays import Bools, Floats, Ints, Texts
from linkage_synth.families import Families
from linkage_synth.identifiers import breaks_check

MISTYPED = 0.45
BROTHERS_OR_SISTERS = 0.3
"""Shares of wrong UPNs; the rest are those of children who are no relation."""


def make_some_wrong(
    rng: np.random.Generator, upn: Texts, person: Ints, families: Families, everyones: Texts, rate: float
) -> Texts:
    """The UPNs with a share `rate` of those present wrong. `everyones` has the UPN of each person."""
    result = upn.copy()
    rows = np.flatnonzero((upn != "") & (rng.random(len(upn)) < rate))
    kinds = rng.random(len(rows)).tolist()
    draws = rng.integers(0, 1 << 30, len(rows)).tolist()
    strangers = rng.integers(0, len(everyones), len(rows)).tolist()
    for row, kind, draw, stranger in zip(rows.tolist(), kinds, draws, strangers, strict=True):
        result[row] = breaks_check(upn[row], draw)
        if kind < MISTYPED:
            continue
        other = stranger
        if kind < MISTYPED + BROTHERS_OR_SISTERS:
            other = _relative(int(person[row]), families, everyones)
        if everyones[other] not in ("", upn[row]):
            result[row] = everyones[other]
    return result


def _relative(person: int, families: Families, everyones: Texts) -> int:
    """A child of the same mother who has a UPN, the twin before others; the person itself if none."""
    found = person
    for other in (person - 1, person + 1):
        same_mother = 0 <= other < len(families) and families.mother[other] == families.mother[person]
        if same_mother and everyones[other] and (found == person or families.twin[other] == families.twin[person] >= 0):
            found = other
    return found


def hide(draw: Floats, has: Bools, group: Bools, target: float, risk: Floats) -> Bools:
    """Which records of a group lose their UPN so that `target` of the group have none.

    Those that never had one count first. `draw` is uniform on [0, 1) and kept from year to year, so that what
    an authority did not know it mostly still does not know.
    """
    members = int(group.sum())
    present = group & has
    if not members or not present.any():
        return np.zeros(len(draw), dtype=np.bool_)
    wanted = target * members - int((group & ~has).sum())
    if wanted <= 0:
        return np.zeros(len(draw), dtype=np.bool_)
    # The lowest ratios of draw to risk: an exact number, and likelier where the risk is high.
    score = np.where(present, draw / risk, np.inf)
    lost = np.zeros(len(draw), dtype=np.bool_)
    lost[np.argsort(score, kind="stable")[: round(wanted)]] = True
    return lost & present
