"""Launcher for a checkout: `python cli.py run linkage.toml` without installing anything but the dependencies."""

import sys
from pathlib import Path

sys.path[1:1] = [str(Path(__file__).parent / "synthetic")]

from linkage.cli import app  # noqa: E402 - the generator's folder has to be on the path first

if __name__ == "__main__":
    app()
