"""Lists that services keep by themselves, each with its own columns: the format `table`."""

from pathlib import Path

from linkage_synth.formats import (
    home_educated,
    housing,
    social_workers,
    temporary_homes,
    vulnerable_babies,
    youth_justice,
)
from linkage_synth.formats.contract import Format, Output, joined
from linkage_synth.formats.known import Known

_LISTS = (home_educated, social_workers, youth_justice, vulnerable_babies, housing, temporary_homes)


def write(out: Path, known: Known) -> Output:
    """Write every list."""
    return joined(*(each.write(out, known) for each in _LISTS))


FORMAT = Format("table", write, tuple(each.SOURCE for each in _LISTS), tuple(each.PATH for each in _LISTS))
