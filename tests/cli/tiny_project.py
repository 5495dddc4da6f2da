"""A project of two small tables, to be broken in every way a user can think of."""

from __future__ import annotations

from pathlib import Path

from tests.table_projects import table_source

# Names that stand out in any text: a message that holds one has given a person away.
PERSONAL = ("Zoraida", "Quillfeather", "Barnaby", "Thistlewood", "2010-05-01", "2011-02-03", "W202200622002", "ZZ9 9ZY")
HEADER = "ref,fn,sn,born,upn,pc"
ROWS = (
    "1,Zoraida,Quillfeather,2010-05-01,W202200622002,ZZ9 9ZY",
    "2,Barnaby,Thistlewood,2011-02-03,,ZZ9 9ZY",
    "3,Cordelia,Thistlewood,2011-02-03,,ZZ9 9ZY",
)
COLUMNS = {"forename": "fn", "surname": "sn", "dob": "born", "upn": "upn", "postcode": "pc"}
PROJECT = '[project]\nname = "tiny"\n' + table_source("left", COLUMNS) + table_source("right", COLUMNS)
CIN_PROJECT = '[project]\nname = "tiny"\n[sources.cin]\nformat = "cin_census"\npath = "cin.xml"\n'
CHILD = (
    "<Child><ChildIdentifiers><LAchildID>1</LAchildID><PersonBirthDate>2010-05-01</PersonBirthDate></ChildIdentifiers>"
    "<ChildCharacteristics><Ethnicity>WBRI</Ethnicity></ChildCharacteristics></Child>"
)
CIN = (
    "<Message><Header><CollectionDetails><Collection>CIN</Collection><Year>2024</Year>"
    "<ReferenceDate>2024-03-31</ReferenceDate></CollectionDetails><Source><LEA>202</LEA></Source></Header>"
    f"<Children>{CHILD}</Children></Message>"
)


def write_tables(folder: Path, *, left: str | bytes | None = None) -> None:
    """`left.csv` and `right.csv`; `left` is what the first holds instead of its three children."""
    whole = "\n".join((HEADER, *ROWS)) + "\n"
    text = whole if left is None else left
    (folder / "left.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    (folder / "right.csv").write_text(whole, encoding="utf-8")


def write_project(folder: Path, text: str = PROJECT) -> Path:
    path = folder / "linkage.toml"
    path.write_text(text, encoding="utf-8")
    return path


def tiny_project(folder: Path, *, left: str | bytes | None = None, more: str = "") -> Path:
    """A project that runs, unless `left` or `more` (settings at the end of the file) break it."""
    write_tables(folder, left=left)
    return write_project(folder, PROJECT + more)
