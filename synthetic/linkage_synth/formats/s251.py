"""Placements and their costs for the section 251 return: one CSV file per authority, one row per placement.

Ids made of digits come without their leading zeros: they went through a spreadsheet.
"""

from pathlib import Path

import numpy as np

from linkage_synth.arrays import Bools, Texts, blank, choose, texts
from linkage_synth.care import YEAR_START
from linkage_synth.dates import NO_DATE, dayfirst
from linkage_synth.formats.contract import Format, Output, Source, write_by_authority
from linkage_synth.formats.known import Known
from linkage_synth.formats.npd_common import numbers

SOURCE = "s251_2024"


def without_zeros(child_id: Texts) -> Texts:
    """Ids as a spreadsheet hands them on: a text of digits becomes a number."""
    return texts([str(int(text)) if text.isdigit() else text for text in child_id])


def _yes(marks: Bools) -> Texts:
    return np.where(marks, "Yes", "No").astype(np.object_)


def write(out: Path, known: Known) -> Output:
    """Write the placements of the year to 31 March 2024."""
    world, part, care = known.world, known.cla, known.world.care
    rng = world.draw("s251")
    placement = np.flatnonzero((care.placement_end == NO_DATE) | (care.placement_end >= YEAR_START))
    period = care.placement_person[placement]
    order = np.lexsort((care.placement_start[placement], part.child_id[period].astype(str), part.authority[period]))
    placement, period = placement[order], period[order]
    size, person = len(placement), care.person[period]
    alone = world.families.unaccompanied[person]
    residential = care.placement_residential[placement]
    where = world.places.postcode_authority[care.placement_postcode[placement]]
    urn = texts([f"SC{number:06d}" for number in rng.integers(10_000, 999_999, size).tolist()])
    finish = np.where(care.placement_end[placement] == NO_DATE, YEAR_START + 365, care.placement_end[placement])
    nights = np.clip(finish - np.maximum(care.placement_start[placement], YEAR_START), 1, 366)
    cost = nights * np.where(residential, 700, 110) * rng.lognormal(0.0, 0.25, size)
    kinds = np.where(residential, "K2", texts(["U4", "U6", "U1"])[choose(rng, [0.3, 0.55, 0.15], size)])
    legal = np.where(alone, "V2", texts(["C1", "C2", "V2"])[choose(rng, [0.25, 0.5, 0.25], len(care.person))][period])
    columns = {
        "Child ID": without_zeros(part.child_id[period]),
        "Date of birth": dayfirst(part.birth[period]),
        "Gender": part.sex[period],
        "Ethnicity": part.ethnicity[period],
        "Disability": np.where(world.traits.disabled[person] == 1, "LD", "NONE").astype(np.object_),
        "Category of need": np.where(alone, "9A", "16A").astype(np.object_),
        "Date of last assessment": dayfirst(care.start[period] - 10),
        "Does the child have an EHCP": _yes(world.traits.sen[person] == "E"),
        "Is the child UASC": _yes(alone),
        "Number of missing episodes in current period of care": numbers(rng.poisson(0.3, size)),
        "Legal status": np.where(care.short_breaks[period], "V4", legal),
        "Placement start date": dayfirst(care.placement_start[placement]),
        "Placement end date": dayfirst(care.placement_end[placement]),
        "Date of start of current care period": dayfirst(care.start[period]),
        "Reason for placement change": blank(size),
        "Number of placements in the last 12 months": numbers(np.bincount(period)[period]),
        "Number of placements in current care period": numbers(np.bincount(care.placement_person)[period]),
        "Placement type": kinds.astype(np.object_),
        "Provider type": texts(["PR1", "PR4"])[choose(rng, [0.55, 0.45], size)],
        "Procurement platform": texts(["Framework", "Spot", "Block"])[choose(rng, [0.5, 0.4, 0.1], size)],
        "Procurement framework": blank(size),
        "Ofsted URN": np.where(residential, urn, "XXXXXXX"),
        "Home postcode": known.postcodes(care.home_postcode)[period],
        "Placement postcode": known.postcodes(care.placement_postcode[placement]),
        "LA of placement": world.places.authority_code[where],
        "Total committed cost accrued FY to date": texts([f"{value:.2f}" for value in cost.tolist()]),
        "Contribution from social care provider/s": np.full(size, "100%", dtype=np.object_),
        "Contribution from health provider/s": np.full(size, "0%", dtype=np.object_),
        "Contribution from education provider/s": np.full(size, "0%", dtype=np.object_),
    }
    pattern = "returns/s251/{code}/placements_2024.csv"
    return write_by_authority(out, known, pattern, SOURCE, part.authority[period], columns, person)


FORMAT = Format(
    "s251",
    write,
    (Source(SOURCE, 'format = "s251"\npath = "returns/s251/"\nyear = 2024'),),
    ("returns/s251/*/placements_*.csv",),
)
