"""A dataset: a folder of plain tables that every contestant reads, and the truth that only the judge reads.

The folder holds `SOURCE.csv` for each source, `truth.csv` (source, key, person), perhaps `persons.csv` (person,
sibling_group, twin_group), `linkage.toml` for the engine and `dataset.json` for the others.
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
address_line = { join = ["street_number", "address_1"] }
postcode = "postcode"
"""
COLUMNS = {"children": CHILDREN, "febrl": FEBRL}


@dataclass(frozen=True)
class Dataset:
    """`shape` says which columns the tables have (`children` or `febrl`).

    Pairs are sought across the sources; in the one source, where there is one. `has_upn`: some record has a UPN.
    `unique`: the sources in which nobody is twice.
    """

    name: str
    title: str
    shape: str
    sources: tuple[str, ...]
    unique: tuple[str, ...] = ()
    has_upn: bool = False
    key: str = "key"

    @property
    def within(self) -> bool:
        """Whether the one source is linked with itself."""
        return len(self.sources) == 1


def write_dataset(folder: Path, dataset: Dataset) -> None:
    """Write `dataset.json` and the engine's project files: at its defaults, and with sources declared unique."""
    (folder / "dataset.json").write_text(json.dumps(asdict(dataset), indent=2) + "\n", encoding="utf-8")
    (folder / "linkage.toml").write_text(_project(dataset, ()), encoding="utf-8")
    if dataset.unique:
        (folder / "linkage_unique.toml").write_text(_project(dataset, dataset.unique), encoding="utf-8")


def read_dataset(folder: Path) -> Dataset:
    """The dataset of a folder."""
    told = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
    return Dataset(**{**told, "sources": tuple(told["sources"]), "unique": tuple(told["unique"])})


def _project(dataset: Dataset, unique: tuple[str, ...]) -> str:
    sources = "\n".join(
        f'[sources.{name}]\nformat = "table"\npath = "{name}.csv"\nkey = "{dataset.key}"\n'
        f"[sources.{name}.columns]\n{COLUMNS[dataset.shape]}"
        for name in dataset.sources
    )
    link = f"within = {json.dumps(dataset.sources)}\n" if dataset.within else ""
    link += f"unique = {json.dumps(unique)}\n" if unique else ""
    return f'[project]\nname = "{dataset.name}"\n\n{sources}\n[link]\n{link}\n[diagnostics]\nsubgroups = ["sex"]\n'
