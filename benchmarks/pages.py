"""The results on `docs/benchmarks.md`: each part stands between two markers, and only what is there is replaced."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from datetime import date
from pathlib import Path

from contestants import Limits

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
PACKAGES = ("duckdb", "splink")


def settings(limits: Limits) -> str:
    """One line: day, machine, versions, limits."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    machine = f"{os.cpu_count()} processors, {platform.system()}, Python {platform.python_version()}"
    return f"{date.today().isoformat()}, {machine}, {versions}; {limits.threads} threads, {limits.memory} limit."


def refresh(part: str, text: str, page: Path = PAGE) -> None:
    """Put the text between `<!-- part -->` and `<!-- /part -->`. Raises ValueError where the page lacks them."""
    start, end = f"<!-- {part} -->", f"<!-- /{part} -->"
    old = page.read_text(encoding="utf-8")
    before, found, rest = old.partition(start)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"{page.name} lacks {start} or {end}")
    page.write_text(f"{before}{start}\n{text}\n{end}{after}", encoding="utf-8")
