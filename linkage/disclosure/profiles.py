"""Profiles of disclosure control: what the bodies that release tables about children ask for, as data.

Symbols are those of the Government Statistical Service. A profile can be made stricter, never weaker.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from linkage.errors import ProjectError

CONFIDENTIAL = "c"
NOT_APPLICABLE = "z"
NOT_AVAILABLE = "x"
ROUNDS_TO_ZERO = "k"
LOW_RELIABILITY = "u"
# What `NAME_status` says beside each symbol, and beside a number.
STATUS_OF: Mapping[str, str] = {
    CONFIDENTIAL: "confidential",
    NOT_APPLICABLE: "not applicable",
    NOT_AVAILABLE: "not available",
    ROUNDS_TO_ZERO: "rounds to zero",
    LOW_RELIABILITY: "low reliability",
}
SHOWN, ROUNDED = "shown", "rounded"


@dataclass(frozen=True)
class Profile:
    """What may be shown.

    A count from 1 to `threshold` - 1 is hidden, and so is 0 where `hide_classes` and it would say that none, or all, of
    a group are something. What is hidden must be able to lie anywhere in a range at least `threshold` wide. Counts are
    rounded half up to `round_base`, but for the subgroup variables `unrounded`. A rate is rounded to the step of the
    first of `rate_steps` (at least so many children, step) that it is large enough for, and not shown where there is
    none.
    """

    name: str
    title: str
    threshold: int
    hide_classes: bool
    round_base: int
    rate_steps: tuple[tuple[int, str], ...]
    unrounded: tuple[str, ...] = ()

    def base_of(self, subgroup_var: str) -> int:
        """What counts of a subgroup variable are rounded to; 1 is not at all."""
        return 1 if subgroup_var in self.unrounded else self.round_base

    def step_of(self, children: int) -> Decimal | None:
        """What a rate among so many children is rounded to; None if it is not to be shown."""
        return next((Decimal(step) for least, step in self.rate_steps if children >= least), None)


# A rate step is at least as coarse as the rounding of its denominator, so that rate times children says no more than
# the rounded counts do: 10 of 1,000 is 0.01.
_STEPS_BESIDE_ROUNDED_COUNTS = ((10_000, "0.001"), (1_000, "0.01"), (200, "0.05"), (100, "0.1"))

PROFILES: Mapping[str, Profile] = {
    profile.name: profile
    for profile in (
        # n < 10: the Children's Commissioner's own impact assessment of its data collection.
        Profile("cco10", "Children's Commissioner's Office: counts under 10, everything to the nearest 10", 10, True,
        10, _STEPS_BESIDE_ROUNDED_COUNTS),
        # The 10 of the ONS Secure Research Service is a rule of thumb within a check by a person, which it does not
        # replace.
        Profile("srs10", "ONS Secure Research Service: counts under 10, not rounded", 10, True, 1, ((0, "0.001"),)),
        # 1 to 5 hidden, zero is zero, England and regions to the nearest 10, authorities as they are.
        Profile("dfe_cin", "DfE, Children in need: counts of 1 to 5, national figures to the nearest 10", 6, False, 10,
                ((0, "0.01"),), ("authority",)),
        # Symbols, rounding and whole percentages as published; the threshold is not, and is that of children in need.
        Profile("dfe_cla", "DfE, Children looked after: counts of 1 to 5, national figures to the nearest 10", 6, False,
                10, ((0, "0.01"),), ("authority",)),
    )
}  # fmt: skip


def profile_of(name: str, suppress_below: int | None = None) -> Profile:
    """The profile of that name, made stricter where `suppress_below` is above its threshold.

    Raises ProjectError for a `suppress_below` under the threshold: the name of a profile is a promise.
    """
    profile = PROFILES[name]
    if suppress_below is None:
        return profile
    if suppress_below < profile.threshold:
        raise ProjectError(
            f"suppress_below is weaker than the profile {name!r}.",
            where="[diagnostics] suppress_below",
            expected=f"{profile.threshold} or more",
            remedy="leave it out, or name another profile",
        )
    return replace(profile, threshold=suppress_below)


def half_up(value: str | int | float | Decimal, step: int | str | Decimal) -> Decimal:
    """The value rounded to a multiple of `step`, halves away from zero: 2.5 to 3, 1,005 to 1,010.

    As decimals and not as binary fractions, so that 0.285 to 0.01 is 0.29.
    """
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    unit = Decimal(str(step))
    return (exact / unit).quantize(Decimal(1), rounding=ROUND_HALF_UP) * unit
