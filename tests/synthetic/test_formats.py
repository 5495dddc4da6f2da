"""Every format beside the standard returns: its shape, its truth, and the project file that names all sources."""

import re
import tomllib
from collections import Counter
from pathlib import Path

import openpyxl
import pytest
from linkage_synth import generate
from lxml import etree
from synthetic_files import SOURCES, Everything, csv_rows, digests

STANDARD = (
    r"returns/cin/cin_\d{3}_202[34]\.xml|returns/cla/\d{3}/[a-z0-9_]+\.csv|returns/census/spring_202[34]\.csv|"
    r"local/early_help\.xlsx|truth/(rows|persons|families|households)\.csv|linkage\.toml"
)
FORMATS = {"cin_census", "ssda903", "school_census", "npd", "ilr", "lilr", "leo", "annex_a", "sen2", "s251", "table"}
FLAT_HEADER = (
    "LAchildID,Date,Type,CINreferralDate,ReferralSource,PrimaryNeedCode,CINclosureDate,ReasonForClosure,"
    "DateOfInitialCPC,ReferralNFA,CINPlanStartDate,CINPlanEndDate,S47ActualStartDate,InitialCPCtarget,ICPCnotRequired,"
    "AssessmentActualStartDate,AssessmentInternalReviewDate,AssessmentAuthorisationDate,Factors,CPPstartDate,CPPendDate,"
    "InitialCategoryOfAbuse,LatestCategoryOfAbuse,NumberOfPreviousCPP,UPN,FormerUPN,UPNunknown,PersonBirthDate,"
    "ExpectedPersonBirthDate,GenderCurrent,PersonDeathDate,PersonSchoolYear,Ethnicity,Disabilities,LA,YEAR"
)
PUPIL_COLUMNS = (
    "tableid,NativeId,dob,surname,forename,middlenames,preferredsurname,formersurname,upn,formerupn,"
    "uniquelearnernumber,sex,entrydate"
)
REFERENCE_COLUMNS = {
    "a/Spring_Census_2023": "PupilMatchingRefAnonymous_SPR23",
    "a/Spring_Census_2024": "PupilMatchingRefAnonymous_SPR24",
    "b/Spring_Census_2024": "PupilMatchingRefAnonymous_SPR24",
    "a/EYFSP_2023": "FSP_PupilMatchingRefAnonymous",
    "a/KS2Pupil_2023": "KS2_PupilMatchingRefAnonymous",
    "a/KS4Pupil_2023": "KS4_PupilMatchingRefAnonymous",
    "a/Absence_2023": "PupilMatchingRefAnonymous_ab23",
    "a/exclusions/Exclusions_2023_T1": "PupilMatchingRefAnonymous_ex23",
    "a/exclusions/Exclusions_2023_T2": "PupilMatchingRefAnonymous_ex23",
    "a/exclusions/Exclusions_2023_T3": "PupilMatchingRefAnonymous_ex23",
    "a/NCCIS_2024": "NCCIS_PupilMatchingRefAnonymous",
    "a/AP_2024": "AP_PupilMatchingRefAnonymous",
    "a/Pupil_Premium_2024": "PupilMatchingRefAnonymous",
    "named/KS4_2023": "KS4_PUPILMATCHINGREF",
}
WITHOUT_MONTH_OF_BIRTH = ("a/NCCIS_2024", "named/KS4_2023")
NAMED_HEADER = (
    "KS4_ACADYR,KS4_PUPILMATCHINGREF,KS4_UPN,KS4_SURNAME,KS4_FORENAMES,KS4_DOB,KS4_YEARGRP,KS4_ACTYRGRP,KS4_SEX,"
    "KS4_IDACI,KS4_LA,KS4_ESTAB,KS4_LAESTAB,KS4_URN"
)
SEN2_HEADER = (
    "persontableid,NativeId,personorderseqcolumn,sourceid,sen2tableid,surname,forename,personbirthdate,gendercurrent,"
    "ethnicity,postcode,upn,uniquelearnernumber,upnunknown"
)
LEO_HEADERS = {
    "LEARNER_AE_ID_TO_PMR_LOOKUP": "AE_ID,PUPILMATCHINGREFANONYMOUS", "EDUCATION_RECORDS_LOOKUP": "RECORDID,AE_ID",
    "LEARNER_AE_ID_TO_EDUKEY_LOOKUP": "AE_ID,EDUKEY", "EARNINGS": "EDUKEY,TaxYear,Earnings,EmploymentSpells",
}  # fmt: skip


