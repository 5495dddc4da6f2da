"""The longitudinal ILR (LILR), as the longitudinal education outcomes data has it: learners and aims, no names."""

from pathlib import Path

import numpy as np

from linkage_synth.arrays import choose, order_within, texts
from linkage_synth.dates import age_on, iso
from linkage_synth.errors import write_ethnicity, write_sex
from linkage_synth.formats.contract import Format, Output, Source, joined, write_table
from linkage_synth.formats.enrolments import YEAR_BEGINS
from linkage_synth.formats.ilr import ethnicity_codes
from linkage_synth.formats.known import Known
from linkage_synth.formats.npd_common import numbers, same
from linkage_synth.formats.numbers import HEXADECIMAL, tokens

SUPPLY = "a"


def write(out: Path, known: Known) -> Output:
    """Write learners, one row per learner and provider, and their aims; the learners are the primary rows."""
    world, enrolments = known.world, known.enrolments
    rng = world.draw("lilr")
    person, size = enrolments.person, len(enrolments.person)
    risk = world.risk[person]
    ethnicity = write_ethnicity(rng, world.traits.ethnicity[person], risk, 0.03)
    girl = write_sex(rng, world.families.is_girl[person], risk)
    difficulty = np.where(world.traits.sen[person] == "N", "2", "1").astype(np.object_)
    difficulty = np.where(rng.random(size) < 0.05, "9", difficulty)
    external = numbers(70_000_000 + rng.permutation(4 * size)[:size])
    providers = tokens(rng, len(enrolments.ukprn), 16, HEXADECIMAL)
    order = rng.permutation(size)
    columns = {
        "external_id": external,
        "Year": same("2023", size),
        "AcademicYear": same("2023/2024", size),
        "dataset_identifier": same("1", size),
        "learner_id": enrolments.reference,
        "upin_anon": providers[enrolments.provider],
        "ukprn_anon": providers[enrolments.provider],
        "Sex": np.where(girl, "F", "M").astype(np.object_),
        "Ethnicity": ethnicity_codes(known, person, ethnicity),
        "AcAge": numbers(age_on(world.families.birth[person], YEAR_BEGINS)),
        "LLDD": difficulty,
        "LLDD_Detail": same("-1", size),
        "PriorAttain": texts(["2", "3", "7", "99"])[choose(rng, [0.5, 0.2, 0.25, 0.05], size)],
        "RECORDID": numbers(enrolments.record),
        "AppParticipant": same("0", size),
        "L_OLASS": same("0", size),
    }
    learners = write_table(
        out, "returns/lilr/LILR_Learners_2023.csv", "lilr", {name: column[order] for name, column in columns.items()},
        person[order],
    )  # fmt: skip
    row = np.repeat(order, 1 + rng.integers(0, 3, size))
    aims = {
        "external_id": external[row],
        "learner_id": enrolments.reference[row],
        "Year": same("2023", len(row)),
        "LearnAimRef": texts(["60174898", "60305300", "50089643"])[rng.integers(0, 3, len(row))],
        "AimType": same("4", len(row)),
        "AimStartDate": iso(enrolments.start[row]),
        "AimEndDate": iso(enrolments.start[row] + 300),
        "AimRankInYear": numbers(1 + order_within(row)),
    }
    return joined(
        learners, write_table(out, "returns/lilr/LILR_Aims_2023.csv", "lilr", aims, person[row], is_primary=False)
    )


FORMAT = Format(
    "lilr",
    write,
    (Source("lilr", f'format = "lilr"\npath = "returns/lilr/"\nyear = 2024\nsupply = "{SUPPLY}"', within=True),),
    ("returns/lilr/LILR_*.csv",),
)
