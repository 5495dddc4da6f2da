"""Finding a column by its name in the header of a file, and saying so where it is not there."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from linkage.sources.cells import WHITE


@dataclass(frozen=True)
class Header:
    """Column names in the order of the file, as the file has them, without white space around."""

    names: tuple[str, ...]

    def position(self, wanted: str) -> int | None:
        """Where a column is: the exact name first, then the same but for case and white space."""
        if wanted in self.names:
            return self.names.index(wanted)
        return self._folded.get(fold(wanted))

    def first(self, *wanted: str) -> int | None:
        """Where the first of several spellings is."""
        return next((at for at in map(self.position, wanted) if at is not None), None)

    def has(self, wanted: Iterable[str]) -> bool:
        """Whether all of the columns are there."""
        return all(self.position(name) is not None for name in wanted)

    def repeated(self) -> int:
        """How many columns bear a name that an earlier one has; blank names do not count."""
        named = [fold(name) for name in self.names if name]
        return len(named) - len(set(named))

    def hint(self, missing: str, others: Iterable[str]) -> str:
        """The nearest column name, for a message; empty where the line may hold a person and no names.

        A first line in which no wanted name occurs may be the first record of a file without a header, so it is
        quoted only where another wanted name was found or one is almost the wanted one.
        """
        sure = any(self.position(other) is not None for other in others)
        folded = {fold(name): name for name in self.names if name}
        close = difflib.get_close_matches(fold(missing), folded, n=1, cutoff=0.5 if sure else 0.8)
        return f"nearest column: {folded[close[0]]!r}" if close else ""

    @cached_property
    def _folded(self) -> dict[str, int]:
        return {fold(name): at for at, name in reversed(list(enumerate(self.names))) if name}


def fold(name: str) -> str:
    """A column name without case and with single spaces."""
    return " ".join(name.strip(WHITE).casefold().split())


def compact(name: str) -> str:
    """A column name as letters and digits in lower case: `Middle_Names` and `middlenames` are one."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())
