"""What can be said of a run: rates with intervals, comparison with a truth, and why a link is as it is.

For links made elsewhere, every function of `linkage.stats` can be had from here too:
`from linkage.diagnostics import cluster_scores`.
"""

from linkage import stats


def __getattr__(name: str) -> object:
    if name not in stats.__all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(stats, name)
