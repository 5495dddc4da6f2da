"""Records written as a table in the test, the working tables that `prepare` would make of them, and the stages.

A table is text, one line per record, or the list of dicts that `people` makes of it. Its columns are columns of
`records` and, for identifiers, `upn` (valid), `temporary_upn`, `former_upn`, `invalid_upn`, `uln`, `nhs_number`,
`la_child_id` (within `authority`, 301 where none is given), `learner_ref`, `pmr`, `pseudonym`. `other_forenames`,
`other_surnames` and `other_postcodes` hold alternatives with a slash between; `mother_id` and `family_id` are relation
keys within the authority. A date may stop at the month or year.
A record is called `source:key`; sources stand in the order in which they first appear, or as `sources` says.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa

from linkage.match.doubts import DOUBTS
from linkage.match.frequencies import make_frequencies
from linkage.match.parameters import save_parameters, starting_parameters
from linkage.packs import ModelSpec, Packs, Rule, load_packs
from linkage.prepare.layout import COLUMN_TYPES
from linkage.prepare.name_keys import first_telling_word, forename_keys, surname_keys
from linkage.prepare.phonetics import phonetic_code
from linkage.prepare.upn_groups import upn_components
from linkage.sql import Connection, connect, execute, ident, rows
from linkage.tables import CANDIDATES, CONFLICTS, CONFLICTS_OF_PASSES, LINKS, LINKS_DETERMINISTIC, PERSONS, SCORED

Row = Mapping[str, Any]
Pair = tuple[str, str]
stages = import_module("linkage.stages")
STATUS_OF_UPN = {"upn": "valid", "temporary_upn": "temporary", "former_upn": "former", "invalid_upn": "invalid"}
OTHER_IDENTIFIERS = ("uln", "nhs_number", "la_child_id", "learner_ref", "pmr", "pseudonym")
ARROW_TYPES = {"varchar": pa.string(), "date": pa.date32(), "varchar[]": pa.list_(pa.string())}


def people(text: str) -> list[Row]:
    """The lines of a table as dicts; the first line has the names, an empty cell is unknown."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return [{name: cell for name, cell in zip(lines[0], line, strict=True) if cell} for line in lines[1:]]


@cache
def packs() -> Packs:
    """The bundled rules and the bundled model."""
    return load_packs(("identifiers", "demographics"), "child", folder=Path())


def child_model() -> ModelSpec:
    """The bundled model."""
    spec = packs().model
    assert spec is not None
    return spec


def rule(rule_id: str) -> Rule:
    """One bundled rule."""
    return next(item for item in packs().rules if item.id == rule_id)


def without_guard(rule_id: str, guard: str) -> tuple[Rule, ...]:
    """The bundled rules, one guard or requirement taken from one of them."""
    assert guard in (*rule(rule_id).unless, *rule(rule_id).require), f"{rule_id} has no {guard}"
    weaker = {
        "unless": tuple(name for name in rule(rule_id).unless if name != guard),
        "require": tuple(name for name in rule(rule_id).require if name != guard),
    }
    return tuple(item.model_copy(update=weaker) if item.id == rule_id else item for item in packs().rules)


@dataclass(frozen=True)
class Link:
    """A row of `links`, without its ends."""

    stage: str
    rule: str
    decision: str
    confidence: float
    match_weight: float | None
    basis: str
    rivals: int
    flags: tuple[str, ...]