def first_line(path: Path) -> str:
    with path.open(encoding="utf-8") as file:
        return file.readline().rstrip("\n")


# --- which files ---------------------------------------------------------------------------------


def test_without_formats_the_standard_files_are_written_and_no_other(tmp_path: Path) -> None:
    summary = generate(tmp_path, children=1_000, seed=4)
    assert all(re.fullmatch(STANDARD, name) for name in digests(tmp_path))
    assert sorted(summary.files) == sorted(digests(tmp_path))
    assert tuple(summary.rows) == SOURCES


def test_formats_add_to_the_standard_files_and_change_none(tmp_path: Path) -> None:
    generate(tmp_path / "plain", children=1_000, seed=4)
    summary = generate(tmp_path / "more", children=1_000, seed=4, formats={"ilr", "s251"})
    plain, more = digests(tmp_path / "plain"), digests(tmp_path / "more")
    assert {name for name in plain if plain[name] != more[name]} == {"truth/rows.csv"}
    before, after = ((tmp_path / folder / "truth" / "rows.csv").read_text("utf-8") for folder in ("plain", "more"))
    assert after.startswith(before)
    added = {name for name in more if name not in plain}
    assert {name.split("/")[1] for name in added if "/" in name} == {"ilr", "s251"}
    assert {name for name in added if "/" not in name} == {"linkage-all.toml"}
    assert tuple(summary.rows) == (*SOURCES, "ilr", "s251_2024")


def test_the_same_arguments_give_the_same_bytes_in_every_format(tmp_path: Path) -> None:
    first = generate(tmp_path / "first", children=1_500, seed=4, formats={"all"})
    second = generate(tmp_path / "second", children=1_500, seed=4, formats=["all"])
    assert first == second
    assert digests(tmp_path / "first") == digests(tmp_path / "second")
    assert sorted(first.files) == sorted(digests(tmp_path / "first"))


def test_a_world_without_formats_leaves_nothing_of_one_with_them_behind(tmp_path: Path) -> None:
    generate(tmp_path / "reused", children=1_000, seed=4, formats={"all"})
    generate(tmp_path / "reused", children=1_000, seed=4)
    generate(tmp_path / "fresh", children=1_000, seed=4)
    assert digests(tmp_path / "reused") == digests(tmp_path / "fresh")


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown formats nhs: there are cin_flat, npd_cin"):
        generate(tmp_path, children=1_000, formats={"nhs"})
    assert not list(tmp_path.iterdir())


# --- the truth and the project -------------------------------------------------------------------


def test_truth_covers_every_primary_row_and_no_other(everything: Everything) -> None:
    told = Counter((row["source"], row["file"]) for row in everything.truth)
    assert set(everything.project["sources"]) == {source for source, _ in told}
    for (source, file), rows in told.items():
        assert rows == everything.rows_in(file), (source, file)
    assert len(everything.person_of) == len(everything.truth)
    assert set(everything.person_of.values()) <= set(everything.persons)
    files = {file for _, file in told}
    unread = {file for file in everything.files if not any(each.split("#")[0] == file for each in files)}
    # What has no primary rows: further tables of a source, truth and projects.
    other = r"returns/cla/.*|returns/school_census_export/.*|returns/lilr/LILR_Aims_2023.csv|truth/.*|linkage.*toml"
    assert {file for file in unread if not re.fullmatch(other, file)} == set()


