"""The second pass: what a family's sure links say of its other children's weak pairs.

    persons of the first pass    ->  sure persons: what links of 0.99 and more hold together
    sure persons                 ->  companions: other children of their homes and of their mothers      (companions)
    weak pairs and companions    ->  what each side's family says of the pair                            (pairs)
    what is said, how often      ->  bits, learnt from the run's own pairs                               (learning)
    weak pairs with their bits   ->  decided again, persons made again, and what changed counted         (changes)

A link of 0.99 and more never changes, nor what a person decided or a guard holds. Writes `family_evidence` and
`second_pass_changes`; what the first pass decided is replaced. The persons made here are for looking only: the run's
are made from the final decisions.
"""

from __future__ import annotations

from collections.abc import Sequence

from linkage.cluster.components import COMPONENTS, make_components
from linkage.cluster.persons import make_persons
from linkage.match.decide import decide
from linkage.match.family_evidence import FAMILY_EVIDENCE
from linkage.match.judge import judge
from linkage.packs import ModelSpec, Rule
from linkage.second_pass.changes import CHANGES, changes_step, no_changes_step, remember_steps
from linkage.second_pass.companions import companion_steps
from linkage.second_pass.learning import write_family_evidence
from linkage.second_pass.pairs import WEAK, sure_links_step, sure_persons_step, weak_pair_steps
from linkage.sql import Connection, Step, count, rows, run_steps
from linkage.tables import CONFLICTS, DECIDED, LINKS, PERSONS

__all__ = ["CHANGES", "look_again"]

NOT_A_RUN = "second pass"  # a key of ids that nobody sees


def look_again(
    con: Connection,
    rules: Sequence[Rule],
    spec: ModelSpec | None,
    *,
    accept: float,
    stay: float,
    review: float,
    repairs: bool,
    largest: int,
    seed: int,
) -> dict[str, int]:
    """Decide the weak pairs of a run again, in view of families; returns how many rows each kind of change has.

    Settings as in `decide` and `make_persons`. Nothing changes, and `second_pass_too_few_pairs` says so, where the run
    has too few pairs to learn from; nothing is looked at where the model knows no households. RefusedError for a
    component of more than `largest` records.
    """
    run_steps(con, (no_changes_step(),))
    if spec is None or not spec.model.household:
        return {}

    def make_all() -> None:
        make_persons(con, run_key=NOT_A_RUN, repairs=repairs, largest=largest, seed=seed)

    make_all()
    run_steps(con, (*remember_steps(), sure_links_step()))
    make_components(con, "sure_links")
    run_steps(con, (sure_persons_step(), *companion_steps(spec), *weak_pair_steps(spec, review=review)))
    withdrawn, decided = 0, dict[str, int]()
    learnt = write_family_evidence(con)
    if count(con, FAMILY_EVIDENCE):
        while True:
            judge(con, rules, spec)
            decided = decide(con, accept=accept, stay=stay, review=review)
            make_all()
            taken_back = _take_back(con)
            withdrawn += taken_back
            if not taken_back:
                break
        run_steps(con, (changes_step(),))
    run_steps(con, (Step(table, f"drop table {table}") for table in (PERSONS, LINKS, CONFLICTS)))
    return {**decided, "second_pass_pairs": count(con, WEAK), "second_pass_too_few_pairs": int(not learnt),
            "second_pass_withdrawn": withdrawn, **_counted(con)}  # fmt: skip


def _take_back(con: Connection) -> int:
    """Take back what families said where it led to the cut of a sure link; returns of how many pairs.

    A new link can join what no person may hold, and the repair may then find that a sure link costs least.
    """
    make_components(con, DECIDED)
    before = count(con, FAMILY_EVIDENCE)
    run_steps(con, (Step(FAMILY_EVIDENCE, f"""
        delete from {FAMILY_EVIDENCE} where record_id_l in (
          select c.record_id
          from sure_links s
          join {LINKS} k on k.record_id_l = s.record_id_l and k.record_id_r = s.record_id_r and k.decision <> 'link'
          join {COMPONENTS} f on f.record_id = s.record_id_l
          join {COMPONENTS} c on c.component = f.component)"""),))  # fmt: skip
    return before - count(con, FAMILY_EVIDENCE)


def _counted(con: Connection) -> dict[str, int]:
    found = rows(con, f"select what, sum(n) from {CHANGES} group by what order by what")
    return {f"second_pass_{what}": int(str(n)) for what, n in found}
