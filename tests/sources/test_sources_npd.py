"""Format `npd`: a hand-made table of each family, who speaks, keys, and what becomes of it in `prepare`."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from linkage.errors import InputError
from linkage.prepare import prepare_records
from linkage.project import SourceSpec
from linkage.sources import load_source
from linkage.sources.columns import Header
from linkage.sources.npd_tables import FAMILIES, layout_of
from linkage.sql import rows

# A header, and the family and year that it tells. Names as in the variable lists and the portal's downloads.
HEADERS = {
    "autumn": ("PupilMatchingRefAnonymous_AUT19,Gender_AUT19", "autumn_census", 2019),
    "spring": ("PupilMatchingRefAnonymous_SPR20,NCyearActual_SPR20", "spring_census", 2020),
    "spring-alias": ("s.PupilMatchingRefAnonymous_SPR20", "spring_census", 2020),
    "summer": ("PUPILMATCHINGREFANONYMOUS_SUM07", "summer_census", 2007),
    "spring-named": ("UPN_SPR20,Surname_SPR20", "spring_census", 2020),
    "plasc": ("pupilmatchingrefanonymous_03,fsmeligible_03", "plasc", 2003),
    "restricted-copy": ("pmr_04,gend_04", "plasc", 2004),
    "pru": ("PRU_PupilMatchingRefAnonymous_SPR11,PRU_Gender", "pru_census", 2011),
    "ap": ("AP_PupilMatchingRefAnonymous,AP_ACADYR", "ap_census", None),
    "eyc": ("EYC_PupilMatchingRefAnonymous,EYC_ACADYR", "early_years_census", None),
    "eyfsp": ("FSP_ACADYR,FSP_PUPILMATCHINGREF,FSP_UPN,FSP_SURNAME,FSP_DOB", "eyfsp", None),
    "ks1": ("KS1_PupilMatchingRefAnonymous", "ks1", None),
    "ks1-portal": ("ACADYR,PUPILMATCHINGREF,KS1_ID,UPN,SURNAME,FORENAMES,DOB,GENDER,SEX,LA", "ks1", None),
    "phonics": ("Phonics_ACADYR,Phonics_PUPILMATCHINGREF,Phonics_id,Phonics_UPN", "phonics", None),
    "mtc": ("ACADYR,PupilMatchingRef,UPN,Surname,Forename,Sex,DOB,FormMark,PupilStatus", "mtc", None),
    "ks2": ("KS2_PupilMatchingRefAnonymous", "ks2", None),
    "ks2-portal": ("ACADYR,PupilMatchingRef,CANDNO,CAND_ID,UPN,SURNAME,FORENAMES,DOB,SEX", "ks2", None),
    "ks3": ("KS3_PUPILMATCHINGREFANONYMOUS", "ks3", None),
    "ks4": ("KS4_ACADYR,KS4_PUPILMATCHINGREF,KS4_UPN,KS4_LEVEL2_EM_PTQ_EE,KS4_PTS_91", "ks4", None),
    "ks5": ("KS5_PupilMatchingRefAnonymous", "ks5", None),
    "absence": ("PupilMatchingRefAnonymous_ab16,GENDER_AB16", "absence", 2016),
    "exclusions": ("PupilMatchingRefAnonymous_ex15,TotalFixedExclusions_ex15", "exclusions", 2015),
    "plams": ("pl_PupilMatchingRefAnonymous,pl_OnRoll", "plams", None),
    "nccis": ("NCCIS_PupilMatchingRefAnonymous,NCCIS_MonthNo", "nccis", None),
    "ypmad": ("YPMAD_PupilMatchingRefAnonymous,YPMAD_Surname", "ypmad", None),
    "hesa": ("HE_PUPILMATCHINGREFANONYMOUS", "hesa", None),
    "premium": ("UPN,Surname,Forename,Sex,DOB,NCYear,DeprivationPupilPremium,PupilPremiumFTE", "pupil_premium", None),
    "further": ("ULN,Forename,Surname,Sex,DOB,ConcatenatedName", "further_education", None),
    "national": ("UPN,id,PupilMatchingRef,LA,Estab,URN,Surname,Forename,Middlenames,Gender,Sex,DOB", "national_pupil",
                 None),
    "unknown": ("NEW_PupilMatchingRefAnonymous,NEW_Gender", "other", None),
}  # fmt: skip


@pytest.mark.parametrize("kind", HEADERS)
def test_each_family_is_told_by_its_columns_in_any_case(kind: str) -> None:
    header, family, year = HEADERS[kind]
    for written in (header, header.lower(), header.upper()):
        layout = layout_of(Header(tuple(written.split(","))))
        assert layout is not None
        assert (layout.family.name, layout.year) == (family, year)


def test_no_family_is_without_a_header_here() -> None:
    assert {family.name for family in FAMILIES} <= {family for _, family, _ in HEADERS.values()}


@pytest.mark.parametrize("kind", HEADERS)
def test_each_family_gives_a_record_per_pupil(load, con, kind: str) -> None:
    columns = HEADERS[kind][0].split(",")
    lines = [",".join(columns), *(",".join([pupil] * len(columns)) for pupil in ("p1", "p2", "p1"))]
    loaded = load({"t.csv": "\n".join(lines)}, format="npd", path="t.csv")
    assert len(loaded.rows) == 3
    assert {key.lower() for key in prepared(con, loaded)} == {"p1", "p2"}


SPRING = (
    "PupilMatchingRefAnonymous_SPR20,RecordStatus_SPR20,YearOfBirth_SPR20,MonthOfBirth_SPR20,Gender_SPR20,"
    "EthnicGroupMinor_SPR20,LanguageGroupMinor_SPR20,SENprovision_SPR20,FSMeligible_SPR20,LA_SPR20,URN_SPR20_anon,"
    "LA_SPR20_anon,IDACIRank_15_SPR20\n"
    "aB1,101,2011,3,F,INVA,REF,N,0,302,x,y,9\n"
    "aB1,1,2010,4,M,WBRI,ENG,K,1,301,x,y,9\n"
    "AB1,1,2012,12,F,NOBT,MIS,N,0,301,x,y,9\n"
    ",1,2012,12,F,WBRI,ENG,N,0,301,x,y,9\n"
    ",1,2012,12,F,WBRI,ENG,N,0,301,x,y,9\n"
    "-1,1,2012,13,F,WBRI,ENG,N,0,301,x,y,9\n"
    ",,,,,,,,,,,,\n"
)


def prepared(con, loaded, **settings):
    spec = SourceSpec.model_validate({"name": "s", "format": "npd", "path": ".", **settings})
    prepare_records(con, [spec], [loaded.extract], unique=[], within=[])
    names = [str(row[0]) for row in rows(con, "describe records")]
    return {row[names.index("key")]: dict(zip(names, row, strict=True)) for row in rows(con, "from records")}


def test_spring_census_anonymised(load, con) -> None:
    loaded = load({"s.csv": SPRING}, format="npd", path="s.csv", supply="a")
    assert loaded.extract.excluded == {"blank": 1}
    assert loaded.extract.fields == (
        "pmr", "dob", "authority", "sex", "ethnicity", "language", "sen", "fsm"
    )  # fmt: skip
    duplicate, main, other, *nameless = loaded.rows
    assert (duplicate["key"], main["key"], other["key"]) == ("aB1", "aB1", "AB1")
    assert main["rank"] > duplicate["rank"]
    assert (main["dob"], other["dob"], nameless[2]["dob"]) == ("2010-04", "2012-12", "2012")
    assert [row["pmr"] for row in nameless] == [None, None, None]
    assert len({row["key"] for row in nameless}) == 3
    assert all(row["key"].startswith("~") for row in nameless)
    assert loaded.codes == {"FO003": 3, "ID011": 1, "FO006": 1, "DT018": 1}

    records = prepared(con, loaded, supply="a")
    assert len(records) == 5
    pupil = records["aB1"]
    assert (str(pupil["dob"]), pupil["dob_precision"], pupil["sex"]) == ("2010-04-01", "month", "M")
    assert (pupil["ethnicity"], pupil["fsm"], pupil["sen"], pupil["authority"]) == ("WBRI", "Y", "K", "301")
    assert (records["AB1"]["ethnicity"], records["AB1"]["ethnicity_why"]) == (None, "not_obtained")
    identifiers = rows(con, "select scheme, scope, value, status from identifiers order by all")
    assert identifiers == [("pmr", "a", "AB1", "valid"), ("pmr", "a", "aB1", "valid")]


def test_rows_without_a_reference_have_the_same_keys_in_any_order(load) -> None:
    header, *lines = SPRING.splitlines()
    seen = set()
    for seed in range(3):
        shuffled = random.Random(seed).sample(lines, len(lines))
        loaded = load({"s.csv": "\n".join([header, *shuffled])}, format="npd", path="s.csv")
        seen.add(frozenset(row["key"] for row in loaded.rows))
    assert len(seen) == 1


def test_children_without_a_reference_or_a_name_do_not_fold_across_files(load) -> None:
    table = "PupilMatchingRefAnonymous_{},YearOfBirth_{},Gender_{}\n,2010,F\n"
    files = {f"{term}.csv": table.replace("{}", term) for term in ("SPR20", "SPR21")}
    assert len({row["key"] for row in load(files, format="npd").rows}) == 2


def test_children_without_a_reference_fold_across_files_by_name_and_birth(load) -> None:
    table = "KS4_PUPILMATCHINGREF,KS4_SURNAME,KS4_FORENAMES,KS4_DOB\n,Hill,Bob,2006-11-15\n,Hill,Bob,2006-11-15\n"
    keys = [row["key"] for row in load({"a.csv": table, "b.csv": table}, format="npd").rows]
    assert (len(keys), len(set(keys))) == (4, 2)  # within one file they are two


def test_a_later_year_speaks_and_within_a_year_a_census_does(load) -> None:
    files = {
        "a.csv": "PupilMatchingRefAnonymous_ab20,GENDER_AB20\nP,F\n",
        "b.csv": "PupilMatchingRefAnonymous_AUT20,Gender_AUT20\nP,F\n",
        "c.csv": "PupilMatchingRefAnonymous_SPR20,Gender_SPR20\nP,F\n",
        "d.csv": "KS2_PupilMatchingRefAnonymous,KS2_ACADYR,KS2_GENDER\nP,2020/2021,M\nP,2019/2020,M\n",
        "e.csv": "PupilMatchingRefAnonymous_ex19,Gender_ex19\nP,F\n",
    }
    ordered = sorted(load(files, format="npd").rows, key=lambda row: row["rank"])
    assert [(row["file"], row["row"]) for row in ordered] == [
        ("e.csv", 1), ("a.csv", 1), ("d.csv", 2), ("b.csv", 1), ("c.csv", 1), ("d.csv", 1),
    ]  # fmt: skip


NAMED = (
    "KS4_ACADYR,KS4_PUPILMATCHINGREF,KS4_UPN,KS4_SURNAME,KS4_FORENAMES,KS4_DOB,KS4_SEX,KS4_LA,KS4_URN,KS4_NATRES\n"
    "2022/2023,r1,P207000016049,Smith,Ann Mary,02/01/2007,F,301,100001,0\n"
    "2022/2023,r1,P207000016049,Smith,Ann,02/01/2007,F,301,100001,1\n"
    "2022/2023,,R201366624012,Hill,Bob,15/11/2006,M,302,100002,1\n"
    "2022/2023,,UN3,Dale,Eve,16/11/2006,F,302,100002,1\n"
)


def test_identifiable_tier(load, con) -> None:
    loaded = load({"k.csv": NAMED}, format="npd", path="k.csv")
    first, second, by_upn, nameless = loaded.rows
    assert (first["key"], second["key"], by_upn["key"]) == ("r1", "r1", "R201366624012")
    assert second["rank"] == first["rank"] + 1
    assert nameless["key"].startswith("~")
    assert nameless["upn"] == "UN3"
    assert (first["forename"], first["school_urn"]) == ("Ann Mary", "100001")
    assert loaded.codes == {"ID010": 1, "FO003": 1}
    records = prepared(con, loaded)
    assert len(records) == 3
    assert str(records["r1"]["dob"]) == "2007-01-02"
    found = rows(con, "select scheme, scope, status, count(*) from identifiers group by all order by all")
    assert found == [("pmr", "s", "valid", 1), ("upn", "national", "placeholder", 1), ("upn", "national", "valid", 2)]


def test_learners_from_the_portal_have_a_uln_only(load) -> None:
    lines = (
        "ULN,Forename,Surname,Sex,DOB,ConcatenatedName,Pupil_Premium[]\n"
        "9900000004,Ann,Smith,F,2005-01-02,Ann Smith,\n9999999999,Bob,Hill,M,2005-03-04,Bob Hill,\n"
    )
    first, second = load({"f.csv": lines}, format="npd", path="f.csv").rows
    assert first["key"] == "9900000004"
    assert second["key"].startswith("~")


def test_parquet_and_tsv_with_thousands_of_columns(load, tmp_path: Path) -> None:
    many = {f"KS2_MARK{number}": pa.array([number, number]) for number in range(3_000)}
    table = {**many, "KS2_PupilMatchingRefAnonymous": pa.array(["a", "b"]), "KS2_YEAROFBIRTH": pa.array([2010.0, None]),
             "KS2_MONTHOFBIRTH": pa.array([1, 2]), "KS2_ACADYR": pa.array(["2021/2022"] * 2)}  # fmt: skip
    pq.write_table(pa.table(table), tmp_path / "k.parquet")
    header = "\t".join([*many, "KS2_PupilMatchingRefAnonymous", "KS2_YEAROFBIRTH", "KS2_ACADYR"])
    load({"k.tsv": header + "\n" + "\t" * 3_000 + "c\t2011\t2022/23\n"}, format="npd", path="k.tsv")
    loaded = load(format="npd", path=["k.parquet", "k.tsv"])
    assert [(row["key"], row["dob"], row["rank"] // 100) for row in loaded.rows] == [
        ("a", "2010-01", 2022), ("b", None, 2022), ("c", "2011", 2023),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "year"),
    [("2015/2016", 2016), ("2015/16", 2016), ("201516", 2016), ("20152016", 2016), ("1516", 2016), ("2016", 2016)],
)
def test_academic_years_in_all_forms(load, written: str, year: int) -> None:
    lines = f"EYC_PupilMatchingRefAnonymous,EYC_ACADYR\na,{written}\n"
    assert load({"e.csv": lines}, format="npd", path="e.csv").rows[0]["rank"] // 100 == year


def test_what_is_not_confirmed_is_a_finding(load) -> None:
    files = {
        "a.csv": "NEW_PupilMatchingRefAnonymous,NEW_Gender\na,F\n",
        "b.csv": "FSP_PUPILMATCHINGREF,FSP_UPN\nb,P207000016049\n",
        "c.csv": "PupilMatchingRefAnonymous_SPR20,PupilMatchingRefAnonymous_AUT20,Gender_AUT20\nc,c,F\n",
        "d.csv": "Ref,Name\n1,Smith\n",
        "e.csv": "PupilMatchingRefAnonymous_SPR21,Sex_SPR21\n1.2E+10,F\n",
    }
    loaded = load(files, format="npd", supply="a")
    assert loaded.codes == {"FI006": 1, "FO003": 1, "ID012": 1, "FI017": 1, "ID013": 1, "ID014": 1}
    spring = next(row for row in loaded.rows if row["file"] == "c.csv")
    assert spring["sex"] is None  # of another term


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("CIN_PupilMatchingRefAnonymous,CIN_ACADYR", "NPD extract .format .cin_census"),
        ("cla_PupilMatchingRefAnonymous,cla_SEX", "NPD extract .format .ssda903"),
        ("AE_ID,EDUKEY", "a table of LEO"),
        ("external_id,learner_id,ukprn_anon", "longitudinal ILR: learners"),
        ("UPN,Surname,Forename,DOB", "school census"),
        ("CHILD,DECOM,LS", "SSDA903"),
    ],
)
def test_a_wrong_file_is_told_what_it_looks_like(load, header: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as raised:
        load({"x.csv": header + "\nSECRET,1,2,3\n"}, format="npd", path="x.csv")
    assert "SECRET" not in str(raised.value)
    assert all(fault.where and fault.expected and fault.remedy for fault in raised.value.faults)


def test_same_bytes_for_every_number_of_threads(load, con, tmp_path: Path) -> None:
    lines = "".join(f"{number % 700 or ''},{2000 + number % 9}\n" for number in range(5_000))
    load({"s.csv": "PupilMatchingRefAnonymous_SPR20,YearOfBirth_SPR20\n" + lines}, format="npd", path="s.csv")
    once = rows(con, "from rows__s")
    con.execute("set threads = 1")
    load_source(con, SourceSpec.model_validate({"name": "s", "format": "npd", "path": "s.csv"}), tmp_path)
    assert rows(con, "from rows__s") == once
