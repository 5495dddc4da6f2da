"""Every study of docs/studies runs on a synthetic England, links by the keys that its page names, and its query works.

A study is one test, so that workers that share the tests do not run it twice.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import duckdb
import pytest
from linkage_synth import generate

from linkage.diagnostics.evaluation import evaluate
from linkage.diagnostics.subgroups import ALL
from linkage.packs import load_packs
from linkage.project import Project, read_project
from linkage.run import run_project

STUDIES = Path(__file__).parents[2] / "docs" / "studies"
PROJECTS = sorted(STUDIES.glob("*.toml"))
PRECISION = 0.97
WORDS = range(150, 451)

studies = pytest.mark.parametrize("path", PROJECTS, ids=lambda path: path.stem)


def page(path: Path) -> str:
    return path.with_suffix(".md").read_text(encoding="utf-8")


def prose(path: Path) -> str:
    return re.sub(r"^```.*?^```", "", page(path), flags=re.M | re.S)


def section(path: Path, title: str) -> str:
    """The paragraph of a page that begins with a title in bold."""
    found = re.search(rf"^\*\*{title}\.\*\*(.*?)\n\n", page(path), re.M | re.S)
    assert found, f"{path.stem} has no paragraph {title}"
    return found[1]


def named(text: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", text))


@pytest.fixture(scope="module")
def england(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("studies") / "england"
    generate(folder, children=3000, seed=7, formats={"all"})
    return folder


@studies
def test_a_study_runs_links_by_its_keys_and_answers_its_query(
    path: Path, england: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(path, england)
    project = read_project(england / path.name)
    # Validation is tested elsewhere, and would double the time of twenty runs.
    quick = project.diagnostics.model_copy(update={"pool_modes": ()})
    project = project.model_copy(update={"diagnostics": quick})
    run = run_project(project, out=project.run_folder, threads=2)
    with duckdb.connect() as con:
        seen = con.execute(
            "select distinct source from read_parquet($f)", {"f": str(run / "records.parquet")}
        ).fetchall()
        links = con.execute(
            "select distinct rule from read_parquet($f) where decision = 'link'", {"f": str(run / "links.parquet")}
        ).fetchall()
    assert {source for (source,) in seen} == set(project.sources)
    assert keys_of(path, project) - {rule for (rule,) in links} == set()

    total = next(
        item.counts for item in evaluate(run, england / "truth").scores if item.source_l == item.subgroup_var == ALL
    )
    assert total.precision is not None
    assert total.precision.estimate >= PRECISION

    (query,) = re.findall(r"^```sql\n(.*?)^```", page(path), re.M | re.S)
    monkeypatch.chdir(england)
    with duckdb.connect() as con:
        assert con.sql(query).fetchall()


def keys_of(path: Path, project: Project) -> set[str]:
    """The rules, and perhaps the model, that a page names as its keys."""
    packs = load_packs(project.link.rules, project.link.model, folder=path.parent)
    known = {rule.id for rule in packs.rules} | {project.link.model}
    keys = named(section(path, "Keys")) & known
    assert keys, f"{path.stem} names no key"
    return keys


def test_there_are_twenty_studies_and_the_index_has_them_in_order() -> None:
    index = (STUDIES / "README.md").read_text(encoding="utf-8")
    numbers = [int(path.stem[:2]) for path in PROJECTS]
    assert numbers == list(range(1, 21))
    assert re.findall(r"^\| (\d+) \| \[.*?\]\((.*?)\)", index, re.M) == [
        (str(number), f"{path.stem}.md") for number, path in zip(numbers, PROJECTS, strict=True)
    ]


@studies
def test_a_page_is_half_a_page_and_names_its_sources(path: Path) -> None:
    project = read_project(path)
    assert project.project.name == path.stem  # the queries look for the run under it
    assert len(prose(path).split()) in WORDS
    assert set(project.sources) - named(section(path, "Sources")) == set()
    assert "**It can say**" in page(path)
    assert "**It cannot say**" in page(path)
