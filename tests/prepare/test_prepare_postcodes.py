"""Postcodes: form, precision, repairs and refusals."""

from __future__ import annotations

import pytest
from prepare_sources import Prepare

SPEC = [
    # raw, postcode, precision, sector, district, why
    ("SW1A 1AA", "SW1A 1AA", "full", "SW1A 1", "SW1A", None),
    ("m1 1ae", "M1 1AE", "full", "M1 1", "M1", None),
    ("DN551PT", "DN55 1PT", "full", "DN55 1", "DN55", None),
    ("W1A0AX", "W1A 0AX", "full", "W1A 0", "W1A", None),
    ("M11AE", "M1 1AE", "full", "M1 1", "M1", None),
    ("  EC1A  1BB ", "EC1A 1BB", "full", "EC1A 1", "EC1A", None),
    ("CR2-6XH", "CR2 6XH", "full", "CR2 6", "CR2", None),
    ("C251YT", "C25 1YT", "full", "C25 1", "C25", None),
    ("GIR 0AA", "GIR 0AA", "full", "GIR 0", "GIR", None),
    ("BF1 2AB", "BF1 2AB", "full", "BF1 2", "BF1", None),
    ("EG19 1AA", "EG19 1AA", "full", "EG19 1", "EG19", None),
    ("M1 IAE", "M1 1AE", "full", "M1 1", "M1", None),
    ("M1 OAE", "M1 0AE", "full", "M1 0", "M1", None),
    ("MI 1AE", "M1 1AE", "full", "M1 1", "M1", None),
    ("SWIA 1AA", "SW1A 1AA", "full", "SW1A 1", "SW1A", None),
    ("0X1 2AB", "OX1 2AB", "full", "OX1 2", "OX1", None),
    ("M1 1", None, "sector", "M1 1", "M1", None),
    ("SW1A 1", None, "sector", "SW1A 1", "SW1A", None),
    ("E17 5", None, "sector", "E17 5", "E17", None),
    ("M1", None, "district", None, "M1", None),
    ("E17", None, "district", None, "E17", None),
    ("ZZ99 9ZZ", None, None, None, None, "pseudo_postcode"),
    ("zz993vz", None, None, None, None, "pseudo_postcode"),
    ("AA1A 0AA", None, None, None, None, "pseudo_postcode"),
    ("2TR", None, None, None, None, "not_a_postcode"),
    ("1AA", None, None, None, None, "not_a_postcode"),
    ("unknown", None, None, None, None, "not_a_postcode"),
    ("M1 1AE flat 2", None, None, None, None, "not_a_postcode"),
    ("12345", None, None, None, None, "not_a_postcode"),
]


def test_each_postcode_becomes_what_the_table_says(prepare: Prepare) -> None:
    made = prepare(a=[{"postcode": raw, "key": f"{n:03}"} for n, (raw, *_) in enumerate(SPEC)])
    columns = ("postcode_raw", "postcode", "postcode_precision", "sector", "district", "postcode_why")
    assert made.values(*columns) == [(raw.strip(), *rest) for raw, *rest in SPEC]


@pytest.mark.parametrize("postcode", sorted({row[1] for row in SPEC if row[1]}))
def test_a_clean_postcode_stays_as_it_is(prepare: Prepare, postcode: str) -> None:
    assert prepare(a=[{"postcode": postcode}]).values("postcode", "postcodes") == [(postcode, [postcode])]


def test_a_coarse_postcode_is_no_home_to_compare_in_full(prepare: Prepare) -> None:
    assert prepare(a=[{"postcode": "M1 1"}]).values("postcodes") == [(None,)]
