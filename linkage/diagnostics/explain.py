"""Why things are as they are: one record, or one pair, as a person asks for it inside the secure setting.

Keys are shown, of the record asked about and of those it meets. Names, dates of birth, postcodes and identifiers are
shown only where the person asks for values.
"""

from linkage.diagnostics.explain_pair import PairExplanation, explain_pair
from linkage.diagnostics.explain_record import RecordExplanation, explain_record

__all__ = ["PairExplanation", "RecordExplanation", "explain_pair", "explain_record"]
