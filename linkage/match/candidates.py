"""Candidate pairs: the residual against everything it may still match, by the blocking rules of the model.

Writes `candidates` (record_id_l, record_id_r, block_no: the first rule that found the pair). Pairs are counted
before any is made; a key so common that its block would explode is left out and counted as a loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from linkage.errors import RefusedError
from linkage.match.pool import POOL, is_seeking_sql, may_meet_sql, sides_sql, still_open_sql
from linkage.packs import Block
from linkage.sql import Connection, Step, count, ident, rows, run_steps, scratch_step, table_step
from linkage.tables import CANDIDATES

SEEKERS = "seekers"
SAMPLED_PAIRS = 5_000_000  # pairs looked at to tell how many there will be, where the sum over keys is too many
LARGEST_BLOCK_PAIRS = 20_000  # a key with more pairs than this says nothing about a person: a default or a hot value


@dataclass(frozen=True)
class BlockCount:
    """What one blocking rule would make: keys, pairs, and the keys and pairs left out as too common.

    What a rule for rare values leaves out is not counted: the other rules are there for that.
    """

    block_no: int
    columns: tuple[str, ...]
    keys: int
    pairs: int
    hot_keys: int
    hot_pairs: int


def make_candidates(con: Connection, blocks: Sequence[Block], *, max_pairs: int) -> tuple[BlockCount, ...]:
    """Make `candidates`; RefusedError where the blocking rules would make more pairs than `max_pairs`."""
    counts = count_blocks(con, blocks)
    expected = sum(item.pairs for item in counts)
    if expected > max_pairs:
        expected, _ = sample_candidates(con, blocks, counts, most=SAMPLED_PAIRS)
        run_steps(con, (Step(CANDIDATES, f"drop table {CANDIDATES}"),))
    if expected > max_pairs:
        largest = max(counts, key=lambda item: item.pairs)
        raise RefusedError(
            f"The blocking rules would make about {expected:,} pairs.",
            where=f"blocking rule {largest.block_no + 1} of the model ({', '.join(largest.columns)})",
            expected=f"at most {max_pairs:,} ([run] max_pairs)",
            remedy="tighten the rule, or raise max_pairs if time and disk allow",
        )
    run_steps(con, (candidates_step(blocks, counts),))
    return counts


def sample_candidates(
    con: Connection, blocks: Sequence[Block], counts: Sequence[BlockCount], *, most: float
) -> tuple[int, int]:
    """How many candidates there will be, each counted once and without those that are closed, and one left record in
    how many was drawn to tell: about `most` of the pairs that the keys make. Leaves the sample as `candidates`."""
    one_in = max(1, round(sum(item.pairs for item in counts) / most))
    run_steps(con, (candidates_step(blocks, counts, one_in=one_in),))
    return one_in * count(con, CANDIDATES), one_in


def count_blocks(con: Connection, blocks: Sequence[Block]) -> tuple[BlockCount, ...]:
    """What each rule would make, before a pair is made; writes `seekers` and the key sizes."""
    run_steps(con, (seekers_step(), *(key_sizes_step(block, number) for number, block in enumerate(blocks))))
    return tuple(_count_block(con, block, number) for number, block in enumerate(blocks))


def seekers_step() -> Step:
    """`seekers`: records of the pool that are not closed to every other source."""
    return scratch_step(SEEKERS, f"select p.* from {POOL} p where {is_seeking_sql('p')}")


def key_sizes_table(number: int) -> str:
    """Name of the table of key sizes of a blocking rule."""
    return f"block_keys_{number}"


def key_sizes_step(block: Block, number: int) -> Step:
    """`block_keys_N`: the key values of a rule that more than one record holds, and how many pairs they make.

    `pairs` is an upper bound: pairs inside a source and pairs already closed are still counted.
    """
    left, right = block.sides
    return scratch_step(
        key_sizes_table(number),
        f"""
        with l as ({_side_sizes_sql(left, block.missing)}), r as ({_side_sizes_sql(right, block.missing)})
        select l.* exclude (n, whole), l.n * r.n - l.whole * r.whole as pairs
        from l join r using ({", ".join(_key_names(left))})
        where l.n * r.n > 1 and l.n * r.n > l.whole * r.whole""",
    )


def _side_sizes_sql(columns: Sequence[str], missing: Sequence[str]) -> str:
    """Key values, how many records hold each, and how many of these hold what the rule is for the want of."""
    keys = ", ".join(f"s.{ident(column)} as {name}" for column, name in zip(columns, _key_names(columns), strict=True))
    known = " and ".join(f"s.{ident(column)} is not null" for column in columns)
    whole = f"count(*) filter (not {_lacks_sql('s', missing)})" if missing else "0"
    return f"select {keys}, count(*) as n, {whole} as whole from {SEEKERS} s where {known} group by all"


def _lacks_sql(alias: str, missing: Sequence[str]) -> str:
    return "(" + " or ".join(f"{alias}.{ident(column)} is null" for column in missing) + ")"


def _key_names(columns: Sequence[str]) -> list[str]:
    return [f"k{number}" for number in range(len(columns))]


def most_pairs(block: Block) -> int:
    """Pairs of one key above which a rule leaves the key out."""
    return block.most_pairs or LARGEST_BLOCK_PAIRS


def _count_block(con: Connection, block: Block, number: int) -> BlockCount:
    found = rows(
        con,
        f"""
        select count(*) filter (not is_hot), coalesce(sum(pairs) filter (not is_hot), 0),
          count(*) filter (is_hot), coalesce(sum(pairs) filter (is_hot), 0)
        from (select pairs, pairs > {most_pairs(block)} as is_hot from {key_sizes_table(number)})""",
    )[0]
    keys, pairs, hot_keys, hot_pairs = (int(str(value)) for value in found)
    if block.most_pairs is not None:
        hot_keys, hot_pairs = 0, 0
    return BlockCount(number, block.sides[0], keys, pairs, hot_keys, hot_pairs)


def candidates_step(blocks: Sequence[Block], counts: Sequence[BlockCount], *, one_in: int = 1) -> Step:
    """`candidates` from all rules; a pair found by several keeps the first.

    `one_in` takes only the pairs of one left record in so many, drawn by a hash.
    """
    drawn = f" where hash(record_id_l) % {one_in} = 0" if one_in > 1 else ""
    parts = [
        select
        for number, block in enumerate(blocks)
        for select in _block_selects(
            block, number, has_hot_keys=counts[number].hot_keys > 0 or block.most_pairs is not None
        )
    ]
    return table_step(
        CANDIDATES,
        f"""
        select record_id_l, record_id_r, min(block_no) as block_no
        from ({" union all ".join(parts)}){drawn}
        group by record_id_l, record_id_r""",
    )


def _block_selects(block: Block, number: int, *, has_hot_keys: bool) -> list[str]:
    """The pairs of one rule; a rule whose key differs by side is run both ways round."""
    return [_block_sql(block, one, other, number, has_hot_keys) for one, other in ways_round(block)]


def _block_sql(
    block: Block, columns_l: Sequence[str], columns_r: Sequence[str], number: int, has_hot_keys: bool
) -> str:
    lacking = f" and {lacks_any_sql(block)}" if block.missing else ""
    hot = f"\n          and {keeps_key_sql(block, number, columns_l)}" if has_hot_keys else ""
    return f"""
        select l.record_id as record_id_l, r.record_id as record_id_r, {number} as block_no
        from {SEEKERS} l
        join {SEEKERS} r on {agree_sql(columns_l, columns_r)}
        where {sides_sql()} and {still_open_sql()} and {may_meet_sql()}{lacking}{hot}"""


def ways_round(block: Block) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    """The columns of l and of r: a rule whose key differs by side goes both ways round."""
    one, other = block.sides
    return tuple(dict.fromkeys(((one, other), (other, one))))


def agree_sql(columns_l: Sequence[str], columns_r: Sequence[str]) -> str:
    """Do l and r agree on a rule, one way round?"""
    return " and ".join(f"l.{ident(a)} = r.{ident(b)}" for a, b in zip(columns_l, columns_r, strict=True))


def agree_either_way_sql(block: Block) -> str:
    """Do l and r agree on a rule, one way round or the other?"""
    return "(" + " or ".join(f"({agree_sql(left, right)})" for left, right in ways_round(block)) + ")"


def lacks_any_sql(block: Block) -> str:
    """Does l or r lack one of the columns for want of which the rule is there?"""
    return f"({_lacks_sql('l', block.missing)} or {_lacks_sql('r', block.missing)})"


def keeps_key_sql(block: Block, number: int, columns_l: Sequence[str]) -> str:
    """Is the key that l and r agree on, with these columns of l, one that the rule does not leave out?"""
    key = block.sides[0]
    side = "l" if tuple(columns_l) == tuple(key) else "r"
    same = " and ".join(f"h.{name} = {side}.{ident(c)}" for name, c in zip(_key_names(key), key, strict=True))
    return f"""not exists (
            select 1 from {key_sizes_table(number)} h where h.pairs > {most_pairs(block)} and {same})"""
