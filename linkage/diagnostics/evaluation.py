"""A run compared with a known truth: precision, recall and F1 of persons, and what went wrong.

Reads what the run wrote (persons, rows and records), so it works without the working tables too; only the comparison
with a plain join on UPNs needs them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from linkage.diagnostics.family_scores import FamilyScore, family_scores
from linkage.diagnostics.finished import DATABASE, attach_working, read_manifest, spill_beside
from linkage.diagnostics.pair_scores import PairScore, count_pairs, plain_join_scores, scores
from linkage.diagnostics.partition_scores import MEANINGS, PartitionScore, partition_scores
from linkage.diagnostics.person_scores import PersonScore, person_scores
from linkage.diagnostics.subgroups import ALL
from linkage.diagnostics.truth import Coverage, coverage, load_truth
from linkage.diagnostics.unborn_scores import UnbornScore, unborn_scores
from linkage.sql import Connection, Step, connect, literal, rows, run_steps, table_step
from linkage.stats import RATE_DECIMALS, WILSON, Interval, PairCounts

Table = tuple[str, tuple[str, ...], list[tuple[str, ...]]]
FILES = ("persons.parquet", "rows.parquet", "records.parquet")
MOST_GROUPS_SHOWN = 20  # values of a subgroup variable that still make a table a person reads
SOURCES = "sources"  # stands for a subgroup's variable where a line is about a pair of sources
NO_PLAIN_JOIN = "The run's working tables are gone: no comparison with a plain join on UPNs."


@dataclass(frozen=True)
class Evaluation:
    """How a run compares with the truth.

    `partitions` compares the run's persons with the true ones as wholes (`partition_scores`), with bootstrap intervals.
    `scores` has one row per subgroup variable (`all` first), pair of sources (`all` first) and subgroup; `plain_join`
    what joining on valid UPNs alone would find, empty where that is not known. `unborn` has the pairs of a record with
    a due date alone and one with a birth date; empty where there is none, or the working tables are gone.
    """

    coverage: tuple[Coverage, ...]
    scores: tuple[PairScore, ...]
    persons: tuple[PersonScore, ...]
    plain_join: tuple[PairScore, ...]
    notes: tuple[str, ...]
    families: tuple[FamilyScore, ...] = ()
    partitions: tuple[PartitionScore, ...] = ()
    unborn: tuple[UnbornScore, ...] = ()

    @property
    def overall(self) -> PairCounts:
        """Counts over all pairs of sources and all children."""
        return next((s.counts for s in self.scores if (s.source_l, s.subgroup_var) == (ALL, ALL)), PairCounts(0, 0, 0))

    def as_dict(self) -> dict[str, Any]:
        """Everything, for --json; rates 0 to 1, null where there is nothing to count."""
        return {
            "unit": "pair",
            "method": WILSON,
            "coverage": [asdict(item) for item in self.coverage],
            "scores": [_score_dict(item) for item in self.scores],
            "persons": [{**asdict(item), **_interval_dict("rate", item.rate)} for item in self.persons],
            "plain_join": [_score_dict(item) for item in self.plain_join],
            "unborn_to_born": [{"held": item.held, **_counts_dict(item.counts)} for item in self.unborn],
            "partitions": [item.as_dict() for item in self.partitions],
            "families": [item.as_dict() for item in self.families],
            "notes": list(self.notes),
        }

    def as_tables(self) -> list[Table]:
        """Title, headers and lines of the tables a person wants first; subgroups over all pairs of sources."""
        totals = [item for item in self.scores if item.subgroup_var == ALL]
        plain = {(item.source_l, item.source_r): item.counts.recall for item in self.plain_join}
        tables: list[Table] = [
            ("Records with a known truth", _COVERAGE_HEADERS, [_coverage_line(item) for item in self.coverage]),
            (
                "Pairs of records, by pair of sources (last column: recall of a plain join on UPNs)",
                ("sources", *_SCORE_HEADERS, "plain UPN join"),
                [(_pair_name(item), *_score_line(item.counts), _rate(plain.get((item.source_l, item.source_r))))
                 for item in totals],
            ),
            (
                f"Pairs of records, by subgroup (variables of at most {MOST_GROUPS_SHOWN} groups; all with --json)",
                ("subgroup", "group", *_SCORE_HEADERS),
                [(item.subgroup_var, item.subgroup, *_score_line(item.counts)) for item in self._shown_groups()],
            ),
            (
                "Persons",
                ("measure", "number", "of", "rate", "95% interval"),
                [(item.meaning, f"{item.x:,}", f"{item.n:,}", _rate(item.rate), _ends(item.rate))
                 for item in self.persons],
            ),
        ]  # fmt: skip
        if self.unborn:
            tables.append((
                "Unborn to born: one side has only a due date; by what both hold",
                ("held", "found", "false", "missed", "precision", "95% interval", "recall", "95% interval"),
                [_unborn_line(item) for item in self.unborn],
            ))  # fmt: skip
        tables += self._partition_tables()
        if self.families:
            tables.append((
                "Family units: B-cubed over children, by unit rule and group",
                ("unit", "of", "group", "children", "precision", "recall", "F1", "over-merged", "over-split", "exact"),
                [_family_line(item) for item in self.families],
            ))  # fmt: skip
        if self.notes:
            tables.append(("Notes", ("",), [(note,) for note in self.notes]))
        return tables

    def _partition_tables(self) -> list[Table]:
        """All measures over all records, then who is over-merged and over-split, by pair of sources and subgroup."""
        whole = [item for item in self.partitions if (item.source_l, item.subgroup_var) == (ALL, ALL)]
        shown = {score.subgroup_var for score in self._shown_groups()}
        places: dict[tuple[str, str], dict[str, PartitionScore]] = {}
        for item in self.partitions:
            if item.source_l != ALL or item.subgroup_var in shown:
                name = item.subgroup_var if item.source_l == ALL else SOURCES
                group = item.subgroup if item.source_l == ALL else f"{item.source_l} and {item.source_r}"
                places.setdefault((name, group), {})[item.measure] = item
        return [
            (
                "Persons as a whole, with bootstrap intervals over children",
                ("measure", "what it is", "value", "95% interval"),
                [(item.measure, MEANINGS[item.measure], f"{item.estimate:.4f}", item.ends)
                 for item in whole],
            ),
            (
                "Over-merged and over-split, by sources and by subgroup (bootstrap)",
                ("by", "group", "children", "over-merged", "95% interval", "over-split", "95% interval"),
                [(*place, f"{next(iter(found.values())).persons:,}", *_partition_cells(found.get("over_merged")),
                  *_partition_cells(found.get("over_split"))) for place, found in places.items()],
            ),
        ]  # fmt: skip

    def _shown_groups(self) -> list[PairScore]:
        """Scores by subgroup over all pairs of sources, of the variables that fit on a screen."""
        groups = [item for item in self.scores if item.subgroup_var != ALL and item.source_l == ALL]
        sizes = Counter(item.subgroup_var for item in groups)
        return [item for item in groups if sizes[item.subgroup_var] <= MOST_GROUPS_SHOWN]


_SCORE_HEADERS = ("found", "false", "missed", "precision", "recall", "95% interval", "F1")


def evaluate(run: Path, truth: Path) -> Evaluation:
    """Compare the run in folder `run` with a truth: a file, or a folder with rows.csv and perhaps persons.csv.

    The truth has the columns source, file, row, person, or source, key, person. Records without a truth are left out
    and counted. Pairs are those of different sources, and of a source's own records where the project links them.
    Intervals of `scores` and `persons` take pairs and persons as independent, which pairs of one person are not: read
    them as the narrowest there can be. Those of `partitions` come of drawing children again, and know better.
    Raises UsageError or InputError where there is no run or no usable truth; no message holds a value.
    """
    settings = read_manifest(run, beside=FILES).get("configuration", {})
    con = connect()
    try:
        spill_beside(con, run, "evaluate.spill")
        run_steps(con, run_views(run))
        run_steps(con, (sources_step(con, settings),))
        told = load_truth(con, truth)
        count_pairs(con)
        plain, note = _plain_join(con, run)
        unborn = () if note else unborn_scores(con)
        families, family_notes = family_scores(con, run, truth)
        return Evaluation(
            coverage=coverage(con),
            scores=scores(con, told.subgroups),
            persons=person_scores(con, told.groups),
            plain_join=plain,
            notes=(*told.notes, *note, *family_notes),
            families=families,
            partitions=partition_scores(con, told.subgroups),
            unborn=unborn,
        )
    finally:
        con.close()


def run_views(run: Path) -> tuple[Step, ...]:
    """`run_persons`, `run_rows` and `run_records`: the run's files."""
    return tuple(
        Step(view, f"create view {view} as select * from read_parquet({literal(str(run / name))})")
        for view, name in zip(("run_persons", "run_rows", "run_records"), FILES, strict=True)
    )


