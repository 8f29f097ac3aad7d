"""Fixtures of the workflow tests."""

import pytest

from napari_objclass import features, kernels
from napari_objclass.workflow import feature_sets


@pytest.fixture
def path(tmp_path):
    """Where a project may be saved: a folder of its own, empty so far."""
    (tmp_path / "work").mkdir()
    return tmp_path / "work" / "a.objclass"


@pytest.fixture
def declare(monkeypatch):
    """Let the core say something else about its features: call it with a function from and to a list of them."""

    def change(function):
        known = kernels.feature_specs
        monkeypatch.setattr(kernels, "feature_specs", lambda *layout: function(known(*layout)))
        forget()

    def forget():
        features._specs.cache_clear()
        feature_sets.feature_sets.cache_clear()

    yield change
    forget()
