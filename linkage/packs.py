"""Rule packs and models: where they are found, and what a valid one holds.

A path given by the user wins over a bundled name. In a wheel the bundled ones are inside the package
(`_bundled/`), in a checkout beside it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from pydantic import Field, model_validator

from linkage.errors import ProjectError
from linkage.strict import Strict, nearest, read_toml, validated

IDENTIFIER_MATCHES = (
    "upn", "upn_group", "uln", "nhs_number", "la_child_id", "pmr", "leo_person_id", "edukey", "learner_ref",
    "pseudonym",
)  # fmt: skip
FIELD_MATCHES = (
    "forename", "surname", "dob", "dob_month", "postcode", "sector", "district", "sex", "ethnicity", "authority",
    "school_urn", "address_line", "uprn", "forename_phonetic", "surname_phonetic",
)  # fmt: skip
GUARDS = (
    "dob_conflict", "dob_conflict_without_names", "forename_and_dob_conflict", "names_conflict", "sex_conflict",
    "ethnicity_conflict", "twin_pattern", "twin_present", "different_upn", "name_and_sex_conflict",
)  # fmt: skip
REQUIREMENTS = ("dob_agrees", "born_as_expected", "names_missing")


# What a matched field is evidence on: a rule on the sector has counted what a postcode says.
TOPIC_OF_FIELD = {
    "forename": "forename", "forename_phonetic": "forename", "forename_key": "forename",
    "surname": "surname", "surname_phonetic": "surname", "surname_key": "surname",
    "dob": "dob", "dob_month": "dob", "postcode": "postcode", "sector": "postcode", "district": "postcode",
    "address_line": "postcode", "uprn": "postcode", "sex": "sex", "ethnicity": "ethnicity", "school_urn": "school",
    "authority": "authority",
}  # fmt: skip


class Rule(Strict):
    """One pass: what must agree, what must not disagree, and how sure the pass is taken to be.

    `assumed_precision` (0 to 1, open) is used only where the run's own data cannot estimate it.
    """

    id: str
    title: str
    reason: str
    match: tuple[str, ...] = Field(min_length=1)
    statuses: tuple[Literal["valid", "temporary", "former", "invalid"], ...] = ("valid",)
    require: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    unique: Literal["none", "left", "right", "both"] = "none"
    formats: tuple[str, ...] = ()
    assumed_precision: float = Field(gt=0, lt=1)

    @model_validator(mode="after")
    def _known_words(self) -> Rule:
        for words, known in ((self.match, (*IDENTIFIER_MATCHES, *FIELD_MATCHES)), (self.unless, GUARDS),
                             (self.require, REQUIREMENTS)):  # fmt: skip
            for word in words:
                if word not in known:
                    raise ValueError(
                        f"rule {self.id!r} uses {word!r}, which is not known; nearest: {nearest(word, known)}"
                    )
        if len(self.identifiers) > 1:
            raise ValueError(f"rule {self.id!r} matches two identifiers; write two rules")
        return self

    @property
    def identifiers(self) -> tuple[str, ...]:
        """The identifier schemes among what must agree."""
        return tuple(word for word in self.match if word in IDENTIFIER_MATCHES)

    @property
    def fields(self) -> tuple[str, ...]:
        """The record fields among what must agree."""
        return tuple(word for word in self.match if word in FIELD_MATCHES)

    @property
    def topics(self) -> frozenset[str]:
        """What the matched fields are evidence on, in the words of a comparison's `topics`."""
        return frozenset(TOPIC_OF_FIELD[field] for field in self.fields)


class PackInfo(Strict):
    """`[pack]`."""

    id: str
    version: int
    title: str = ""


class RulePack(Strict):
    """A whole pack, its rules in the order in which they run."""

    pack: PackInfo
    rule: tuple[Rule, ...]


class Level(Strict):
    """One level of a comparison. `when` None is the level for all that is left; `tf` names the column in which both
    records agree and whose term frequency adjusts the weight, `tf_unlike` one in which they differ. A `fixed` level is
    not trained. m, u and h are starting values (0 to 1): the chance of the level for one person, for two strangers, and
    for two children of one household."""

    label: str
    when: str | None = None
    m: float = Field(gt=0, lt=1)
    u: float = Field(gt=0, lt=1)
    h: float | None = Field(default=None, gt=0, lt=1)
    tf: str | None = None
    tf_unlike: str | None = None
    fixed: bool = False


class Comparison(Strict):
    """How one field of two records is compared; `null` says when it is no evidence.

    `about` are the fields it is evidence on, where its name is not the one: a rule that matched on one of them has
    counted that evidence already. Several comparisons may be about one field, each for pairs that declare as much.
    """

    name: str
    columns: tuple[str, ...]
    null: str
    levels: tuple[Level, ...] = Field(min_length=2)
    about: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _households(self) -> Comparison:
        if len({level.h is None for level in self.levels}) > 1:
            raise ValueError(f"comparison {self.name!r} has an h at some of its levels; give all of them one, or none")
        return self

    @property
    def topics(self) -> frozenset[str]:
        """The fields that it is evidence on."""
        return frozenset(self.about or (self.name,))


