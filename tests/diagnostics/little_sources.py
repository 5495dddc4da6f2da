"""Projects of little sources, written on the spot, so that every expected number can be worked out beside them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path

from linkage.diagnostics.readiness import Readiness, check_project
from linkage.identifiers import upn_check_letter
from linkage.project import read_project

FIELDS = ("forename", "surname", "dob", "expected_dob", "death_date", "postcode", "sex", "upn", "pmr", "authority")
TODAY = dt.date(2020, 6, 1)


def upn(number: int) -> str:
    """A permanent UPN with the right check letter."""
    rest = f"{202200600000 + number:012d}"
    return upn_check_letter(rest) + rest


def table(name: str, header: str, *, more: str = "") -> str:
    """The settings of a source of format `table`; its columns have the names of the fields."""
    columns = [field for field in header.split(",") if field in FIELDS]
    listed = "".join(f'{field} = "{field}"\n' for field in columns)
    settings = f'[sources.{name}]\nformat = "table"\npath = "{name}.csv"\nkey = "ref"\n{more}'
    return f"{settings}[sources.{name}.columns]\n{listed}"


def checked(folder: Path, *sources: str, files: Mapping[str, Iterable[str]], link: str = "") -> Readiness:
    """Write the files, lines each, and check the project of the sources."""
    for name, lines in files.items():
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    path = folder / "linkage.toml"
    path.write_text('[project]\nname = "little"\n' + "\n".join(sources) + f"\n[link]\n{link}", encoding="utf-8")
    return check_project(read_project(path), today=TODAY)


def codes(readiness: Readiness, source: str) -> dict[tuple[str, str], int]:
    """Counts of the findings of a source by code and field."""
    return {(f.code, f.field): f.count for f in readiness.findings if f.source == source}


def cin_return(year: int, *children: str) -> list[str]:
    """A CIN census return of authority 202; a child is what stands inside its element."""
    header = (
        f"<Header><CollectionDetails><Collection>CIN</Collection><Year>{year}</Year><ReferenceDate>{year}-03-31"
        "</ReferenceDate></CollectionDetails><Source><LEA>202</LEA></Source></Header>"
    )
    listed = "".join(f"<Child>{child}</Child>" for child in children)
    return [f"<Message>{header}<Children>{listed}</Children></Message>"]


def child(key: int, *, dob: str = "", number: str = "", referred: str = "") -> str:
    """A child of a CIN return."""
    born = f"<PersonBirthDate>{dob}</PersonBirthDate>" if dob else ""
    known = f"<UPN>{number}</UPN>" if number else ""
    details = f"<CINdetails><CINreferralDate>{referred}</CINreferralDate></CINdetails>" if referred else ""
    return f"<ChildIdentifiers><LAchildID>{key}</LAchildID>{known}{born}</ChildIdentifiers>{details}"
