"""Which files there are to look at: files, folders and archives, each opened without unpacking anything to disk."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from linkage.errors import Fault, LinkageError, UsageError
from linkage.recognise.contract import NotProposed
from linkage.sources import archives
from linkage.sources.files import relative_name
from linkage.sources.grids import SUFFIXES as TABLE_SUFFIXES
from linkage.sources.kinds import looks_like

DATA_SUFFIXES = (*TABLE_SUFFIXES, ".xml")
# Of an archive only so much is looked at.
MOST_MEMBERS = 2_000
MOST_FILES = 20_000
# A text is looked at up to here; a file that can only be read whole, up to there.
HEAD_BYTES = 4 << 20
WHOLE_BYTES = 128 << 20


@dataclass(frozen=True)
class DataFile:
    """A file to look at; for one in an archive `path` goes on below it, and `size_bytes` is its size unpacked."""

    path: Path
    shown: str
    archive: Path | None = None
    member: str = ""
    size_bytes: int = 0

    @property
    def suffix(self) -> str:
        """The suffix in lower case."""
        return self.path.suffix.lower()

    def head(self, size: int = HEAD_BYTES) -> tuple[bytes, bool]:
        """The first bytes, and whether they are all."""
        if self.archive is None:
            with self.path.open("rb") as stream:
                content = stream.read(size + 1)
        else:
            with zipfile.ZipFile(self.archive) as archive, archive.open(self.member) as stream:
                content = stream.read(size + 1)
        return content[:size], len(content) <= size


def data_files(named: Sequence[Path], folder: Path) -> tuple[list[DataFile], list[NotProposed]]:
    """The files that are named, those inside of named folders and archives, each once and sorted, and what is no data.

    A file that is named is always looked at; in folders those with the suffixes of data. Raises UsageError for names
    that are not there.
    """
    missing = [path for path in named if not path.exists()]
    if missing:
        raise UsageError.from_faults(
            Fault("There is no such file or folder.", where=str(path), expected="files, folders or ZIP archives",
                  remedy="check the name and the folder") for path in missing)  # fmt: skip
    found: dict[Path, DataFile] = {}
    others: list[NotProposed] = []
    for path in named:
        inside = sorted(_inside(path)) if path.is_dir() else [path]
        if path.is_dir() and not inside:
            others.append(NotProposed(relative_name(path, folder), "a folder without data files"))
        for each in inside[:MOST_FILES]:
            if archives.is_archive(each):
                members, refused = _members(each, folder)
                found |= {member.path: member for member in members}
                others += refused
            else:
                found.setdefault(each.resolve(), DataFile(each.resolve(), relative_name(each, folder)))
    return [found[path] for path in sorted(found)], others


def what_it_looks_like(file: DataFile) -> str:
    """In words, as in `It looks like …`."""
    try:
        return looks_like(file.path) if file.archive is None else f"a {file.suffix or 'nameless'} file in an archive"
    except OSError:
        return "a file that cannot be opened"


def _inside(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        hidden = any(part.startswith((".", "~$")) for part in path.relative_to(folder).parts)
        if not hidden and path.is_file() and path.suffix.lower() in (*DATA_SUFFIXES, archives.SUFFIX):
            yield path


def _members(path: Path, folder: Path) -> tuple[list[DataFile], list[NotProposed]]:
    """The data files of an archive; what is locked, nested or leads out of the folder is left out, with its reason."""
    shown = relative_name(path, folder)
    members: list[DataFile] = []
    refused: list[NotProposed] = []
    try:
        found = archives.members(path, shown)
    except LinkageError as error:
        return [], [NotProposed(shown, "a ZIP archive", error.faults[0].what)]
    for member in found[:MOST_MEMBERS]:
        if member.unfit:
            refused.append(NotProposed(f"{shown}/{member.inner}", member.unfit, "it is not looked at"))
        elif path.with_suffix("").joinpath(*member.inner.parts).exists():
            refused.append(NotProposed(f"{shown}/{member.inner}", "a file that is unpacked already", "it is not read"))
        elif member.inner.suffix.lower() in DATA_SUFFIXES:
            inside = path.resolve().joinpath(*member.inner.parts)
            members.append(DataFile(inside, f"{shown}/{member.inner}", path, member.raw_name, member.size_bytes))
    if not members and not refused:
        refused.append(NotProposed(shown, "a ZIP archive without data files"))
    return members, refused
