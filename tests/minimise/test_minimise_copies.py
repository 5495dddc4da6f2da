"""What a minimised copy holds: pseudonyms as Python's own HMAC makes them, and of the rest no more than was chosen."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import defaultdict
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from small_project import (
    LEFT,
    OTHER_UPN,
    SECRET,
    TEMPORARY,
    UPN,
    key_file,
    read_copy,
    small_project,
    source_text,
)

from linkage.minimise import Choices, Cost, minimise_project
from linkage.project import read_project

HIDDEN = ("record", "pseudonym", "la_child_id")
WRONG_CHECK = "A202200622002"
RIGHT = (
    *LEFT[:2],
    # The first child once more: the UPN as people type it, two rows under one key, an earlier home.
    {"ref": "7", "upn": " w2022-0062 2002", "forename": "Zoraida", "surname": "Quillfeather", "born": "17/05/2010",
     "postcode": "ZZ99 9ZZ", "sex": "2", "ward": "Southside"},
    {"ref": "7", "upn": UPN, "forename": "Zora", "surname": "Quillfeather", "born": "17/05/2010",
     "postcode": "m11ae", "sex": "2", "ward": "Southside"},
    {"ref": "8", "upn": WRONG_CHECK, "uln": "9999999999", "forename": "Edda", "surname": "Rossiter", "born": "2012",
     "postcode": "2TR", "ward": "Eastside"},
    {"ref": "9", "upn": TEMPORARY, "forename": "Ivo", "surname": "Marchbanks", "born": "2012-12"},
)  # fmt: skip


def pseudonym(scheme: str, scope: str, value: str, secret: bytes = SECRET) -> str:
    message = f"{scheme}\x1f{scope}\x1f{value}".encode()
    return f"{scheme}_{hmac.new(secret, message, hashlib.sha256).hexdigest()[:32]}"


def by_record(lines: list[dict[str, str]]) -> dict[str, dict[str, set[str]]]:
    """The values of each column by key of the record, blanks left out."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for line in lines:
        for column, value in line.items():
            if value:
                found[line["record"]][column].add(value)
    return found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Cost]:
    """The copies of the small project with everything as it is by default, and their cost."""
    folder = tmp_path_factory.mktemp("made")
    project = small_project(folder / "in", left=LEFT, right=RIGHT)
    return folder / "out", minimise_project(read_project(project), out=folder / "out", key_file=key_file(folder))


@pytest.fixture(scope="module")
def detailed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Cost]:
    """Copies that keep as much as can be chosen, in Parquet; two records are never to be linked."""
    folder = tmp_path_factory.mktemp("detailed")
    project = small_project(
        folder / "in", left=LEFT, right=RIGHT, link='overrides = "decided.csv"\nrules = ["own.toml"]'
    )
    (folder / "in" / "decided.csv").write_text(
        "source_l,key_l,source_r,key_r,verdict,reason\nleft,1,right,7,never,adopted\n", encoding="utf-8"
    )
    (folder / "in" / "own.toml").write_text(
        '[pack]\nid = "own"\nversion = 1\n[[rule]]\nid = "u"\ntitle = "t"\nreason = "r"\nmatch = ["pseudonym"]\n'
        "assumed_precision = 0.9\n", encoding="utf-8",
    )  # fmt: skip
    choices = Choices(names="keep", dob="day", postcode="full", drop=("sex",), files="parquet")
    cost = minimise_project(read_project(project), out=folder / "out", key_file=key_file(folder), choices=choices)
    return folder / "out", cost


def test_pseudonyms_and_keys_are_pythons_hmac_of_the_normal_form(made: tuple[Path, Cost]) -> None:
    found = by_record(read_copy(made[0], "left"))
    first = found[pseudonym("key", "left", "1")]
    assert first["pseudonym"] == {
        pseudonym("upn", "national", UPN),
        pseudonym("nhs_number", "national", "9434765919"),
    }
    assert first["la_child_id"] == {pseudonym("la_child_id", "301", "C1")}


def test_one_child_has_one_pseudonym_in_each_source_however_it_was_typed(made: tuple[Path, Cost]) -> None:
    found = by_record(read_copy(made[0], "right"))
    assert found[pseudonym("key", "right", "7")]["pseudonym"] == {pseudonym("upn", "national", UPN)}


def test_a_former_upn_stands_beside_the_present_one(made: tuple[Path, Cost]) -> None:
    second = by_record(read_copy(made[0], "left"))[pseudonym("key", "left", "2")]
    assert second["pseudonym"] == {pseudonym("upn", "national", value) for value in (UPN, OTHER_UPN)}


def test_a_temporary_upn_is_kept_and_what_fails_its_check_or_is_none_at_all_is_not(made: tuple[Path, Cost]) -> None:
    found = by_record(read_copy(made[0], "right"))
    assert found[pseudonym("key", "right", "9")]["pseudonym"] == {pseudonym("upn", "national", TEMPORARY)}
    assert "pseudonym" not in found[pseudonym("key", "right", "8")]
    (upn,) = [field for field in made[1].fields if (field.source, field.field) == ("right", "upn")]
    assert (upn.treatment, upn.known, upn.kept) == ("keyed hash", 5, 4)


def test_dates_are_months_and_postcodes_sectors_and_less_where_less_is_known(made: tuple[Path, Cost]) -> None:
    found = by_record(read_copy(made[0], "right"))
    cells = {ref: found[pseudonym("key", "right", ref)] for ref in "789"}
    assert [cells[ref]["dob"] for ref in "789"] == [{"2010-05"}, {"2012"}, {"2012-12"}]
    assert [cells[ref].get("postcode") for ref in "789"] == [{"M1 1"}, None, None]


