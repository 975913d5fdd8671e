"""For pytest: the root is the package of the code, and no package of tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.root import ROOT


def pytest_collect_directory(path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """pytest would import the root's `__init__.py` by the folder's name, which is no package's name in every clone."""
    return pytest.Dir.from_parent(parent, path=path) if path == ROOT else None
