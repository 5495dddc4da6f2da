"""Out to the readers and back: what the workbook shows and hides, and every fault of one that comes back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest

from linkage.clerical.answers import read_answers, read_workbook, sample_of
from linkage.clerical.draw import KNOWN_MATCH, KNOWN_NON_MATCH, SAMPLED
from linkage.clerical.estimates import PRECISION, RECALL
from linkage.clerical.key import SampleKey, read_key
from linkage.clerical.review import export_sample, import_answers
from linkage.clerical.workbook import ANSWERS, write_workbook
from linkage.errors import InputError, RefusedError, UsageError
from tests.clerical.sample_by_hand import key_of, pairs_of, stratum

SECRET = "Zoraida"
FIELDS = ("forename", "surname", "address")


def values_of(key: SampleKey) -> dict[int, tuple[str | None, ...]]:
    ids = {number for item in key.readings for number in (item.pair.record_id_l, item.pair.record_id_r)}
    return {number: (f"Name{number}", SECRET if number % 2 else "=1+1", None) for number in ids}


@pytest.fixture
def key() -> SampleKey:
    planted = pairs_of(None, 1, kind=KNOWN_MATCH)
    return key_of((stratum(0, 10),), [*pairs_of(0, 4), *planted], twice=(1, 3))


@pytest.fixture
def book(key: SampleKey, tmp_path: Path) -> Path:
    path = tmp_path / "sample.xlsx"
    write_workbook(path, key.sample, key.readings, FIELDS, values_of(key))
    return path


def changed(path: Path, change: Callable[[Any], None], name: str = "back.xlsx") -> Path:
    """A copy of the workbook, answered with yes and then changed."""
    opened = openpyxl.load_workbook(path)
    for sheet in opened.worksheets[1:]:
        for row in range(3, sheet.max_row + 1):
            sheet.cell(row, 2).value = "yes"
    change(opened)
    opened.save(path.with_name(name))
    return path.with_name(name)


def read(key: SampleKey, *paths: Path, partial: bool = False) -> dict[int, str]:
    return read_answers({path.name: read_workbook(path) for path in paths}, key, partial=partial)


def test_the_workbook_shows_both_records_and_nothing_of_the_engine(key: SampleKey, book: Path) -> None:
    opened = openpyxl.load_workbook(book)
    assert opened.sheetnames == ["Instructions", "Reader 1", "Reader 2"]
    sheet = opened["Reader 1"]
    # The address is nobody's, and left out.
    headings = ["pair", "one person?", "remark (not read back)", "forename", None, "surname", None]
    assert [cell.value for cell in sheet[1]] == headings
    assert [cell.value for cell in sheet[3]] == [1, None, None, "Name1000", "Name501000", "=1+1", "=1+1"]
    assert {sheet.cell(3, column).data_type for column in range(4, 8)} == {"s"}  # a formula is text here
    (choice,) = sheet.data_validations.dataValidation
    assert (choice.type, choice.formula1, str(choice.sqref)) == ("list", f'"{",".join(ANSWERS)}"', "B3:B7")
    assert sheet.freeze_panes == "C3"
    assert not sheet.cell(3, 2).protection.locked
    assert sheet.cell(3, 4).protection.locked
    assert [opened["Reader 2"].cell(row, 1).value for row in (3, 4)] == [6, 7]
    everything = " ".join(str(cell.value) for page in opened for row in page.iter_rows() for cell in row)
    for word in (SAMPLED, KNOWN_MATCH, "band", "0.9", "stratum", "confidence", "linked"):
        assert word not in everything
    assert sample_of(read_workbook(book), book.name) == key.sample


def test_letters_that_no_workbook_can_hold_are_left_out(key: SampleKey, tmp_path: Path) -> None:
    values = dict.fromkeys(values_of(key), ("A\x00\x0bB" * 900, None, None))
    write_workbook(tmp_path / "x.xlsx", key.sample, key.readings, FIELDS, values)
    cell = openpyxl.load_workbook(tmp_path / "x.xlsx")["Reader 1"].cell(3, 4).value
    assert isinstance(cell, str)
    assert len(cell) == 1_000
    assert cell.startswith("ABAB")


def test_a_workbook_is_never_replaced_and_has_its_ending(key: SampleKey, book: Path, tmp_path: Path) -> None:
    for path, what in ((book, "already"), (tmp_path / "sample.csv", "ending"), (tmp_path / "no" / "x.xlsx", "written")):
        with pytest.raises(UsageError, match=what):
            write_workbook(path, key.sample, key.readings, FIELDS, values_of(key))
    assert [path.name for path in tmp_path.iterdir()] == ["sample.xlsx"]


def test_answers_come_back_under_their_numbers_whatever_the_order_of_rows(key: SampleKey, book: Path) -> None:
    def turn(opened: Any) -> None:
        sheet = opened["Reader 1"]
        numbers = [sheet.cell(row, 1).value for row in range(3, 8)]
        for row, number in zip(range(3, 8), numbers[::-1], strict=True):
            sheet.cell(row, 1).value = number
        sheet["B3"], sheet["B4"] = " No ", "CANNOT TELL"
        sheet["C3"] = "a remark about Zoraida"

    told = read(key, changed(book, turn))
    assert told == {1: "yes", 2: "yes", 3: "yes", 4: "cannot tell", 5: "no", 6: "yes", 7: "yes"}


def test_all_faults_are_told_at_once_by_cell_and_without_values(key: SampleKey, book: Path) -> None:
    def spoil(opened: Any) -> None:
        one, two = opened["Reader 1"], opened["Reader 2"]
        one["B3"] = SECRET
        one["A4"] = 99
        one["A5"] = SECRET
        one["A7"] = 4
        two["A3"] = None

    with pytest.raises(InputError) as caught:
        read(key, changed(book, spoil))
    faults = caught.value.faults
    where = [fault.where for fault in faults]
    assert where == ["back.xlsx#Reader 1!B3", "back.xlsx#Reader 1!A4", "back.xlsx#Reader 1!A5",
                     "back.xlsx#Reader 1!A7 and back.xlsx#Reader 1!A6", "back.xlsx#Reader 1",
                     "back.xlsx#Reader 2!A3", "back.xlsx#Reader 2"]  # fmt: skip
    assert faults[4].what == "3 pairs of the sample are not on the sheet."
    assert SECRET not in str(caught.value)


def test_what_is_not_answered_is_a_fault_unless_reading_was_broken_off(key: SampleKey, book: Path) -> None:
    def leave(opened: Any) -> None:
        opened["Reader 1"]["B4"] = None
        opened["Reader 2"]["B3"] = "  "

    back = changed(book, leave)
    with pytest.raises(InputError) as caught:
        read(key, back)
    assert [fault.where for fault in caught.value.faults] == ["back.xlsx#Reader 1!B4", "back.xlsx#Reader 2!B3"]
    assert sorted(read(key, back, partial=True)) == [1, 3, 4, 5, 7]


def test_each_reader_may_send_a_copy(key: SampleKey, book: Path) -> None:
    def only(reader: int) -> Callable[[Any], None]:
        def clear(opened: Any) -> None:
            for sheet in opened.worksheets[1:]:
                for row in range(3, sheet.max_row + 1):
                    if sheet.title != f"Reader {reader}":
                        sheet.cell(row, 2).value = None

        return clear

    first, second = (changed(book, only(reader), f"{reader}.xlsx") for reader in (1, 2))
    assert read(key, first, second) == dict.fromkeys(range(1, 8), "yes")

    def contradict(opened: Any) -> None:
        opened["Reader 1"]["B3"] = "no"

    with pytest.raises(InputError, match="differently"):
        read(key, first, changed(book, contradict, "3.xlsx"))


def test_what_is_no_workbook_of_a_sample_is_refused(key: SampleKey, book: Path, tmp_path: Path) -> None:
    (tmp_path / "text.xlsx").write_text(SECRET)
    for path in (tmp_path / "none.xlsx", tmp_path / "text.xlsx"):
        with pytest.raises(InputError) as caught:
            read_workbook(path)
        assert SECRET not in str(caught.value)
    emptied = changed(book, lambda opened: opened["Instructions"].__setitem__("B2", None))
    with pytest.raises(InputError, match="which sample"):
        sample_of(read_workbook(emptied), "back.xlsx")
    lacking = changed(book, lambda opened: opened.remove(opened["Reader 2"]))
    with pytest.raises(InputError, match="lacks a sheet"):
        read(key, lacking)
    with pytest.raises(UsageError, match="no sample of this run"):
        read_key(tmp_path, key.sample)


@pytest.fixture(scope="module")
def run(demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the demo's run, to be written into."""
    folder = tmp_path_factory.mktemp("review") / "run"
    folder.mkdir()
    for name in ("run.duckdb", "manifest.json"):
        shutil.copy(demo.run / name, folder)
    return folder


