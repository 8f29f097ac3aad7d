"""The session of a viewer: changes on one thread, outputs on another, signals on the GUI thread."""

import threading
import time

import napari_objclass as oc


def annotate(shared, sample):
    for object_id, number in oc.sample.labelled_examples(sample).items():
        shared.annotate(0, [object_id], number)


def test_clicks_lead_to_predictions(with_nuclei, mailbox, nuclei):
    shared = with_nuclei
    annotate(shared, nuclei)
    mailbox.until(lambda: shared.shown.prediction is not None)
    mailbox.settle()
    predicted = dict(zip(shared.shown.prediction.ids.tolist(), shared.shown.prediction.classes.tolist(), strict=True))
    assert sum(predicted[i] == c for i, c in nuclei.truth.items()) > 0.95 * len(predicted)


def test_a_refused_change_is_told_until_the_next_one_succeeds(with_nuclei, mailbox):
    shared = with_nuclei
    shared.annotate(0, [99_999], 1)
    mailbox.until(lambda: shared.problem("object_classification"))
    assert "no object 99999" in shared.problem("object_classification")
    shared.annotate(0, [1], 1)
    mailbox.until(lambda: not shared.problem("object_classification"))


def test_signals_come_on_the_gui_thread(with_nuclei, mailbox):
    shared, threads = with_nuclei, set()
    for signal in (shared.changed, shared.shown_changed, shared.activity_changed):
        signal.connect(lambda *_: threads.add(threading.current_thread()))
    shared.annotate(0, [1], 1)
    mailbox.settle()
    assert threads == {threading.main_thread()}


def test_no_thread_is_left_at_rest(with_nuclei, mailbox):
    with_nuclei.rest()
    mailbox.settle()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("objclass")]


def test_a_project_that_was_left_is_ours_when_it_is_opened_again_at_once(shared, mailbox, tmp_path, monkeypatch):
    close = oc.Session.close
    monkeypatch.setattr(oc.Session, "close", lambda self: (time.sleep(0.2), close(self)))
    shared.save(tmp_path / "p.objclass")
    mailbox.until(lambda: shared.session.path is not None)
    shared.open(oc.Session)
    mailbox.until(lambda: shared.session.path is None)
    shared.open(lambda: oc.Session.open(tmp_path / "p.objclass"))
    mailbox.until(lambda: shared.session.path is not None)
    assert not shared.session.read_only