def test_project_names_every_source_by_rules_of_the_design(everything: Everything) -> None:
    project = everything.project
    assert set(project) == {"project", "sources", "link", "families", "diagnostics"}
    assert list(project["sources"])[:6] == list(SOURCES)
    allowed = {"format", "path", "authority", "year", "term", "supply", "sheet", "key", "columns", "subgroups"}
    for name, source in project["sources"].items():
        assert re.fullmatch("[a-z][a-z0-9_]{0,40}", name)
        assert set(source) <= allowed
        assert source["format"] in FORMATS
        assert list(everything.out.glob(source["path"])), source["path"]
    supplies = {name: source.get("supply") for name, source in project["sources"].items()}
    assert {supplies[name] for name in ("npd_census_2024", "npd_cin", "npd_cla", "leo", "lilr")} == {"a"}
    assert supplies["npd_b_census_2024"] == "b"
    assert supplies["npd_ks4_named"] == "named"
    assert set(project["link"]["unique"]) | set(project["link"]["within"]) <= set(project["sources"])
    assert tomllib.loads((everything.out / "linkage.toml").read_text("utf-8"))["families"]


def test_columns_of_local_lists_are_there(everything: Everything) -> None:
    for name, source in everything.project["sources"].items():
        if source["format"] != "table":
            continue
        named = [source.get("key"), *source.get("subgroups", {}).values()]
        for mapped in source["columns"].values():
            columns = mapped if isinstance(mapped, (str, list)) else mapped.get("column", mapped.get("join"))
            named += [columns] if isinstance(columns, str) else columns
        header = everything.header_of(everything.files_of(name)[0], str(source["key"]))
        assert set(named) <= set(header), name


def test_a_person_stands_once_where_the_project_says_so(everything: Everything) -> None:
    for source in everything.project["link"]["unique"]:
        if everything.project["sources"][source]["format"] != "npd":
            people = [row["person"] for row in everything.truth if row["source"] == source]
            assert len(people) == len(set(people)), source


# --- shapes --------------------------------------------------------------------------------------


def test_flat_file_has_its_header_ids_with_an_authority_and_months_of_birth(everything: Everything) -> None:
    files = everything.files_of("cin_flat_2024")
    rows = [row for file in files for row in csv_rows(everything.out / file)]
    assert {first_line(everything.out / file) for file in files} == {FLAT_HEADER}
    assert all(re.fullmatch(r"[A-Z0-9]+_([A-Z]{3}|\d{3})", row["LAchildID"]) for row in rows)
    assert all(row["PersonBirthDate"][8:] in ("", "01") for row in rows)
    assert all(row["Date"] == row[row["Type"]] for row in rows)
    assert max(row["Date"] for row in rows) <= "2024-03-31"


def test_xml_form_of_the_looked_after_return(everything: Everything) -> None:
    known = everything.by_key("cin_2023")
    seen = 0
    for file in everything.files_of("cla_2023"):
        root = etree.parse(str(everything.out / file)).getroot()
        assert root.tag == "EXPSSDA903"
        for number, child in enumerate(root, 1):
            header = child.find("HEADER")
            assert header is not None
            assert child.find("EPISODE/DECOM") is not None
            assert re.fullmatch(r"\d\d/\d\d/\d{4}", header.findtext("DOB") or "")
            assert header.findtext("SEX") in ("1", "2")
            person = everything.person_of["cla_2023", file, str(number)]
            assert known[file.split("/")[2], header.findtext("CHILDID") or ""] == person
            seen += 1
    assert seen > 20


def test_school_export_has_tables_of_two_terms(everything: Everything) -> None:
    folder = everything.out / "returns" / "school_census_export"
    autumn = {"pupilonroll", "pupilnolongeronroll", "addressesonroll", "addressesoffroll", "fsmperiodsonroll"}
    spring = {"pupilonroll", "pupilnolongeronroll", "addresses", "fsmperiod", "senneeds"}
    names = {path.stem for path in folder.iterdir()}
    assert names == {
        *(f"2023_autumn_{table}" for table in autumn | {"schoolcensus"}),
        *(f"2024_spring_{table}" for table in spring | {"schoolcensus"}),
    }
    for stem in ("2023_autumn", "2024_spring"):
        for table in ("pupilonroll", "pupilnolongeronroll"):
            assert first_line(folder / f"{stem}_{table}.csv").startswith(table + PUPIL_COLUMNS)
        pupils = csv_rows(folder / f"{stem}_pupilonroll.csv")
        assert all(re.fullmatch(r"\d{4}-[A-Z][a-z]{2}-\d\d 00:00:00", row["dob"]) for row in pupils)
        assert {row["enrolstatus"] for row in pupils} == {"C", "M", "S"}
        ids = {row["pupilonrolltableid"] for row in pupils}
        assert len(ids) == len(pupils)
        addresses = csv_rows(folder / f"{stem}_{'addressesonroll' if stem == '2023_autumn' else 'addresses'}.csv")
        assert {row["pupilonrolltableid"] for row in addresses} <= ids
        assert all(re.fullmatch(r"|\d{12}\.0", row["uniquepropertyreferencenumber"]) for row in addresses)
        assert len(addresses) > 0.98 * len(pupils)
    assert "ethnicity" not in first_line(folder / "2023_autumn_pupilonroll.csv").split(",")
    assert "ethnicity" in first_line(folder / "2024_spring_pupilonroll.csv").split(",")


def test_pupil_tables_have_their_columns(everything: Everything) -> None:
    folder = everything.out / "returns" / "npd"
    tables = {path.relative_to(folder).with_suffix("").as_posix(): path for path in folder.rglob("*.csv")}
    assert set(tables) == set(REFERENCE_COLUMNS)
    for name, column in REFERENCE_COLUMNS.items():
        header = first_line(tables[name]).split(",")
        assert column in header
        assert any("monthofbirth" in each.lower() for each in header) == (name not in WITHOUT_MONTH_OF_BIRTH)
        assert any(each.endswith("UPN") for each in header) == (name == "named/KS4_2023")
    assert first_line(tables["named/KS4_2023"]) == NAMED_HEADER
    assert "Gender_SPR23" in first_line(tables["a/Spring_Census_2023"])
    assert "Sex_SPR24" in first_line(tables["a/Spring_Census_2024"])
    assert "cla_LEGAL STATUS" in first_line(everything.out / "returns/npd_cla/CLA_2006_to_2024.csv")
    assert "CIN_LAchildID_Anon" in first_line(everything.out / "returns/npd_cin/CIN_2009_to_2024.csv")


def test_duplicates_of_a_census_have_one_main_record(everything: Everything) -> None:
    rows = everything.csv_of("npd_census_2024")
    status: dict[str, list[str]] = {}
    for row in rows:
        status.setdefault(row["person"], []).append(row["RecordStatus_SPR24"])
    twice = [sorted(each, key=int) for each in status.values() if len(each) > 1]
    assert twice
    assert all([str(int(main) + 100)] == rest for main, *rest in twice)
    assert all(each == [""] for each in status.values() if len(each) == 1)


def test_learner_record_has_namespace_and_learners(everything: Everything) -> None:
    assert len(everything.files_of("ilr")) > 1
    for file in everything.files_of("ilr"):
        ukprn = re.fullmatch(r"returns/ilr/ILR-(\d{8})-2324-20240206-120000-01\.xml", file)
        assert ukprn
        root = etree.parse(str(everything.out / file)).getroot()
        assert root.tag == "{ESFA/ILR/2023-24}Message"
        assert root.findtext("{*}LearningProvider/{*}UKPRN") == ukprn[1]
        for learner in root.iterfind("{*}Learner"):
            assert learner.find("{*}LearningDelivery") is not None
            assert re.fullmatch("[A-Za-z0-9 ]{1,12}", learner.findtext("{*}LearnRefNumber") or "")
            assert 31 <= int(learner.findtext("{*}Ethnicity") or 0) <= 99
    learners = everything.learners()
    references = [(row["file"], row["LearnRefNumber"]) for row in learners]
    assert len(references) == len(set(references))
    assert any(not row["GivenNames"].isascii() for row in learners)
    assert any(row["PostcodePrior"] == "ZZ99 9ZZ" for row in learners)
    assert any("PrevUKPRN" in row for row in learners)
    assert {row["age_on_31_august"] for row in learners} == {16, 17, 18}


