"""A project of two small tables whose minimised copies can be worked out by hand."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

SECRET = bytes(range(32))
SUPPLY = "key_"

Row = Mapping[str, str]
COLUMNS = ("ref", "upn", "was", "uln", "nhs", "child", "forename", "surname", "born", "postcode", "sex", "ward")
# UPNs with the right check letter: two permanent ones, then a temporary one.
UPN, OTHER_UPN, TEMPORARY = "W202200622002", "T820200622001", "T20220062200A"

LEFT: tuple[Row, ...] = (
    {"ref": "1", "upn": UPN, "was": "", "nhs": "943 476 5919", "child": "C1", "forename": "Zoraida",
     "surname": "Quillfeather", "born": "2010-05-17", "postcode": "M1 1AE", "sex": "F", "ward": "Northside"},
    {"ref": "2", "upn": OTHER_UPN, "was": UPN, "child": "C2", "forename": "Barnaby", "surname": "Thistlewood",
     "born": "2011-02-03", "postcode": "DN55 1PT", "sex": "M", "ward": "Northside"},
    {"ref": "3", "upn": "UN1", "child": "C3", "forename": "Cordelia", "surname": "Thistlewood", "born": "2011-02-28",
     "postcode": "DN55 1PT", "sex": "F", "ward": "Mrs Thistlewood asked on 3/2/11"},
)  # fmt: skip


def write_source(folder: Path, name: str, people: Sequence[Row]) -> None:
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(people)


def source_text(name: str, *, more: str = "", subgroups: str = 'ward = "ward"') -> str:
    return f"""
[sources.{name}]
format = "table"
path = "{name}.csv"
key = "ref"
authority = "301"
{more}
[sources.{name}.columns]
upn = "upn"
former_upn = "was"
uln = "uln"
nhs_number = "nhs"
la_child_id = "child"
forename = "forename"
surname = "surname"
dob = "born"
postcode = "postcode"
sex = "sex"
[sources.{name}.subgroups]
{subgroups}
"""


def small_project(folder: Path, *, suppress_below: int = 2, link: str = "", sources: str | None = None,
                  **people: Sequence[Row]) -> Path:  # fmt: skip
    """A project file with a table for each of the named lists of people; `left` and `right` by default."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = people or {"left": LEFT, "right": LEFT}
    for name, rows in listed.items():
        write_source(folder, name, rows)
    texts = sources if sources is not None else "".join(map(source_text, listed))
    path = folder / "linkage.toml"
    path.write_text(
        f'[project]\nname = "small"\n{texts}\n[link]\nmodel = "none"\n{link}\n'
        f'[diagnostics]\nsubgroups = ["sex", "ward"]\nsuppress_below = {suppress_below}\n',
        encoding="utf-8",
    )
    return path


def key_file(folder: Path, secret: bytes = SECRET) -> Path:
    path = folder / "secret.key"
    path.write_text(secret.hex() + "\n", encoding="ascii")
    path.chmod(0o600)
    return path


def read_copy(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
