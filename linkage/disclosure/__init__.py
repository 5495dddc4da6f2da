"""Disclosure control of everything under `public/`: what a table may show, and proof that it shows no more.

    from linkage.disclosure import MATCH_RATE_TABLE, profile_of, protect
    protected = protect([(MATCH_RATE_TABLE, rows)], profile_of("cco10"))

Counts that are too small are hidden, then enough others that none can be worked out, then what is left is rounded; an
audit by linear programming, which shares nothing with the choice of cells but the tables, tries to have each hidden
count back. `docs/disclosure.md` has the whole in words.
"""

from linkage.disclosure.audit import Leak
from linkage.disclosure.cells import Nesting
from linkage.disclosure.descriptions import Count, Difference, Figure, Rate, Table
from linkage.disclosure.nestings import find_nestings
from linkage.disclosure.profiles import PROFILES, Profile, half_up, profile_of
from linkage.disclosure.public import NOT_PUBLISHED, Protected, protect, public_tables, publish, refuse_leaks
from linkage.disclosure.published import MATCH_RATE_TABLE, TABLES
from linkage.disclosure.recovery import audit
from linkage.disclosure.register import Release, read_register, register_release
from linkage.disclosure.withheld import WITHHELD

__all__ = [
    "MATCH_RATE_TABLE",
    "NOT_PUBLISHED",
    "PROFILES",
    "TABLES",
    "WITHHELD",
    "Count",
    "Difference",
    "Figure",
    "Leak",
    "Nesting",
    "Profile",
    "Protected",
    "Rate",
    "Release",
    "Table",
    "audit",
    "find_nestings",
    "half_up",
    "profile_of",
    "protect",
    "public_tables",
    "publish",
    "read_register",
    "refuse_leaks",
    "register_release",
]
