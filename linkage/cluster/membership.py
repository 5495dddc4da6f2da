"""How sure a person is: from all paths of links between its records, not from one link.

Each link holds with its confidence, independently of the others. Two records are one child if a path of links that
hold joins them. The confidence of a record is the share of the person's other records that it can be expected to
belong with: in a person of two, the link's confidence; in a tree, the mean of the products along the paths. The
confidence of the person is the chance that all its records hang together.

Exact up to `EXACT_RECORDS` records, by adding up over all sets of records that may be what hangs together (the
recursion for network reliability: J. A. Buzacott, Networks 10, 1980); of larger persons it is a share of seeded draws.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

EXACT_RECORDS = 8  # 3,280 additions for each person of that size, done for all of them at once
AT_ONCE = 20_000  # persons of one size worked on at once: a set of eight has 256 numbers for each
MOST_DRAWS, FEWEST_DRAWS, DRAWN_LINKS = 1_000, 50, 20_000_000  # links drawn in all, which bounds the time
LEAST_DOUBT = 1e-9  # of a link: nothing is certain, and products of doubts stay numbers
MOST_CONFIDENT = 0.999999  # what six decimals can say short of certainty


@dataclass(frozen=True)
class Sureness:
    """Of each record its confidence, and that of its person; 1 where the person has no other record."""

    membership: Floats
    person: Floats


def membership(component: Ints, left: Ints, right: Ints, confidence: Floats, *, seed: int) -> Sureness:
    """Confidences of records 0 … n-1, of whom `component` is the person (any label), from the links between them.

    `left`, `right` and `confidence` are the accepted links, both ends in one person, in a fixed order.
    """
    found = Sureness(np.ones(len(component)), np.ones(len(component)))
    order = np.argsort(component, kind="stable")  # records of one person side by side
    starts = np.flatnonzero(np.r_[True, np.diff(component[order]) != 0]) if len(order) else np.zeros(0, np.int64)
    sizes = np.diff(np.r_[starts, len(order)])
    person_at = np.repeat(np.arange(len(starts)), sizes)
    person = np.empty(len(order), dtype=np.int64)
    person[order] = person_at
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order)) - starts[person_at]
    doubt = np.clip(1 - confidence, LEAST_DOUBT, 1.0)
    size_of_link = sizes[person[left]] if len(left) else np.zeros(0, np.int64)
    for size in np.unique(sizes[(sizes > 1) & (sizes <= EXACT_RECORDS)]).tolist():
        persons = np.flatnonzero(sizes == size)
        links = np.flatnonzero(size_of_link == size)
        row = np.searchsorted(persons, person[left[links]])
        for begin in range(0, len(persons), AT_ONCE):
            here = persons[begin : begin + AT_ONCE]
            mine = (row >= begin) & (row < begin + len(here))
            chosen, rows = links[mine], row[mine] - begin
            doubts = np.ones((size, size, len(here)))
            np.multiply.at(doubts, (place[left[chosen]], place[right[chosen]], rows), doubt[chosen])
            whole, belongs = reliability(doubts * doubts.transpose(1, 0, 2))
            records = order[starts[here][None, :] + np.arange(size)[:, None]]
            found.membership[records] = belongs
            found.person[records] = whole[None, :]
    large = np.flatnonzero(size_of_link > EXACT_RECORDS)
    if len(large):
        _draw(found, person, sizes, left[large], right[large], 1 - doubt[large], seed)
    return Sureness(_reported(found.membership, person, sizes), _reported(found.person, person, sizes))


def reliability(doubts: Floats) -> tuple[Floats, Floats]:
    """Chance that all hang together, and of each record the share of the others that it does with.

    `doubts[i, j, p]` is the chance that no link between records i and j of person p holds: symmetric, 1 where there is
    none. Returns arrays over p, and over record and p.
    """
    size = len(doubts)
    every = (1 << size) - 1
    apart = [np.ones(doubts.shape[2])]  # of each set of records: the chance that no link inside of it holds
    for records in range(1, every + 1):
        first = (records & -records).bit_length() - 1
        rest = records & (records - 1)
        product = apart[rest].copy()
        for other in _places(rest, size):
            product *= doubts[first, other]
        apart.append(product)
    together = [np.zeros(doubts.shape[2])]  # of each set: the chance that it hangs together by its own links
    for records in range(1, every + 1):
        first = records & -records
        broken = np.zeros(doubts.shape[2])
        rest = records ^ first
        part = rest
        while part:  # all sets that lack some of the others, the first record always in them
            part = (part - 1) & rest
            inside = part | first
            broken += together[inside] * (apart[records] / (apart[inside] * apart[records ^ inside]))
        together.append(1 - broken)
    belongs = np.zeros((size, doubts.shape[2]))
    for records in range(1, every + 1):
        cut_off = apart[every] / (apart[records] * apart[every ^ records])
        share = (records.bit_count() - 1) / max(size - 1, 1) * together[records] * cut_off
        for place in _places(records, size):
            belongs[place] += share
    return together[every], belongs


def _places(records: int, size: int) -> list[int]:
    return [place for place in range(size) if records >> place & 1]


def _draw(found: Sureness, person: Ints, sizes: Ints, left: Ints, right: Ints, chance: Floats, seed: int) -> None:
    """Large persons: how often their records hang together when each link is drawn by its confidence."""
    draws = int(np.clip(DRAWN_LINKS // len(left), FEWEST_DRAWS, MOST_DRAWS))
    records, ends = np.unique(np.r_[left, right], return_inverse=True)
    one, other = ends[: len(left)], ends[len(left) :]
    _, of_person = np.unique(person[records], return_inverse=True)
    size = sizes[person[records]]
    random = np.random.default_rng(seed)
    belongs, whole = np.zeros(len(records)), np.zeros(int(of_person.max()) + 1)
    for _ in range(draws):
        holds = np.flatnonzero(random.random(len(left)) < chance)
        links = coo_array((np.ones(len(holds), np.int8), (one[holds], other[holds])), shape=(len(records),) * 2)
        parts, part = connected_components(links, directed=False)
        part_size = np.bincount(part, minlength=parts)
        belongs += (part_size[part] - 1) / (size - 1)
        whole += np.bincount(of_person, weights=part_size[part] == size, minlength=len(whole)) > 0
    # What was seen to hold in every one of n draws is no surer than that.
    most = 1 - 1 / (draws + 2)
    found.membership[records] = np.minimum(belongs / draws, most)
    found.person[records] = np.minimum(whole / draws, most)[of_person]


def _reported(confidence: Floats, person: Ints, sizes: Ints) -> Floats:
    """Six decimals; never certain where there is another record."""
    several = sizes[person] > 1 if len(person) else np.zeros(0, np.bool_)
    return np.where(several, np.clip(np.round(confidence, 6), 0.0, MOST_CONFIDENT), 1.0)
