"""Comparing the folders of runs, and running the real program with a clean environment."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import linkage
from linkage.tables import OUTPUTS

ROOT = Path(linkage.__file__).parent.parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "synthetic")])}
PROGRAM = (sys.executable, "-m", "linkage")


def tables_of(run: Path) -> dict[str, bytes]:
    """The bytes of every table and diagnostic."""
    files = [run / f"{output.name}.parquet" for output in OUTPUTS]
    files += sorted([*(run / "diagnostics").glob("*.csv"), *(run / "public").glob("*.csv")])
    return {path.relative_to(run).as_posix(): path.read_bytes() for path in files}


def manifest_of(run: Path) -> dict[str, Any]:
    """The manifest without its timings."""
    found = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    del found["timings"]
    return found


def events_of(run: Path) -> list[str]:
    """The events of the log, in order."""
    lines = (run / "log.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["event"] for line in lines]


def listing(folder: Path) -> dict[str, bytes]:
    """Every file of a folder with its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }
