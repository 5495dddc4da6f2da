"""Reads the generated files back with plain means: nothing of the generator is used here."""

import csv
import datetime
import hashlib
import tomllib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import openpyxl
from lxml import etree

Row = dict[str, str]

SOURCES = ("cin_2023", "cin_2024", "cla_2024", "census_2023", "census_2024", "early_help")


def csv_rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def iso_of_dayfirst(text: str) -> str:
    return f"{text[6:]}-{text[3:5]}-{text[:2]}" if text else ""


def child_row(child: etree._Element) -> Row:
    names = {
        "LAchildID": "id", "UPN": "upn", "FormerUPN": "former", "UPNunknown": "unknown",
        "PersonBirthDate": "dob",
        "ExpectedPersonBirthDate": "expected", "GenderCurrent": "sex",
    }  # fmt: skip
    identifiers = child.find("ChildIdentifiers")
    assert identifiers is not None
    row = {short: identifiers.findtext(name) or "" for name, short in names.items()}
    row["ethnicity"] = child.findtext("ChildCharacteristics/Ethnicity") or ""
    row["upn"] = row["upn"].upper()
    row["only_nfa"] = str(all(each.text == "1" for each in child.iter("ReferralNFA")))
    row["factors"] = " ".join(each.text or "" for each in child.iter("AssessmentFactors"))
    return row


class Read:
    """Primary rows of each source with the person behind each, and the persons."""

    def __init__(self, out: Path) -> None:
        self.out = out

    @cached_property
    def persons(self) -> dict[str, Row]:
        return {row["person"]: row for row in csv_rows(self.out / "truth" / "persons.csv")}

    @cached_property
    def truth(self) -> list[Row]:
        return csv_rows(self.out / "truth" / "rows.csv")

    @cached_property
    def person_of(self) -> dict[tuple[str, str, str], str]:
        return {(row["source"], row["file"], row["row"]): row["person"] for row in self.truth}

    @cached_property
    def primary(self) -> dict[str, list[Row]]:
        """By source: every primary row, with `file` and `row` as the truth counts them."""
        found: dict[str, list[Row]] = {source: [] for source in SOURCES}
        for source in SOURCES:
            rows = (
                self._children(source[-4:])
                if source.startswith("cin")
                else self._headers()
                if source == "cla_2024"
                else self._pupils(source[-4:])
                if source.startswith("census")
                else self._sheet()
            )
            found[source].extend(rows)
        return found

    def rows(self, source: str) -> list[Row]:
        """Primary rows of a source with `person` and the columns of the person, as `true_…`."""
        result = []
        for row in self.primary[source]:
            person = self.person_of[source, row["file"], row["row"]]
            truth = {f"true_{name}": value for name, value in self.persons[person].items()}
            result.append(row | truth | {"person": person})
        return result

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.out).as_posix()

    def _children(self, year: str) -> Iterator[Row]:
        for path in sorted((self.out / "returns" / "cin").glob(f"*_{year}.xml")):
            for number, child in enumerate(etree.parse(str(path)).iter("Child"), 1):
                place = {"file": self._relative(path), "row": str(number), "authority": path.name[4:7]}
                yield child_row(child) | place

    def _headers(self) -> Iterator[Row]:
        for path in sorted((self.out / "returns" / "cla").glob("*/header.csv")):
            for number, row in enumerate(csv_rows(path), 1):
                yield row | {"file": self._relative(path), "row": str(number), "authority": path.parent.name}

    def _pupils(self, year: str) -> Iterator[Row]:
        path = self.out / "returns" / "census" / f"spring_{year}.csv"
        for number, row in enumerate(csv_rows(path), 1):
            yield row | {"file": self._relative(path), "row": str(number)}

    @cached_property
    def workbook_rows(self) -> list[tuple[object, ...]]:
        book = openpyxl.load_workbook(self.out / "local" / "early_help.xlsx", read_only=True)
        return list(book[book.sheetnames[0]].iter_rows(values_only=True))

    def _sheet(self) -> Iterator[Row]:
        book = openpyxl.load_workbook(self.out / "local" / "early_help.xlsx", read_only=True)
        rows = self.workbook_rows
        header = next(number for number, row in enumerate(rows) if row[:1] == ("Ref",))
        names = [str(name) for name in rows[header]]
        filled = (row for row in rows[header + 1 :] if any(value is not None for value in row))
        for number, row in enumerate(filled, 1):
            cells = {name: _cell(value) for name, value in zip(names, row, strict=False)}
            yield cells | {"file": f"local/early_help.xlsx#{book.sheetnames[0]}", "row": str(number)}


