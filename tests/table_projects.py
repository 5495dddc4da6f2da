"""The text of a project of plain tables, for tests that make their own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType


def table_source(
    name: str, columns: Mapping[str, str], *, key: str = "ref", subgroups: Mapping[str, str] = MappingProxyType({})
) -> str:
    """A source in NAME.csv; of `columns` (field -> column) a value in braces is TOML as it stands."""
    lines = [f"[sources.{name}]", 'format = "table"', f'path = "{name}.csv"', f"key = {json.dumps(key)}"]
    for part, mapped in (("columns", columns), ("subgroups", subgroups)):
        if mapped:
            lines.append(f"[sources.{name}.{part}]")
        lines += [
            f"{field} = {column if column[:1] == '{' else json.dumps(column)}" for field, column in mapped.items()
        ]
    return "\n" + "\n".join(lines) + "\n"
