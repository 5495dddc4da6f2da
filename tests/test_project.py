"""The project file: every key known, every fault told at once, paths relative to the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from linkage.errors import ProjectError
from linkage.project import Project, read_project

SMALLEST = '[project]\nname = "p"\n[sources.a]\nformat = "table"\npath = "a.csv"\n'


def read(folder: Path, text: str) -> Project:
    path = folder / "linkage.toml"
    path.write_text(text, encoding="utf-8")
    return read_project(path)


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(ProjectError) as told:
        read(folder, text)
    return [str(fault) for fault in told.value.faults]


def test_the_smallest_project_has_the_documented_defaults(tmp_path: Path) -> None:
    project = read(tmp_path, SMALLEST)
    assert (project.link.rules, project.link.model) == (("identifiers", "demographics"), "child")
    assert (project.link.accept, project.link.review) == (0.95, 0.5)
    assert (project.run.seed, project.run.threads, project.run.memory, project.run.discard_working) == (
        1,
        None,
        None,
        False,
    )


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    assert read(tmp_path, SMALLEST).folder == tmp_path


def test_a_byte_order_mark_of_notepad_does_no_harm(tmp_path: Path) -> None:
    assert read(tmp_path, "\ufeff" + SMALLEST).project.name == "p"


def test_sources_keep_their_order(tmp_path: Path) -> None:
    more = "".join(f'[sources.{name}]\nformat = "table"\npath = "x"\n' for name in ("z", "b", "m"))
    assert list(read(tmp_path, SMALLEST + more).sources) == ["a", "z", "b", "m"]


@pytest.mark.parametrize(
    ("written", "columns", "join", "form"),
    [
        ('"One"', ("One",), (), None),
        ('["One", "Two"]', ("One", "Two"), (), None),
        ('{ column = "One", format = "dayfirst" }', ("One",), (), "dayfirst"),
        ('{ join = ["One", "Two"] }', (), ("One", "Two"), None),
    ],
)
def test_a_column_can_be_mapped_in_every_documented_way(tmp_path: Path, written: str, columns, join, form) -> None:
    mapped = read(tmp_path, SMALLEST + f"[sources.a.columns]\ndob = {written}\n").sources["a"].columns["dob"]
    assert (mapped.columns, mapped.join, mapped.format) == (columns, join, form)


def test_columns_and_join_together_are_refused(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, SMALLEST + '[sources.a.columns]\ndob = { column = "a", join = ["b"] }\n')
    assert "Give a column, a list of columns, or { join" in fault


def test_all_faults_are_told_at_once_with_file_key_and_nearest(tmp_path: Path) -> None:
    told = faults(tmp_path, SMALLEST + "supplly = 1\n[link]\naccpet = 0.9\n[run]\nsead = 2\n")
    assert [fault.splitlines()[:3] for fault in told] == [
        [
            "Unknown key 'supplly'.",
            "  where: linkage.toml: sources.a.supplly",
            "  expected: nearest valid key: 'supply'",
        ],
        ["Unknown key 'accpet'.", "  where: linkage.toml: link.accpet", "  expected: nearest valid key: 'accept'"],
        ["Unknown key 'sead'.", "  where: linkage.toml: run.sead", "  expected: nearest valid key: 'seed'"],
    ]


@pytest.mark.parametrize("key", ['path = "x"\n' + SMALLEST, SMALLEST + 'name = "b"\n'], ids=["path", "name"])
def test_keys_that_the_engine_fills_in_are_not_the_users(tmp_path: Path, key: str) -> None:
    (fault,) = faults(tmp_path, key)
    assert fault.startswith("Unknown key")


@pytest.mark.parametrize("name", ["A", "1a", '"a b"', '"a;drop"', '"ä"'])
def test_a_source_name_that_would_not_do_as_a_table_name_is_refused(tmp_path: Path, name: str) -> None:
    (fault,) = faults(tmp_path, SMALLEST.replace("sources.a", f"sources.{name}"))
    assert "a lower-case letter, then letters, digits or _" in fault


def test_a_project_without_sources_is_refused(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, '[project]\nname = "p"\n[sources]\n')
    assert fault.startswith("A project needs at least one source.")


@pytest.mark.parametrize(
    ("key", "value"), [("authority", "30"), ("authority", '"3010"'), ("year", "1066"), ("path", "7")]
)
def test_a_value_out_of_range_is_told_with_its_key(tmp_path: Path, key: str, value: str) -> None:
    text = SMALLEST.replace('path = "a.csv"\n', "") if key == "path" else SMALLEST
    (fault,) = faults(tmp_path, text + f"{key} = {value}\n")
    assert f"linkage.toml: sources.a.{key}" in fault


@pytest.mark.parametrize("size", ["8GB", "8 GB", "500MB", "1.5TiB", "8G"])
def test_a_memory_size_with_a_unit_is_taken(tmp_path: Path, size: str) -> None:
    assert read(tmp_path, SMALLEST + f'[run]\nmemory = "{size}"\n').run.memory == size


@pytest.mark.parametrize("size", ["8", "-8GB", "lots", "80%", ""])
def test_a_memory_size_without_a_unit_is_refused(tmp_path: Path, size: str) -> None:
    (fault,) = faults(tmp_path, SMALLEST + f'[run]\nmemory = "{size}"\n')
    assert "as in 8GB" in fault


@pytest.mark.parametrize(
    "setting", ['out = "x"', "threads = 1", 'memory = "1GB"', "discard_working = true", "max_pairs = 7"]
)
def test_settings_that_change_no_result_are_not_in_the_fingerprint(tmp_path: Path, setting: str) -> None:
    assert read(tmp_path, SMALLEST + f"[run]\n{setting}\n").fingerprint() == read(tmp_path, SMALLEST).fingerprint()


@pytest.mark.parametrize(
    "setting", ["[run]\nseed = 2\n", "[link]\naccept = 0.9\n", '[diagnostics]\nsubgroups = ["sex"]\n']
)
def test_settings_that_change_results_are_in_the_fingerprint(tmp_path: Path, setting: str) -> None:
    assert read(tmp_path, SMALLEST + setting).fingerprint() != read(tmp_path, SMALLEST).fingerprint()
