"""What the report says of names by culture. A run without a model, or from before this table, gives nothing."""

from __future__ import annotations

from dataclasses import dataclass

from linkage.diagnostics.name_agreement import FEWEST_PAIRS, FOUND, NAME_AGREEMENT
from linkage.diagnostics.subgroups import ALL
from linkage.sql import Connection, has_table, rows

DIFFERS = "differs"


@dataclass(frozen=True)
class Share:
    """A share with its interval (0 to 1)."""

    share: float
    lo: float
    hi: float


@dataclass(frozen=True)
class NamesOfGroup:
    """Pairs that an identifier linked, of one group: how often forename and surname differ, and how many of the pairs
    the model would have linked by itself. A share is None where there are too few pairs to say."""

    variable: str
    subgroup: str
    pairs: int
    forename_differs: Share | None
    surname_differs: Share | None
    found: Share | None


def names_of_groups(con: Connection) -> tuple[NamesOfGroup, ...]:
    """All pairs first, then the groups of each variable in order; none where nothing was measured."""
    if not has_table(con, NAME_AGREEMENT):
        return ()
    found = rows(
        con,
        f"""
        select var_no, subgroup_var, subgroup_no, subgroup, max("of") filter (measure = $found),
          {_share_sql("measure = 'forename' and level = $differs")},
          {_share_sql("measure = 'surname' and level = $differs")},
          {_share_sql("measure = $found")}
        from {NAME_AGREEMENT}
        group by var_no, subgroup_var, subgroup_no, subgroup
        order by var_no, subgroup_no, subgroup""",
        {"found": FOUND, "differs": DIFFERS},
    )
    return tuple(
        NamesOfGroup(
            str(variable), str(subgroup), int(str(pairs)), _share(ends[:3]), _share(ends[3:6]), _share(ends[6:])
        )
        for _, variable, _, subgroup, pairs, *ends in found
    )


def has_groups(groups: tuple[NamesOfGroup, ...]) -> bool:
    """Whether any group beside all pairs is large enough to say something of."""
    return any(group.subgroup != ALL and group.pairs >= FEWEST_PAIRS for group in groups)


def _share_sql(where: str) -> str:
    return ", ".join(f"max({column}) filter ({where})" for column in ("share", "lo", "hi"))


def _share(ends: list[object]) -> Share | None:
    return None if None in ends else Share(*(float(str(end)) for end in ends))
