"""The tests of persons use the helper of the tests of matching; some share three yearly runs of a small England."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "match"))

from three_years import ThreeYears, never_link, one_childs_records, three_years

CHILDREN = 1500


@pytest.fixture(scope="session")
def years(tmp_path_factory: pytest.TempPathFactory) -> ThreeYears:
    """Three yearly runs with one registry. Tests read them and write nothing into them."""
    from linkage.project import read_project
    from linkage.run import run_project

    folder = tmp_path_factory.mktemp("years")
    projects, runs = three_years(folder, children=CHILDREN), []
    apart = ("", "")
    for number, project in enumerate(projects, start=1):
        if number == 3:
            apart = one_childs_records(runs[-1], project.parent)
            never_link(project, apart)
        runs.append(run_project(read_project(project), out=folder / f"run_{number}", threads=2))
    return ThreeYears(tuple(runs), folder / "registry", apart)
