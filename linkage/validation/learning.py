"""The confidence map, learnt from the pairs of the reruns, out of fold by person.

Two records with different hidden identifiers are two persons, and a brother or a namesake has pairs with many. So
persons who meet in a pair are put into one fold together: nobody is in what a map is learnt from and in what it is
judged on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from linkage.cluster.components import label_components
from linkage.match.confidence_map import NO_FOLD, ConfidenceMap, Floats, add_map, chance_of, fit_map
from linkage.packs import ModelSpec
from linkage.sql import Connection, Step, rows, run_steps, table_step
from linkage.tables import RECORDS, SOURCES
from linkage.validation.persons import HIDDEN
from linkage.validation.rerun import PAIRS

FOLDS = 5
FOLDED = "masked_folds"  # person, fold
LEARNT = "calibration_pairs"  # labelled pairs: once each, whatever the rerun
FEWEST_MATCHES = 100  # pairs of one person without which nothing is calibrated
# Pairs of two persons, likewise. They are what an exact engine hardly ever lets come so far; the prior of the map keeps
# few of them from bending it.
FEWEST_NON_MATCHES = 5
# Two namesakes of one birthday are even, whatever evidence is worth: no map is learnt of pairs whose rivals take more
# than this off their odds. Where evidence is worth most, they would have it be worth just what the model says.
MOST_RIVAL_BITS = 1.0
FEWEST_OF_SOURCES = 30  # labelled pairs of two sources from which their confidence is called calibrated, not modelled


@dataclass(frozen=True)
class Learnt:
    """Pairs of one person and of two, how many pairs of sources are calibrated, and the map, None where too little."""

    matches: int
    non_matches: int
    source_pairs: int
    map: ConfidenceMap | None
    by_fold: tuple[ConfidenceMap, ...]


def learn_map(con: Connection, spec: ModelSpec, *, pool_mode: str, second_numbers: float) -> Learnt:
    """Make `calibration_pairs` and `masked_folds`; learn the map, and for each fold one from the others.

    `second_numbers` is the share of one person's pairs whose identifiers differ (`match.two_upns`).
    """
    run_steps(con, (pairs_step(pool_mode),))
    _make_folds(con)
    table = rows(
        con,
        f"""
        select p.record_id_l, p.record_id_r, p.evidence_bits, p.prior_bits - p.rival_bits, p.same::integer, p.known,
          f.fold, p.rival_bits
        from {LEARNT} p join {HIDDEN} h on h.record_id = p.record_id_l join {FOLDED} f on f.person = h.person
        order by p.record_id_l, p.record_id_r""",
    )
    left, right, evidence, offset, same, known, fold, rivals = np.array(table, dtype=np.float64).reshape(-1, 8).T
    matches, others = int(same.sum()), int((1 - same).sum())
    modelled, calibrated = chance_of(evidence + offset), np.full(len(same), np.nan)
    if matches < FEWEST_MATCHES or others < FEWEST_NON_MATCHES:
        _tell_confidences(con, left, right, modelled, calibrated)
        return Learnt(matches, others, 0, None, ())
    apart = rivals <= MOST_RIVAL_BITS

    def fit(chosen: npt.NDArray[np.bool_]) -> ConfidenceMap:
        of_pairs = (values[chosen] for values in (evidence, offset, same, known))
        return fit_map(*of_pairs, second_numbers=second_numbers)

    by_fold = tuple(fit(apart & (fold != number)) for number in range(FOLDS))
    for number, of_others in enumerate(by_fold):
        of_fold = fold == number
        calibrated[of_fold] = of_others.confidence(evidence[of_fold], offset[of_fold], known[of_fold])
    _tell_confidences(con, left, right, modelled, calibrated)
    found = fit(apart)
    return Learnt(matches, others, _write(con, spec, found), found, by_fold)


def pairs_step(pool_mode: str) -> Step:
    """`calibration_pairs`: pairs whose hidden identifiers say something, each once: of its first rerun."""
    return table_step(
        LEARNT,
        f"""
        select * from {PAIRS} where pool_mode = $pool_mode and same is not null and not is_bare
        qualify row_number() over (partition by record_id_l, record_id_r order by rerun) = 1
        order by record_id_l, record_id_r""",
        {"pool_mode": pool_mode},
    )


def _tell_confidences(con: Connection, left: Floats, right: Floats, modelled: Floats, calibrated: Floats) -> None:
    """Put into `calibration_pairs` what each pair is worth under the prior that was true of the labelled pairs.

    As the model has it, and as the map of the other folds does (NULL without a map). Under the prior of the rerun,
    which is also that of children without identifiers, a reliability table would be of the prior and not of the map.
    """
    con.register("told", pa.table({
        "record_id_l": left.astype(np.int64), "record_id_r": right.astype(np.int64),
        "modelled": modelled.round(6), "calibrated": pa.array(calibrated.round(6), from_pandas=True)}))  # fmt: skip
    run_steps(con, (table_step(LEARNT, f"""
        select p.* replace (t.modelled as modelled, t.calibrated as calibrated)
        from {LEARNT} p join told t on t.record_id_l = p.record_id_l and t.record_id_r = p.record_id_r
        order by p.record_id_l, p.record_id_r"""),))  # fmt: skip
    con.unregister("told")


def _make_folds(con: Connection) -> None:
    """`masked_folds`: persons who meet in a labelled pair share a fold; all others have that of their own number."""
    records = int(str(rows(con, f"select count(*) from {RECORDS}")[0][0]))
    met = con.execute(
        f"""select distinct l.person as l, r.person as r from {LEARNT} p
            join {HIDDEN} l on l.record_id = p.record_id_l join {HIDDEN} r on r.record_id = p.record_id_r
            where l.person <> r.person order by all"""
    ).fetchnumpy()
    label = label_components(records, np.asarray(met["l"]), np.asarray(met["r"]))
    con.register("met", pa.table({"person": np.arange(records, dtype=np.int64), "meeting": label}))
    run_steps(con, (table_step(FOLDED, f"""
        select person, (hash(meeting, 'fold') % {FOLDS})::integer as fold
        from met where person in (select person from {HIDDEN}) order by person"""),))  # fmt: skip
    con.unregister("met")


def _write(con: Connection, spec: ModelSpec, found: ConfidenceMap) -> int:
    """One row of `confidence_map` for every pair of sources; returns how many rest on pairs of their own."""
    told = rows(
        con,
        f"""
        with seen as (
          select l.source_no as source_no_l, r.source_no as source_no_r, count(*) as n
          from {LEARNT} p
          join {RECORDS} l on l.record_id = p.record_id_l join {RECORDS} r on r.record_id = p.record_id_r
          group by all)
        select l.source_no, r.source_no, coalesce(n, 0)
        from {SOURCES} l join {SOURCES} r on l.source_no < r.source_no or l.source_no = r.source_no and l.is_within
        left join seen on source_no_l = l.source_no and source_no_r = r.source_no
        order by 1, 2""",
    )
    calibrated = 0
    for left, right, n in told:
        is_own = int(str(n)) >= FEWEST_OF_SOURCES
        add_map(con, spec, found, sources=(int(str(left)), int(str(right))), fold=NO_FOLD,
                basis="calibrated" if is_own else "modelled")  # fmt: skip
        calibrated += is_own
    return calibrated


def write_fold_maps(copy: Connection, spec: ModelSpec, by_fold: tuple[ConfidenceMap, ...]) -> None:
    """`confidence_map` of a masked copy: for each fold the map learnt from the others."""
    pairs = rows(copy, f"""select l.source_no, r.source_no from {SOURCES} l join {SOURCES} r
        on l.source_no < r.source_no or l.source_no = r.source_no and l.is_within order by 1, 2""")  # fmt: skip
    for left, right in pairs:
        for fold, found in enumerate(by_fold):
            add_map(copy, spec, found, sources=(int(str(left)), int(str(right))), fold=fold, basis="calibrated")
