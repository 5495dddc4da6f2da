"""ZIP archives: what they hold, what of it is refused, and unpacking a file of one into a private folder.

A file in an archive goes by `returns.zip/301/header.csv`, in the project file and in what a run writes. Nothing of an
archive reaches a path of the file system: a file is unpacked under a name that is made here.
"""

from __future__ import annotations

import re
import shutil
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from linkage.errors import Fault, InputError, RefusedError

SUFFIX = ".zip"
MOST_MEMBERS = 20_000
# What an archive may unpack to. Tables pack to a tenth, XML to a fiftieth; beyond 1 GiB what packs to less than a
# 250th is made to fill a disk (the packing itself could do a 1,032nd).
MOST_UNPACKED = 200 << 30
LARGE_UNPACKED = 1 << 30
MOST_RATIO = 250

_NESTED = (".zip", ".7z", ".rar", ".tar", ".gz", ".tgz")
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


@dataclass(frozen=True)
class Member:
    """A file of an archive: its place inside, its size unpacked, and why it cannot be read (empty: it can)."""

    inner: PurePosixPath
    raw_name: str
    size_bytes: int
    unfit: str = ""


def is_archive(path: Path) -> bool:
    """Whether a path is a file that is named as an archive."""
    return path.suffix.lower() == SUFFIX and path.is_file()


def archive_and_inner(entry: str) -> tuple[str, str] | None:
    """An entry such as `returns.zip/301/*.csv` in its two parts; the second is empty for a whole archive."""
    parts = re.split(rf"(?<=\{SUFFIX})(?:[/\\]|$)", entry, maxsplit=1, flags=re.IGNORECASE)
    return (parts[0], parts[1].strip("/")) if len(parts) > 1 else None


def members(archive: Path, shown: str) -> tuple[Member, ...]:
    """The files of an archive, sorted, without those that systems and Office leave behind.

    Raises InputError for a file that is no whole archive, and RefusedError for one that would fill the disk.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            listed = [info for info in opened.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise _damaged(shown) from None
    _refuse_bomb(listed, archive, shown)
    names = [_inner(info) for info in listed]
    found = [Member(inner, info.filename, info.file_size, _unfit(info, inner, repeated=names.count(inner) > 1))
             for info, inner in zip(listed, names, strict=True) if not _is_litter(inner)]  # fmt: skip
    return tuple(sorted(found, key=lambda member: member.inner))


def chosen(found: Iterable[Member], inner: str, suffixes: Iterable[str]) -> tuple[Member, ...]:
    """The files that are meant: of the suffixes in a whole archive or folder of it, else by name or pattern.

    Of a whole archive or folder those that cannot be read are meant, too, whatever their suffix.
    """
    pattern = PurePosixPath(inner)
    listed = tuple(found)
    if exact := tuple(member for member in listed if inner and member.inner == pattern):
        return exact
    if re.search(r"[*?\[]", inner):
        return tuple(member for member in listed if _matches(member.inner, pattern))
    inside = (member for member in listed if not inner or member.inner.is_relative_to(pattern))
    known = tuple(suffixes)
    return tuple(member for member in inside if member.unfit or member.inner.suffix.lower() in known)


def refuse_unfit(found: Iterable[Member], shown: str) -> None:
    """Raise one RefusedError for all files that cannot be read."""
    faults = [Fault("A file of the archive is not read.", where=f"{shown}/{member.inner}",
                    expected=f"files as they are; this is {member.unfit}",
                    remedy=f"unpack the archive and name the folder, or name the files in it: {shown}/*.csv")
              for member in found if member.unfit]  # fmt: skip
    if faults:
        raise RefusedError.from_faults(faults)


def unpack(archive: Path, member: str, into: Path, *, shown: str) -> None:
    """Write one file of an archive to a path that is ours. Raises InputError where it is damaged."""
    try:
        with zipfile.ZipFile(archive) as opened, opened.open(member) as packed, into.open("wb") as plain:
            shutil.copyfileobj(packed, plain, 1 << 20)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, KeyError):
        raise _damaged(shown) from None


def safe_name(inner: PurePosixPath) -> str:
    """The last part of a name, fit for any file system; years, authorities and titles in it stay readable."""
    stem = re.sub(r"[^\w .,()\-]", "_", inner.stem).strip(" .")[:100]
    return f"{stem or 'file'}{re.sub(r'[^.a-z0-9]', '', inner.suffix.lower())}"


def _damaged(shown: str) -> InputError:
    return InputError("The archive is damaged or is no ZIP archive.", where=shown, expected="a whole ZIP archive",
                      remedy="copy or make the archive again, or unpack it and name the folder")  # fmt: skip


def _refuse_bomb(listed: list[zipfile.ZipInfo], archive: Path, shown: str) -> None:
    unpacked, packed = sum(info.file_size for info in listed), archive.stat().st_size
    suspicious = unpacked > LARGE_UNPACKED and unpacked > MOST_RATIO * packed
    if len(listed) > MOST_MEMBERS or unpacked > MOST_UNPACKED or suspicious:
        raise RefusedError("The archive is too large when unpacked.", where=shown,
                           expected=f"up to {MOST_MEMBERS:,} files and {MOST_UNPACKED >> 30} GiB, "
                                    f"and above 1 GiB no more than {MOST_RATIO} times the archive's own size",
                           remedy="unpack what is needed of it and name the folder")  # fmt: skip


def _inner(info: zipfile.ZipInfo) -> PurePosixPath:
    return PurePosixPath(info.filename.replace("\\", "/"))


def _is_litter(inner: PurePosixPath) -> bool:
    return inner.name.startswith((".", "~$")) or "__MACOSX" in inner.parts


def _unfit(info: zipfile.ZipInfo, inner: PurePosixPath, *, repeated: bool) -> str:
    if inner.is_absolute() or not inner.parts or ".." in inner.parts or ":" in inner.parts[0]:
        return "a file that leads out of the archive's folder"
    if info.flag_bits & 1:
        return "a file with a password"
    if inner.suffix.lower() in _NESTED:
        return "an archive inside of an archive"
    if info.compress_type not in _PACKED:
        return "a file packed in a way that is not read, such as Deflate64"
    return "one of several files of that name" if repeated else ""


def _matches(inner: PurePosixPath, pattern: PurePosixPath) -> bool:
    """Whether a place fits a pattern: `*` stays inside of one folder, `**/` in front stands for any folders."""
    if pattern.parts[0] == "**":
        return inner.match(str(PurePosixPath(*pattern.parts[1:])))
    return len(inner.parts) == len(pattern.parts) and inner.match(str(pattern))