def test_rows_fold_into_one_record_and_only_its_values_take_further_rows(made: tuple[Path, Cost]) -> None:
    lines = read_copy(made[0], "right")
    assert len(lines) == 7  # 5 records; the first two hold two national numbers each
    assert [line["record"] for line in lines] == sorted(line["record"] for line in lines)
    assert all(line["dob"] or line["pseudonym"] for line in lines)


def test_a_subgroup_keeps_what_enough_records_share_and_no_text_about_one_child(
    made: tuple[Path, Cost],
) -> None:
    wards = [line["subgroup__ward"] for name in ("left", "right") for line in read_copy(made[0], name)]
    assert {ward for ward in wards if ward} == {"Northside"}


def test_no_column_holds_a_name_or_more_than_was_chosen(made: tuple[Path, Cost]) -> None:
    columns = ["record", "la_child_id", "pseudonym", "postcode", "dob", "sex", "subgroup__ward"]
    assert [sorted(read_copy(made[0], name)[0]) for name in ("left", "right")] == [sorted(columns)] * 2
    treatments = {field.field: field.treatment for field in made[1].fields if field.source == "left"}
    assert treatments["forename"] == treatments["surname"] == treatments["authority"] == "left out"
    assert (treatments["dob"], treatments["postcode"]) == ("cut to the month", "cut to the sector")


def test_names_days_and_whole_postcodes_are_kept_where_chosen(detailed: tuple[Path, Cost]) -> None:
    lines = pq.read_table(detailed[0] / "right.parquet").to_pylist()
    (child,) = [line for line in lines if line["record"] == pseudonym("key", "right", "7")]
    assert (child["dob"], child["postcode"], child["surname"]) == ("2010-05-17", "M1 1AE", "QUILLFEATHER")
    assert {child["forename"], child["forename_2"]} == {"ZORAIDA", "ZORA"}
    assert "sex" not in child


def test_what_a_pair_that_must_never_be_linked_shares_is_left_out_of_both(detailed: tuple[Path, Cost]) -> None:
    held = defaultdict(set)
    for name in ("left", "right"):
        for line in pq.read_table(detailed[0] / f"{name}.parquet").to_pylist():
            held[line["record"]].add(line["pseudonym"])
    shared = pseudonym("upn", "national", UPN)
    assert shared not in held[pseudonym("key", "left", "1")] | held[pseudonym("key", "right", "7")]
    assert shared in held[pseudonym("key", "left", "2")]  # this one nobody has decided about
    assert not list(detailed[0].rglob("*decided*"))


def test_packs_of_the_projects_own_go_with_the_copies(detailed: tuple[Path, Cost]) -> None:
    project = read_project(detailed[0] / "linkage.toml")
    assert [(project.folder / name).is_file() for name in project.link.rules] == [True]


def test_a_subgroup_of_a_column_that_tells_who_somebody_is_is_left_out(tmp_path: Path) -> None:
    """Whatever suppress_below says: the surname of a thousand children is still a surname."""
    sources = source_text("left", subgroups='ward = "ward"\nfamily = "Surname "') + source_text("right")
    project = small_project(tmp_path / "in", suppress_below=0, left=LEFT, right=LEFT, sources=sources)
    out = tmp_path / "out"
    cost = minimise_project(read_project(project), out=out, key_file=key_file(tmp_path), sources=("left",))
    assert "subgroup__family" not in read_copy(out, "left")[0]
    assert {line["subgroup__ward"] for line in read_copy(out, "left")} == {"Northside", ""}  # a date is about one child
    assert [item.source for item in cost.sources] == ["left"]
    assert not (out / "right.csv").exists()
    assert "family" in {field.field for field in cost.fields if field.treatment == "left out"}


def test_another_key_gives_other_pseudonyms_throughout(linkage, made: tuple[Path, Cost], tmp_path: Path) -> None:
    """Without --key a new one is made beside the project file; it is neither printed nor in the folder."""
    project = small_project(tmp_path / "in", left=LEFT, right=RIGHT)
    said = linkage("minimise", project, "--out", tmp_path / "in" / "shared")
    assert said.code == 0, said.err
    folders = (made[0], tmp_path / "in" / "shared")
    values = [
        {line[column] for name in ("left", "right") for line in read_copy(folder, name) for column in HIDDEN} - {""}
        for folder in folders
    ]
    assert len(values[0]) == len(values[1]) > 10
    assert not values[0] & values[1]
    key = (tmp_path / "in" / "minimise.key").read_text(encoding="ascii").strip()
    told = said.out + said.err + "".join(path.read_text(encoding="utf-8") for path in folders[1].iterdir())
    assert not [value for value in (key, key.upper(), "Zoraida", "Quillfeather", UPN) if value in told]


def test_the_same_key_gives_the_same_bytes_whatever_the_threads(made: tuple[Path, Cost], tmp_path: Path) -> None:
    project = small_project(tmp_path / "in", left=LEFT[::-1], right=RIGHT[::-1])
    again = tmp_path / "out"
    minimise_project(read_project(project), out=again, key_file=key_file(tmp_path), threads=1)
    files = [{path.name: path.read_bytes() for path in folder.iterdir()} for folder in (made[0], again)]
    assert files[0] == files[1]


def test_the_report_counts_and_names_the_key_by_its_id_alone(made: tuple[Path, Cost]) -> None:
    report = json.loads((made[0] / "minimise.json").read_text(encoding="utf-8"))
    assert report == json.loads(json.dumps(made[1].as_dict()))
    assert report["key_id"] == "key_" + hmac.new(SECRET, b"key id", hashlib.sha256).hexdigest()[:12]
    texts = [path.read_text(encoding="utf-8") for path in made[0].iterdir()]
    assert not [text for text in texts if SECRET.hex() in text or SECRET.hex().upper() in text]
