"""What every further format is: a writer of files, the truth of their rows, and its lines of the project file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from linkage_synth.arrays import Ints, Texts, blank
from linkage_synth.csv_files import write_csv
from linkage_synth.formats.known import Known


@dataclass(frozen=True)
class Rows:
    """Primary rows of one source with the person behind each; `files` is one file for all, or one per row."""

    source: str
    files: Texts | str
    rows: Ints
    person: Ints


@dataclass(frozen=True)
class Output:
    """Files written, relative to the folder of the world, and the truth of their rows."""

    files: tuple[str, ...]
    truth: tuple[Rows, ...]


@dataclass(frozen=True)
class Source:
    """A source of the project file: its name and the lines under its heading."""

    name: str
    settings: str
    unique: bool = False
    """No person has two records in it."""
    within: bool = False
    """A person may have several records in it that nothing but linkage brings together."""


@dataclass(frozen=True)
class Format:
    """A further format: who writes it, its sources, and where its files lie."""

    name: str
    write: Callable[[Path, Known], Output]
    sources: tuple[Source, ...]
    patterns: tuple[str, ...]


def numbered(size: int) -> Ints:
    """Row numbers from 1."""
    return np.arange(1, size + 1)


def write_table(
    out: Path, path: str, source: str, columns: Mapping[str, Texts], person: Ints, *, is_primary: bool = True
) -> Output:
    """Write one CSV file whose rows all belong to a child."""
    write_csv(out / path, columns, len(person))
    truth = (Rows(source, path, numbered(len(person)), person),) if is_primary else ()
    return Output((path,), truth)


def write_by_authority(
    out: Path, known: Known, pattern: str, source: str, authority: Ints, columns: Mapping[str, Texts], person: Ints
) -> Output:
    """Write a CSV file per authority, named by `pattern` with `{code}`, its rows in the order given."""
    files, file, number = [], blank(len(person)), np.zeros(len(person), dtype=np.int64)
    for place in np.unique(authority).tolist():
        rows = np.flatnonzero(authority == place)
        path = pattern.format(code=known.world.places.authority_code[place])
        write_csv(out / path, {name: column[rows] for name, column in columns.items()}, len(rows))
        files.append(path)
        file[rows], number[rows] = path, numbered(len(rows))
    return Output(tuple(files), (Rows(source, file, number, person),))


def joined(*outputs: Output) -> Output:
    """Several outputs as one."""
    return Output(
        tuple(file for each in outputs for file in each.files),
        tuple(rows for each in outputs for rows in each.truth),
    )
