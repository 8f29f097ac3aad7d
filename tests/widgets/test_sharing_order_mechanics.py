"""Closing and saving come after what was asked for before."""

import threading
import time

import pytest

import napari_objclass as oc
from napari_objclass.widgets.viewer.session import ViewerSession


@pytest.fixture
def gate():
    """Holds a thread up until the test lets go."""
    gate = threading.Event()
    yield gate
    gate.set()


def ours():
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("objclass")]


def test_a_save_holds_the_changes_asked_for_before(with_nuclei, mailbox, gate, tmp_path):
    shared, saved = with_nuclei, []
    shared.saved.connect(lambda: saved.append(True))
    shared.do("x", lambda s: gate.wait())
    shared.annotate(0, [1], 1)
    shared.save(tmp_path / "nuclei.objclass")
    gate.set()
    mailbox.until(lambda: saved)
    assert not shared.session.unsaved
    assert shared.session.saved_at is not None
    with oc.Session.open(tmp_path / "nuclei.objclass", read_only=True) as stored:
        assert stored.object_classes(0) == {1: 1}


def test_closing_comes_after_pending_changes_and_savings(with_nuclei, mailbox, gate, tmp_path):
    shared, path = with_nuclei, tmp_path / "nuclei.objclass"
    shared.do("x", lambda s: gate.wait())
    shared.annotate(0, [1], 1)
    shared.save(path)
    shared.close()
    gate.set()
    mailbox.until(lambda: not ours())
    with oc.Session.open(path) as opened:
        assert not opened.read_only
        assert opened.object_classes(0) == {1: 1}
        assert not opened.unsaved


def test_another_session_is_taken_after_changes_of_the_one_before(with_nuclei, mailbox, gate):
    shared, before = with_nuclei, with_nuclei.session
    shared.do("x", lambda s: gate.wait())
    shared.open(oc.Session)
    shared.annotate(0, [1], 1)
    gate.set()
    mailbox.until(lambda: shared.session is not before)
    assert shared.shown is None
    mailbox.until(lambda: not ours())
    assert shared.problem("object_classification") is None
    assert len(oc.Session.recoverable()) == 1


def test_a_project_that_comes_too_late_is_closed(mailbox, tmp_path):
    from napari.components import ViewerModel

    with oc.Session(recover=False) as project:
        project.save(tmp_path / "late.objclass")
    shared = ViewerSession(ViewerModel(), mailbox.post)
    shared.open(lambda: oc.Session.open(tmp_path / "late.objclass"))
    shared.close()
    mailbox.settle()
    mailbox.until(lambda: not ours())
    with oc.Session.open(tmp_path / "late.objclass") as opened:
        assert not opened.read_only


def test_nothing_is_computed_at_rest(with_nuclei, mailbox):
    shared = with_nuclei
    shared.rest()
    for object_id, number in ((1, 1), (2, 2)):
        shared.annotate(0, [object_id], number)
    mailbox.settle()
    assert shared.shown.prediction is None
    shared.wake()
    mailbox.until(lambda: shared.shown.prediction is not None)


def test_an_errand_tells_its_progress_and_stops(with_nuclei, mailbox):
    shared, told, results = with_nuclei, [], []
    shared.activity_changed.connect(lambda: told.append(shared.activity))

    def work(*, progress, cancel):
        progress(1, 2, "half")
        while not cancel.cancelled:
            time.sleep(0.01)
        raise oc.Cancelled("stopped")

    shared.run("export", "waiting", work, results.append)
    mailbox.until(lambda: told and told[-1] and told[-1].what == "half")
    shared.stop()
    mailbox.until(lambda: results)
    assert results == [None]
    assert shared.problem("export") is None
    mailbox.until(lambda: told[-1] is None)
