"""Changes of social worker of looked-after children: a CSV file with a row per change, from the case systems."""

from pathlib import Path

import numpy as np

from linkage_synth.arrays import Texts, texts
from linkage_synth.care import YEAR_START
from linkage_synth.dates import NO_DATE, REFERENCE, dayfirst
from linkage_synth.errors import drop_accents, happens, write_names
from linkage_synth.formats.contract import Output, Source, write_table
from linkage_synth.formats.known import Known
from linkage_synth.formats.npd_common import numbers

PATH = "local/social_worker_changes.csv"
NAME_WRONG = 0.04
SOURCE = Source(
    "social_workers",
    f"""\
format = "table"
path = "{PATH}"
key = "Case reference"
[sources.social_workers.columns]
la_child_id = "Child ID"
authority = "LA"
forename = "First Name"
surname = "Last Name"
dob = {{ column = "Date of Birth", format = "dayfirst" }}
sex = "Gender"
upn = "UPN"
[sources.social_workers.subgroups]
ethnicity = "Ethnicity"
""",
)
_WORKERS = ("Avery Cole", "Noor Mensah", "Robin Iqbal", "Jo Nowak", "Sam Grant", "Agency 1", "Agency 2")


def write(out: Path, known: Known) -> Output:
    """Write one row per change of worker in the year, and one for every child at its beginning."""
    world, part, care = known.world, known.cla, known.world.care
    rng = world.draw("social_workers")
    written = write_names(
        rng, world.names, part.person, world.families.culture[part.person],
        happens(rng, NAME_WRONG, world.risk[part.person]),
    )  # fmt: skip
    drop_accents(written, np.flatnonzero(rng.random(len(part.person)) < 0.5))
    period = np.repeat(np.arange(len(part.person)), 1 + rng.poisson(1.1, len(part.person)))
    begin = np.maximum(care.start, YEAR_START)[period]
    end = np.where(care.end == NO_DATE, REFERENCE, care.end)[period]
    change = begin + np.floor(rng.random(len(period)) * np.maximum(end - begin, 1)).astype(np.int64)
    order = np.lexsort((change, part.child_id[period].astype(str), part.authority[period]))
    period, change = period[order], change[order]
    code = world.places.authority_code[part.authority[period]]
    child_id = part.child_id[period]
    worker: Texts = texts(list(_WORKERS))
    draw = rng.integers(0, len(_WORKERS), (2, len(period)))
    columns = {
        "Case reference": code + "-" + child_id,
        "LA": code,
        "Child ID": child_id,
        "First Name": written.forename[period],
        "Last Name": written.surname[period],
        "Date of Birth": dayfirst(part.birth)[period],
        "Gender": np.where(part.sex == "2", "Female", "Male").astype(np.object_)[period],
        "Ethnicity": part.ethnicity[period],
        "UPN": part.upn[period],
        "Date of change": dayfirst(change),
        "Previous worker": worker[draw[0]],
        "New worker": worker[draw[1]],
        "Change number": numbers(np.arange(len(period)) + 1),
    }
    return write_table(out, PATH, "social_workers", columns, part.person[period])