@dataclass
class Run:
    """What the stages made, in the names that the test gave its records."""

    con: Connection
    names: list[str]
    passes: dict[str, dict[str, Any]] = field(default_factory=dict)
    blocks: list[dict[str, Any]] = field(default_factory=list)
    labels: int = 0
    doubts: list[str] = field(default_factory=list)
    counts: dict[str, Any] = field(default_factory=dict)

    def pairs(self, table: str, columns: str = "1") -> list[tuple[Any, ...]]:
        """Rows of a table of pairs: both names, then the columns; ordered."""
        found = rows(self.con, f"select record_id_l, record_id_r, {columns} from {table}")
        named = [(self.names[int(str(left))], self.names[int(str(right))], *rest) for left, right, *rest in found]
        return sorted(named, key=repr)

    @property
    def rule_links(self) -> dict[Pair, str]:
        """Pairs that a rule linked, and the rule."""
        return {(left, right): name for left, right, name in self.pairs(LINKS_DETERMINISTIC, "rule")}

    @property
    def rule_conflicts(self) -> set[tuple[Any, ...]]:
        """kind, left, right, detail and action of the conflicts of the passes."""
        return self._conflicts(CONFLICTS_OF_PASSES)

    @property
    def conflicts(self) -> set[tuple[Any, ...]]:
        """kind, left, right, detail and action of all conflicts."""
        return self._conflicts(CONFLICTS)

    def _conflicts(self, table: str) -> set[tuple[Any, ...]]:
        found = self.pairs(table, "kind, detail, action")
        return {(kind, left, right, detail, action) for left, right, kind, detail, action in found}

    @property
    def candidates(self) -> list[Pair]:
        """Candidate pairs, one by one."""
        return [(left, right) for left, right, _ in self.pairs(CANDIDATES)]

    @property
    def decided(self) -> dict[Pair, Link]:
        """Links and reviews."""
        columns = "stage, rule, decision, confidence, match_weight, confidence_basis, rivals, flags"
        found = self.pairs(LINKS, columns)
        assert len({row[:2] for row in found}) == len(found), "a pair appears twice"
        return {(left, right): Link(*rest, tuple(flags)) for left, right, *rest, flags in found}

    @property
    def linked(self) -> set[Pair]:
        """Pairs that are links."""
        return {pair for pair, link in self.decided.items() if link.decision == "link"}

    @property
    def persons(self) -> set[frozenset[str]]:
        """The partition of all records."""
        groups: dict[Any, set[str]] = {}
        for record, person in rows(self.con, f"select record_id, person_id from {PERSONS}"):
            groups.setdefault(person, set()).add(self.names[int(str(record))])
        return set(map(frozenset, groups.values()))

    def together(self, *names: str) -> bool:
        """Are these records one person?"""
        return any(person >= set(names) for person in self.persons)

    def scores(self, left: str, right: str) -> dict[str, Any]:
        """The scored pair, or nothing."""
        found = rows(
            self.con,
            f"from {SCORED} where record_id_l = $l and record_id_r = $r",
            {"l": self.names.index(left), "r": self.names.index(right)},
        )
        names = [str(row[0]) for row in rows(self.con, f"describe {SCORED}")]
        return dict(zip(names, found[0], strict=True)) if found else {}

    def doubt(self, left: str, right: str) -> float:
        """The household doubt of a pair in bits; 0 where it has none."""
        return {(one, other): bits for one, other, bits in self.pairs(DOUBTS, "household_bits + namesake_bits")}.get(
            (left, right), 0.0
        )


def load(
    con: Connection,
    listed: Sequence[Row],
    *,
    sources: Sequence[str] = (),
    unique: Sequence[str] = (),
    within: Sequence[str] = (),
    fold_conflicts: Sequence[tuple[str, str, str]] = (),
    shuffle: int | None = None,
) -> Run:
    """Make `sources`, `records`, `identifiers`, `upn_groups` and `fold_conflicts`; returns a run with no stage done.

    `shuffle` is a seed: the rows of every table are put in, in an order of its own.
    """
    order = list(dict.fromkeys((*sources, *(str(row["source"]) for row in listed))))
    numbered = sorted(listed, key=lambda row: (order.index(str(row["source"])), str(row["key"])))
    names = [f"{row['source']}:{row['key']}" for row in numbered]
    assert len(set(names)) == len(names), "two records have one name"
    records = [_record(row, number, order.index(str(row["source"]))) for number, row in enumerate(numbered)]
    identifiers = [item for number, row in enumerate(numbered) for item in _identifiers(row, number)]
    types = {"record_id": pa.int64(), "source_no": pa.int16(), "source": pa.string(), "key": pa.string(),
             "row_count": pa.int64()} | {name: ARROW_TYPES[kind] for name, kind in COLUMN_TYPES.items()}  # fmt: skip
    texts = ("scheme", "scope", "value", "status", "raw")
    tables: dict[str, tuple[list[Row], Mapping[str, Any]]] = {
        "sources": (
            [{"source_no": number, "source": name, "format": "table", "is_unique": name in unique,
              "is_within": name in within} for number, name in enumerate(order)],
            {"source_no": pa.int16(), "source": pa.string(), "format": pa.string(), "is_unique": pa.bool_(),
             "is_within": pa.bool_()},
        ),
        "records": (records, types),
        "identifiers": (identifiers, {"record_id": pa.int64()} | dict.fromkeys(texts, pa.string())),
        "upn_groups": (_upn_groups(identifiers), {"value": pa.string(), "group_upn": pa.string()}),
        "relation_keys": (
            [{"record_id": number, "kind": kind, "scope": str(row.get("authority", "301")), "value": row[kind]}
             for number, row in enumerate(numbered) for kind in ("mother_id", "family_id") if kind in row],
            {"record_id": pa.int64(), "kind": pa.string(), "scope": pa.string(), "value": pa.string()},
        ),
        "fold_conflicts": (
            [{"record_id_l": names.index(left), "record_id_r": names.index(right), "detail": detail}
             for left, right, detail in fold_conflicts],
            {"record_id_l": pa.int64(), "record_id_r": pa.int64(), "detail": pa.string()},
        ),
    }  # fmt: skip
    for name, (content, schema) in tables.items():
        if shuffle is not None:
            random.Random(f"{shuffle} {name}").shuffle(content)
        arriving = pa.Table.from_pylist([dict(row) for row in content], schema=pa.schema(list(schema.items())))
        con.register("arriving", arriving)
        execute(con, f"create or replace table {ident(name)} as select * from arriving")
        con.unregister("arriving")
    return Run(con, names)


