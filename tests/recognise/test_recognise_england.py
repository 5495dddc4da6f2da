"""The files of a synthetic England are recognised, and the project file that is written for them runs."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from linkage.project import Project, SourceSpec, read_project
from linkage.recognise import project_text, recognise, write_project
from linkage.run import run_project
from linkage.sources import load_source, source_files
from linkage.sql import connect


def files_of(spec: SourceSpec, folder: Path) -> set[Path]:
    return {path.resolve() for path in source_files(spec, folder)}


def proposed(england: Path, *named: str, name: str) -> Project:
    write_project(recognise([england / each for each in named], england), england / name, force=True)
    return read_project(england / name)


def test_the_sources_are_those_of_the_generator(england: Path) -> None:
    wanted = read_project(england / "linkage.toml")
    got = proposed(england, ".", name="init.toml")
    assert {frozenset(files_of(spec, england)): spec.format for spec in got.sources.values()} == {
        frozenset(files_of(spec, england)): spec.format for spec in wanted.sources.values()
    }
    assert (got.sources["cla_2024"].year, got.sources["cla_2024"].authority) == (2024, None)
    assert (got.sources["census_2023_spring"].year, got.sources["census_2023_spring"].term) == (2023, "spring")
    assert set(got.link.unique) == {"census_2023_spring", "census_2024_spring", "early_help_2023_24"}


def test_the_local_list_is_mapped_as_its_maker_would(england: Path) -> None:
    wanted = read_project(england / "linkage.toml").sources["early_help"]
    got = proposed(england, "local", name="local.toml").sources["early_help_2023_24"]
    assert (got.key, got.columns, got.subgroups) == (wanted.key, wanted.columns, wanted.subgroups)


def test_truths_are_no_sources(england: Path) -> None:
    found = recognise([england / "truth"], england)
    assert not found.proposals
    assert {other.shown: other.looks_like for other in found.others} == {
        "truth/persons.csv": "a list of the persons of a truth", "truth/rows.csv": "a truth for `linkage evaluate`",
        "truth/families.csv": "a list of the families of a truth",
        "truth/households.csv": "a list of the households of a truth",
    }  # fmt: skip


# --- every format --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole(all_of_england: Path) -> Project:
    return proposed(all_of_england, "returns", "local", name="init.toml")


def test_every_file_is_in_a_source_of_its_format(all_of_england: Path, whole: Project) -> None:
    wanted = read_project(all_of_england / "linkage-all.toml")
    expected = {path: spec.format for spec in wanted.sources.values() for path in files_of(spec, all_of_england)}
    got = {path: spec.format for spec in whole.sources.values() for path in files_of(spec, all_of_england)}
    # Its sheet may have no rows in so small a world.
    empty = {all_of_england.resolve() / "local" / "housing_16_17.xlsx"}
    assert {path: name for path, name in expected.items() if path not in empty} == {
        path: name for path, name in got.items() if path not in empty
    }


def test_files_of_one_supply_share_its_name(all_of_england: Path, whole: Project) -> None:
    wanted = read_project(all_of_england / "linkage-all.toml")
    by_file = {path: spec.supply for spec in whole.sources.values() for path in files_of(spec, all_of_england)}
    told = {(spec.supply, by_file[path]) for spec in wanted.sources.values() if spec.supply
            for path in files_of(spec, all_of_england)}  # fmt: skip
    assert len(told) == len({supply for supply, _ in told}) == len({name for _, name in told})


def test_each_file_by_itself_is_recognised_and_what_is_written_loads(all_of_england: Path, tmp_path: Path) -> None:
    """Of files that differ by a number only, one: their format, year, term and authority, and a source that loads."""
    sources = read_project(all_of_england / "linkage-all.toml").sources.values()
    made = {path: spec for spec in sources for path in source_files(spec, all_of_england)}
    kinds = {re.sub(r"\d+", "", path.relative_to(all_of_england).as_posix()): path for path in sorted(made)}
    con = connect(threads=2, memory="1GB")
    wrong, alone = {}, set()
    for path in kinds.values():
        found = recognise([path], tmp_path)
        if not found.proposals:  # a sheet without rows in so small a world
            alone.add(path.name)
            continue
        (source,) = found.proposals
        if source.format != made[path].format or not source.reasons:
            wrong[path.name] = source.format
        named = re.findall(r"(?<!\d)20\d\d(?!\d)", path.name)
        if source.year and named and source.year not in (int(named[0]), int(named[0]) + 1):
            wrong[path.name] = str(source.year)
        if source.readable:
            (tmp_path / "linkage.toml").write_text(project_text(found, name="x"), encoding="utf-8")
            (spec,) = read_project(tmp_path / "linkage.toml").sources.values()
            load_source(con, spec, tmp_path)
        else:
            alone.add(path.name)
    con.close()
    assert wrong == {}
    details = re.compile(r"addresses|fsmperiod|schoolcensus|senneeds|Aims|housing")
    assert {name for name in alone if not details.search(name)} <= {
        "ad1.csv",
        "missing.csv",
        "placed_for_adoption.csv",
        "uasc.csv",
    }  # without a row in so small a world


def test_the_project_file_of_all_formats_runs_and_its_outputs_are_no_sources(
    all_of_england: Path, whole: Project, tmp_path: Path
) -> None:
    # One of its nine subgroups: that forty sources by nine can be published is another test's, and three minutes' work.
    few = whole.diagnostics.model_copy(update={"subgroups": ("sex",)})
    run_project(whole.model_copy(update={"diagnostics": few}), out=tmp_path / "run", threads=2)
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["stages"][-2]["stage"] == "report"
    assert any(item["linked"] for item in manifest["passes"])
    assert not recognise([tmp_path / "run"], tmp_path).proposals


def test_the_same_files_give_the_same_text(all_of_england: Path) -> None:
    parts = [all_of_england / "returns", all_of_england / "local"]
    first = project_text(recognise(parts, all_of_england), name="x")
    again = project_text(recognise([*reversed(parts), parts[0]], all_of_england), name="x")
    assert first == again
    assert tomllib.loads(first)["project"] == {"name": "x", "purpose": ""}
