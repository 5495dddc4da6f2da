"""Term frequencies: how common a value is, so that a rare name in common says more than a common one.

From all records: those of a residual would over-reward odd names. Of a level at which values agree in one column and
differ in another (one name in two spellings) the frequency is that of a stranger who does the same: MUHAMMAD and
MOHAMMED meet often, MACPHAIL and MCPHAIL seldom.
"""

from __future__ import annotations

from linkage.match.pool import POOL
from linkage.packs import ModelSpec
from linkage.sql import Connection, Step, ident, rows, run_steps, table_step

MOST_RAREST = 0.01  # in a run of few records, ten of them are not rare; a share of one in a hundred still is
RAREST_TERM = 10.0  # a value counts as held by at least so many records, lest a typing error prove identity


def make_frequencies(con: Connection, spec: ModelSpec) -> None:
    """Make the term-frequency table of every column that needs one, from all records."""
    run_steps(con, tuple(frequency_step(column, unlike) for column, unlike in _adjusting(spec).items()))


def frequency_columns(spec: ModelSpec) -> tuple[str, ...]:
    """Columns whose term frequency adjusts a weight."""
    return tuple(_adjusting(spec))


def _adjusting(spec: ModelSpec) -> dict[str, str | None]:
    return {level.tf: level.tf_unlike for item in spec.comparison for level in item.levels if level.tf}


def frequency_table(column: str) -> str:
    """Name of the term-frequency table of a column."""
    return f"frequency__{column}"


def frequency_step(column: str, unlike: str | None = None) -> Step:
    """`frequency__COLUMN`: per value of the column `tf_COLUMN`, the share of all records with a value that hold it, and
    `met`, the chance that two such records do.

    With `unlike` both are of records that hold the value and differ in that column: a holder's chance to meet one, and
    that of two records. The first counts a value as held by `RAREST_TERM` records, and draws the share of its holders
    who differ to that of all values by as many.
    """
    name, tf = ident(column), ident("tf_" + column)
    if unlike is None:
        chosen = f"""
        select {name}, count(*) / sum(count(*)) over () as {tf}, {tf} * {tf} as met
        from {POOL} where {name} is not null group by {name}"""
    else:
        chosen = f"""
        with forms as (
          select {name}, {ident(unlike)}, count(*) as n from {POOL} where {name} is not null group by all),
        holders as (select {name}, sum(n) as n, sum(n * n) as alike from forms group by {name}),
        overall as (
          select sum(n) as records, greatest(sum(n * n - alike) / sum(n * n), 1e-6) as differing from holders)
        select {name},
          greatest(n / records, {rarest_share_sql()})
            * (n - alike / n + {RAREST_TERM} * differing) / (n + {RAREST_TERM}) as {tf},
          (n * n - alike) / (records * records) as met
        from holders, overall"""
    return table_step(frequency_table(column), chosen)


def rarest_share_sql() -> str:
    """The least share a value counts with: that of one held by `RAREST_TERM` records."""
    return f"(select least({RAREST_TERM} / greatest(count(*), 1), {MOST_RAREST}) from {POOL})"


def rarest_share(records: int) -> float:
    """What `rarest_share_sql` says of so many records."""
    return min(RAREST_TERM / max(records, 1), MOST_RAREST)


def exact_u(con: Connection, spec: ModelSpec) -> dict[tuple[str, int], float]:
    """u of the levels that have term frequencies: the chance of two records to agree so, no sample."""
    found: dict[tuple[str, int], float] = {}
    for comparison in spec.comparison:
        for number, level in enumerate(comparison.levels):
            if level.tf:
                chance = rows(con, f"select sum(met order by met) from {frequency_table(level.tf)}")[0][0]
                if chance is not None:
                    found[comparison.name, number] = float(str(chance))
    return found
