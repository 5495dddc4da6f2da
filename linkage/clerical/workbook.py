"""The workbook that readers fill in: one sheet each, a pair a row, both records side by side field by field.

It holds personal data and is made to be deleted. Nothing in it says how sure the engine is of a pair, which stage or
stratum it comes from, or whether it was planted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import Cell, MergedCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from linkage.clerical.draw import Reading
from linkage.errors import RefusedError, UsageError
from linkage.sql import full_disk, is_full_disk

YES, NO, CANNOT_TELL = "yes", "no", "cannot tell"
ANSWERS = (YES, NO, CANNOT_TELL)
INSTRUCTIONS = "Instructions"
SAMPLE_LABEL = "Sample"
HEADER_ROWS = 2
NUMBER, ANSWER, REMARK, FIRST_FIELD = 1, 2, 3, 4  # columns
MOST_CHARACTERS = 1_000  # of a cell; Excel takes 32,767, a reader less
WIDTHS = {"source": 14, "sex": 7, "authority": 10, "school": 10, "address": 26, "postcode": 14}
USUAL_WIDTH = 18

_HEAD = PatternFill("solid", fgColor="FF1D3557")
_ASK = PatternFill("solid", fgColor="FFFFF6D6")
_DIFFERS = PatternFill("solid", bgColor="FFFBE3D6")
_LINE = Side(style="thin", color="FFD0D5DD")
_TEXT = (
    "Is this one person? Read both records of each row and choose an answer from the list in column B.",
    "yes: the two records are of the same person.",
    "no: they are of two persons. Twins, brothers and sisters are two persons.",
    "cannot tell: what is there could be of one person or of two. This is an answer, and better than a guess.",
    "Answer every row of your sheet. Rows may be filtered; numbers and records must not be changed.",
    "Cells of two records that are not the same are shaded. That is no hint: spellings differ, children move.",
    "Each reader has a sheet. Do not look at the other's, and do not talk about pairs before both are done.",
    "Some rows are pairs of which the answer is known. They cannot be told from the others.",
    "Do not look records up elsewhere, and do not copy this file out of the secure setting. It holds names, birth "
    "dates and addresses of children. Delete it when the answers have been read back.",
)


def sheet_name(reader: int) -> str:
    """Name of the sheet of reader 1 or 2."""
    return f"Reader {reader}"


def write_workbook(
    path: Path,
    sample: str,
    readings: Sequence[Reading],
    fields: Sequence[str],
    values: Mapping[int, Sequence[str | None]],
) -> None:
    """Write the workbook; `values` are the fields of each record by record_id.

    Columns that are empty for the whole sample are left out. Raises UsageError where the file is there already, as
    somebody may have filled it in, or cannot be written.
    """
    if path.exists():
        raise UsageError("The workbook is there already.", where=str(path), expected="a new file: answers may be in it",
                         remedy="choose another name, or remove the file")  # fmt: skip
    if path.suffix.lower() != ".xlsx":
        raise UsageError("The workbook needs the ending .xlsx.", where=str(path), remedy=f"name it {path.stem}.xlsx")
    book = Workbook()
    instructions = book.active
    assert isinstance(instructions, Worksheet), "a new workbook has a sheet"
    _write_instructions(instructions, sample)
    used = [at for at, _ in enumerate(fields) if any(row[at] is not None for row in values.values())]
    for reader in sorted({reading.reader for reading in readings}):
        own = sorted((item for item in readings if item.reader == reader), key=lambda item: item.number)
        _write_sheet(book.create_sheet(sheet_name(reader)), own, [fields[at] for at in used], used, values)
    part = path.with_name(path.name + ".part")
    try:
        book.save(part)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise _cannot_write(path, error) from None


def _cannot_write(path: Path, error: OSError) -> UsageError | RefusedError:
    if is_full_disk(error):
        return full_disk()
    return UsageError("The workbook cannot be written.", where=str(path), expected="a folder that you may write to",
                      remedy="choose another name")  # fmt: skip


def _write_instructions(sheet: Worksheet, sample: str) -> None:
    sheet.title = INSTRUCTIONS
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 12, 100
    sheet["A1"] = "Reading a sample of pairs"
    sheet["A1"].font = Font(bold=True, size=14)
    sheet["A2"], sheet["B2"] = SAMPLE_LABEL, sample
    for row, text in enumerate(_TEXT, start=4):
        sheet.cell(row, 1, row - 3).alignment = Alignment(vertical="top", horizontal="left")
        sheet.cell(row, 2, text).alignment = Alignment(wrap_text=True, vertical="top")
    sheet.sheet_view.showGridLines = False
    sheet.protection.sheet = True


def _write_sheet(
    sheet: Worksheet,
    readings: Sequence[Reading],
    names: Sequence[str],
    used: Sequence[int],
    values: Mapping[int, Sequence[str | None]],
) -> None:
    _write_header(sheet, names)
    for row, reading in enumerate(readings, start=HEADER_ROWS + 1):
        sheet.cell(row, NUMBER, reading.number)
        left, right = values[reading.pair.record_id_l], values[reading.pair.record_id_r]
        for column, at in zip(range(FIRST_FIELD, FIRST_FIELD + 2 * len(used), 2), used, strict=True):
            _write_text(sheet.cell(row, column), left[at])
            _write_text(sheet.cell(row, column + 1), right[at])
    last = HEADER_ROWS + len(readings)
    _ask_for_answers(sheet, last)
    _shade_differences(sheet, len(names), last)
    _lay_out(sheet, last)


def _write_header(sheet: Worksheet, names: Sequence[str]) -> None:
    headings = {NUMBER: "pair", ANSWER: "one person?", REMARK: "remark (not read back)"}
    for column, text in headings.items():
        sheet.cell(1, column, text)
        sheet.merge_cells(start_row=1, end_row=HEADER_ROWS, start_column=column, end_column=column)
    for at, name in enumerate(names):
        column = FIRST_FIELD + 2 * at
        sheet.cell(1, column, name)
        sheet.merge_cells(start_row=1, end_row=1, start_column=column, end_column=column + 1)
        sheet.cell(2, column, "record 1")
        sheet.cell(2, column + 1, "record 2")
        for letter in (get_column_letter(column), get_column_letter(column + 1)):
            sheet.column_dimensions[letter].width = WIDTHS.get(name, USUAL_WIDTH)
    for row in sheet.iter_rows(min_row=1, max_row=HEADER_ROWS, max_col=FIRST_FIELD - 1 + 2 * len(names)):
        for cell in row:
            cell.fill, cell.font = _HEAD, Font(bold=True, color="FFFFFFFF")
            cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)


def _write_text(cell: Cell | MergedCell, value: str | None) -> None:
    """A value as text whatever it begins with: a name that reads as a formula is no formula."""
    if value is not None and isinstance(cell, Cell):
        cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)[:MOST_CHARACTERS]
        cell.data_type = "s"
        cell.quotePrefix = True


def _ask_for_answers(sheet: Worksheet, last: int) -> None:
    choice = DataValidation(
        type="list", formula1='"' + ",".join(ANSWERS) + '"', allow_blank=True, showErrorMessage=True,
        errorTitle="One person?", error="Choose yes, no or cannot tell.",
    )  # fmt: skip
    sheet.add_data_validation(choice)
    letter = get_column_letter(ANSWER)
    choice.add(f"{letter}{HEADER_ROWS + 1}:{letter}{last}")
    for row in range(HEADER_ROWS + 1, last + 1):
        for column in (ANSWER, REMARK):
            sheet.cell(row, column).protection = Protection(locked=False)
            sheet.cell(row, column).fill = _ASK


def _shade_differences(sheet: Worksheet, fields: int, last: int) -> None:
    for at in range(fields):
        left, right = (get_column_letter(FIRST_FIELD + 2 * at + side) for side in (0, 1))
        first = HEADER_ROWS + 1
        both = f'${left}{first}<>"",${right}{first}<>""'
        rule = Rule(
            type="expression",
            formula=[f"AND({both},${left}{first}<>${right}{first})"],
            dxf=DifferentialStyle(fill=_DIFFERS),
        )
        sheet.conditional_formatting.add(f"{left}{first}:{right}{last}", rule)


def _lay_out(sheet: Worksheet, last: int) -> None:
    for column, width in ((NUMBER, 7), (ANSWER, 13), (REMARK, 22)):
        sheet.column_dimensions[get_column_letter(column)].width = width
    for row in sheet.iter_rows(min_row=HEADER_ROWS + 1, max_row=last):
        for column, cell in enumerate(row, start=1):
            cell.alignment = Alignment(vertical="top", wrap_text=True)
            starts = column >= FIRST_FIELD and (column - FIRST_FIELD) % 2 == 0
            cell.border = Border(bottom=_LINE, left=_LINE if starts else None)
    sheet.freeze_panes = f"{get_column_letter(REMARK)}{HEADER_ROWS + 1}"
    sheet.auto_filter.ref = f"A{HEADER_ROWS}:{get_column_letter(sheet.max_column)}{last}"
    sheet.page_setup.orientation, sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = "landscape", 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"1:{HEADER_ROWS}"
    sheet.protection.sheet = True
    sheet.protection.formatColumns = sheet.protection.formatRows = False  # False: what is allowed
    sheet.protection.autoFilter = False
