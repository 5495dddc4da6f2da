"""A small England and two tables, generated once for all tests of the generator."""

from pathlib import Path

import pytest
from linkage_synth import Summary, generate, two_tables
from synthetic_files import Everything, Read

CHILDREN = 20_000


@pytest.fixture(scope="session")
def england(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a world large enough for rates to be measured."""
    out = tmp_path_factory.mktemp("england")
    generate(out, children=CHILDREN, seed=11)
    return out


@pytest.fixture(scope="session")
def read(england: Path) -> Read:
    """The files of that world, read back."""
    return Read(england)


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Summary]:
    """Folder and summary of two tables."""
    out = tmp_path_factory.mktemp("tables")
    return out, two_tables(out, records=8_000, seed=5)


@pytest.fixture(scope="session")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Everything:
    """A world in every format."""
    out = tmp_path_factory.mktemp("everything")
    generate(out, children=4_000, seed=7, formats={"all"})
    return Everything(out)
