"""Parquet files, every column as text.

They are decoded by Arrow and not by DuckDB: a damaged file can end in a fatal error of DuckDB's reader (measured with
2.0), which closes the run's database for good.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from linkage.errors import InputError, LinkageError
from linkage.sources.cells import registered, trimmed
from linkage.sources.columns import Header
from linkage.sources.files import SourceFile
from linkage.sources.kinds import WrongKindError
from linkage.sql import Connection, execute, ident
from linkage.tables import Finding


@dataclass(frozen=True)
class ParquetFile:
    """A Parquet file whose columns are known."""

    file: SourceFile
    header: Header
    schema: pa.Schema

    @property
    def name(self) -> str:
        """The name that rows are traced to."""
        return self.file.name

    def stage(self, con: Connection, table: str, wanted: Mapping[str, int]) -> tuple[Finding, ...]:
        """Make the temporary table `row, <wanted>`: values as text, dates in ISO form, whole numbers without `.0`.

        Raises InputError for a wanted column that holds lists or structures.
        """
        for at in wanted.values():
            if pa.types.is_nested(self.schema.field(at).type):
                raise InputError("A column holds structures and not values.",
                                 where=f"{self.name}, column {self.header.names[at]!r}",
                                 expected="text, numbers or dates",
                                 remedy="unnest the column before the file is written")  # fmt: skip
        raw = ident(f"{table}__raw")
        used = sorted(set(wanted.values())) or [0]
        cells = "".join(f", {_cell(self.schema.field(at).type, at)} as {ident(name)}" for name, at in wanted.items())
        try:
            with registered(con, _reader(self.file, self.schema, used)) as view:
                execute(con, f"create or replace temp table {raw} as select * from {ident(view)}")
            execute(con, f"create or replace temp table {ident(table)} as\n"
                         f"select rowid + 1 as row{cells}\nfrom {raw}")  # fmt: skip
        except LinkageError:
            raise
        except Exception:  # of Arrow or DuckDB; what they say may quote the file
            raise _broken(self.file) from None
        execute(con, f"drop table {raw}")
        return ()


def read_parquet(file: SourceFile) -> ParquetFile:
    """The columns of a Parquet file; InputError where it is none."""
    try:
        schema = pq.read_schema(file.path)
    except Exception:  # Arrow has many kinds of error for a damaged file
        raise _broken(file) from None
    return ParquetFile(file, Header(tuple(schema.names)), schema)


def _reader(file: SourceFile, schema: pa.Schema, used: Sequence[int]) -> pa.RecordBatchReader:
    """The used columns as a stream, named by position: names may occur twice, or twice but for case."""
    fields = [pa.field(f"c{at}", _text_type(schema.field(at).type)) for at in used]
    return pa.RecordBatchReader.from_batches(pa.schema(fields), _batches(file, schema, used, fields))


def _batches(
    file: SourceFile, schema: pa.Schema, used: Sequence[int], fields: Sequence[pa.Field]
) -> Iterator[pa.RecordBatch]:
    names = [schema.names[at] for at in used]
    with pq.ParquetFile(file.path) as parquet:
        for batch in parquet.iter_batches(columns=list(dict.fromkeys(names))):
            columns = [batch.column(batch.schema.names.index(name)) for name in names]
            arrays = [column.cast(field.type) for column, field in zip(columns, fields, strict=True)]
            yield pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def _text_type(kind: pa.DataType) -> pa.DataType:
    """Bytes without a type are text in the files of some writers."""
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return pa.string()
    return kind


def _cell(kind: pa.DataType, at: int) -> str:
    text = f"cast(c{at} as varchar)"
    if pa.types.is_floating(kind):
        text = rf"regexp_replace({text}, '\.0$', '')"
    if pa.types.is_timestamp(kind):
        text = rf"regexp_replace({text}, ' 00:00:00(\+00)?$', '')"
    return trimmed(text)


def _broken(file: SourceFile) -> WrongKindError:
    return WrongKindError("The file is not a whole Parquet file.", file=file,
                          expected="a Parquet file without encryption",
                          remedy="write the file again, or check `path` in the project file")  # fmt: skip
