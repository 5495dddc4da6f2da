"""One judge for all contestants: who is with whom against the truth, by the engine's own evaluation."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
from datasets import PERSONS_OF_TRUTH, ROWS_OF_TRUTH, Dataset

from linkage.diagnostics.pair_scores import count_pairs, scores
from linkage.diagnostics.person_scores import PersonScore, person_scores
from linkage.diagnostics.subgroups import ALL
from linkage.diagnostics.truth import GROUPS
from linkage.sql import Connection, Step, literal, run_steps, table_step


@dataclass(frozen=True)
class Judged:
    """Pairs found and true, false, missed; persons that mix twins or siblings, and of how many."""

    found: int
    false: int
    missed: int
    precision: float
    recall: float
    f1: float
    twin_merges: int | None = None
    of_twins: int | None = None
    sibling_merges: int | None = None
    of_siblings: int | None = None

    @property
    def error(self) -> float:
        """1 - F1."""
        return 1 - self.f1

    def as_dict(self) -> dict[str, float | int | None]:
        """All figures."""
        return {**asdict(self), "error": self.error}


def judge(dataset: Dataset, folder: Path, clusters: str) -> Judged:
    """Pairs after clustering. `clusters` is a select of source, key and person; a record not in it is alone."""
    with duckdb.connect() as con:
        run_steps(con, _steps(dataset, folder, clusters))
        count_pairs(con)
        counts = next((s.counts for s in scores(con, ()) if (s.source_l, s.source_r) == (ALL, ALL)), None)
        assert counts, "a dataset has true pairs"
        assert counts.f1 is not None, "a dataset has true pairs"
        merges = _merges(con, folder)
    return Judged(
        counts.tp, counts.fp, counts.fn,
        counts.precision.estimate if counts.precision else 0.0, counts.recall.estimate if counts.recall else 0.0,
        counts.f1, **{name: value for m in merges for name, value in _named(m).items()},
    )  # fmt: skip


def _steps(dataset: Dataset, folder: Path, clusters: str) -> tuple[Step, ...]:
    sources = ", ".join(f"({n}, {literal(name)}, {dataset.within})" for n, name in enumerate(dataset.sources))
    return (
        table_step("run_sources", f"select * from (values {sources}) t(source_no, source, is_within)"),
        table_step(
            "judged",
            f"""
            select s.source_no, t.key, coalesce(c.person, t.source || '/' || t.key) as person, t.person as true_person
            from read_csv({literal(str(folder / ROWS_OF_TRUTH))}, header = true, all_varchar = true) t
            join run_sources s on s.source = t.source
            left join (select source, key, 'found ' || person as person from ({clusters})) c
              on c.source = t.source and c.key = t.key""",
        ),
        table_step("true_persons", "select distinct true_person from judged"),
    )


def _merges(con: Connection, folder: Path) -> tuple[PersonScore, ...]:
    """Twins and siblings taken for one child, where the truth knows them."""
    persons = folder / PERSONS_OF_TRUTH
    if not persons.exists():
        return ()
    told = f"read_csv({literal(str(persons))}, header = true, all_varchar = true)"
    groups = f"select person as true_person, twin_group, sibling_group from {told}"
    run_steps(con, (table_step("true_persons", groups),))
    return tuple(score for score in person_scores(con, GROUPS) if score.measure.endswith("_merges"))


def _named(score: PersonScore) -> dict[str, int]:
    return {score.measure: score.x, f"of_{score.measure.removesuffix('_merges')}s": score.n}
