"""A synthetic England with known truth, to try record linkage on. No real person is in it."""

from linkage_synth.england import Summary, generate
from linkage_synth.two_tables import two_tables

__all__ = ["Summary", "generate", "two_tables"]
