"""Formats that come in several forms: is a file a table, and are all files of a source of one form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from linkage.errors import InputError
from linkage.project import SourceSpec
from linkage.sources.files import SourceFile
from linkage.sources.grids import CSV_SUFFIXES
from linkage.tables import Extract, Finding


def is_table(file: SourceFile) -> bool:
    """Whether a file is a table by its name and not XML by its content."""
    if file.suffix == ".parquet":
        return True
    if file.suffix not in CSV_SUFFIXES:
        return False
    with file.path.open("rb") as stream:
        return not stream.read(256).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def one_form(spec: SourceSpec, forms: Mapping[str, Sequence[object]]) -> None:
    """Raise InputError where a source has files of more than one form: the same children would be in it twice."""
    present = [f"{name} ({len(files)})" for name, files in forms.items() if files]
    if len(present) > 1:
        raise InputError("The files of the source are of different forms.",
                         where=f"{spec.name}: {' and '.join(present)}", expected="files of one form in a source",
                         remedy="make a source of each form in the project file")  # fmt: skip


def with_findings(extract: Extract, more: Sequence[Finding]) -> Extract:
    """The same with further findings."""
    findings = sorted((*extract.findings, *more), key=lambda finding: (finding.code, finding.field))
    return replace(extract, findings=tuple(findings))
