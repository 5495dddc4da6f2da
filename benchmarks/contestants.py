"""The contestants: how each is started on a dataset, and where it says who is with whom."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from datasets import Dataset
from measuring import Measured, measure

HERE = Path(__file__).parent
ENVIRONMENT = HERE / ".venv-recordlinkage"


@dataclass(frozen=True)
class Limits:
    """Threads and memory that the engine and Splink are held to; seconds after which anyone is ended."""

    threads: int = 2
    memory: str = "4GB"
    most_seconds: float = 1800


@dataclass(frozen=True)
class Contestant:
    """`command` (folder of the dataset, scratch folder, limits) starts it; `clusters` reads source, key, person in SQL.

    `needs_unique`: it says more of the sources than their columns, so it runs only where some hold nobody twice.
    """

    name: str
    command: Callable[[Path, Path, Limits], list[str]]
    clusters: Callable[[Path], str]
    needs_unique: bool = False

    def run(self, folder: Path, scratch: Path, limits: Limits) -> Measured:
        """Run it in an empty scratch folder. Raises measuring.FailedError."""
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        return measure(self.command(folder, scratch, limits), most_seconds=limits.most_seconds)

    def takes(self, dataset: Dataset) -> bool:
        """Whether it has anything to say of this dataset that another does not."""
        return bool(dataset.unique) or not self.needs_unique


def _linkage(project: str) -> Callable[[Path, Path, Limits], list[str]]:
    return lambda folder, scratch, limits: [
        sys.executable, "-m", "linkage", "run", str(folder / project), "--out", str(scratch / "run"),
        "--threads", str(limits.threads), "--memory", limits.memory,
    ]  # fmt: skip


def _splink(*options: str) -> Callable[[Path, Path, Limits], list[str]]:
    return lambda folder, scratch, limits: [
        sys.executable, str(HERE / "plain_splink.py"), str(folder), str(scratch / "clusters.parquet"),
        str(limits.threads), limits.memory, *options,
    ]  # fmt: skip


def _recordlinkage(folder: Path, scratch: Path, _limits: Limits) -> list[str]:
    return [str(environment()), str(HERE / "plain_recordlinkage.py"), str(folder), str(scratch / "clusters.csv")]


def _persons(scratch: Path) -> str:
    return f"select source, key, person_id as person from read_parquet('{scratch}/run/persons.parquet')"


def _parquet(scratch: Path) -> str:
    return f"select source, key, person from read_parquet('{scratch}/clusters.parquet')"


def _csv(scratch: Path) -> str:
    return f"select source, key, person from read_csv('{scratch}/clusters.csv', header = true, all_varchar = true)"


LINKAGE = Contestant("linkage", _linkage("linkage.toml"), _persons)
SPLINK = Contestant("plain Splink", _splink(), _parquet)
RECORDLINKAGE = Contestant("recordlinkage", _recordlinkage, _csv)
LINKAGE_UNIQUE = Contestant("linkage, `unique` declared", _linkage("linkage_unique.toml"), _persons, needs_unique=True)
SPLINK_BEST = Contestant("plain Splink, single best links", _splink("--best-links"), _parquet, needs_unique=True)
ALL = (LINKAGE, SPLINK, RECORDLINKAGE, LINKAGE_UNIQUE, SPLINK_BEST)


def environment() -> Path:
    """The interpreter with recordlinkage; its environment is made at the first use. Raises CalledProcessError."""
    python = ENVIRONMENT / "bin" / "python"
    if not (ENVIRONMENT / "installed").exists():
        venv.create(ENVIRONMENT, clear=True, with_pip=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, "--requirement", str(HERE / "recordlinkage.txt")], check=True)
        (ENVIRONMENT / "installed").touch()
    return python
