"""Addresses in words and numbers. Streets are made up, and so are the property numbers."""

import numpy as np

from linkage_synth.arrays import Ints, Texts, texts

_NAMES = (
    "Alder", "Brook", "Chapel", "Dale", "Elm", "Fern", "Glebe", "Hawthorn", "Ivy", "Juniper", "Kiln", "Larch", "Mill",
    "Nettle", "Orchard", "Priory", "Quarry", "Rectory", "Station", "Tannery", "Union", "Vicarage", "Willow", "Yew",
)  # fmt: skip
_KINDS = ("Road", "Street", "Close", "Avenue", "Lane", "Way", "Gardens", "Court", "Drive", "Terrace", "Grove")
_FIRST_PROPERTY = 990_000_000_000


def streets(postcode: Ints) -> Texts:
    """Street of each postcode."""
    listed = texts([f"{name} {kind}" for kind in _KINDS for name in _NAMES])
    result: Texts = listed[postcode * 37 % len(listed)]
    return result


def house_numbers(address: Ints) -> Texts:
    """Number in the street of each address."""
    numbers: Texts = texts([str(number) for number in range(1, 61)])[address * 17 % 60]
    return numbers


def property_numbers(address: Ints) -> Texts:
    """Unique property reference number of each address."""
    numbers: Texts = (_FIRST_PROPERTY + address * 11).astype("U12").astype(np.object_)
    return numbers
