"""Which pseudonymised files are of one supply: those that share ids, or lie in one folder."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from collections.abc import Set as AbstractSet
from pathlib import PurePosixPath

# So many shared ids are no chance.
_SHARED = 3
ONLY = "main"


def supply_names(files: Sequence[tuple[str, AbstractSet[int]]]) -> list[str]:
    """A name for the supply of each file, given its path and its ids; files of one supply have one name."""
    supply: list[int] = list(range(len(files)))
    for at, (path, ids) in enumerate(files):
        for other in range(at):
            other_path, other_ids = files[other]
            if _folder(path) == _folder(other_path) or len(ids & other_ids) >= _SHARED:
                joined, kept = max(supply[at], supply[other]), min(supply[at], supply[other])
                supply = [kept if each == joined else each for each in supply]
    if len(set(supply)) < 2:
        return [ONLY] * len(files)
    names: dict[Hashable, str] = {}
    for each in supply:
        if each not in names:
            base = re.sub(r"[^a-z0-9]+", "_", PurePosixPath(_folder(files[each][0])).name.lower()).strip("_") or ONLY
            number = sum(name == base or name.startswith(f"{base}_") for name in names.values())
            names[each] = f"{base}_{number + 1}" if number else base
    return [names[each] for each in supply]


def _folder(path: str) -> str:
    return str(PurePosixPath(path).parent)
