"""The project file `linkage.toml`: strict, checked whole, every fault at once.

`read_project` is the only way in. An unknown key is an error that names the file, the key and the
nearest valid one. Paths are relative to the file.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from linkage.diagnostic_settings import DiagnosticSettings
from linkage.errors import Fault, ProjectError
from linkage.schema import FIELD_NAMES, WHOLE_NAME
from linkage.strict import Strict, nearest, read_toml, validated

MEMORY = re.compile(r"\d+(\.\d+)? ?([KMGT]i?B?)", re.IGNORECASE)
USUAL_STAY = 0.80  # odds of four to one: two bits under the usual threshold to join
SOURCE_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")


class ProjectInfo(Strict):
    """`[project]`: the name and the purpose, which goes into the manifest."""

    name: str
    purpose: str = ""


class ColumnMap(Strict):
    """Where a canonical field comes from: one column, alternatives, or columns joined: by a space, or into a date.

    `format` is a date format: iso, dayfirst, monthfirst, compact or a strptime pattern. `order` is that of a whole name
    without a comma; before a comma stands the surname.
    """

    columns: tuple[str, ...] = ()
    join: tuple[str, ...] = ()
    format: str | None = None
    order: Literal["forename_first", "surname_first"] | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"columns": (value,)}
        if isinstance(value, list):
            return {"columns": tuple(value)}
        if isinstance(value, dict) and "column" in value:
            rest = {k: v for k, v in value.items() if k != "column"}
            column = value["column"]
            return {**rest, "columns": (column,) if isinstance(column, str) else tuple(column)}
        return value

    @model_validator(mode="after")
    def _one_way(self) -> ColumnMap:
        if bool(self.columns) == bool(self.join):
            raise ValueError('give a column, a list of columns, or { join = ["…", "…"] }')
        return self


class SourceSpec(Strict):
    """`[sources.NAME]`: one source, its format and where its files are."""

    hidden: ClassVar[frozenset[str]] = frozenset({"name"})

    name: str = ""
    format: str
    path: tuple[str, ...]
    authority: str | None = None
    year: int | None = Field(default=None, ge=1990, le=2100)
    term: str | None = None
    supply: str | None = None
    ukprn: str | None = None
    sheet: str | None = None
    key: str | None = None
    columns: dict[str, ColumnMap] = {}
    subgroups: dict[str, str] = {}

    @field_validator("path", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("authority", mode="before")
    @classmethod
    def _three_digits(cls, value: Any) -> Any:
        if value is not None and not re.fullmatch(r"\d{3}", str(value)):
            raise ValueError('an authority is three digits in quotes, as in "301"')
        return value

    @field_validator("ukprn", mode="before")
    @classmethod
    def _eight_digits(cls, value: Any) -> Any:
        if value is not None and not re.fullmatch(r"\d{8}", str(value)):
            raise ValueError('a UKPRN is eight digits in quotes, as in "10001234"')
        return str(value) if value is not None else None

    @field_validator("columns")
    @classmethod
    def _known_fields(cls, value: dict[str, ColumnMap]) -> dict[str, ColumnMap]:
        known = (*FIELD_NAMES, WHOLE_NAME)
        for name, mapped in value.items():
            if name not in known:
                raise ValueError(f"unknown field {name!r}; nearest: {nearest(name, known)}")
            if mapped.order and name != WHOLE_NAME:
                raise ValueError(f"`order` is for {WHOLE_NAME} and not for {name}")
        if WHOLE_NAME in value and len(value[WHOLE_NAME].columns) != 1:
            raise ValueError(f"{WHOLE_NAME} is one column; map several as forename and surname")
        if WHOLE_NAME in value and {"forename", "surname"} & set(value):
            raise ValueError(f"{WHOLE_NAME} gives forename and surname, so neither can be mapped beside it")
        return value


class LinkSettings(Strict):
    """`[link]`: the rule packs, the model and the thresholds (confidence, 0 to 1).

    `stay` is what records need that an earlier run had in one person; None: 0.80, or what `review` and `accept` leave
    of it. `registry` is the folder that keeps person ids over runs. `repair` false leaves persons as the links make
    them, but for never-link pairs. A component of more records than `largest_person` stops the run. With
    `second_pass` weak pairs are decided again in view of families.
    """

    rules: tuple[str, ...] = ("identifiers", "demographics")
    model: str = "child"
    accept: float = Field(default=0.95, gt=0, le=1)
    review: float = Field(default=0.50, gt=0, le=1)
    within: tuple[str, ...] = ()
    unique: tuple[str, ...] = ()
    overrides: str | None = None
    stay: float | None = Field(default=None, gt=0, le=1)
    registry: str | None = None
    repair: bool = True
    largest_person: int = Field(default=1000, ge=2)
    second_pass: bool = True

    @model_validator(mode="after")
    def _review_below_accept(self) -> LinkSettings:
        if self.review > self.accept:
            raise ValueError("review must not be larger than accept")
        if self.stay is not None and not self.review <= self.stay <= self.accept:
            raise ValueError("stay must be from review up to accept")
        return self

    @property
    def needed_to_stay(self) -> float:
        """The confidence from which records stay together that were together."""
        return self.stay if self.stay is not None else min(max(USUAL_STAY, self.review), self.accept)


class FamilySettings(Strict):
    """`[families]`: the packs that make relationships and family units."""

    rules: tuple[str, ...] = ("families",)


class RunSettings(Strict):
    """`[run]`: the same as the options of `linkage run`, which win."""

    out: str | None = None
    threads: int | None = Field(default=None, ge=1, le=1024)  # a process dies of many more
    memory: str | None = None
    seed: int = 1
    discard_working: bool = False
    max_pairs: int = Field(default=500_000_000, ge=1)
    imputations: int = Field(default=0, ge=0, le=200)

    @field_validator("memory")
    @classmethod
    def _size(cls, value: str | None) -> str | None:
        # DuckDB takes a negative size for no limit at all.
        if value is not None and not MEMORY.fullmatch(value):
            raise ValueError("a memory limit is a number and a unit, as in 8GB")
        return value


class Project(Strict):
    """The whole project file."""

    hidden: ClassVar[frozenset[str]] = frozenset({"path"})

    project: ProjectInfo
    sources: dict[str, SourceSpec]
    link: LinkSettings = LinkSettings()
    families: FamilySettings | None = None
    diagnostics: DiagnosticSettings = DiagnosticSettings()
    run: RunSettings = RunSettings()
    path: Path = Path("linkage.toml")

    @model_validator(mode="after")
    def _names_agree(self) -> Project:
        if not self.sources:
            raise ValueError("a project needs at least one source")
        for setting in ("within", "unique"):
            for name in getattr(self.link, setting):
                if name not in self.sources:
                    raise ValueError(f"[link] {setting} names the source {name!r}, which does not exist; "
                                     f"nearest: {nearest(name, self.sources)}")  # fmt: skip
        for setting, name in self.diagnostics.named_sources:
            if name not in self.sources:
                raise ValueError(f"[diagnostics] {setting} names the source {name!r}, which does not exist; "
                                 f"nearest: {nearest(name, self.sources)}")  # fmt: skip
        return self

    @property
    def folder(self) -> Path:
        """The folder that paths are relative to."""
        return self.path.parent

    @property
    def run_folder(self) -> Path:
        """Where a run goes if nothing is said: `[run] out`, or `runs/NAME` with the name made fit for a folder."""
        name = re.sub(r"[^A-Za-z0-9_-]+", "-", self.project.name).strip("-")[:80]
        return self.folder / (self.run.out or f"runs/{name or 'run'}")

    @property
    def check_folder(self) -> Path:
        """Where a check goes if nothing is said: beside the run, with `-check` behind its name."""
        return self.run_folder.parent / f"{self.run_folder.name or 'run'}-check"

    @property
    def years(self) -> dict[int, int]:
        """The calendar year of a source, by its number, where the project says it."""
        specs = enumerate(self.sources.values())
        return {number: spec.year for number, spec in specs if spec.year is not None}

    def fingerprint(self) -> str:
        """SHA-256 of all settings that can change a result: of `[run]` the seed only."""
        settings = self.model_dump(mode="json", exclude={"path", "run"}) | {"seed": self.run.seed}
        return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def read_project(path: Path) -> Project:
    """The project in a TOML file.

    Raises ProjectError for a missing file, broken TOML, unknown keys and values out of range: all at once.
    """
    settings = read_toml(path, what="project file")
    sources = settings.get("sources")
    faults = [Fault("Unknown key 'path'.", path.name, "`path` inside of a source")] if "path" in settings else []
    for name, source in sources.items() if isinstance(sources, dict) else ():
        where = f"{path.name}: [sources.{name}]"
        if not SOURCE_NAME.fullmatch(name):
            faults.append(Fault("A source has a name that cannot be used.", where,
                                "a lower-case letter, then letters, digits or _", "rename it"))  # fmt: skip
        if isinstance(source, dict):
            if "name" in source:
                faults.append(Fault("Unknown key 'name'.", where, "the name of a source in its heading only"))
            source["name"] = name
    if faults:
        raise ProjectError.from_faults(faults)
    return validated(Project, {**settings, "path": path}, path)
