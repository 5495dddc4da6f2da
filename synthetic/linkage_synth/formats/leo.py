"""Lookups of the longitudinal education outcomes data (LEO), and earnings by the number that tax records have.

The lookups are many to many: one person in two hundred has two numbers, and as many numbers hold two persons.
A row belongs to the person of its reference, record or EDUKEY, whatever AE_ID it gives.
"""

from pathlib import Path

import numpy as np

from linkage_synth.arrays import Ints, Texts
from linkage_synth.dates import YEAR_END, age_on
from linkage_synth.formats.contract import Format, Output, Source, joined, write_table
from linkage_synth.formats.known import Known
from linkage_synth.formats.npd_common import numbers
from linkage_synth.formats.numbers import SYMBOLS, tokens

FOLDER = "returns/leo/"
SUPPLY = "a"
LEAST_AGE = 14
SPLIT = 0.005
MERGED = 0.005
WORKED = {2023: 0.25, 2024: 0.4}
TAX_YEARS = {2023: "202223", 2024: "202324"}


def _two_numbers(rng: np.random.Generator, person: Ints, number: Ints, spare: Ints) -> tuple[Ints, Ints]:
    """Rows of person and AE_ID: a few persons with a second one, and a few under that of the next person as well."""
    split = np.flatnonzero(rng.random(len(person)) < SPLIT)
    merged = np.flatnonzero(rng.random(len(person)) < MERGED)
    neighbour = person[np.minimum(merged + 1, len(person) - 1)]
    who = np.r_[person, person[split], neighbour]
    ae_id = np.r_[number[person], spare[person[split]], number[person[merged]]]
    pairs = np.unique(np.stack([who, ae_id], axis=1), axis=0)
    pairs = pairs[rng.permutation(len(pairs))]
    return pairs[:, 0], pairs[:, 1]


def write(out: Path, known: Known) -> Output:
    """Write three lookups and the earnings of two tax years."""
    world, enrolments = known.world, known.enrolments
    rng = world.draw("leo")
    families = world.families
    size = len(families)
    drawn = 200_000_000 + rng.permutation(6 * size)
    number, spare = drawn[:size], drawn[size : 2 * size]
    keys = tokens(rng, size, 14, SYMBOLS)
    age = age_on(families.birth, YEAR_END[2024])
    learner = np.zeros(size, dtype=np.bool_)
    learner[enrolments.person] = True
    pupil = np.flatnonzero(known.has_reference & (age >= LEAST_AGE))
    grown = np.flatnonzero((known.has_reference | learner) & (age >= 16) & families.born)

    who, ae_id = _two_numbers(rng, pupil, number, spare)
    references = write_table(
        out, f"{FOLDER}LEARNER_AE_ID_TO_PMR_LOOKUP.csv", "leo",
        {"AE_ID": numbers(ae_id), "PUPILMATCHINGREFANONYMOUS": known.references(SUPPLY)[who]}, who,
    )  # fmt: skip
    who, ae_id = _two_numbers(rng, grown, number, spare)
    tax = write_table(
        out, f"{FOLDER}LEARNER_AE_ID_TO_EDUKEY_LOOKUP.csv", "leo", {"AE_ID": numbers(ae_id), "EDUKEY": keys[who]}, who
    )
    order = rng.permutation(len(enrolments.person))
    records = write_table(
        out, f"{FOLDER}EDUCATION_RECORDS_LOOKUP.csv", "leo",
        {"RECORDID": numbers(enrolments.record[order]), "AE_ID": numbers(number[enrolments.person[order]])},
        enrolments.person[order],
    )  # fmt: skip
    return joined(references, tax, records, _earnings(rng, out, grown, keys))


def _earnings(rng: np.random.Generator, out: Path, grown: Ints, keys: Texts) -> Output:
    parts = []
    for year, share in WORKED.items():
        who = grown[rng.random(len(grown)) < share]
        parts.append((who, np.full(len(who), TAX_YEARS[year], dtype=np.object_)))
    person = np.concatenate([who for who, _ in parts])
    columns = {
        "EDUKEY": keys[person],
        "TaxYear": np.concatenate([year for _, year in parts]),
        "Earnings": numbers(np.round(rng.lognormal(7.6, 0.9, len(person))).astype(np.int64)),
        "EmploymentSpells": numbers(1 + rng.poisson(0.4, len(person))),
    }
    return write_table(out, f"{FOLDER}EARNINGS.csv", "leo", columns, person)


FORMAT = Format(
    "leo",
    write,
    (Source("leo", f'format = "leo"\npath = "{FOLDER}"\nsupply = "{SUPPLY}"', within=True),),
    (f"{FOLDER}*.csv",),
)
