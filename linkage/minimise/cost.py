"""What a copy for sharing costs in linkability: counts before and after, never a value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from linkage.diagnostics.match_rate import write_csv
from linkage.manifest import write_json
from linkage.minimise.choices import HASHED, KEPT, LEFT_OUT, Choices, Plan
from linkage.minimise.copies import Copy
from linkage.minimise.linkability import FieldFacts, FoundPairs, Known, Linkability
from linkage.schema import SUBGROUP_PREFIX
from linkage.sql import Connection, run_steps, table_step

REPORT = "minimise"
# Columns of the CSV behind the number that orders its lines.
MEASURES = {
    "number": "bigint", "source": "varchar", "about": "varchar", "measure": "varchar", "before": "varchar",
    "after": "varchar",
}  # fmt: skip


@dataclass(frozen=True)
class SourceCost:
    """One source: its linkability as it came, and as the receiver of the copy reads it."""

    source: str
    before: Linkability
    after: Linkability


@dataclass(frozen=True)
class FieldCost:
    """What was done to a field, in how many records it is known before and after, and its entropy in bits.

    Of an identifier, `known` counts records with a value that is no placeholder, and `kept` those with a pseudonym of
    it: the others did not pass the check of its scheme. Bits are None for identifiers; counts and bits of a field that
    is left out are None where it is known in fewer records than may be told.
    """

    source: str
    field: str
    treatment: str
    known: int | None
    kept: int
    bits_before: float | None = None
    bits_after: float | None = None


@dataclass(frozen=True)
class Cost:
    """All of it, with the id of the key and what the user chose."""

    key_id: str
    choices: Choices
    sources: tuple[SourceCost, ...]
    fields: tuple[FieldCost, ...]
    pairs: tuple[FoundPairs, ...]

    def as_dict(self) -> dict[str, Any]:
        """For --json and `minimise.json`."""
        return asdict(self)

    def as_tables(self) -> list[tuple[str, tuple[str, ...], list[tuple[str, ...]]]]:
        """Title, headers and lines of each table, for a terminal."""
        records = ("source", "", "records", "lasting identifier", "alone", "in 2 to 4", "in 5 or more", "bits",
                   "bits needed", "beyond reach")  # fmt: skip
        fields = ("source", "field", "what was done", "known", "kept", "bits before", "after")
        pairs = ("left", "right", "by", "before", "after", "the same")
        return [
            ("Records", records, [
                _record_line(item.source if when == "before" else "", when, facts)
                for item in self.sources for when, facts in (("before", item.before), ("after", item.after))]),
            ("Fields", fields, [
                (f.source, f.field, f.treatment, "few" if f.known is None else f"{f.known:,}", f"{f.kept:,}",
                 _bits(f.bits_before), _bits(f.bits_after)) for f in self.fields]),
            ("Pairs that the rules link", pairs, [
                (p.source_l, p.source_r, p.by, f"{p.before:,}", f"{p.after:,}", f"{p.both:,}") for p in self.pairs]),
        ]  # fmt: skip

    def measures(self) -> Iterator[tuple[str, str, str, float | None, float | None]]:
        """Source, what is measured of it, the measure, before and after: the lines of `minimise.csv`."""
        for item in self.sources:
            before, after = asdict(item.before), asdict(item.after)
            for name in before:
                yield item.source, "records", name, before[name], after[name]
        for field in self.fields:
            yield field.source, field.field, f"known ({field.treatment})", field.known, field.kept
            if field.bits_before is not None:
                yield field.source, field.field, "bits", field.bits_before, field.bits_after
        for pair in self.pairs:
            about = f"pairs with {pair.source_r}"
            yield pair.source_l, about, f"linked by {pair.by}", pair.before, pair.after
            yield pair.source_l, about, f"linked by {pair.by}, the same", pair.before, pair.both


def field_costs(plan: Plan, copies: Sequence[Copy], before: FieldFacts, after: FieldFacts) -> Iterator[FieldCost]:
    """What was done to each field that a source holds: identifiers, then other fields, then subgroups."""
    treatments = plan.treatments()
    for copy in copies:
        for (source, field), known in before.items():
            if source != copy.spec.name or not known.records:
                continue
            if known.hashed is not None:
                done = HASHED if field in plan.schemes else LEFT_OUT
            else:
                done = treatments.get(field) or (KEPT if field in copy.subgroups else LEFT_OUT)
            left = Known(known.hashed) if known.hashed is not None else after.get((source, field), Known(0, bits=0.0))
            told = done != LEFT_OUT or known.records >= plan.fewest
            yield FieldCost(
                source,
                field.removeprefix(SUBGROUP_PREFIX),
                done,
                known=known.records if told else None,
                kept=left.records,
                bits_before=known.bits if told else None,
                bits_after=left.bits if told else None,
            )


def write_cost(con: Connection, cost: Cost, folder: Path) -> None:
    """Write `minimise.json` and `minimise.csv` into the folder of the copies."""
    write_json(folder / f"{REPORT}.json", cost.as_dict())
    lines = [(number, *measure[:3], *map(_text, measure[3:])) for number, measure in enumerate(cost.measures())]
    bound = dict(zip(MEASURES, map(list, zip(*lines, strict=True)), strict=True))
    listed = ", ".join(f"unnest(${name}::{kind}[]) as {name}" for name, kind in MEASURES.items())
    run_steps(con, [table_step(REPORT, f"select {listed}", bound)])
    write_csv(con, REPORT, tuple(MEASURES)[1:], "number", folder / f"{REPORT}.csv")


def _record_line(source: str, when: str, facts: Linkability) -> tuple[str, ...]:
    shares = (_share(part, facts.records) for part in (facts.lasting, facts.alone, facts.few, facts.many))
    return (source, when, f"{facts.records:,}", *shares, f"{facts.bits:.1f}", f"{facts.bits_needed:.1f}",
            f"{facts.lost:,}")  # fmt: skip


def _share(part: int, whole: int) -> str:
    return f"{100 * part / max(whole, 1):.1f}%"


def _text(value: object) -> str | None:
    """Counts and bits in one column of text, so that no count gets a decimal point."""
    return None if value is None else str(value)


def _bits(bits: float | None) -> str:
    return "" if bits is None else f"{bits:.1f}"
