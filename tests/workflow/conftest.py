"""Fixtures of the workflow tests."""

import pytest


@pytest.fixture(autouse=True)
def own_state_folder(tmp_path_factory, monkeypatch):
    """Keep recovery journals of tests away from those of the user."""
    monkeypatch.setenv("OBJCLASS_STATE_DIR", str(tmp_path_factory.mktemp("state")))
