"""Tables written on the spot, the sample files of other projects, and a small synthetic England in all formats."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from linkage.recognise import Found, recognise
from tests.recognise.made_up import Children, Rows, Write

SAMPLES = Path(__file__).parents[2].parent / "shared" / "samples"
CHILDREN = 600


@pytest.fixture
def children() -> Children:
    return Children(random.Random(7))


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a CSV file: name, column names (None: without a header), rows."""

    def run(name: str, header: Sequence[str] | None, rows: Rows, *, encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding=encoding, newline="") as file:
            csv.writer(file).writerows([*([header] if header else []), *rows])
        return path

    return run


@pytest.fixture
def look(tmp_path: Path) -> Callable[..., Found]:
    return lambda *paths: recognise(paths, tmp_path)


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of sample files; they are not part of the project."""
    if not SAMPLES.is_dir():
        pytest.skip("the sample files of other projects are not beside this checkout (../shared/samples)")
    return SAMPLES


@pytest.fixture(scope="session")
def england(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The standard files of a synthetic England."""
    from linkage_synth import generate

    folder = tmp_path_factory.mktemp("recognise") / "england"
    generate(folder, children=CHILDREN, seed=1)
    return folder


@pytest.fixture(scope="session")
def all_of_england(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same in every format."""
    from linkage_synth import generate

    folder = tmp_path_factory.mktemp("recognise_all") / "england"
    generate(folder, children=CHILDREN, seed=1, formats=("all",))
    return folder