def _cell(value: object) -> str:
    if isinstance(value, datetime.datetime):
        return value.strftime("%d/%m/%Y")
    return "" if value is None else str(value)


class Everything(Read):
    """A world in every format."""

    @cached_property
    def project(self) -> dict[str, Any]:
        return tomllib.loads((self.out / "linkage-all.toml").read_text("utf-8"))

    @cached_property
    def files(self) -> list[str]:
        return sorted(self._relative(path) for path in self.out.rglob("*") if path.is_file())

    def files_of(self, source: str) -> list[str]:
        """Files of a source, as the truth names them."""
        return sorted({row["file"] for row in self.truth if row["source"] == source})

    def csv_of(self, source: str) -> list[Row]:
        """Rows of the CSV files of a source, each with its person."""
        return [
            row | {"person": self.person_of[source, file, str(number)]}
            for file in self.files_of(source)
            for number, row in enumerate(csv_rows(self.out / file), 1)
        ]

    def rows_in(self, file: str) -> int:
        """How many records a file has: rows of a table, or elements of a return."""
        path, _, sheet = file.partition("#")
        if path.endswith(".xlsx"):
            return len(self._below_header(path, sheet))
        if path.endswith(".csv"):
            return len(csv_rows(self.out / path))
        tags = {"Child", "CHILD", "Learner", "Person"}
        elements = etree.parse(str(self.out / path)).iter("{*}Child", "{*}CHILD", "{*}Learner", "{*}Person")
        return sum(etree.QName(element).localname in tags for element in elements)

    def header_of(self, file: str, key: str) -> tuple[object, ...]:
        """Names of the columns of a table, whose first is the key."""
        path, _, sheet = file.partition("#")
        if path.endswith(".csv"):
            return tuple(csv_rows(self.out / path)[0])
        return next(row for row in self._cells(path, sheet) if row[:1] == (key,))

    def sheet_rows(self, file: str, key: str) -> list[dict[str, Any]]:
        """Rows of a sheet by column, with `row` as the truth counts them."""
        header = [str(name) for name in self.header_of(file, key)]
        rows = self._below_header(*file.split("#"))
        return [dict(zip(header, row, strict=False)) | {"row": at} for at, row in enumerate(rows, 1)]

    def by_key(self, source: str) -> dict[tuple[str, str], str]:
        """Person of each authority and child id of a CIN return."""
        return {(row["authority"], row["id"]): row["person"] for row in self.rows(source)}

    @cached_property
    def _learners(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for file in self.files_of("ilr"):
            learners = etree.parse(str(self.out / file)).iter("{*}Learner")
            for number, learner in enumerate(learners, 1):
                texts = {etree.QName(each).localname: each.text or "" for each in learner if len(each) == 0}
                person = self.person_of["ilr", file, str(number)]
                born = datetime.date.fromisoformat(self.persons[person]["birth_date"])
                age = 2023 - born.year - ((born.month, born.day) > (8, 31))
                found.append(texts | {"file": file, "person": person, "age_on_31_august": age})
        return found

    def learners(self) -> list[dict[str, Any]]:
        """Learners of the ILR by element, with person and true age."""
        return self._learners

    def _cells(self, path: str, sheet: str) -> list[tuple[object, ...]]:
        book = openpyxl.load_workbook(self.out / path, read_only=True)
        return list(book[sheet].iter_rows(values_only=True))

    def _below_header(self, path: str, sheet: str) -> list[tuple[object, ...]]:
        """Rows below the first that is filled from side to side, blank ones left out."""
        rows = self._cells(path, sheet)
        header = next(at for at, row in enumerate(rows) if sum(value is not None for value in row) > 4)
        return [row for row in rows[header + 1 :] if any(value is not None for value in row)]
