"""What `import linkage` offers is a decision, not an accident."""

from __future__ import annotations

import importlib
import pkgutil

import linkage


def test_all_is_sorted_and_complete() -> None:
    assert linkage.__all__ == sorted(linkage.__all__)
    assert all(hasattr(linkage, name) for name in linkage.__all__)


def test_every_module_can_be_imported_and_says_what_it_is() -> None:
    for module in pkgutil.walk_packages(linkage.__path__, "linkage."):
        if module.name != "linkage.__main__":
            assert importlib.import_module(module.name).__doc__, f"{module.name} has no docstring"


def test_the_launcher_is_the_same_application() -> None:
    import cli
    from linkage.cli import app

    assert cli.app is app