def sources_step(con: Connection, settings: Mapping[str, Any]) -> Step:
    """`run_sources` (source_no, source, is_within) in the order of the project file."""
    present = {str(source) for (source,) in rows(con, "select distinct source from run_persons")}
    ordered = [name for name in settings.get("sources", {}) if name in present]
    ordered += sorted(present - set(ordered))
    within = settings.get("link", {}).get("within", ())
    values = ", ".join(f"({n}, {literal(name)}, {name in within})" for n, name in enumerate(ordered))
    return table_step("run_sources", f"select * from (values {values}) as s(source_no, source, is_within)")


def _plain_join(con: Connection, run: Path) -> tuple[tuple[PairScore, ...], tuple[str, ...]]:
    """Scores of a plain join on UPNs from the working tables; without them none, and a note."""
    if not (run / DATABASE).is_file():
        return (), (NO_PLAIN_JOIN,)
    attach_working(con, run, "working")
    run_steps(con, (record_upns_step(),))
    return plain_join_scores(con), ()


def record_upns_step() -> Step:
    """`record_upns` (source_no, key, value): valid permanent UPNs of all records of the run."""
    return table_step(
        "record_upns",
        """
        select distinct s.source_no, r.key, i.value
        from working.identifiers i
        join working.records r on r.record_id = i.record_id
        join run_sources s on s.source = r.source
        where i.scheme = 'upn' and i.status = 'valid'""",
    )


