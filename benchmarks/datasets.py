"""A dataset: a folder of plain tables that every contestant reads, and the truth that only the judge reads.

The folder holds `SOURCE.csv` for each source, `truth/rows.csv` (source, key, person), perhaps `truth/persons.csv`
(person, sibling_group, twin_group), `linkage.toml` for the engine and `dataset.json` for the others.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

CHILDREN = """\
upn = "upn"
forename = "forename"
surname = "surname"
dob = { column = "dob", format = "iso" }
sex = "sex"
postcode = "postcode"
"""
FEBRL = """\
forename = "given_name"
surname = "surname"
dob = { column = "date_of_birth", format = "compact" }
address_line = { join = ["street_number", "address_1", "address_2", "suburb", "state", "postcode"] }
"""
TOWN = CHILDREN.removeprefix('upn = "upn"\n') + 'address_line = "address_line"\n'
ROWS_OF_TRUTH, PERSONS_OF_TRUTH = "truth/rows.csv", "truth/persons.csv"
COLUMNS = {"children": CHILDREN, "febrl": FEBRL, "town": TOWN}


@dataclass(frozen=True)
class Dataset:
    """`shape` says which columns the tables have (`children`, `febrl` or `town`).

    Pairs are sought across the sources; in the one source, where there is one. `has_upn`: some record has a UPN.
    """

    name: str
    title: str
    shape: str
    sources: tuple[str, ...]
    has_upn: bool = False

    @property
    def within(self) -> bool:
        """Whether the one source is linked with itself."""
        return len(self.sources) == 1


def write_dataset(folder: Path, dataset: Dataset) -> None:
    """Write `dataset.json` for the others and, for the engine, a project file that leaves all at its defaults."""
    (folder / "dataset.json").write_text(json.dumps(asdict(dataset), indent=2) + "\n", encoding="utf-8")
    (folder / "linkage.toml").write_text(_project(dataset), encoding="utf-8")


def read_dataset(folder: Path) -> Dataset:
    """The dataset of a folder."""
    told = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
    return Dataset(**{**told, "sources": tuple(told["sources"])})


def _project(dataset: Dataset) -> str:
    sources = "\n".join(
        f'[sources.{name}]\nformat = "table"\npath = "{name}.csv"\nkey = "key"\n'
        f"[sources.{name}.columns]\n{COLUMNS[dataset.shape]}"
        for name in dataset.sources
    )
    link = f"\n[link]\nwithin = {json.dumps(dataset.sources)}\n" if dataset.within else ""
    return f'[project]\nname = "{dataset.name}"\n\n{sources}{link}'
