"""The files of a source as the project file names them: one by one, or a folder or pattern that means just them."""

from __future__ import annotations

import fnmatch
import glob
import os
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

from linkage.errors import LinkageError
from linkage.project import SourceSpec
from linkage.recognise.contract import Place
from linkage.sources import FORMATS
from linkage.sources.files import find_files, relative_name

_FEW_FILES = 2


def paths_of(places: Sequence[Place], name: str, folder: Path, archived: AbstractSet[Path]) -> tuple[str, ...]:
    """The paths, relative to the folder; a folder or a pattern only where it means these files and no others.

    `archived` are the files that archives hold, which are not yet where they will be.
    """
    targets = sorted({place.target for place in places})
    listed = tuple(relative_name(target, folder) for target in targets)
    if len(targets) <= _FEW_FILES or name not in FORMATS:
        return listed
    common = Path(os.path.commonpath([target.parent for target in targets]))
    if glob.has_magic(relative_name(common, folder)):
        return listed
    from_archive = any(place.archive for place in places)
    for pattern in _patterns(targets, common):
        meant = _archived(pattern, common, name, archived) if from_archive else _on_disk(pattern, common, name)
        if meant == set(targets):
            return (relative_name(common / pattern if pattern else common, folder),)
    return listed


def _patterns(targets: Sequence[Path], common: Path) -> Iterable[str]:
    """The whole folder (empty), then names that begin alike, then those that begin and end alike."""
    yield ""
    if any(target.parent != common for target in targets):
        return
    names = [target.name for target in targets]
    start, end = _shared(names), _shared([name[::-1] for name in names])[::-1]
    start = start.rstrip("0123456789")
    suffixes = {target.suffix for target in targets}
    if glob.has_magic(start + end):
        return
    if start and len(suffixes) == 1:
        yield f"{start}*{suffixes.pop()}"
    if len(start) + len(end) <= min(map(len, names)):
        yield f"{start}*{end}"


def _shared(names: Sequence[str]) -> str:
    """What all names begin with."""
    first, last = min(names), max(names)
    same = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    return first[:same]


def _on_disk(pattern: str, common: Path, name: str) -> set[Path]:
    """The files that the importer would read, were it told so."""
    spec = SourceSpec(format=name, path=((common / pattern).as_posix() if pattern else common.as_posix(),))
    try:
        return {file.path.resolve() for file in find_files(spec, common, FORMATS[name].suffixes)}
    except LinkageError:
        return set()


def _archived(pattern: str, common: Path, name: str, archived: AbstractSet[Path]) -> set[Path]:
    """The same for files that are still to be unpacked."""
    if pattern:
        return {path for path in archived if path.parent == common and fnmatch.fnmatchcase(path.name, pattern)}
    inside = {path for path in archived if path.is_relative_to(common)}
    return {path for path in inside if path.suffix.lower() in FORMATS[name].suffixes}