def _record(row: Row, number: int, source_no: int) -> dict[str, Any]:
    forename, surname, postcode = row.get("forename"), row.get("surname"), row.get("postcode")
    dob, precision = _dob(row.get("dob"))
    known = {name: row[name] for name in COLUMN_TYPES if name in row}
    return known | {
        "record_id": number, "source_no": source_no, "source": row["source"], "key": row["key"], "row_count": 1,
        "dob": dob, "dob_precision": precision, "expected_dob": _dob(row.get("expected_dob"))[0],
        "forename_phonetic": phonetic_code(first_telling_word(forename)) if forename else None,
        "surname_phonetic": phonetic_code(surname.replace(" ", "")) if surname else None,
        "forename_key": forename_keys(forename)[0] if forename else None,
        "surname_key": surname_keys(surname)[0] if surname else None,
        "forename_keys": _keys(forename, row.get("other_forenames"), forename_keys),
        "surname_keys": _keys(surname, row.get("other_surnames"), surname_keys),
        "forenames": _alternatives(forename, row.get("other_forenames"), []),
        "surnames": _alternatives(surname, row.get("other_surnames"),
                                  [part for part in (surname or "").split() if len(part) > 2]),
        "postcodes": _alternatives(postcode, row.get("other_postcodes"), []),
        "sector": row.get("sector", postcode[:-2] if postcode else None),
        "district": row.get("district", postcode.split()[0] if postcode else None),
    }  # fmt: skip


def _dob(text: str | None) -> tuple[date | None, str | None]:
    if text is None:
        return None, None
    parts = [int(part) for part in text.split("-")]
    return date(*[*parts, 1, 1][:3]), ("year", "month", "day")[len(parts) - 1]


def _alternatives(main: str | None, others: str | None, parts: list[str]) -> list[str] | None:
    every = {value for value in (main, *(others.split("/") if others else []), *parts) if value}
    return sorted(every) or None


def _keys(main: str | None, others: str | None, keys: Callable[[str], Sequence[str]]) -> list[str] | None:
    return sorted({key for name in _alternatives(main, others, []) or () for key in keys(name)}) or None


def _identifiers(row: Row, number: int) -> list[dict[str, Any]]:
    scopes = {"la_child_id": str(row.get("authority", "301")), "learner_ref": "10000001", "uln": "national",
              "nhs_number": "national", "pmr": "supply", "pseudonym": "supply"}  # fmt: skip
    listed = [("upn", "national", row[name], status) for name, status in STATUS_OF_UPN.items() if name in row]
    listed += [(name, scopes[name], row[name], "valid") for name in OTHER_IDENTIFIERS if name in row]
    return [
        {"record_id": number, "scheme": scheme, "scope": scope, "value": value, "status": status, "raw": value}
        for scheme, scope, held, status in listed
        for value in str(held).split("/")
    ]


def _upn_groups(identifiers: Iterable[Row]) -> list[Row]:
    """UPNs of one child, because one record holds both and one of them is former or temporary."""
    upns = [item for item in identifiers if item["scheme"] == "upn" and item["status"] != "invalid"]
    pairs = [
        (one["value"], other["value"])
        for one in upns
        for other in upns
        if one["record_id"] == other["record_id"]
        and one["status"] in ("former", "temporary")
        and one["value"] != other["value"]
    ]
    return [{"value": value, "group_upn": min(group)} for group in upn_components(pairs) for value in group]


