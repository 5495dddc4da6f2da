"""The contestants: how each is started on a dataset, and where it says who is with whom.

The engine is whatever `linkage` the interpreter finds; with LINKAGE_ENGINE set to a PYTHONPATH, the one found there (of
another checkout, say), while the benchmark itself stays what it is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from measuring import Measured, measure

HERE = Path(__file__).parent
ENVIRONMENT = HERE / ".venv-recordlinkage"
ENGINE_PATH = "LINKAGE_ENGINE"


@dataclass(frozen=True)
class Limits:
    """Threads and memory that the engine and Splink are held to; seconds after which anyone is ended."""

    threads: int = 2
    memory: str = "4GB"
    most_seconds: float = 1800


@dataclass(frozen=True)
class Contestant:
    """How it is started on a dataset's folder with a scratch folder, and the SQL that reads its clusters there."""

    name: str
    command: Callable[[Path, Path, Limits], list[str]]
    clusters: Callable[[Path], str]
    environment: Callable[[], Mapping[str, str] | None] = lambda: None

    def run(self, folder: Path, scratch: Path, limits: Limits) -> Measured:
        """Run it in an empty scratch folder. Raises measuring.FailedError."""
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        command = self.command(folder, scratch, limits)
        return measure(command, most_seconds=limits.most_seconds, environment=self.environment())


def engine_command(project: Path, out: Path, limits: Limits) -> list[str]:
    """`linkage run` on a project file."""
    return [
        sys.executable, "-m", "linkage", "run", str(project), "--out", str(out),
        "--threads", str(limits.threads), "--memory", limits.memory,
    ]  # fmt: skip


def engine_environment() -> Mapping[str, str] | None:
    """The environment in which the engine asked for is found; None for this process's own."""
    path = os.environ.get(ENGINE_PATH)
    return {**os.environ, "PYTHONPATH": path} if path else None


def _linkage(folder: Path, scratch: Path, limits: Limits) -> list[str]:
    return engine_command(folder / "linkage.toml", scratch / "run", limits)


def _splink(folder: Path, scratch: Path, limits: Limits) -> list[str]:
    return [
        sys.executable, str(HERE / "plain_splink.py"), str(folder), str(scratch / "clusters.parquet"),
        str(limits.threads), limits.memory,
    ]  # fmt: skip


def _recordlinkage(folder: Path, scratch: Path, _limits: Limits) -> list[str]:
    return [str(recordlinkage()), str(HERE / "plain_recordlinkage.py"), str(folder), str(scratch / "clusters.csv")]


def _persons(scratch: Path) -> str:
    return f"select source, key, person_id as person from read_parquet('{scratch}/run/persons.parquet')"


def _parquet(scratch: Path) -> str:
    return f"select source, key, person from read_parquet('{scratch}/clusters.parquet')"


def _csv(scratch: Path) -> str:
    return f"select source, key, person from read_csv('{scratch}/clusters.csv', header = true, all_varchar = true)"


LINKAGE = Contestant("linkage", _linkage, _persons, engine_environment)
SPLINK = Contestant("plain Splink", _splink, _parquet)
RECORDLINKAGE = Contestant("recordlinkage", _recordlinkage, _csv)
ALL = (LINKAGE, SPLINK, RECORDLINKAGE)


def recordlinkage() -> Path:
    """The interpreter with recordlinkage; its environment is made at the first use. Raises CalledProcessError."""
    python = ENVIRONMENT / "bin" / "python"
    if not (ENVIRONMENT / "installed").exists():
        venv.create(ENVIRONMENT, clear=True, with_pip=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, "--requirement", str(HERE / "recordlinkage.txt")], check=True)
        (ENVIRONMENT / "installed").touch()
    return python
