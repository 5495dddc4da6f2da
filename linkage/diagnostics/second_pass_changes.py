"""What a second look, in view of families, changed: `second_pass.csv` (what, reason, n).

Written where the run looked again. What is counted is told in `linkage.second_pass.changes`.
"""

from __future__ import annotations

from pathlib import Path

from linkage.diagnostics.match_rate import write_csv
from linkage.second_pass import CHANGES
from linkage.sql import Connection, has_table

COLUMNS = ("what", "reason", "n")


def write_second_pass(con: Connection, folder: Path) -> int:
    """Write `second_pass.csv` into the folder of diagnostics; returns its rows, 0 and no file without a second pass."""
    return (
        write_csv(con, CHANGES, COLUMNS, "what, reason", folder / "second_pass.csv") if has_table(con, CHANGES) else 0
    )