def true_persons(demo) -> dict[int, str]:
    """The true person of every record."""
    with duckdb.connect(demo.run / "run.duckdb", read_only=True) as con:
        found = con.execute(
            f"""select w.record_id, min(t.person) from source_rows w join sources s using (source_no)
            join read_csv('{demo.england}/truth/rows.csv', all_varchar = true) t
              on t.source = s.source and t.file = w.file and t.row::bigint = w.row group by all"""
        ).fetchall()
    return dict(found)


def test_readers_who_know_the_truth_find_what_evaluation_finds(linkage, demo, run: Path, tmp_path: Path) -> None:
    path = tmp_path / "sample.xlsx"
    exported = linkage("review", run, "--export", path, "--half-width", "0.02", "--by", "sex", "--show", "language")
    assert exported.code == 0, exported.err
    assert "holds names, birth dates and addresses" in exported.err
    opened = openpyxl.load_workbook(path)
    sample = opened["Instructions"]["B2"].value
    key = read_key(run, str(sample))
    truth = true_persons(demo)
    is_one = {item.number: truth[item.pair.record_id_l] == truth[item.pair.record_id_r] for item in key.readings}
    for item in key.readings:
        if item.pair.kind != SAMPLED:
            assert is_one[item.number] is (item.pair.kind == KNOWN_MATCH)
    assert {item.pair.kind for item in key.readings} == {SAMPLED, KNOWN_MATCH, KNOWN_NON_MATCH}
    headings = [cell.value for cell in opened["Reader 1"][1]]
    assert "language" in headings
    assert "sex" not in headings
    names = {str(cell.value) for row in opened["Reader 1"].iter_rows(min_row=3, min_col=6, max_col=7) for cell in row}
    for sheet in opened.worksheets[1:]:
        for row in range(3, sheet.max_row + 1):
            sheet.cell(row, 2).value = "yes" if is_one[sheet.cell(row, 1).value] else "no"
    opened.save(tmp_path / "back.xlsx")
    told = linkage("review", run, "--import", tmp_path / "back.xlsx", "--json")
    assert told.code == 0, told.err
    estimates = {(line["metric"], line["subgroup"]): line for line in told.json["clerical_estimates"]}
    whole = frame_truth(run, truth)
    for metric in (PRECISION, RECALL):
        found = estimates[metric, "all"]
        assert found["lo"] - 1e-6 <= whole[metric] <= found["hi"] + 1e-6, metric
    assert estimates["agreement_of_readers", "all"]["est"] == 1
    assert estimates["reader_error_known_match", "all"]["est"] == 0
    for said in (exported.out, exported.err, told.out, told.err, (run / "clerical" / f"{sample}.json").read_text()):
        assert not [name for name in names if len(name) > 5 and name in said]
    assert (run / "diagnostics" / "clerical_strata.csv").read_text().startswith("sample,stratum,band,found,")
    lines = (run / "diagnostics" / "clerical_estimates.csv").read_text().splitlines()
    assert len(lines) == 1 + len(told.json["clerical_estimates"])


