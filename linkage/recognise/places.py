"""Which files there are to look at: files, folders and archives, each opened without unpacking anything to disk."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from linkage.errors import Fault, UsageError
from linkage.recognise.contract import NotProposed
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
    """A file to look at; `path` is where it is or, for a member of an archive, where it will be once unpacked."""

    path: Path
    shown: str
    archive: Path | None = None
    member: str = ""

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

    def size(self) -> int:
        """Bytes when unpacked."""
        if self.archive is None:
            return self.path.stat().st_size
        with zipfile.ZipFile(self.archive) as archive:
            return archive.getinfo(self.member).file_size


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
            if _is_archive(each):
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
        if not hidden and path.is_file() and path.suffix.lower() in (*DATA_SUFFIXES, ".zip"):
            yield path


def _is_archive(path: Path) -> bool:
    return path.suffix.lower() == ".zip" and zipfile.is_zipfile(path)


def _members(path: Path, folder: Path) -> tuple[list[DataFile], list[NotProposed]]:
    """The data files of an archive; what is locked, nested or leads out of the folder is refused."""
    shown = relative_name(path, folder)
    into = path.resolve().with_suffix("")
    members: list[DataFile] = []
    refused: list[NotProposed] = []
    try:
        with zipfile.ZipFile(path) as archive:
            listed = [info for info in archive.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return [], [NotProposed(shown, "a broken ZIP archive", "it cannot be listed")]
    for info in sorted(_wanted(listed), key=lambda each: each.filename)[:MOST_MEMBERS]:
        inner = PurePosixPath(info.filename.replace("\\", "/"))
        name = f"{shown}: {inner}"
        if info.flag_bits & 1:
            refused.append(NotProposed(name, "a file with a password", "unpack the archive first"))
        elif inner.is_absolute() or ".." in inner.parts or ":" in inner.parts[0]:
            refused.append(NotProposed(name, "a file that leads out of the archive's folder", "it is not looked at"))
        elif inner.suffix.lower() == ".zip":
            refused.append(NotProposed(name, "an archive inside of an archive", "unpack the outer one first"))
        else:
            members.append(DataFile(into.joinpath(*inner.parts), name, path, info.filename))
    if not members and not refused:
        refused.append(NotProposed(shown, "a ZIP archive without data files"))
    return members, refused


def _wanted(listed: Iterable[zipfile.ZipInfo]) -> Iterator[zipfile.ZipInfo]:
    for info in listed:
        inner = PurePosixPath(info.filename)
        litter = inner.name.startswith((".", "~$")) or "__MACOSX" in inner.parts
        if not litter and inner.suffix.lower() in (*DATA_SUFFIXES, ".zip"):
            yield info
