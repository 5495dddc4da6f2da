"""Family units against the truth: B-cubed precision and recall per unit rule, over-merge and over-split apart.

An item is a child of the truth who is in the run, as the person who holds most of its records. T is the set of
children in the run with whom it truly shares a unit of the rule, P the set with whom the run puts it, the child itself
in both. Precision is the mean of |T and P| / |P|, recall the mean of |T and P| / |T| (Bagga and Baldwin 1998; for units
that overlap, a child's units of a rule are taken together). A child in no unit is by itself, or with those whom the run
takes for the same person. `over_merged` is the share of children with somebody in P who is not in T, `over_split` that
with somebody of T who is not in P, `exact` the share with P = T.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from linkage.diagnostics.subgroups import ALL
from linkage.diagnostics.truth import read_texts
from linkage.errors import InputError
from linkage.sql import Connection, Step, columns, ident, literal, rows, run_steps, table_step
from linkage.stats import RATE_DECIMALS

FAMILIES_FILE, HOUSEHOLDS_FILE = "families.csv", "households.csv"
UNIT_TRUTHS = ("birth_family", "sibling_group", "current_household")
NOT_SUBGROUPS = frozenset({"person", "mother", "father"})


@dataclass(frozen=True)
class FamilyScore:
    """One unit rule in one group of children; rates 0 to 1, all None where the group is empty."""

    unit_rule: str
    subgroup_var: str
    subgroup: str
    children: int
    precision: float
    recall: float
    over_merged: float
    over_split: float
    exact: float

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0

    def as_dict(self) -> dict[str, Any]:
        """For --json."""
        return {**asdict(self), "f1": round(self.f1, RATE_DECIMALS)}


def family_scores(con: Connection, run: Path, truth: Path) -> tuple[tuple[FamilyScore, ...], tuple[str, ...]]:
    """Scores by unit rule, and notes; nothing where the truth has no families or the run no units.

    Reads the table `judged`, families.parquet of the run, and of the truth's folder families.csv (person, mother,
    perhaps father, and subgroups) and households.csv (person, household, valid_from, valid_to). With working tables
    attached as `working`, children are told apart by whether the run holds their mother's id. Raises InputError for a
    truth that cannot be read.
    """
    told, units = truth / FAMILIES_FILE, run / "families.parquet"
    if not (told.is_file() and units.is_file()):
        return (), ()
    _read_families(con, told)
    run_steps(con, (items_step(), *run_unit_steps(units), *parent_steps()))
    notes: list[str] = []
    households = truth / HOUSEHOLDS_FILE
    if households.is_file():
        run_steps(con, household_steps(households))
    else:
        notes.append("The truth has no households: current_household is not judged.")
    run_steps(con, (key_step(con), size_step()))
    names = [name for name in columns(con, "family_truth") if name not in NOT_SUBGROUPS]
    run_steps(con, (together_step(), overlap_step(), groups_step(names)))
    return _scores(con), tuple(notes)


def _read_families(con: Connection, told: Path) -> None:
    """Make `family_truth`, with a father for everybody, who may be unknown."""
    found = read_texts(con, told, "families_file")
    if not {"person", "mother"} <= set(found):
        raise InputError("The truth of families lacks columns.", where=f"{told.name}: the first line",
                         expected="person, mother; perhaps father, and any subgroups", remedy="name its columns so",
                         )  # fmt: skip
    father = "" if "father" in found else ", null::varchar as father"
    run_steps(con, (table_step("family_truth", f"select distinct on (person) *{father} from families_file "
                                               "order by person, mother"),))  # fmt: skip


def items_step() -> Step:
    """`family_items` (true_person, person): each child's person is the one that holds most of its records."""
    return table_step("family_items", """
        with held as (select true_person, person, count(*) as n from judged group by all),
        ranked as (select *, row_number() over (partition by true_person order by n desc, person) as turn from held)
        select r.true_person, r.person from ranked r join family_truth t on t.person = r.true_person
        where r.turn = 1""")  # fmt: skip


def run_unit_steps(units: Path) -> tuple[Step, ...]:
    """`found_units` (unit_rule, unit, true_person): the units of the run, by children of the truth."""
    return (table_step("found_units", f"""
        select distinct f.unit_rule, f.unit_id as unit, i.true_person
        from read_parquet({literal(str(units))}) f join family_items i on i.person = f.person_id
        where f.role <> 'mother'
        union
        select r.unit_rule, 'person ' || person, true_person from family_items
        cross join (select unnest({list(UNIT_TRUTHS)}) as unit_rule) r"""),)  # fmt: skip


def parent_steps() -> tuple[Step, ...]:
    """`true_units` (unit_rule, unit, true_person): children of one mother; and of one mother or one father."""
    return (table_step("true_units", """
        with told as (
          select i.true_person, t.mother, t.father from family_items i join family_truth t on t.person = i.true_person)
        select 'birth_family' as unit_rule, 'm' || mother as unit, true_person from told
        union all select 'sibling_group', 'm' || mother, true_person from told
        union all
        select 'sibling_group', 'f' || father, true_person from told where father is not null"""),)  # fmt: skip


