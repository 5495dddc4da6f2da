"""Candidate pairs: the residual against everything it may still match, by the blocking rules of the model.

Writes `candidates` (record_id_l, record_id_r, block_no: the first rule that found the pair). Pairs are counted
before any is made; a key so common that its block would explode is left out and counted as a loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from linkage.errors import RefusedError
from linkage.match.pool import POOL, is_seeking_sql, not_closed_sql, sides_sql, source_bit_sql, wanted_mask_sql
from linkage.packs import Block
from linkage.sql import Connection, Step, count, ident, rows, run_steps, scratch_step, table_step
from linkage.tables import CANDIDATES

SEEKERS, KEY_SIZES = "seekers", "key_sizes"
KEYED, WANTING, FOUND = "keyed_seekers", "wanting", "found_pairs"
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
    run_steps(con, (*candidates_steps(blocks), *(Step(table, f"drop table {table}") for table in (SEEKERS, KEY_SIZES))))
    return counts


def sample_candidates(
    con: Connection, blocks: Sequence[Block], counts: Sequence[BlockCount], *, most: float
) -> tuple[int, int]:
    """How many candidates there will be, each counted once and without those that are closed, and one left record in
    how many was drawn to tell: about `most` of the pairs that the keys make. Leaves the sample as `candidates`."""
    one_in = max(1, round(sum(item.pairs for item in counts) / most))
    run_steps(con, candidates_steps(blocks, one_in=one_in))
    return one_in * count(con, CANDIDATES), one_in


def count_blocks(con: Connection, blocks: Sequence[Block]) -> tuple[BlockCount, ...]:
    """What each rule would make, before a pair is made; writes `seekers` and the keys of each rule."""
    run_steps(con, (seekers_step(blocks),))
    return tuple(_count_block(con, block, number) for number, block in enumerate(blocks))


def seekers_step(blocks: Sequence[Block]) -> Step:
    """`seekers`: records of the pool that are not closed to every other source, with the columns that blocks look at.

    `wanted_mask` has the sources in which the record lacks a link that it may have.
    """
    used = {name for block in blocks for side in (*block.sides, block.missing) for name in side}
    listed = "".join(f", p.{ident(column)}" for column in sorted(used))
    return scratch_step(
        SEEKERS,
        f"""
        select p.record_id, p.source_no, p.source_bit, p.is_within, p.linked_mask, p.closed_mask,
          {wanted_mask_sql("p")} as wanted_mask{listed}
        from {POOL} p where {is_seeking_sql("p")}""",
    )


def keys_table(number: int) -> str:
    """Name of the table of keys of a blocking rule."""
    return f"block_keys_{number}"


def key_sizes_step(block: Block) -> Step:
    """`key_sizes`: the key values of a rule that more than one record holds, and how many pairs they make.

    `pairs` is an upper bound: pairs inside a source and pairs already closed are still counted. `open_mask` has the
    sources that a record of the key lacks a link into and another is of: without any, no pair is to be compared.
    """
    left, right = block.sides
    names = ", ".join(_key_names(left))
    other = "l" if left == right else f"({_side_sizes_sql(right, block.missing)})"
    return scratch_step(
        KEY_SIZES,
        f"""
        with l as materialized ({_side_sizes_sql(left, block.missing)})
        select {names}, l.n * r.n - l.whole * r.whole as pairs,
          (l.wanted & r.sources) | (r.wanted & l.sources) as open_mask
        from l join {other} r using ({names})
        where l.n * r.n > {int(left == right)} and l.n * r.n > l.whole * r.whole""",
    )


def keys_step(block: Block, number: int) -> Step:
    """`block_keys_N`: of `key_sizes` what is needed when the pairs are made: keys that are open, or left out as hot."""
    return scratch_step(
        keys_table(number), f"select * from {KEY_SIZES} where open_mask <> 0 or pairs > {most_pairs(block)}"
    )


def _side_sizes_sql(columns: Sequence[str], missing: Sequence[str]) -> str:
    """Key values, how many records hold each, how many of these hold what the rule is for the want of, the sources
    that they are of and those that they want."""
    keys = ", ".join(f"s.{ident(column)} as {name}" for column, name in zip(columns, _key_names(columns), strict=True))
    known = " and ".join(f"s.{ident(column)} is not null" for column in columns)
    whole = f"count(*) filter (not {_lacks_sql('s', missing)})" if missing else "0"
    return f"""
          select {keys}, count(*) as n, {whole} as whole, bit_or(s.source_bit) as sources,
            bit_or(s.wanted_mask) as wanted
          from {SEEKERS} s where {known} group by all"""


def _lacks_sql(alias: str, missing: Sequence[str]) -> str:
    return "(" + " or ".join(f"{alias}.{ident(column)} is null" for column in missing) + ")"


def _key_names(columns: Sequence[str]) -> list[str]:
    return [f"k{number}" for number in range(len(columns))]


def most_pairs(block: Block) -> int:
    """Pairs of one key above which a rule leaves the key out."""
    return block.most_pairs or LARGEST_BLOCK_PAIRS


def _count_block(con: Connection, block: Block, number: int) -> BlockCount:
    run_steps(con, (key_sizes_step(block), keys_step(block, number)))
    found = rows(
        con,
        f"""
        select count(*) filter (not is_hot), coalesce(sum(pairs) filter (not is_hot), 0),
          count(*) filter (is_hot), coalesce(sum(pairs) filter (is_hot), 0)
        from (select pairs, pairs > {most_pairs(block)} as is_hot from {KEY_SIZES})""",
    )[0]
    keys, pairs, hot_keys, hot_pairs = (int(str(value)) for value in found)
    if block.most_pairs is not None:
        hot_keys, hot_pairs = 0, 0
    return BlockCount(number, block.sides[0], keys, pairs, hot_keys, hot_pairs)


def candidates_steps(blocks: Sequence[Block], *, one_in: int = 1) -> tuple[Step, ...]:
    """`candidates` from all rules; a pair found by several keeps the first.

    `one_in` takes only the pairs of one left record in so many, drawn by a hash.
    """
    return (
        scratch_step(FOUND, "select 0::bigint as record_id_l, 0::bigint as record_id_r, 0 as block_no limit 0"),
        *(
            step
            for number, block in enumerate(blocks)
            for step in (keyed_step(block, number), wanting_step(), found_step(block, number, one_in))
        ),
        table_step(
            CANDIDATES,
            f"""
            select l.record_id_l, l.record_id_r, min(l.block_no) as block_no
            from {FOUND} l
            anti join never_link n on n.record_id_l = l.record_id_l and n.record_id_r = l.record_id_r
            group by l.record_id_l, l.record_id_r""",
        ),
        *(Step(table, f"drop table {table}") for table in (FOUND, KEYED, WANTING)),
    )


def keyed_step(block: Block, number: int) -> Step:
    """`keyed_seekers`: the seekers of each open key of a rule, by the side whose columns hold it (0, or 1 the right).

    From the keys to their records: what a common key would make is never made to be thrown away.
    """
    lacks = _lacks_sql("s", block.missing) if block.missing else "true"
    sides = " union all ".join(
        f"""
        select k.key_no, {side} as side, s.record_id, s.source_no, s.source_bit, s.is_within, s.closed_mask,
          s.wanted_mask & k.open_mask as wanted_mask, {lacks} as lacks
        from k join {SEEKERS} s on {_holds_key_sql("s", columns)}"""
        for side, columns in enumerate(dict.fromkeys(block.sides))
    )
    return scratch_step(
        KEYED,
        f"""
        with k as (
          select *, rowid as key_no from {keys_table(number)} where open_mask <> 0 and pairs <= {most_pairs(block)})
        {sides}""",
    )


def _holds_key_sql(alias: str, columns: Sequence[str]) -> str:
    return " and ".join(
        f"{alias}.{ident(column)} = k.{name}" for column, name in zip(columns, _key_names(columns), strict=True)
    )


def wanting_step() -> Step:
    """`wanting`: `keyed_seekers`, once for each source of its key that a record lacks a link into (`wanted_no`)."""
    return scratch_step(
        WANTING,
        f"""
        select k.*, s.source_no as wanted_no
        from {KEYED} k join sources s on (k.wanted_mask & {source_bit_sql("s.source_no")}) <> 0""",
    )


def found_step(block: Block, number: int, one_in: int) -> Step:
    """Add a rule's pairs to `found_pairs`: what the left record wants, and what only the right one does.

    These are the pairs for which `pool.still_open_sql` holds, without the others being made: most records of a large
    source have their link in the other.
    """
    drawn = f" and hash(l.record_id) % {one_in} = 0" if one_in > 1 else ""
    ways = ((0, 0),) if len(ways_round(block)) == 1 else ((0, 1), (1, 0))
    parts = " union all ".join(
        f"""
        select l.record_id, r.record_id, {number}
        from {WANTING if wants == "l" else KEYED} l
        join {WANTING if wants == "r" else KEYED} r on r.key_no = l.key_no and {other}.source_no = {wants}.wanted_no
        where l.side = {left} and r.side = {right} and {sides_sql()} and (l.lacks or r.lacks)
          and {not_closed_sql()}{once}{drawn}"""
        for left, right in ways
        for wants, other, once in (("l", "r", ""), ("r", "l", " and (l.wanted_mask & r.source_bit) = 0"))
    )
    return Step(FOUND, f"insert into {FOUND} {parts}")


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
            select 1 from {keys_table(number)} h where h.pairs > {most_pairs(block)} and {same})"""
