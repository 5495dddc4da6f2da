"""The table of recognisers: for each format, who knows its files. A new format needs one entry."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from linkage.recognise.care import annex_a, cin_census, s251, ssda903
from linkage.recognise.contract import SURENESS, Recogniser, Recognition, Sample
from linkage.recognise.national import leo, lilr, npd
from linkage.recognise.schools import ilr, school_census, sen2

RECOGNISERS: Mapping[str, Recogniser] = MappingProxyType({
    "cin_census": cin_census, "ssda903": ssda903, "annex_a": annex_a, "s251": s251, "school_census": school_census,
    "sen2": sen2, "ilr": ilr, "lilr": lilr, "leo": leo, "npd": npd,
})  # fmt: skip
"""Format name -> recogniser; where two are equally sure, the earlier one is taken. `table` is for what none knows."""


def recognised(sample: Sample) -> Recognition | None:
    """What the surest recogniser says."""
    said = [found for recognise in RECOGNISERS.values() if (found := recognise(sample))]
    return min(said, key=lambda found: SURENESS.index(found.sureness), default=None)