def household_steps(told: Path) -> tuple[Step, ...]:
    """Add the households on the last day on which any of them changes: the day that the truth ends."""
    return (
        table_step("household_truth", f"""
            select person, household, try_cast(valid_from as date) as valid_from, try_cast(valid_to as date) as valid_to
            from read_csv({literal(str(told))}, all_varchar = true)"""),
        Step("true_units", """
            insert into true_units
            with today as (select max(greatest(valid_from, valid_to)) as today from household_truth)
            select distinct 'current_household', h.household, i.true_person
            from household_truth h join family_items i on i.true_person = h.person cross join today
            where h.valid_from <= today and (h.valid_to is null or h.valid_to > today)"""),
    )  # fmt: skip


def key_step(con: Connection) -> Step:
    """`mothers_id` (true_person, held): whether the run holds the mother's id of any record of the child."""
    if not rows(con, "select 1 from duckdb_tables() where database_name = 'working' and table_name = 'relation_keys'"):
        return table_step("mothers_id", "select true_person, 'unknown' as held from family_items")
    return table_step("mothers_id", """
        with keyed as (
          select distinct j.true_person
          from working.relation_keys k join working.records r on r.record_id = k.record_id
          join run_sources s on s.source = r.source
          join judged j on j.source_no = s.source_no and j.key = r.key where k.kind = 'mother_id')
        select i.true_person, case when k.true_person is not null then 'held' else 'not held' end as held
        from family_items i left join keyed k on k.true_person = i.true_person""")  # fmt: skip


def size_step() -> Step:
    """`true_sizes`: how many children of the run share a unit with the child."""
    return table_step("true_sizes", """
        with pairs as (
          select distinct l.unit_rule, l.true_person, r.true_person as other
          from true_units l join true_units r on r.unit_rule = l.unit_rule and r.unit = l.unit)
        select unit_rule, true_person, count(*) as n from pairs group by all""")  # fmt: skip


def together_step() -> Step:
    """`found_sizes`: how many children the run puts into a unit with the child."""
    return table_step("found_sizes", """
        with pairs as (
          select distinct l.unit_rule, l.true_person, r.true_person as other
          from found_units l join found_units r on r.unit_rule = l.unit_rule and r.unit = l.unit)
        select unit_rule, true_person, count(*) as n from pairs group by all""")  # fmt: skip


def overlap_step() -> Step:
    """`family_overlap` (unit_rule, true_person, shared, t, p): children that both have with the child."""
    return table_step("family_overlap", """
        with shared_pairs as (
          select distinct l.unit_rule, l.true_person, r.true_person as other
          from true_units l
          join true_units r on r.unit_rule = l.unit_rule and r.unit = l.unit
          join found_units f on f.unit_rule = l.unit_rule and f.true_person = l.true_person
          join found_units g on g.unit_rule = f.unit_rule and g.unit = f.unit and g.true_person = r.true_person),
        counted as (select unit_rule, true_person, count(*) as n from shared_pairs group by all)
        select t.unit_rule, t.true_person, b.n as shared, t.n as t, p.n as p
        from true_sizes t
        join found_sizes p on p.unit_rule = t.unit_rule and p.true_person = t.true_person
        join counted b on b.unit_rule = t.unit_rule and b.true_person = t.true_person""")  # fmt: skip


def groups_step(names: Sequence[str]) -> Step:
    """`family_groups` (unit_rule, true_person, subgroup_var, var_no, subgroup)."""
    told = "".join(
        f"\n        union all select o.unit_rule, o.true_person, {literal(name)}, {number}, "
        f"coalesce(t.{ident(name)}, 'unknown') "
        "from family_overlap o join family_truth t on t.person = o.true_person"
        for number, name in enumerate(names, start=3)
    )
    return table_step("family_groups", f"""
        select unit_rule, true_person, {literal(ALL)} as subgroup_var, 0 as var_no, {literal(ALL)} as subgroup
        from family_overlap
        union all
        select o.unit_rule, o.true_person, 'mothers_id', 1, k.held
        from family_overlap o join mothers_id k on k.true_person = o.true_person
        union all
        select unit_rule, true_person, 'unit_size', 2, case when t >= 5 then '5 or more' else t::varchar end
        from family_overlap{told}""")  # fmt: skip


def _scores(con: Connection) -> tuple[FamilyScore, ...]:
    order = " ".join(f"when {literal(unit)} then {at}" for at, unit in enumerate(UNIT_TRUTHS))
    found = rows(con, f"""
        select o.unit_rule, g.subgroup_var, g.subgroup, count(*),
          round(avg(o.shared / o.p), {RATE_DECIMALS}), round(avg(o.shared / o.t), {RATE_DECIMALS}),
          round(avg((o.shared < o.p)::integer), {RATE_DECIMALS}),
          round(avg((o.shared < o.t)::integer), {RATE_DECIMALS}),
          round(avg((o.shared = o.p and o.shared = o.t)::integer), {RATE_DECIMALS})
        from family_overlap o
        join family_groups g on g.unit_rule = o.unit_rule and g.true_person = o.true_person
        group by o.unit_rule, g.subgroup_var, g.var_no, g.subgroup
        order by case o.unit_rule {order} end, g.var_no, g.subgroup""")  # fmt: skip
    return tuple(
        FamilyScore(str(unit), str(variable), str(group), int(str(n)), *(float(str(rate)) for rate in rates))
        for unit, variable, group, n, *rates in found
    )
