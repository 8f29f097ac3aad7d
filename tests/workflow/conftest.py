"""Fixtures of the workflow tests."""

import pytest


@pytest.fixture
def path(tmp_path):
    """Where a project may be saved: a folder of its own, empty so far."""
    (tmp_path / "work").mkdir()
    return tmp_path / "work" / "a.objclass"