def job(
    run: Run,
    rules: Sequence[Rule] | None = None,
    spec: ModelSpec | None = None,
    *,
    accept: float = 0.95,
    review: float = 0.5,
    overrides: Path | None = None,
    max_pairs: int = 1_000_000,
    unborn: ModelSpec | None = None,
    second_pass: bool = False,
) -> Any:
    """What the stages of `linkage/stages.py` ask of a job, and no more."""
    return SimpleNamespace(
        workspace=SimpleNamespace(con=run.con),
        packs=SimpleNamespace(rules=packs().rules if rules is None else rules, model=spec, hashes={}, unborn=unborn),
        project=SimpleNamespace(
            folder=overrides.parent if overrides else Path(),
            link=SimpleNamespace(
                accept=accept,
                review=review,
                overrides=overrides.name if overrides else None,
                repair=True,
                largest_person=1000,
                registry=None,
                second_pass=second_pass,
                needed_to_stay=min(accept, max(0.8, review)),
            ),
            run=SimpleNamespace(seed=1, max_pairs=max_pairs),
            fingerprint=lambda: "tiny",
        ),
    )


def run_rules(run: Run, rules: Sequence[Rule] | None = None, *, overrides: Path | None = None) -> Run:
    """The overrides and the deterministic passes."""
    work = job(run, rules, overrides=overrides)
    stages.overrides(work)
    run.passes = {item["rule"]: item for item in stages.deterministic(work)["passes"]}
    return run


def run_all(
    run: Run,
    rules: Sequence[Rule] | None = None,
    spec: ModelSpec | None = None,
    *,
    trains: bool = False,
    **settings: Any,
) -> Run:
    """All stages from overrides to persons; `spec` None: rules only. `settings` are those of `job`.

    Without `trains` the model scores with the values of its file, so that weights can be worked out by hand.
    """
    run_rules(run, rules, overrides=settings.get("overrides"))
    work = job(run, rules, spec, **settings)
    run.blocks = stages.candidates(work)["blocks"]
    if trains:
        found = stages.training(work)
        run.labels, run.doubts = found["labels"], found["doubts"]
    elif spec is not None:
        make_frequencies(run.con, spec)
        save_parameters(run.con, starting_parameters(spec))
    stages.score(work)
    return decide_again(run, work)


def decide_again(run: Run, work: Any) -> Run:
    """Calibration, decisions and persons, on pairs that are scored already."""
    stages.decisions(work)
    run.counts = stages.persons(work)
    return run


def rules_on(listed: str | Sequence[Row], rules: Sequence[Rule] | None = None, **settings: Any) -> Run:
    """The deterministic passes on a table, in a database of their own."""
    given = people(listed) if isinstance(listed, str) else listed
    return run_rules(load(connect(memory="1GB"), given, **settings), rules)


FIRST = ("ABEL", "BRONWEN", "CLIVE", "DORIS", "EDGAR", "FREYA", "GWILYM", "HANNAH", "IGOR", "JUDITH", "KWAME",
         "LOTTIE", "MORDECAI", "NIAMH", "OTIS", "PETRA", "QUENTIN", "RUKHSANA", "STELLA", "TARIQ")  # fmt: skip
LAST = ("ARKWRIGHT", "BALOGUN", "CHOUDHURY", "DRUMMOND", "EGERTON", "FOTHERGILL", "GUPTA", "HOLLOWAY", "IBRAHIM",
        "JELLICOE", "KOWALSKI", "LLOYD", "MWANGI", "NKEMELU", "OGILVY", "PENHALIGON", "QURESHI", "ROTHWELL",
        "SZABO", "TREVELYAN", "UNDERHILL", "VARLEY", "WOJCIK", "YOUSAF", "ZAMORA")  # fmt: skip


def town(children: int, *, seed: int = 1, sources: Sequence[str] = ("left", "right")) -> list[Row]:
    """Children of a made-up town who are in every source with a UPN, without an error: what hard pairs stand among."""
    draw = random.Random(seed)
    found: list[Row] = []
    for number in range(children):
        child = {
            "forename": draw.choice(FIRST), "surname": draw.choice(LAST), "sex": draw.choice("FM"),
            "dob": f"{draw.randint(2006, 2016)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}",
            "postcode": f"ZZ{draw.randint(1, 20)} {draw.randint(1, 9)}{draw.choice('ABDEFGH')}{draw.choice('ABDEFGH')}",
            "upn": f"T{number:04}",
        }  # fmt: skip
        found += [{"source": source, "key": f"t{number:04}"} | child for source in sources]
    return found
