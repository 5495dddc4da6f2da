"""A plan says what the run then takes: the same counts, no more pairs than it said, and nothing is left behind."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest

from linkage.match import sampled_pairs
from linkage.plan import plan_project
from linkage.project import read_project
from linkage.run import run_project
from tests.table_projects import table_source

PROJECT = """
[project]
name = "planned"
[link]
rules = ["identifiers"]
"""
COLUMNS = {"forename": "fn", "surname": "sn", "dob": '{ column = "born", format = "iso" }', "postcode": "pc"}
CHILDREN = 300


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("left", "right"):
        lines = [f"{n},F{n % 29:02}X,SURNAME{n % 41:02},20{n % 9:02}-0{n % 9 + 1}-{n % 27 + 1:02},ZZ{n % 60} 1AA"
                 for n in range(CHILDREN)]  # fmt: skip
        (tmp_path / f"{name}.csv").write_text("\n".join(("ref,fn,sn,born,pc", *lines)) + "\n", encoding="utf-8")
    path = tmp_path / "linkage.toml"
    path.write_text(PROJECT + "".join(table_source(name, COLUMNS) for name in ("left", "right")), encoding="utf-8")
    return path


def test_a_plan_has_the_counts_of_the_run(project: Path, tmp_path: Path) -> None:
    found = plan_project(read_project(project), memory="1GB")
    run = run_project(read_project(project), out=tmp_path / "run", memory="1GB")
    stages = {item["stage"]: item["counts"] for item in json.loads((run / "manifest.json").read_text())["stages"]}
    assert [(item.source, item.rows, item.records) for item in found.sources] == [
        ("left", CHILDREN, CHILDREN), ("right", CHILDREN, CHILDREN),
    ]  # fmt: skip
    assert found.links_of_rules == stages["deterministic"]["links"]
    assert found.pairs == stages["candidates"]["pairs"]
    assert found.pairs <= found.pairs_at_most
    assert found.minutes > 0
    assert found.disk_gib >= 0
    assert not found.is_refused


def test_a_sample_tells_the_number_of_pairs(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = plan_project(read_project(project), memory="1GB")
    monkeypatch.setattr(sampled_pairs, "MOST_SAMPLED", whole.pairs_at_most / 3)
    found = plan_project(read_project(project), memory="1GB")
    # About a hundred records of three hundred are drawn: a binomial share, three standard deviations.
    assert found.pairs == pytest.approx(whole.pairs, rel=0.25)


def test_a_run_that_would_be_refused_is_planned_as_such(project: Path) -> None:
    settings = read_project(project)
    few = settings.model_copy(update={"run": settings.run.model_copy(update={"max_pairs": 10})})
    found = plan_project(few, memory="1GB")
    assert found.is_refused
    assert found.most_pairs == 10 < found.pairs_at_most


def test_keys_that_make_more_than_the_pairs_there_will_be_refuse_no_run(project: Path, tmp_path: Path) -> None:
    # Each rule counts a pair again, so that the sum is more than the pairs: the run is refused for these alone.
    settings = read_project(project)
    pairs = plan_project(settings, memory="1GB").pairs
    just = settings.model_copy(update={"run": settings.run.model_copy(update={"max_pairs": pairs})})
    found = plan_project(just, memory="1GB")
    assert found.pairs_at_most > found.most_pairs == pairs
    assert not found.is_refused
    run_project(just, out=tmp_path / "run", memory="1GB")


def test_without_a_model_there_are_no_pairs(project: Path) -> None:
    settings = read_project(project)
    ruled = settings.model_copy(update={"link": settings.link.model_copy(update={"model": "none"})})
    found = plan_project(ruled, memory="1GB")
    assert (found.pairs, found.pairs_at_most, found.blocks) == (0, 0, ())


def test_a_plan_leaves_nothing_behind(
    project: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path_factory.mktemp("scratch")
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    before = sorted(project.parent.iterdir())
    plan_project(read_project(project), memory="1GB")
    assert list(scratch.iterdir()) == []
    assert sorted(project.parent.iterdir()) == before
