"""Workbooks read back: every answer under its reading's number, or all that is wrong with them at once.

Only the columns `pair` and `one person?` are read. A fault names the sheet and the cell, never what is in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from openpyxl.utils import get_column_letter

from linkage.clerical.key import SampleKey
from linkage.clerical.workbook import ANSWER, ANSWERS, HEADER_ROWS, INSTRUCTIONS, NUMBER, SAMPLE_LABEL, sheet_name
from linkage.errors import Fault, InputError
from linkage.sources.files import SourceFile
from linkage.sources.kinds import WrongKindError
from linkage.sources.workbook import Row, cell_text, read_sheets

Sheets = Mapping[str, Sequence[Row]]
KEEP = "leave the column `pair` as it was exported"


def read_workbook(path: Path) -> Sheets:
    """The rows of each sheet. Raises InputError for a file that is not there or no workbook."""
    if not path.is_file():
        raise InputError("There is no such workbook.", where=str(path), remedy="check --import")
    try:
        return {title: rows for title, rows, _ in read_sheets(SourceFile("", path, path.name), None)}
    except WrongKindError:
        raise InputError("The file is not a workbook that can be read.", where=path.name,
                         expected="the workbook that was exported, filled in and saved as .xlsx") from None  # fmt: skip


def sample_of(sheets: Sheets, name: str) -> str:
    """The name of the sample a workbook was exported for; InputError where it does not say."""
    for row in sheets.get(INSTRUCTIONS, ()):
        if len(row) > 1 and cell_text(row[0]) == SAMPLE_LABEL and (sample := cell_text(row[1])):
            return sample
    raise InputError("The workbook does not say which sample it is of.", where=f"{name}#{INSTRUCTIONS}",
                     expected="the sheet as it was exported")  # fmt: skip


def read_answers(books: Mapping[str, Sheets], key: SampleKey, *, partial: bool) -> dict[int, str]:
    """Answers by number of the reading, from workbooks (by file name) of one sample.

    There may be one for each reader, or one for both. An empty cell is a fault unless `partial` or another workbook has
    the answer. Raises InputError with all faults.
    """
    answers: dict[int, str] = {}
    faults: list[Fault] = []
    for name, sheets in books.items():
        for reader in sorted({reading.reader for reading in key.readings}):
            found, wrong = _read_sheet(name, sheets, reader, key)
            faults += wrong
            faults += [
                Fault("Two workbooks answer one reading differently.", cell, remedy="keep one of the answers")
                for number, (cell, answer) in found.items()
                if answers.get(number, answer) != answer
            ]
            answers |= {number: answer for number, (_, answer) in found.items()}
    if not partial and not faults:
        faults = [*_unanswered(books, key, answers)]
    if faults:
        raise InputError.from_faults(faults)
    return answers


def _read_sheet(
    name: str, sheets: Sheets, reader: int, key: SampleKey
) -> tuple[dict[int, tuple[str, str]], list[Fault]]:
    """Cell and answer by number of the reading, and what is wrong with the sheet."""
    title = sheet_name(reader)
    if title not in sheets:
        return {}, [Fault("The workbook lacks a sheet.", name, title, "use the workbook that was exported")]
    known = {reading.number for reading in key.readings if reading.reader == reader}
    found: dict[int, tuple[str, str]] = {}
    seen: dict[int, str] = {}
    faults: list[Fault] = []
    for number, answer, at in _lines(sheets[title]):
        here, there = (f"{name}#{title}!{get_column_letter(column)}{at}" for column in (NUMBER, ANSWER))
        if number is None and answer is None:
            continue
        reading = int(number) if number is not None and number.isascii() and number.isdigit() else None
        if reading not in known or reading is None:
            faults.append(Fault("There is no pair of this number on the sheet.", here, "a number of the sample", KEEP))
        elif reading in seen:
            faults.append(Fault("A pair stands twice on the sheet.", f"{here} and {seen[reading]}", "each once", KEEP))
        elif answer is not None and answer.casefold() not in ANSWERS:
            faults.append(Fault("The answer is none of the list.", there, ", ".join(ANSWERS), "choose from the list"))
        elif answer is not None:
            found[reading] = there, answer.casefold()
        if reading is not None:
            seen.setdefault(reading, here)
    missing = len(known - set(seen))
    if missing:
        faults.append(Fault(f"{missing:,} pairs of the sample are not on the sheet.", f"{name}#{title}",
                            f"{len(known):,} pairs", KEEP))  # fmt: skip
    return found, faults


def _lines(rows: Sequence[Row]) -> Iterator[tuple[str | None, str | None, int]]:
    """Number, answer and row of the sheet, below the header."""
    for at, row in enumerate(rows[HEADER_ROWS:], start=HEADER_ROWS + 1):
        cells = [cell_text(row[column - 1]) if len(row) >= column else None for column in (NUMBER, ANSWER)]
        yield cells[0], cells[1], at


def _unanswered(books: Mapping[str, Sheets], key: SampleKey, answers: Mapping[int, str]) -> Iterator[Fault]:
    """A fault for every reading without an answer, at its cell in the first workbook."""
    name, sheets = next(iter(books.items()))
    for reader in sorted({reading.reader for reading in key.readings}):
        title = sheet_name(reader)
        known = {reading.number for reading in key.readings if reading.reader == reader}
        for number, _, at in _lines(sheets[title]):
            if number is not None and int(number) in known - answers.keys():
                cell = f"{name}#{title}!{get_column_letter(ANSWER)}{at}"
                remedy = "answer it, or give --partial if the reading was broken off"
                yield Fault("A pair is not answered.", cell, ", ".join(ANSWERS), remedy)
