"""The files have the shapes that the returns have, and the truth covers every row of them."""

import ast
import sys
import tomllib
from collections import Counter
from pathlib import Path

import linkage_synth
import pytest
from lxml import etree
from synthetic_files import SOURCES, Read, csv_rows, iso_of_dayfirst

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = ROOT.parent / "shared" / "samples" / "cin_xsd"

CLA_HEADERS = {
    "header": "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB",
    "episodes": "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN",
    "reviews": "CHILD,DOB,REVIEW,REVIEW_CODE",
    "uasc": "CHILD,SEX,DOB,DUC",
    "oc2": "CHILD,DOB,SDQ_SCORE,SDQ_REASON,CONVICTED,HEALTH_CHECK,IMMUNISATIONS,TEETH_CHECK,"
    "HEALTH_ASSESSMENT,SUBSTANCE_MISUSE,INTERVENTION_RECEIVED,INTERVENTION_OFFERED",
    "ad1": "CHILD,DOB,DATE_INT,DATE_MATCH,FOSTER_CARE,NB_ADOPTR,SEX_ADOPTR,LS_ADOPTR",
    "placed_for_adoption": "CHILD,DOB,DATE_PLACED,DATE_PLACED_CEASED,REASON_PLACED_CEASED",
    "previous_permanence": "CHILD,DOB,PREV_PERM,LA_PERM,DATE_PERM",
    "missing": "CHILD,DOB,MISSING,MIS_START,MIS_END",
    "sw_episodes": "CHILD,DOB,SW_ID,SW_DECOM,SW_DEC,SW_REASON",
}
CENSUS_HEADER = (
    "AcademicYear,CensusTerm,LA,Estab,LAEstab,URN,Phase,UPN,FormerUPN,Surname,Forename,MiddleNames,"
    "PreferredSurname,FormerSurname,Gender,Sex,DOB,Ethnicity,FSMeligible,FSM_Protected,EVERFSM_6,"
    "EVERFSM_6_P,Language,HoursAtSetting,FundedHours,EnrolStatus,EntryDate,NCyearActual,SENprovision,"
    "PrimarySENtype,SecondarySENtype,IDACI_S,IDACI_R"
)


@pytest.mark.parametrize("year", [2023, 2024])
def test_cin_returns_are_valid_against_the_schema_of_their_year(england: Path, year: int) -> None:
    path = SCHEMAS / f"CIN_schema_{year}.xsd"
    if not path.exists():
        pytest.skip("the CIN schemas lie in shared/samples beside the project, and that folder is not here")
    schema = etree.XMLSchema(etree.parse(str(path)))
    files = sorted((england / "returns" / "cin").glob(f"cin_*_{year}.xml"))
    assert len(files) == 4
    for file in files:
        assert schema.validate(etree.parse(str(file))), str(schema.error_log)


def test_looked_after_files_have_the_headers_of_the_return(england: Path) -> None:
    folders = sorted((england / "returns" / "cla").iterdir())
    assert folders
    for folder in folders:
        first_lines = {path.stem: path.read_text("utf-8").split("\n", 1)[0] for path in folder.iterdir()}
        assert first_lines == CLA_HEADERS


def test_census_has_the_header_of_the_portal(england: Path) -> None:
    for year in (2023, 2024):
        text = (england / "returns" / "census" / f"spring_{year}.csv").read_text("utf-8")
        assert text.split("\n", 1)[0] == CENSUS_HEADER


def test_names_with_accents_survive(read: Read) -> None:
    assert any(not row["Surname"].isascii() for row in read.primary["census_2024"])
    assert any(not row["Forename"].isascii() for row in read.primary["census_2024"])


def test_truth_covers_every_primary_row_and_no_other(read: Read) -> None:
    there = {(source, row["file"], row["row"]) for source in SOURCES for row in read.primary[source]}
    assert len(read.truth) == len(read.person_of) == len(there)
    assert set(read.person_of) == there
    assert set(read.person_of.values()) <= set(read.persons)


