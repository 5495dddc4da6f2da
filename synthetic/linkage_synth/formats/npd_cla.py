"""The NPD's table of looked-after children: one row per child and year, of the latest episode. It has no birth date."""

from pathlib import Path

import numpy as np

from linkage_synth.arrays import Ints, Texts, choose, texts
from linkage_synth.care import YEAR_START
from linkage_synth.dates import NO_DATE, YEAR_END, age_on, day, iso
from linkage_synth.formats.contract import Format, Output, Source, write_table
from linkage_synth.formats.known import Known
from linkage_synth.formats.npd_common import numbers, same
from linkage_synth.la_records import PersonPart

PATH = "returns/npd_cla/CLA_2006_to_2024.csv"
SUPPLY = "a"
STILL_LOOKED_AFTER = "-10"


def write(out: Path, known: Known) -> Output:
    """Write both years in one cumulative table."""
    periods, earlier = known.cla_2023
    years = [
        _year(known, 2023, periods, earlier),
        _year(known, 2024, np.arange(len(known.cla.person)), known.cla),
    ]
    columns = {name: np.concatenate([part[name] for part, _ in years]) for name in years[0][0]}
    return write_table(out, PATH, "npd_cla", columns, np.concatenate([person for _, person in years]))


def _latest(known: Known, last: int) -> Ints:
    """The latest placement of each period of care that had begun by a day."""
    care = known.world.care
    begun = np.flatnonzero(care.placement_start <= last)
    latest = np.zeros(len(care.person), dtype=np.int64)
    latest[care.placement_person[begun]] = begun
    return latest


def _year(known: Known, collection: int, periods: Ints, part: PersonPart) -> tuple[dict[str, Texts], Ints]:
    world, care, last = known.world, known.world.care, YEAR_END[collection]
    rng = world.draw(f"npd_cla {collection}")
    order = rng.permutation(len(periods))
    size = len(order)
    placement = _latest(known, last)[periods]
    ended = care.placement_end[placement]
    ended = np.where(ended > last, NO_DATE, ended)
    finish = np.where(ended == NO_DATE, last, ended)
    alone = world.families.unaccompanied[part.person]
    legal = texts(["C1", "C2", "V2", "E1"])[choose(rng, [0.2, 0.5, 0.25, 0.05], size)]
    kinds = texts(["U4", "U6", "U1"])[choose(rng, [0.3, 0.55, 0.15], size)]
    reasons = texts(["E4A", "E45", "E8", "E47"])[choose(rng, [0.5, 0.2, 0.2, 0.1], size)]
    reasons = np.where(care.adopted[periods], "E12", reasons)
    in_care = ended == NO_DATE
    age = age_on(part.birth, day(f"{collection - 1}-08-31"))

    def flag(days: int) -> Texts:
        return np.where(finish - np.maximum(care.start[periods], YEAR_START - 366) >= days, "1", "0").astype(np.object_)

    place = known.anonymous_authorities[part.authority]
    columns = {
        "cla_PupilMatchingRefAnonymous": known.matched(part.upn, part.birth, SUPPLY),
        "CHILD_ID_ANON": texts([known.anonymous_child_ids[child] for child in part.child_id]),
        "CHILD_LA_CODE_ANON": place,
        "cla_PROCESSING_YEAR": same(str(collection), size),
        "cla_SEX": part.sex,
        "cla_AGE_AUG": numbers(np.maximum(age, 0)),
        "cla_ETHNIC": part.ethnicity,
        "cla_UASC_STATUS": np.where(alone, "1", "0").astype(np.object_),
        "cla_POC_START": iso(care.start[periods]),
        "cla_POC_LENGTH": numbers(finish - care.start[periods]),
        "cla_EPI_IDX": numbers(placement - np.searchsorted(care.placement_person, periods) + 1),
        "cla_DATE_EPI_COMM": iso(care.placement_start[placement]),
        "cla_DATE_EPI_CEASED": iso(ended),
        "cla_LEGAL STATUS": np.where(alone, "V2", legal),
        "cla_PLACEMENT": np.where(care.placement_residential[placement], "K2", kinds),
        "cla_REC": np.where(in_care, STILL_LOOKED_AFTER, reasons),
        "CLA_31_MARCH": np.where(in_care, "1", "0").astype(np.object_),
        "CLA_6_MONTHS": flag(182),
        "CLA_12_MONTHS": flag(365),
    }
    return {name: column[order] for name, column in columns.items()}, part.person[order]


FORMAT = Format(
    "npd_cla",
    write,
    (Source("npd_cla", f'format = "ssda903"\npath = "{PATH}"\nsupply = "{SUPPLY}"', within=True),),
    (PATH,),
)
