"""The tests of persons use the helper of the tests of matching: persons are made of what matching decided."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "match"))
