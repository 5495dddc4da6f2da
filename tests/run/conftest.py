"""A small England and a finished run of it, which the tests read and copy."""

from __future__ import annotations

from pathlib import Path

import pytest
from linkage_synth import generate

from linkage.project import read_project
from linkage.run import run_project


@pytest.fixture(scope="session")
def england(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project file of a small synthetic England."""
    folder = tmp_path_factory.mktemp("england") / "england"
    generate(folder, children=500, seed=7)
    return folder / "linkage.toml"


@pytest.fixture(scope="session")
def whole(england: Path) -> Path:
    """The folder of a run of it that nothing happened to."""
    return run_project(read_project(england), out=england.parent.parent / "whole", threads=2)
