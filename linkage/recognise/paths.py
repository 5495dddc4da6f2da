"""The files of a source as the project file names them: one by one, or a folder or pattern that means just them."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from linkage.errors import LinkageError
from linkage.project import SourceSpec
from linkage.recognise.contract import Place
from linkage.sources import FORMATS
from linkage.sources.files import find_files, relative_name

_FEW_FILES = 2


def paths_of(places: Sequence[Place], name: str, folder: Path) -> tuple[str, ...]:
    """The paths, relative to the folder; a folder, archive or pattern only where it means these files and no others."""
    targets = sorted({place.target for place in places})
    listed = tuple(relative_name(target, folder) for target in targets)
    if len(targets) <= _FEW_FILES or name not in FORMATS:
        return listed
    common = Path(os.path.commonpath([target.parent for target in targets]))
    if glob.has_magic(relative_name(common, folder)):
        return listed
    for pattern in _patterns(targets, common):
        if _meant(pattern, common, name) == set(targets):
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


def _meant(pattern: str, common: Path, name: str) -> set[Path]:
    """The files that the importer would read, were it told so."""
    spec = SourceSpec(format=name, path=((common / pattern).as_posix() if pattern else common.as_posix(),))
    try:
        return {file.path.resolve() for file in find_files(spec, common, FORMATS[name].suffixes)}
    except LinkageError:
        return set()
