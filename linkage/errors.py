"""What can go wrong, and the exit code each kind carries.

    LinkageError            1   our bug, when raised as it is
    ├── UsageError          2   the command line asks for something that cannot be
    ├── ProjectError       10   the project file, a rule pack or a model is invalid
    ├── InputError         11   a source file is missing, broken or not what it was said to be
    ├── RefusedError       12   a limit, a safety rule or the machine says no
    └── QualityFloorError  13   a declared quality floor was missed

A message says what is wrong, where, what was expected and what to do. It never holds a value of a
record: file names, column names, keys of settings, row numbers and counts only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: what, where (file, key or line), what was expected, what to do."""

    what: str
    where: str = ""
    expected: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        parts = [self.what]
        parts += [f"  {label}: {text}" for label, text in self._details() if text]
        return "\n".join(parts)

    def _details(self) -> tuple[tuple[str, str], ...]:
        return (("where", self.where), ("expected", self.expected), ("what to do", self.remedy))


class LinkageError(Exception):
    """Base of every error a user may see; `faults` lists all that is wrong, `exit_code` is the process's."""

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", expected: str = "", remedy: str = "") -> None:
        self.faults: tuple[Fault, ...] = (Fault(what, where, expected, remedy),)
        super().__init__(str(self.faults[0]))

    @classmethod
    def from_faults(cls, faults: Iterable[Fault]) -> LinkageError:
        """One error for many faults, so that a user mends a file once and not fault by fault."""
        listed = tuple(faults)
        assert listed, "an error needs at least one fault"
        error = cls(listed[0].what)
        error.faults = listed
        error.args = ("\n".join(str(fault) for fault in listed),)
        return error


class UsageError(LinkageError):
    """The command line asks for something that cannot be."""

    exit_code = 2


class ProjectError(LinkageError):
    """The project file, a rule pack or a model is invalid."""

    exit_code = 10


class InputError(LinkageError):
    """A source file is missing, broken, or not what the project says it is."""

    exit_code = 11


class RefusedError(LinkageError):
    """A limit, a safety rule or the machine (memory, disk) does not allow it."""

    exit_code = 12


class QualityFloorError(LinkageError):
    """A quality floor that the user declared was missed."""

    exit_code = 13
