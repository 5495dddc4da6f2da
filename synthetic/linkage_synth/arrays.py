"""Types of the columns that the world is made of: one entry per person, family, spell or row."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]
Texts: TypeAlias = npt.NDArray[np.object_]

NOBODY = -1
"""Index that stands for no person, no school or no authority."""


def texts(values: list[str] | tuple[str, ...]) -> Texts:
    """An object array of the strings; numpy's fixed-width strings would cut or pad them."""
    column: Texts = np.empty(len(values), dtype=np.object_)
    column[:] = values
    return column


def blank(length: int) -> Texts:
    """An object array of empty strings."""
    column: Texts = np.full(length, "", dtype=np.object_)
    return column


def order_within(group: Ints) -> Ints:
    """For each entry, how many earlier entries carry the same group number (0 for the first)."""
    order = np.argsort(group, kind="stable")
    arranged = group[order]
    starts = np.flatnonzero(np.r_[True, arranged[1:] != arranged[:-1]])
    lengths = np.diff(np.r_[starts, len(arranged)])
    within = np.empty(len(group), dtype=np.int64)
    within[order] = np.arange(len(group)) - np.repeat(starts, lengths)
    return within


def choose(rng: np.random.Generator, weights: npt.ArrayLike, size: int) -> Ints:
    """`size` indices drawn in proportion to the weights, which need not sum to one."""
    edges = np.cumsum(np.asarray(weights, dtype=np.float64))
    picks: Ints = np.searchsorted(edges, rng.random(size) * edges[-1], side="right").astype(np.int64)
    return np.minimum(picks, len(edges) - 1)


def codes_of(column: Texts) -> Ints:
    """A number for each distinct text, in order of first appearance."""
    seen: dict[str, int] = {}
    return np.fromiter((seen.setdefault(text, len(seen)) for text in column), dtype=np.int64, count=len(column))
