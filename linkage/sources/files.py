"""Which files a source has: a file, a folder or a glob, relative to the project folder."""

from __future__ import annotations

import difflib
import glob
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from linkage.errors import InputError
from linkage.project import SourceSpec


@dataclass(frozen=True)
class SourceFile:
    """A file of a source; `name` is what `rows.parquet` calls it: relative to the project, forward slashes."""

    source: str
    path: Path
    name: str

    @property
    def suffix(self) -> str:
        """The suffix in lower case."""
        return self.path.suffix.lower()


def find_files(spec: SourceSpec, folder: Path, suffixes: Sequence[str]) -> tuple[SourceFile, ...]:
    """The files that `path` names, sorted by name, each once.

    A folder is searched with its subfolders for files of the suffixes; a glob and a file are taken at their word.
    Raises InputError where an entry gives no readable file.
    """
    found: dict[str, SourceFile] = {}
    for entry in spec.path:
        for path in _paths(spec, folder, entry, suffixes):
            name = relative_name(path, folder)
            _check_readable(spec, path, name)
            found.setdefault(name, SourceFile(spec.name, path, name))
    return tuple(found[name] for name in sorted(found))


def relative_name(path: Path, folder: Path) -> str:
    """The path relative to the project folder with forward slashes; absolute where there is none (other drive)."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        return path.as_posix()


def year_in_name(name: str) -> int | None:
    """The last year of this century that stands by itself in a path, or None."""
    years = re.findall(r"(?<!\d)(20\d\d)(?!\d)", name)
    return int(years[-1]) if years else None


def _paths(spec: SourceSpec, folder: Path, entry: str, suffixes: Sequence[str]) -> list[Path]:
    path = folder / entry
    if path.is_file():
        return [path]
    if path.is_dir():
        inside = [p for p in path.rglob("*") if p.is_file() and p.suffix.lower() in suffixes and not _is_litter(p)]
        if not inside:
            raise InputError(
                "The folder has no file of the right kind.",
                where=f"{spec.name}: {entry}",
                expected="files that end in " + " or ".join(suffixes),
                remedy="check `path` in the project file",
            )
        return inside
    if glob.has_magic(entry):
        matched = [Path(p) for p in glob.glob(str(path), recursive=True)]
        files = [p for p in matched if p.is_file() and not _is_litter(p)]
        if not files:
            raise InputError(
                "The pattern matches no file.",
                where=f"{spec.name}: {entry}",
                expected="a pattern such as returns/*.csv, relative to the project file",
                remedy="check `path` in the project file and that the files are there",
            )
        return files
    raise InputError(
        "There is no such file or folder.",
        where=f"{spec.name}: {entry}",
        expected="a file, a folder or a pattern, relative to the project file" + _nearest_entry(path),
        remedy="check `path` in the project file",
    )


def _check_readable(spec: SourceSpec, path: Path, name: str) -> None:
    if not os.access(path, os.R_OK):
        raise InputError(
            "The file cannot be read.",
            where=f"{spec.name}: {name}",
            expected="a file that you may open",
            remedy="ask for permission to read it, or copy it to a folder of your own",
        )


def _is_litter(path: Path) -> bool:
    """Lock files of Office and hidden files of the system."""
    return path.name.startswith((".", "~$"))


def _nearest_entry(path: Path) -> str:
    close = difflib.get_close_matches(path.name, _names_in(path.parent), n=1, cutoff=0.6)
    return f"; nearest there: {close[0]!r}" if close else ""


def _names_in(folder: Path) -> Iterable[str]:
    try:
        return [p.name for p in folder.iterdir()]
    except OSError:
        return []