class Block(Strict):
    """One blocking rule: pairs that agree on all columns (left to right, where they differ by side).

    `missing` names columns for want of which the rule is there: only pairs of which a side lacks one of them.
    `most_pairs` makes it a rule for rare values: a key with more pairs is not for this rule, and no loss.
    """

    columns: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    right: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    most_pairs: int | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _sides(self) -> Block:
        if bool(self.columns) == bool(self.left) or len(self.left) != len(self.right):
            raise ValueError("a block has `columns`, or `left` and `right` of the same length")
        return self

    @property
    def sides(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Columns on the left and on the right."""
        return (self.columns, self.columns) if self.columns else (self.left, self.right)


class ModelInfo(Strict):
    """`[model]`. `household` are keys that children of one household share, the first that a record holds counts;
    `apart` the comparisons whose last level shows two records to be two children."""

    id: str
    version: int
    title: str = ""
    em_blocking: tuple[tuple[str, ...], ...] = ()
    household: tuple[tuple[str, ...], ...] = ()
    apart: tuple[str, ...] = ()


class ModelSpec(Strict):
    """A Fellegi-Sunter model: what is compared, at which levels, and which pairs are compared at all."""

    model: ModelInfo
    block: tuple[Block, ...] = Field(min_length=1)
    comparison: tuple[Comparison, ...] = Field(min_length=1)


class HasId(Protocol):
    """A rule of any pack."""

    @property
    def id(self) -> str:
        """Its name."""
        ...


@dataclass(frozen=True)
class Packs:
    """The rules in the order they run, the model (None where the project says "none"), and file hashes.

    `unborn` is the bundled model for children known by a due date; None where there is no model.
    """

    rules: tuple[Rule, ...]
    model: ModelSpec | None
    hashes: dict[str, str]
    unborn: ModelSpec | None = None


def bundled(kind: Literal["models", "rules"]) -> Path:
    """The folder of the bundled packs: inside an installed wheel, or beside the package in a checkout."""
    package = Path(__file__).parent
    for folder in (package / "_bundled" / kind, package.parent / kind):
        if folder.is_dir():
            return folder
    raise ProjectError(f"The bundled {kind} are missing.", where=str(package), remedy="install the package again")


def load_packs(rules: Sequence[str], model: str, *, folder: Path) -> Packs:
    """The named rule packs and model; a name is a bundled one or a path relative to `folder`."""
    hashes: dict[str, str] = {}
    loaded: list[Rule] = []
    for name in rules:
        path = find_pack(name, "rules", folder)
        pack = validated(RulePack, read_toml(path, what="rule pack"), path)
        loaded += pack.rule
        _refuse_repeated_pack(f"rules/{pack.pack.id}@{pack.pack.version}", hashes)
        hashes[f"rules/{pack.pack.id}@{pack.pack.version}"] = sha256_of_pack(path)
    refuse_repeated_ids(loaded)
    specs: list[ModelSpec] = []
    if model != "none":
        for path in (find_pack(model, "models", folder), bundled("models") / "unborn" / "model.toml"):
            spec = validated(ModelSpec, read_toml(path, what="model"), path)
            hashes[f"models/{spec.model.id}@{spec.model.version}"] = sha256_of_pack(path)
            specs.append(spec)
    return Packs(tuple(loaded), specs[0] if specs else None, hashes, specs[1] if specs else None)


def find_pack(name: str, kind: Literal["models", "rules"], folder: Path, *, where: str = "") -> Path:
    """The file of a pack or model: a path relative to `folder` wins over a bundled name; ProjectError for neither."""
    inside = bundled(kind)
    suffix = "model.toml" if kind == "models" else ""
    for path in (folder / name, inside / name if kind == "models" else inside / f"{name}.toml"):
        target = path / suffix if suffix and path.is_dir() else path
        if target.is_file():
            return target
    known = sorted(path.stem for path in inside.iterdir() if not path.name.startswith("."))
    what, key = ("model", "model") if kind == "models" else ("rule pack", "rules")
    raise ProjectError(f"There is no {what} called {name!r}.", where=where or f"[link] {key}",
                       expected=f"a path, or a bundled name; nearest: {nearest(name, known)}",
                       remedy="check the name; a path is relative to the project file")  # fmt: skip


def _refuse_repeated_pack(pack: str, known: Container[str]) -> None:
    if pack in known:
        raise ProjectError("Two rule packs have the same id and version.", where=f"[link] rules: {pack}",
                           remedy="name each pack once, or give your copy an id of its own")  # fmt: skip


def refuse_repeated_ids(rules: Sequence[HasId], *, where: str = "[link] rules") -> None:
    """Raise ProjectError where two rules have one id."""
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            raise ProjectError(f"Two rules are called {rule.id!r}.", where=where, remedy="rename one of them")
        seen.add(rule.id)


def sha256_of_pack(path: Path) -> str:
    """Which pack it was, for the manifest."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
