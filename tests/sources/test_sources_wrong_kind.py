"""A file of the wrong kind is refused, and told what it is: every format against the files of all others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from linkage.errors import InputError
from linkage.project import SourceSpec, read_project
from linkage.sources import FORMATS, load_source, source_files


@pytest.fixture(scope="module")
def england(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from linkage_synth import generate

    folder = tmp_path_factory.mktemp("wrong_kind") / "england"
    generate(folder, children=500, seed=2, formats=("all",))
    return folder


@pytest.fixture(scope="module")
def formats(england: Path) -> dict[str, str]:
    """A file of each kind of England, relative to it, and its format: of those that differ by a number only, one."""
    sources = read_project(england / "linkage-all.toml").sources.values()
    names = sorted((path.relative_to(england).as_posix(), spec.format)
                   for spec in sources for path in source_files(spec, england))  # fmt: skip
    of_a_kind = {re.sub(r"\d+", "", name): (name, own) for name, own in names}
    return dict(of_a_kind.values())


@pytest.mark.parametrize("said", FORMATS)
def test_files_of_all_other_formats_are_told_what_they_are(con, england: Path, formats, said: str) -> None:
    others = {name: own for name, own in formats.items() if own != said}
    if said == "table":  # any table is one
        others = {name: own for name, own in others.items() if name.endswith(".xml")}
    assert len(set(others.values())) >= (4 if said == "table" else len(FORMATS) - 1)
    wrong = {}
    for name, own in others.items():
        spec = SourceSpec(name="s", format=said, path=(name,), authority="202", year=2024)
        try:
            load_source(con, spec, england)
        except InputError as error:
            if f"looks like {FORMATS[own].what}" not in str(error) and "reads any table" not in str(error):
                wrong[name] = str(error)
            if own != "table" and f'(format "{own}")' not in str(error):
                wrong[name] = str(error)
        else:
            wrong[name] = "loaded"
    assert wrong == {}


def test_what_is_of_no_format_is_said_without_a_value(load) -> None:
    with pytest.raises(InputError, match="of no format that is known") as raised:
        load({"x.csv": "Shoe size,SECRET\n9,SECRET\n"}, format="ilr", path="x.csv")
    assert "SECRET" not in str(raised.value)
