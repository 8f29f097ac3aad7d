"""Settings and fixtures shared by all tests."""

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("objclass", derandomize=True, deadline=None)
settings.load_profile("objclass")


@pytest.fixture(scope="session")
def data() -> Path:
    """Folder of the reference data."""
    return Path(__file__).parent / "data"
