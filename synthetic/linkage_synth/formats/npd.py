"""Pupil tables of the National Pupil Database (NPD), by pupil matching reference.

Supplies a and b have different references for the same pupils, and a table with names has yet others.
"""

from collections.abc import Callable
from pathlib import Path

from linkage_synth.formats.contract import Format, Output, Source, joined
from linkage_synth.formats.known import Known
from linkage_synth.formats.npd_attainment import (
    write_key_stage_2,
    write_key_stage_4,
    write_named_key_stage_4,
    write_profile,
)
from linkage_synth.formats.npd_census import write_spring
from linkage_synth.formats.npd_pupils import (
    write_absence,
    write_activity,
    write_alternative,
    write_exclusions,
    write_premium,
)

A, B, NAMED = "returns/npd/a/", "returns/npd/b/", "returns/npd/named/"
_SPRINGS = (
    ("npd_census_2023", f"{A}Spring_Census_2023.csv", 2023, "a"),
    ("npd_census_2024", f"{A}Spring_Census_2024.csv", 2024, "a"),
    ("npd_b_census_2024", f"{B}Spring_Census_2024.csv", 2024, "b"),
)
_TABLES: tuple[tuple[str, str, str, Callable[[Path, Known, str, str], Output]], ...] = (
    ("npd_eyfsp", f"{A}EYFSP_2023.csv", "a", write_profile),
    ("npd_ks2", f"{A}KS2Pupil_2023.csv", "a", write_key_stage_2),
    ("npd_ks4", f"{A}KS4Pupil_2023.csv", "a", write_key_stage_4),
    ("npd_absence", f"{A}Absence_2023.csv", "a", write_absence),
    ("npd_exclusions", f"{A}exclusions/", "a", write_exclusions),
    ("npd_nccis", f"{A}NCCIS_2024.csv", "a", write_activity),
    ("npd_ap", f"{A}AP_2024.csv", "a", write_alternative),
    ("npd_premium", f"{A}Pupil_Premium_2024.csv", "a", write_premium),
    ("npd_ks4_named", f"{NAMED}KS4_2023.csv", "named", write_named_key_stage_4),
)
_TWO_WITHOUT_REFERENCE = ("npd_ks4", "npd_nccis", "npd_ap")
"""Tables in which a child without a reference may have several rows that nothing ties together."""


def write(out: Path, known: Known) -> Output:
    """Write all tables of all supplies."""
    springs = [write_spring(out, known, path, name, census, supply) for name, path, census, supply in _SPRINGS]
    return joined(*springs, *(writer(out, known, path, name) for name, path, _, writer in _TABLES))


def _settings(path: str, supply: str) -> str:
    return f'format = "npd"\npath = "{path}"\nsupply = "{supply}"'


FORMAT = Format(
    "npd",
    write,
    (
        *(Source(name, _settings(path, supply), unique=True) for name, path, _, supply in _SPRINGS),
        *(
            Source(name, _settings(path, supply), unique=name not in _TWO_WITHOUT_REFERENCE)
            for name, path, supply, _ in _TABLES
        ),
    ),
    (f"{A}*.csv", f"{A}exclusions/*.csv", f"{B}*.csv", f"{NAMED}*.csv"),
)
