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
from linkage.run import run

MARKER = ".linkage-demo"  # a folder with this file in it may be replaced by the next demo


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
    if folder.exists() and any(folder.iterdir()) and not (folder / MARKER).exists():
        raise UsageError("The folder is not empty and no demo.", where=str(folder), remedy="name a new one with --out")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARKER).touch()
    england, target = folder / "england", folder / "run"
    generate(england, children=children, seed=seed, progress=progress.say)
    run(read_project(england / "linkage.toml"), out=target, threads=threads, memory=memory, progress=progress)
    return Demo(target, evaluate(target, england / "truth"))
