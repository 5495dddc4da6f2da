"""The demo: a synthetic England made, linked and compared with the truth."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from linkage_synth import generate

from linkage.diagnostics.evaluation import Evaluation, evaluate
from linkage.errors import UsageError
from linkage.progress import Progress
from linkage.project import read_project
from linkage.run import run_project

MARKER = ".linkage-demo"  # in a folder with this file, the next demo may replace what a demo makes, and nothing else
ENGLAND, RUN = "england", "run"


@dataclass(frozen=True)
class Demo:
    """Where the run is, and how it compares with the truth."""

    run: Path
    evaluation: Evaluation


def run_demo(
    folder: Path, *, children: int, seed: int, threads: int | None, memory: str | None, progress: Progress
) -> Demo:
    """Make `folder/england`, link it into `folder/run`, and compare with its truth.

    Raises UsageError where the folder holds anything but an earlier demo.
    """
    _make_room(folder)
    generate(folder / ENGLAND, children=children, seed=seed, progress=progress.say)
    project = read_project(folder / ENGLAND / "linkage.toml")
    run_project(project, out=folder / RUN, threads=threads, memory=memory, seed=seed, progress=progress)
    progress.say("comparing with the truth")
    return Demo(folder / RUN, evaluate(folder / RUN, folder / ENGLAND / "truth"))


def _make_room(folder: Path) -> None:
    """An empty place for a demo; what an earlier one made is removed."""
    try:
        if folder.exists() and any(folder.iterdir()) and not (folder / MARKER).exists():
            raise UsageError("The folder is not empty, and holds no demo.", where=str(folder),
                             expected="a new or empty folder, or that of an earlier demo",
                             remedy="name another with --out")  # fmt: skip
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MARKER).touch()
        for made in (folder / ENGLAND, folder / RUN):
            if made.exists():
                shutil.rmtree(made)
    except OSError:
        raise UsageError("The folder cannot be used.", where=str(folder), expected="a folder that you may write to",
                         remedy="name another with --out") from None  # fmt: skip
