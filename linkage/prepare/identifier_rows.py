"""The run's `identifiers` and `upn_groups`: every identifier of every record, and which UPNs are one child's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from linkage.identifiers import (
    CHECKED_SCHEMES,
    NATIONAL,
    SCHEME_OF_FIELD,
    Scheme,
    status_sql,
    upn_shape_sql,
    value_sql,
)
from linkage.prepare.folding import ROW_RECORDS
from linkage.prepare.inputs import BLANKS, Input, load_working_table, union_all, working_table
from linkage.prepare.rows import authority_sql, number_text_sql
from linkage.schema import IDENTIFIER_FIELDS
from linkage.sql import Connection, Step, ident, literal, rows, run_steps, table_step
from linkage.tables import IDENTIFIERS, RECORDS, UPN_GROUPS, Finding

# A number that records with more different birth dates than this share in one source is nobody's.
MOST_BIRTH_DATES = 5
# More UPNs than one child can have had; a larger group holds children that a wrong former UPN has joined.
MOST_UPNS = 6

# The better status wins where a record has a value more than once.
_STATUS_ORDER = ("valid", "temporary", "former", "invalid", "placeholder")
