"""Settings and fixtures shared by all tests."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("objclass", derandomize=True, deadline=None)
settings.load_profile("objclass")

#: napari is as it comes, whatever the user has set it to.
os.environ["NAPARI_CONFIG"] = ""

# Programs that tests interrupt would inherit that interruptions are ignored, as shells have it in the background.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def data() -> Path:
    """Folder of the reference data."""
    return Path(__file__).parent / "data"


@pytest.fixture(autouse=True)
def state(tmp_path_factory, monkeypatch) -> Path:
    """Keep recovery journals of tests away from those of the user; the folder does not exist yet."""
    folder = tmp_path_factory.mktemp("home") / "state"
    monkeypatch.setenv("OBJCLASS_STATE_DIR", str(folder))
    return folder
