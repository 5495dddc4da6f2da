"""Candidate pairs against their naive definition: every pair of a small pool, asked one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.match.candidates import make_candidates
from linkage.packs import Block
from linkage.sql import connect

SOURCES = 3
LIMIT = 20_000
VALUES = st.sampled_from(["A", "B", None])
BLOCKS = st.lists(
    st.one_of(
        st.builds(Block, columns=st.sampled_from([("a",), ("b",), ("a", "b"), ("a", "c")])),
        st.builds(Block, columns=st.sampled_from([("a",), ("b", "c")]), missing=st.sampled_from([("c",), ("b", "c")])),
        st.builds(Block, columns=st.just(("a", "b")), most_pairs=st.integers(1, 12)),
        st.builds(
            Block, left=st.just(("a", "b")), right=st.just(("b", "a")), missing=st.sampled_from([(), ("c",)]),
            most_pairs=st.sampled_from([None, 3, 9]),
        ),
    ),
    min_size=1, max_size=4,
)  # fmt: skip


@dataclass(frozen=True)
class Record:
    source: int
    a: str | None
    b: str | None
    c: str | None
    linked: int
    closed: int

    def key(self, columns: Sequence[str]) -> tuple[str, ...] | None:
        values = tuple(getattr(self, column) for column in columns)
        return None if None in values else values

    def lacks(self, block: Block) -> bool:
        return any(getattr(self, column) is None for column in block.missing)


MASKS = st.integers(0, 2**SOURCES - 1)
RECORDS = st.lists(
    st.builds(
        lambda source, a, b, c, linked, closed: Record(source, a, b, c, linked, linked & closed),
        st.integers(0, SOURCES - 1), VALUES, VALUES, VALUES, MASKS, MASKS,
    ),
    min_size=2, max_size=14,
)  # fmt: skip


def expected(
    records: list[Record], blocks: list[Block], within: set[int], never: set[tuple[int, int]]
) -> dict[tuple[int, int], int]:
    every = 2**SOURCES - 1
    seeking = [
        (number, record)
        for number, record in enumerate(records)
        if record.closed | (0 if record.source in within else 1 << record.source) != every
    ]
    found: dict[tuple[int, int], int] = {}
    for block_no, block in enumerate(blocks):
        kept = kept_keys(block, [record for _, record in seeking])
        for (i, one), (j, other) in combinations(seeking, 2):
            (i, left), (j, right) = sorted([(i, one), (j, other)], key=lambda item: (item[1].source, item[0]))
            met = any(
                left.key(x) is not None and left.key(x) == right.key(y) and left.key(x) in kept
                for x, y in both_ways(block)
            )
            if (
                met
                and (left.source != right.source or left.source in within)
                and not (left.linked >> right.source & 1 and right.linked >> left.source & 1)
                and not (left.closed >> right.source & 1 or right.closed >> left.source & 1)
                and (not block.missing or left.lacks(block) or right.lacks(block))
                and (i, j) not in never
            ):
                found.setdefault((i, j), block_no)
    return found


def both_ways(block: Block) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    left, right = block.sides
    yield left, right
    yield right, left


def kept_keys(block: Block, records: list[Record]) -> set[tuple[str, ...] | None]:
    """Keys of which a rule makes no more pairs than it may: all with all, but those that lack nothing."""
    left, right = (Counter(record.key(columns) for record in records) for columns in block.sides)
    whole = [record for record in records if block.missing and not record.lacks(block)]
    left_whole, right_whole = (Counter(record.key(columns) for record in whole) for columns in block.sides)
    return {
        key for key, n in left.items()
        if n * right[key] - left_whole[key] * right_whole[key] <= (block.most_pairs or LIMIT)
    }  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(RECORDS, BLOCKS, st.sets(st.integers(0, SOURCES - 1)), st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5))))
def test_candidates_are_the_open_pairs_that_a_rule_finds_with_the_first_rule_that_does(
    records: list[Record], blocks: list[Block], within: set[int], never: set[tuple[int, int]]
) -> None:
    con = connect(threads=1)
    con.execute(f"create table sources as select range::smallint as source_no from range({SOURCES})")
    con.execute("create table never_link (record_id_l bigint, record_id_r bigint)")
    con.execute("""create table pool (record_id bigint, source_no smallint, source_bit uhugeint, is_within boolean,
        linked_mask uhugeint, closed_mask uhugeint, a varchar, b varchar, c varchar)""")
    for number, one in enumerate(records):
        row = (number, one.source, 1 << one.source, one.source in within, one.linked, one.closed, one.a, one.b, one.c)
        con.execute("insert into pool values (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    for pair in never:
        con.execute("insert into never_link values (?, ?)", pair)
    make_candidates(con, blocks, max_pairs=10**6)
    found = con.execute("select record_id_l, record_id_r, block_no from candidates").fetchall()
    con.close()
    assert len(found) == len({pair[:2] for pair in found})
    assert {pair[:2]: pair[2] for pair in found} == expected(records, blocks, within, never)