def frame_truth(run: Path, truth: dict[int, str]) -> dict[str, float]:
    """Precision and recall of all readable pairs that were judged or are in one person, looked at one by one."""
    with duckdb.connect(run / "run.duckdb", read_only=True) as con:
        records = {
            r: (s, p) for r, s, p in con.execute(
                "select r.record_id, r.source_no, p.person_no from records r join persons p using (record_id) "
                "where r.forename is not null or r.surname is not null").fetchall()
        }  # fmt: skip
        judged = con.execute("select record_id_l, record_id_r from judged_pairs where confidence > 0.00098").fetchall()
    ordered = sorted(records)
    by_person: dict[int, list[int]] = {}
    for record in ordered:
        by_person.setdefault(records[record][1], []).append(record)
    found = {
        (left, right) for own in by_person.values() for at, left in enumerate(own) for right in own[at + 1 :]
        if records[left][0] != records[right][0]
    }  # fmt: skip
    left = {pair for pair in judged if pair not in found and pair[0] in records and pair[1] in records}
    true = sum(truth[a] == truth[b] for a, b in found)
    return {PRECISION: true / len(found), RECALL: true / (true + sum(truth[a] == truth[b] for a, b in left))}


def test_the_same_seed_draws_the_same_sample_and_another_draws_another(run: Path, tmp_path: Path) -> None:
    made = [export_sample(run, tmp_path / f"{n}.xlsx", size=150, seed=seed) for n, seed in enumerate((1, 1, 2))]
    assert made[0].sample == made[1].sample != made[2].sample
    assert made[0].plan.design.size == 150


def test_a_sample_of_another_run_is_refused(run: Path, tmp_path: Path) -> None:
    path = tmp_path / "sample.xlsx"
    export_sample(run, path, size=120)
    other = tmp_path / "run"
    shutil.copytree(run, other)
    told = json.loads((other / "manifest.json").read_text())
    (other / "manifest.json").write_text(json.dumps(told | {"run_id": "another"}))
    with pytest.raises(RefusedError, match="earlier run"):
        import_answers(other, [path])
    with pytest.raises(UsageError, match="copies of one sample"):
        import_answers(run, [path, path])


def test_one_thing_at_a_time_and_a_size_or_a_width(linkage, run: Path, tmp_path: Path) -> None:
    for words in ((), ("--plan", "--export", tmp_path / "x.xlsx")):
        assert linkage("review", run, *words).code == 2
    said = linkage("review", run, "--plan", "--size", "100", "--half-width", "0.1")
    assert said.code == 2
    assert "leave out one" in said.err
    plan = linkage("review", run, "--plan", "--size", "150", "--json").json
    assert plan["size"] == 150 == sum(item["size"] for item in plan["strata"])
    assert plan["by"] == "ethnicity_5"
    assert "blocking" in " ".join(plan["notes"])
