"""Profiles, and rounding half up."""

from __future__ import annotations

from decimal import Decimal
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.diagnostic_settings import DiagnosticSettings
from linkage.disclosure import PROFILES, half_up, profile_of
from linkage.errors import ProjectError


@pytest.mark.parametrize(
    ("value", "step", "expected"),
    [(2.5, 1, "3"), (3.5, 1, "4"), (1005, 10, "1010"), (1004, 10, "1000"), (15, 10, "20"), (5, 10, "10"), (4, 10, "0"),
     (0.285, "0.01", "0.29"), (0.125, "0.01", "0.13"), (0.525, "0.05", "0.55"), ("0.0005", "0.001", "0.001")],
)  # fmt: skip
def test_halves_go_up_and_not_to_the_even(value: float, step: str | int, expected: str) -> None:
    assert half_up(value, step) == Decimal(expected)


@given(st.integers(0, 10**9), st.sampled_from([1, 5, 10, 100]))
def test_rounding_moves_by_half_a_step_at_most_and_never_turns_an_order_round(value: int, step: int) -> None:
    rounded = half_up(value, step)
    assert rounded % step == 0
    assert -step / 2 <= value - rounded < step / 2 or value == rounded
    assert half_up(value + 1, step) >= rounded


def test_the_project_knows_all_profiles_and_no_others() -> None:
    assert set(get_args(DiagnosticSettings.model_fields["profile"].annotation)) == set(PROFILES)
    assert DiagnosticSettings().profile == "cco10"
    assert profile_of(DiagnosticSettings().profile).threshold == 10


def test_a_profile_can_be_made_stricter_and_not_weaker() -> None:
    assert profile_of("dfe_cin").threshold == 6
    assert profile_of("dfe_cin", 20).threshold == 20
    with pytest.raises(ProjectError) as refused:
        profile_of("cco10", 5)
    assert "suppress_below" in str(refused.value)


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_a_rate_beside_a_rounded_count_is_no_finer_than_the_count(name: str) -> None:
    profile = PROFILES[name]
    assert profile.name == name
    for least, step in profile.rate_steps:
        assert name != "cco10" or Decimal(step) * least >= profile.round_base
    assert list(profile.rate_steps) == sorted(profile.rate_steps, reverse=True)