def _score_dict(item: PairScore) -> dict[str, Any]:
    return {
        "source_l": item.source_l, "source_r": item.source_r,
        "subgroup_var": item.subgroup_var, "subgroup": item.subgroup, **_counts_dict(item.counts),
    }  # fmt: skip


def _counts_dict(counts: PairCounts) -> dict[str, Any]:
    return {
        **asdict(counts), **_interval_dict("precision", counts.precision), **_interval_dict("recall", counts.recall),
        "f1": None if counts.f1 is None else round(counts.f1, RATE_DECIMALS),
    }  # fmt: skip


def _unborn_line(item: UnbornScore) -> tuple[str, ...]:
    counts = item.counts
    return (item.meaning, f"{counts.tp:,}", f"{counts.fp:,}", f"{counts.fn:,}", _rate(counts.precision),
            _ends(counts.precision), _rate(counts.recall), _ends(counts.recall))  # fmt: skip


def _interval_dict(name: str, interval: Interval | None) -> dict[str, float | None]:
    ends = (interval.estimate, interval.lo, interval.hi) if interval else (None, None, None)
    values = [None if value is None else round(value, RATE_DECIMALS) for value in ends]
    return dict(zip((name, f"{name}_lo", f"{name}_hi"), values, strict=True))


_COVERAGE_HEADERS = ("source", "records", "with truth", "without", "fold errors", "truth rows not in the run")


def _coverage_line(item: Coverage) -> tuple[str, ...]:
    counts = (item.records, item.with_truth, item.without_truth, item.fold_errors, item.truth_rows_not_in_run)
    return (item.source, *(f"{count:,}" for count in counts))


def _pair_name(item: PairScore) -> str:
    return "all pairs of sources" if item.source_l == ALL else f"{item.source_l} and {item.source_r}"


def _score_line(counts: PairCounts) -> tuple[str, ...]:
    f1 = "" if counts.f1 is None else f"{counts.f1:.4f}"
    return (f"{counts.tp:,}", f"{counts.fp:,}", f"{counts.fn:,}", _rate(counts.precision), _rate(counts.recall),
            _ends(counts.recall), f1)  # fmt: skip


def _family_line(item: FamilyScore) -> tuple[str, ...]:
    rates = (item.precision, item.recall, item.f1, item.over_merged, item.over_split, item.exact)
    return (item.unit_rule, item.subgroup_var, item.subgroup, f"{item.children:,}", *(f"{rate:.4f}" for rate in rates))


def _partition_cells(item: PartitionScore | None) -> tuple[str, str]:
    return ("", "") if item is None else (f"{item.estimate:.4f}", item.ends)


def _rate(interval: Interval | None) -> str:
    return "" if interval is None else f"{interval.estimate:.4f}"


def _ends(interval: Interval | None) -> str:
    return "" if interval is None else f"{interval.lo:.3f}–{interval.hi:.3f}"
