"""What several folders of tests share: the command line, and one demo that all of them look at."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

# Tests run side by side: threads of linear algebra would only wait for each other. Before numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

CHILDREN = 1500
NOTES = "mine"


@dataclass(frozen=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Linkage = Callable[..., Said]


def call(*words: str | Path) -> Said:
    from linkage.cli import app  # brings everything with it, which most folders of tests do not need

    result = CliRunner().invoke(app, [str(word) for word in words])
    assert "Traceback" not in result.output
    return Said(result.exit_code, result.stdout, result.stderr)


@pytest.fixture(scope="session")
def linkage() -> Linkage:
    """The command line: `linkage("run", project, "--out", folder)`."""
    return call


@dataclass(frozen=True)
class DemoOnce:
    folder: Path
    said: Said

    @property
    def england(self) -> Path:
        return self.folder / "england"

    @property
    def project(self) -> Path:
        return self.england / "linkage.toml"

    @property
    def run(self) -> Path:
        return self.folder / "run"


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoOnce:
    """`linkage demo` at a small size, over an earlier demo. Tests read it and write nothing into it."""
    folder = tmp_path_factory.mktemp("once") / "demo"
    for part in ("run", "england"):
        (folder / part).mkdir(parents=True)
    (folder / ".linkage-demo").touch()
    (folder / "run" / "links.parquet").write_bytes(b"of an earlier demo")
    (folder / "my notes.txt").write_text(NOTES, encoding="utf-8")
    said = call("demo", "--out", folder, "--children", str(CHILDREN), "--threads", "2")
    return DemoOnce(folder, said)
