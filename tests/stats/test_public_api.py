"""What `linkage.stats` and `linkage.diagnostics` offer."""

from __future__ import annotations

import pytest

from linkage import diagnostics, stats


def test_every_name_is_there_and_says_its_source_or_what_it_is() -> None:
    assert len(set(stats.__all__)) == len(stats.__all__)
    for name in stats.__all__:
        found = getattr(stats, name)
        assert name in dir(stats)
        assert getattr(diagnostics, name) is found
        if callable(found):
            assert found.__doc__, name
    with pytest.raises(AttributeError):
        stats.wald  # noqa: B018
    with pytest.raises(AttributeError):
        diagnostics.wald  # noqa: B018
