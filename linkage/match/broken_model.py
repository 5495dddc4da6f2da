"""A model that cannot be used on the records at hand: columns that there are not, conditions that are no SQL."""

from __future__ import annotations

import duckdb

from linkage.errors import Fault, ProjectError
from linkage.packs import ModelSpec
from linkage.sql import Connection, columns, execute, ident
from linkage.strict import nearest


def refuse_broken_model(con: Connection, spec: ModelSpec, *, table: str) -> None:
    """Raise ProjectError with every condition and column of a model that cannot be used on the records of a table."""
    known = columns(con, table)
    listed = [
        (f"block {number}", name)
        for number, block in enumerate(spec.block, start=1)
        for side in (*block.sides, block.missing) for name in side
    ]  # fmt: skip
    listed += [(f"comparison {item.name!r}", name) for item in spec.comparison for name in item.columns]
    listed += [("household", name) for names in spec.model.household for name in names]
    listed += [("em_blocking", name) for names in spec.model.em_blocking for name in names]
    listed += [
        (f"comparison {item.name!r}, level {level.label!r}", name)
        for item in spec.comparison for level in item.levels for name in (level.tf, level.tf_unlike) if name
    ]  # fmt: skip
    faults = [
        Fault(f"There is no column {name!r}.", f"model {spec.model.id!r}, {where}", f"nearest: {nearest(name, known)}")
        for where, name in dict.fromkeys(listed) if name not in known
    ]  # fmt: skip
    pairs = ", ".join(f"{side}.{ident(name)} as {ident(f'{name}_{side}')}" for side in "lr" for name in known)
    for item in spec.comparison:
        conditions = {f"level {level.label!r}": level.when for level in item.levels if level.when}
        for where, condition in {"null": item.null, **conditions}.items():
            sql = f"explain select (\n{condition}\n)::boolean from (select {pairs} from {table} l, {table} r)"
            try:
                execute(con, sql)
            except duckdb.Error:  # what it says quotes the condition at length
                faults.append(Fault(
                    "The condition cannot be used.", f"model {spec.model.id!r}, comparison {item.name!r}, {where}",
                    "a condition in DuckDB's SQL over columns of both records, as in: surname_l = surname_r",
                ))  # fmt: skip
    if faults:
        raise ProjectError.from_faults(faults)
