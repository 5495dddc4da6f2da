"""Importers: one module per format, one contract. `FORMATS` is the list, `load_source` the way in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from linkage.errors import ProjectError
from linkage.project import SourceSpec
from linkage.sources import annex_a, cin_census, ilr, leo, lilr, npd, s251, school_census, sen2, ssda903, table
from linkage.sources.contract import Format
from linkage.sources.files import find_files, unpacked
from linkage.sources.kinds import WrongKindError
from linkage.sources.likeness import likeness, refuse_another_kind
from linkage.sources.subgroups import add_subgroups
from linkage.sql import Connection
from linkage.strict import nearest
from linkage.tables import Extract

FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        module.FORMAT.name: module.FORMAT
        for module in (cin_census, ssda903, annex_a, s251, sen2, school_census, npd, ilr, lilr, leo, table)
    }
)


def load_source(con: Connection, spec: SourceSpec, folder: Path) -> Extract:
    """Read a source into its `rows__`, `addresses__` and `events__` tables; paths are relative to the folder.

    Raises ProjectError for an unknown format, InputError for files that are missing, broken or of another kind, and
    RefusedError for those that break a limit or a safety rule. No message holds a value of a record.
    """
    known = _format_of(spec)
    with unpacked(con, find_files(spec, folder, known.suffixes)) as files:
        try:
            refuse_another_kind(files, known, FORMATS.values())
            extract = known.load(con, spec, files)
            # A format that reads any table maps its subgroups together with its fields.
            needed = spec.subgroups and known.part_of is not None
            return add_subgroups(con, spec, known, files, extract) if needed else extract
        except WrongKindError as error:
            wrong, words = error, likeness(error.file, FORMATS.values())
        raise wrong.looking_like(words)


def source_files(spec: SourceSpec, folder: Path) -> tuple[Path, ...]:
    """The files that a source is read from, each once, sorted; archives as they are. Raises as `load_source` does."""
    return tuple(sorted({file.archive or file.path for file in find_files(spec, folder, _format_of(spec).suffixes)}))


def _format_of(spec: SourceSpec) -> Format:
    if spec.format not in FORMATS:
        raise ProjectError(f"Unknown format {spec.format!r}.", where=f"[sources.{spec.name}] format",
                           expected=f"nearest: {nearest(spec.format, FORMATS)}",
                           remedy="run `linkage formats` for the list")  # fmt: skip
    return FORMATS[spec.format]


__all__ = ["FORMATS", "Format", "load_source", "source_files"]
