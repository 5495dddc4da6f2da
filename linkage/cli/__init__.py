"""The command line: parse, call, print. No SQL and no decisions here.

Each module holds the commands of one kind and registers them; results go to standard output, progress and errors to
standard error; `--json` prints for machines.
"""

from linkage.cli import comparing, inputs, linking, results, sharing
from linkage.cli.app import app

__all__ = ["app", "comparing", "inputs", "linking", "results", "sharing"]
