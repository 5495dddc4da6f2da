"""What a run says of itself: `manifest.json` and `log.jsonl`. Counts, codes and hashes; never a value of a record."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from linkage import __version__

VERSIONED = ("duckdb", "splink", "pyarrow", "jellyfish", "scipy", "numpy", "lxml", "openpyxl", "python-calamine")


class RunLog:
    """Appends events to `log.jsonl`: one JSON object a line with time, event and facts."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, event: str, **facts: Any) -> None:
        """Add one event; facts are counts, codes and names of settings."""
        line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **facts}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def versions() -> dict[str, str]:
    """Versions of the engine and of what can change a result."""
    found = {"linkage-engine": _version("linkage-engine"), "python": platform.python_version()}
    return found | {name: _version(name) for name in VERSIONED}


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return __version__ if distribution == "linkage-engine" else "not installed"


def machine() -> dict[str, Any]:
    """What the timings were measured on."""
    return {"system": platform.system(), "processors": os.cpu_count(), "architecture": platform.machine(),
            "python": sys.implementation.name}  # fmt: skip


def sha256_of_file(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON beside its final name and move it there when complete."""
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(content, indent=2, ensure_ascii=False, sort_keys=False) + "\n", encoding="utf-8")
    part.replace(path)
