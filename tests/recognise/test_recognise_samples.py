"""Every sample file of other projects is recognised unaided."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from linkage.project import read_project
from linkage.recognise import Found, recognise, write_project
from linkage.recognise.contract import Proposal
from linkage.recognise.recognisers import RECOGNISERS
from linkage.run import run_project
from linkage.sources import FORMATS, load_source
from linkage.sql import connect

# File -> format, year, term and authority; None where neither the file nor its name says so.
FILES: dict[str, tuple[str, int | None, str | None, str | None]] = {
    "cin/CIN_Census_2021.xml": ("cin_census", 2023, None, "201"),  # the reference date speaks before the name
    "cin/CIN_Census_2024.xml": ("cin_census", 2024, None, "201"),
    "cin/cin-2022.xml": ("cin_census", 2022, None, "201"),
    "cin/fake_CIN_data.xml": ("cin_census", 2022, None, "975"),
    "ssda903/SSDA903_2020_episodes.csv": ("ssda903", 2020, None, None),
    "ssda903/SSDA903_2020_header.csv": ("ssda903", 2020, None, None),
    **{f"ssda903/{name}.csv": ("ssda903", None, None, None) for name in (
        "DoLo", "ad1", "header", "missing", "oc2", "oc3", "placed_for_adoption", "previous_permanence", "sw_episodes",
        "uasc", "episodes", "reviews",
    )},
    "annex_a/Annex_A.xlsx": ("annex_a", None, None, None),
    **{f"school_census/2024_autumn_{name}.csv": ("school_census", 2024, "autumn", None)
       for name in ("addressesoffroll", "pupilnolongeronroll", "pupilonroll")},
    **{f"school_census/2025_spring_{name}.csv": ("school_census", 2025, "spring", None)
       for name in ("fsmperiod", "pupilnolongeronroll", "pupilonroll", "senneeds")},
    "ilr/ILR-10033670-1819-20180704-120055-03.xml": ("ilr", 2019, None, None),
}  # fmt: skip
NO_SOURCES = {"README.md", *(f"cin_xsd/CIN_schema_{year}.xsd" for year in range(2017, 2027))}
WITHOUT_CHILDREN = ("addressesoffroll.csv", "fsmperiod.csv", "senneeds.csv")  # they tell of children in other files
DATED = ("ssda903/ad1.csv", "ssda903/episodes.csv", "ssda903/missing.csv", "ssda903/reviews.csv",
         "ssda903/placed_for_adoption.csv", "annex_a/Annex_A.xlsx")  # fmt: skip


def source_of(found: Found, file: str) -> Proposal:
    """The source that a file is in."""
    (source,) = [item for item in found.proposals if file in {part.shown.split("#")[0] for part in item.parts}]
    return source


@pytest.fixture(scope="module")
def found(samples: Path) -> Found:
    return recognise([samples], samples)


def test_the_list_of_files_is_whole(samples: Path) -> None:
    there = {path.relative_to(samples).as_posix() for path in samples.rglob("*") if path.is_file()}
    assert there == set(FILES) | NO_SOURCES


@pytest.mark.parametrize("name", FILES)
def test_a_file_by_itself_is_recognised(samples: Path, name: str) -> None:
    (source,) = recognise([samples / name], samples).proposals
    told, year, term, authority = FILES[name]
    assert (source.format, source.term) == (told, term)
    assert source.year == year or (year is None and name in DATED and "guess" in " ".join(source.notes))
    assert source.authority == (authority or ("000" if told in ("ssda903", "annex_a") else None))
    assert source.readable is not any(name.endswith(part) for part in WITHOUT_CHILDREN)


@pytest.mark.parametrize("name", sorted(NO_SOURCES))
def test_a_file_that_is_no_data_is_reported_and_not_proposed(samples: Path, name: str) -> None:
    found = recognise([samples / name], samples)
    assert not found.proposals
    assert [other.shown for other in found.others] == [name]
    if name.endswith(".xsd"):
        assert found.others[0].looks_like == "an XML schema, not a return"


def test_files_that_belong_together_are_one_source(found: Found) -> None:
    assert {item.name: len({part.shown.split("#")[0] for part in item.parts}) for item in found.proposals} == {
        "cin_2022": 2, "cin_2023": 1, "cin_2024": 1, "cla_2020": 2, "cla_2022": 12, "annex_a_2021": 1,
        "census_2024_autumn": 3, "census_2025_spring": 4, "ilr_2019": 1,
    }  # fmt: skip
    assert source_of(found, "school_census/2025_spring_senneeds.csv").paths == ("school_census/2025_spring_*.csv",)
    assert not found.others


def test_the_parts_of_a_return_are_named(found: Found) -> None:
    parts = {part.shown: part.part for item in found.proposals for part in item.parts}
    assert parts["ssda903/DoLo.csv"] == "deprivation of liberty"
    assert parts["annex_a/Annex_A.xlsx#List 8"] == "looked-after children"
    assert parts["annex_a/Annex_A.xlsx#List 11"] == "adopters (left out: adults)"
    assert parts["school_census/2024_autumn_pupilnolongeronroll.csv"] == "pupils no longer on roll"


def test_what_is_written_for_a_file_by_itself_loads(samples: Path, tmp_path: Path) -> None:
    con = connect(threads=2, memory="1GB")
    for name in FILES:
        found = recognise([samples / name], tmp_path)
        if found.proposals[0].readable:
            write_project(found, tmp_path / "linkage.toml", force=True)
            (spec,) = read_project(tmp_path / "linkage.toml").sources.values()
            extract = load_source(con, spec, tmp_path)
            assert con.execute(f'select count(*) from "{extract.rows}"').fetchall()[0][0], name
    con.close()


def test_the_project_file_of_the_samples_runs(samples: Path, tmp_path: Path) -> None:
    write_project(recognise([samples], tmp_path), tmp_path / "linkage.toml")
    run_project(read_project(tmp_path / "linkage.toml"), out=tmp_path / "run", threads=2)
    rows = pq.read_table(tmp_path / "run" / "rows.parquet", columns=["source"]).column("source").to_pylist()
    assert rows.count("cin_2022") == 333
    assert rows.count("ilr_2019") == 669
    assert rows.count("census_2024_autumn") == 9088 + 308


def test_each_format_has_a_recogniser() -> None:
    assert set(FORMATS) - {"table"} == set(RECOGNISERS)
