"""The key of a sample: what each reading's number stands for, kept in the run's folder and away from the readers.

`RUN/clerical/SAMPLE.json` names records by the numbers they have in the run's working tables; no value and no key of
a record is in it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from linkage.clerical.design import Design, Stratum
from linkage.clerical.draw import Drawn, Reading
from linkage.errors import UsageError
from linkage.manifest import write_json

FOLDER = "clerical"


@dataclass(frozen=True)
class SampleKey:
    """A sample as it was drawn: its name, the run's id, the subgroup of its strata, sizes and readings; `notes` say
    what it does not speak for."""

    sample: str
    run: str
    by: str
    seed: int
    strata: tuple[Stratum, ...]
    sizes: tuple[int, ...]
    readings: tuple[Reading, ...]
    notes: tuple[str, ...] = ()


def make_key(
    run: str, by: str, seed: int, design: Design, readings: Sequence[Reading], notes: Sequence[str]
) -> SampleKey:
    """The key of a sample; its name follows from what was drawn from what."""
    pairs = [(reading.number, reading.pair.record_id_l, reading.pair.record_id_r) for reading in readings]
    name = "s_" + hashlib.sha256(json.dumps([run, by, seed, design.sizes, pairs]).encode()).hexdigest()[:12]
    return SampleKey(name, run, by, seed, design.strata, design.sizes, tuple(readings), tuple(notes))


def write_key(run: Path, key: SampleKey) -> Path:
    """Write the key into the run's folder; returns its path."""
    folder = run / FOLDER
    folder.mkdir(exist_ok=True)
    path = folder / f"{key.sample}.json"
    write_json(path, asdict(key))
    return path


def read_key(run: Path, sample: str) -> SampleKey:
    """The key of a sample; UsageError where the run has none of that name."""
    held = {path.stem: path for path in sorted((run / FOLDER).glob("s_*.json"))}
    if sample not in held:
        raise UsageError(
            "The workbook is no sample of this run.", where=str(run / FOLDER),
            expected=f"one of the {len(held)} samples that were exported from it",
            remedy="name the run it was exported from",
        )  # fmt: skip
    told = json.loads(held[sample].read_text(encoding="utf-8"))
    return SampleKey(
        sample=told["sample"],
        run=told["run"],
        by=told["by"],
        seed=told["seed"],
        strata=tuple(Stratum(**stratum) for stratum in told["strata"]),
        sizes=tuple(told["sizes"]),
        readings=tuple(Reading(item["number"], item["reader"], Drawn(**item["pair"])) for item in told["readings"]),
        notes=tuple(told["notes"]),
    )