def test_lookups_of_leo_are_many_to_many_for_one_in_a_hundred(everything: Everything) -> None:
    folder = everything.out / "returns" / "leo"
    assert {path.stem: first_line(path) for path in folder.iterdir()} == LEO_HEADERS
    rows = csv_rows(folder / "LEARNER_AE_ID_TO_PMR_LOOKUP.csv")
    for column in ("AE_ID", "PUPILMATCHINGREFANONYMOUS"):
        counts = Counter(row[column] for row in rows)
        assert 0.0005 < sum(count > 1 for count in counts.values()) / len(counts) < 0.02
    records = {row["RECORDID"] for row in csv_rows(folder / "EDUCATION_RECORDS_LOOKUP.csv")}
    assert records == {row["RECORDID"] for row in everything.csv_of("lilr")}
    keys = {row["EDUKEY"] for row in csv_rows(folder / "LEARNER_AE_ID_TO_EDUKEY_LOOKUP.csv")}
    assert {row["EDUKEY"] for row in csv_rows(folder / "EARNINGS.csv")} <= keys


def test_annex_a_has_children_in_lists_1_to_10_and_adults_in_list_11(everything: Everything) -> None:
    adopters = 0
    headers: set[object] = set()
    values: set[object] = set()
    for path in sorted(everything.out.glob("returns/annex_a/*/Annex_A.xlsx")):
        book = openpyxl.load_workbook(path, read_only=True)
        assert book.sheetnames == [f"List {number}" for number in range(1, 12)]
        first = list(book["List 1"].iter_rows(values_only=True))
        headers.add(first[0][0])
        values |= {row[1] for row in first[1:]} | {row[2] for row in first[1:]}
        adopters += len(list(book["List 11"].iter_rows(values_only=True))) - 1
    assert adopters > 0
    assert not [row for row in everything.truth if row["file"].endswith("#List 11")]
    assert len(headers) == 3
    assert {"a) Male", "Male", "a) WBRI", "WBRI"} <= values


def test_sen2_comes_in_both_forms(everything: Everything) -> None:
    assert {first_line(everything.out / file) for file in everything.files_of("sen2_2023")} == {SEN2_HEADER}
    for file in everything.files_of("sen2_2024"):
        root = etree.parse(str(everything.out / file)).getroot()
        assert root.tag == "Message"
        assert root.findtext("Header/CollectionDetails/Collection") == "SEN2"
        people = root.findall("Persons/Person")
        assert people
        for person in people:
            numbered = person.find("UPN") is not None or person.find("UniqueLearnerNumber") is not None
            assert numbered != (person.find("UPNunknown") is not None)


def test_ids_of_placement_costs_lost_their_leading_zeros(everything: Everything) -> None:
    rows = everything.csv_of("s251_2024")
    ids = {row["CHILD"] for row in everything.primary["cla_2024"]}
    assert any(each.startswith("0") for each in ids)
    assert {row["Child ID"] for row in rows} == {each.lstrip("0") for each in ids}
    assert {"Date of birth", "Is the child UASC", "Home postcode", "Placement postcode"} <= set(rows[0])


def test_babies_not_yet_born_are_known_by_due_date(everything: Everything) -> None:
    file = everything.files_of("vulnerable_babies")[0]
    rows = everything.sheet_rows(file, "Tracker no")
    unborn = [row for row in rows if row["Baby's D.O.B."] is None]
    assert all(row["EDD"] for row in rows)
    assert unborn
    assert all(row["Baby's first name"] is None and row["Baby's sex"] is None for row in unborn)
    bands = {everything.persons[everything.person_of["vulnerable_babies", file, str(row["row"])]]["age_band"]
             for row in rows}  # fmt: skip
    assert bands <= {"0", "unborn"}
    assert "unborn" in bands


def test_everybody_in_the_truth_is_a_child(everything: Everything) -> None:
    bands = {everything.persons[row["person"]]["age_band"] for row in everything.truth}
    assert bands <= {"unborn", "0", "1-4", "5-10", "11-15", "16-18"}
