"""Connected components: which records hang together through links."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def label_components(records: int, left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """For each record 0 … records-1, the smallest record id of its component.

    `left` and `right` are the ends of the links. The label does not depend on the order of the links.
    """
    if records == 0:
        return np.zeros(0, dtype=np.int64)
    edges = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(records, records))
    count, component = connected_components(edges, directed=False)
    smallest = np.full(count, records, dtype=np.int64)
    np.minimum.at(smallest, component, np.arange(records, dtype=np.int64))
    return np.asarray(smallest[component], dtype=np.int64)
