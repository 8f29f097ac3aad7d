"""``objclass gui`` is killed while a user clicks: at the next start, every label is there."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from widgets import gui_clicker
from widgets.user import until

from napari_objclass import sample
from napari_objclass.io.writers import write_image
from napari_objclass.widgets.launch import open_workbench
from napari_objclass.widgets.samples import SAMPLES, add_sample
from napari_objclass.widgets.start import RecoveryOffer
from napari_objclass.workflow.session import Session

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs kill -9")

#: Labels that each user makes.
N_LABELS = 12


@pytest.fixture
def start(tmp_path, state):
    """Start ``objclass gui`` with a user in it."""
    root = Path(__file__).parents[2]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(root), str(root / "tests")]),
        "NAPARI_CONFIG": str(tmp_path / "napari.yaml"),
    }
    started = []

    def start(*words):
        command = [sys.executable, gui_clicker.__file__, *map(str, words)]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait(timeout=20)
        process.stdout.close()


def kill(process):
    """Kill a process after some clicks; labels that were on its screen, class by id."""
    said = [process.stdout.readline() for _ in range(N_LABELS)]
    process.kill()
    said += process.stdout.readlines()
    assert process.wait(timeout=20) == -signal.SIGKILL, "it died on its own"
    return dict(tuple(map(int, line.split())) for line in said if line.endswith("\n"))


def restore(workbench):
    """Go on with work that was not saved; whether its image was only in memory."""
    shared = workbench.shared
    until(lambda: workbench.start.findChildren(RecoveryOffer))
    workbench.start.findChildren(RecoveryOffer)[0].restore.click()
    until(lambda: shared.session.lanes)
    return shared.session.lanes[0].places is None


def labels_on_screen(shared):
    """Class by id, as soon as they are there."""
    until(lambda: shared.shown is not None and shared.shown.claims is not None and shared.shown.claims.active)
    numbers = {each.uuid: number for number, each in enumerate(shared.session.classes, 1)}
    return {object_id: numbers[cls] for (_, object_id), cls in shared.shown.claims.active.items()}


def test_no_label_is_lost(start, make_napari_viewer, tmp_path):
    made = sample.nuclei_2d()
    files = write_image(tmp_path / "raw.tif", made.raw, "yx"), write_image(tmp_path / "labels.tif", made.labels, "yx")
    users = {"files": start(*files), "memory": start()}
    made_there = {kind: kill(user) for kind, user in users.items()}
    workbench = open_workbench(make_napari_viewer())
    shared = workbench.shared
    for _ in users:
        is_in_memory = restore(workbench)
        if is_in_memory:
            until(lambda: shared.problem("input_data"))
            assert "only in memory" in shared.problem("input_data")
            assert "add it again" in workbench.hint.text()
            add_sample(shared, SAMPLES[0])
        found = labels_on_screen(shared)
        assert made_there.pop("memory" if is_in_memory else "files").items() <= found.items()
        assert len(shared.session.lanes) == 1
        shared.open(Session)
        until(lambda: not shared.session.lanes)
    assert not made_there