def test_pupils_and_listed_children_stand_once_in_their_source(read: Read) -> None:
    for source in ("census_2023", "census_2024", "early_help"):
        people = [row["person"] for row in read.rows(source)]
        assert len(people) == len(set(people))
    references = [row["Ref"] for row in read.primary["early_help"]]
    assert len(references) == len(set(references))


def test_child_ids_are_unique_in_an_authority_and_year(read: Read) -> None:
    for source, column in (("cin_2023", "id"), ("cin_2024", "id"), ("cla_2024", "CHILD")):
        counts = Counter((row["authority"], row[column]) for row in read.primary[source])
        assert max(counts.values()) == 1


def test_looked_after_children_are_in_need_under_the_same_id(read: Read) -> None:
    in_need = {(row["authority"], row["id"]): row["person"] for row in read.rows("cin_2024")}
    for row in read.rows("cla_2024"):
        assert in_need[row["authority"], row["CHILD"]] == row["person"]


def test_one_authority_gave_old_ids_to_other_children(read: Read) -> None:
    before = {(row["authority"], row["id"]): row["person"] for row in read.rows("cin_2023")}
    same: Counter[str] = Counter()
    other: Counter[str] = Counter()
    for row in read.rows("cin_2024"):
        earlier = before.get((row["authority"], row["id"]))
        if earlier is not None:
            (same if earlier == row["person"] else other)[row["authority"]] += 1
    assert len(other) == 1
    migrated = next(iter(other))
    assert other[migrated] > 20
    assert other[migrated] > 10 * same[migrated]


def test_episodes_belong_to_children_of_the_header_and_show_placements_away_from_home(england: Path) -> None:
    away = placed = 0
    for folder in (england / "returns" / "cla").iterdir():
        children = {row["CHILD"] for row in csv_rows(folder / "header.csv")}
        episodes = csv_rows(folder / "episodes.csv")
        assert {row["CHILD"] for row in episodes} == children
        for row in episodes:
            start, end = iso_of_dayfirst(row["DECOM"]), iso_of_dayfirst(row["DEC"])
            assert not end or start <= end
            placed += bool(row["PL_POST"])
            away += bool(row["PL_POST"]) and row["PL_POST"] != row["HOME_POST"]
    assert placed > 100
    assert away / placed > 0.95


def test_spreadsheet_is_untidy(read: Read) -> None:
    rows = read.workbook_rows
    header = next(number for number, row in enumerate(rows) if row[:1] == ("Ref",))
    assert header == 3
    data = rows[header + 1 :]
    assert any(all(value is None for value in row) for row in data)
    kinds = Counter(type(row[3]).__name__ for row in data if any(row))
    assert kinds["datetime"] > 100
    assert kinds["str"] > 100
    names = {row["Child's first name"].strip().lower() for row in read.primary["early_help"]}
    assert {"baby", "twin 1", "twin 2"} & names
    assert len(read.primary["early_help"]) >= 1_200


def test_project_file_names_the_six_sources(england: Path) -> None:
    project = tomllib.loads((england / "linkage.toml").read_text("utf-8"))
    assert tuple(project["sources"]) == SOURCES
    assert project["link"]["unique"] == ["census_2023", "census_2024", "early_help"]
    for source in project["sources"].values():
        assert list(england.glob(source["path"])), source["path"]
    columns = project["sources"]["early_help"]["columns"]
    assert {name for name in columns.values() if isinstance(name, str)} <= {
        "Child's first name",
        "Family name",
        "M/F",
        "Post code",
        "UPN (if known)",
    }


def test_the_package_imports_nothing_of_the_engine() -> None:
    folder = Path(linkage_synth.__file__).parent
    allowed = {"linkage_synth", "numpy", "pyarrow", "openpyxl", "lxml"}
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            modules = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            for module in modules:
                top = module.split(".")[0]
                assert top != "linkage", path.name
                assert top in allowed or top in sys.stdlib_module_names, (path.name, top)
