"""Which files a source has: a file, a folder, an archive or a glob, relative to the project folder."""

from __future__ import annotations

import difflib
import glob
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from linkage.errors import InputError
from linkage.project import SourceSpec
from linkage.sources import archives
from linkage.sql import Connection, full_disk, rows


@dataclass(frozen=True)
class SourceFile:
    """A file of a source; `name` is what `rows.parquet` calls it: relative to the project, forward slashes.

    A file in an archive (`returns.zip/header.csv`) is at its `path` only inside of `unpacked`.
    """

    source: str
    path: Path
    name: str
    archive: Path | None = None
    member: str = ""
    size_bytes: int = 0

    @property
    def suffix(self) -> str:
        """The suffix in lower case."""
        return self.path.suffix.lower()


def find_files(spec: SourceSpec, folder: Path, suffixes: Sequence[str]) -> tuple[SourceFile, ...]:
    """The files that `path` names, sorted by name, each once.

    A folder is searched with its subfolders for files of the suffixes, and so is an archive or a folder in it; a glob
    and a file are taken at their word. Archives in a folder are not looked into. Raises InputError where an entry gives
    no readable file, and RefusedError for what is not read of an archive.
    """
    found: dict[str, SourceFile] = {}
    for entry in spec.path:
        inner = ""
        at = archives.archive_and_inner(entry)
        if at is not None and not (folder / at[0]).is_dir():
            entry, inner = at
        for path in _paths(spec, folder, entry, suffixes):
            name = relative_name(path, folder)
            _check_readable(spec, path, name)
            files = [SourceFile(spec.name, path, name)]
            if archives.is_archive(path):
                files = _archived(spec, path, name, inner, suffixes)
            for file in files:
                found.setdefault(file.name, file)
    return tuple(found[name] for name in sorted(found))


@contextmanager
def unpacked(con: Connection, files: Sequence[SourceFile]) -> Iterator[tuple[SourceFile, ...]]:
    """The files, those of archives unpacked for as long as the block lasts, into the private folder of the run.

    That is where its database spills to; without one, a private folder of the system's. Raises InputError for a damaged
    archive and RefusedError where the disk has no room.
    """
    packed = [file for file in files if file.archive]
    if not packed:
        yield tuple(files)
        return
    spill = str(rows(con, "select current_setting('temp_directory')")[0][0] or "")
    is_new = bool(spill) and not Path(spill).exists()
    if is_new:
        Path(spill).mkdir(parents=True)
    try:
        with tempfile.TemporaryDirectory(prefix="unpacked-", dir=spill or None, ignore_cleanup_errors=True) as into:
            if shutil.disk_usage(into).free < sum(file.size_bytes for file in packed):
                raise full_disk()
            yield tuple(
                _unpacked(file, Path(into) / str(at)) if file.archive else file for at, file in enumerate(files)
            )
    finally:
        if is_new:
            with suppress(OSError):  # what the database has spilled there is still needed
                Path(spill).rmdir()


def _unpacked(file: SourceFile, into: Path) -> SourceFile:
    assert file.archive is not None
    into.mkdir()
    path = into / archives.safe_name(PurePosixPath(file.name))
    archives.unpack(file.archive, file.member, path, shown=file.name)
    return replace(file, path=path)


def _archived(spec: SourceSpec, archive: Path, name: str, inner: str, suffixes: Sequence[str]) -> list[SourceFile]:
    """The files of an archive that are meant."""
    meant = archives.chosen(archives.members(archive, name), inner, suffixes)
    archives.refuse_unfit(meant, name)
    if not meant:
        raise InputError("The archive has no such file." if inner else "The archive has no file of the right kind.",
                         where=f"{spec.name}: {name}{'/' if inner else ''}{inner}",
                         expected="files that end in " + " or ".join(suffixes),
                         remedy="check `path` in the project file")  # fmt: skip
    return [SourceFile(spec.name, archive / member.inner, f"{name}/{member.inner}", archive, member.raw_name,
                       member.size_bytes) for member in meant]  # fmt: skip


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
                remedy="check `path` in the project file; archives are named one by one, as in returns.zip",
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
