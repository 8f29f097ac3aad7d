"""Sessions under several threads at once: nobody sees half of a change, and the outcome is that of one thread."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from workflow.scenes import nuclei

from napari_objclass.errors import ParameterError
from napari_objclass.workflow.applet import Outputs
from napari_objclass.workflow.claims import derive
from napari_objclass.workflow.feature_selection import FeatureSelection
from napari_objclass.workflow.object_classification import Classifier
from napari_objclass.workflow.session import Session

SECONDS = 3
SCENE = nuclei((120, 140))
MOVED = np.roll(SCENE.labels, 20, axis=1)


def change(session, rng):
    """Anything that a user can do, at random."""
    lane, object_id = int(rng.integers(2)), int(rng.integers(1, 30))
    session.annotate(lane, object_id, cls=int(rng.integers(3)))
    match rng.integers(12):
        case 0:
            session.add_class()
            session.annotate(lane, object_id, cls=len(session.classes))
            session.delete_class(len(session.classes))
        case 1:
            session.classifier = Classifier(n_trees=int(rng.integers(5, 20)))
        case 2:
            session.feature_selection = FeatureSelection(["num_pixels", "intensity_mean"][: rng.integers(1, 3)])
        case 3:
            session.relink_lane(1, labels=MOVED if rng.integers(2) else SCENE.labels)
        case 4:
            session.add_lane(raw=SCENE.raw, labels=SCENE.labels)
            session.remove_lane(2)
        case 5:
            session.undo()
            session.redo()
        case _:
            session.undo()


def compute(session):
    for lane in (0, 1):
        prediction = session.predict(lane)
        assert len(prediction.ids) == 42
        assert len(session.predict(lane, rows=[0, 5]).ids) == 2
        assert len(session.forest.columns) == session.forest.samples.X.shape[1]


def read(session):
    """What the GUI thread reads at any time, and what belongs together in one answer."""
    assert len(session.classes) >= 2
    assert [lane.name for lane in session.lanes[:2]] == ["first", "second"]
    assert session.feature_selection.ids
    assert session.n_annotated_classes <= len(session.classes)
    claims = session.claims(0)
    assert len(claims.marks) == len(claims.object_ids) == len(claims.states)
    for each in session.annotations:
        assert (each.object_id is None) == (each.state == "parked")
    session.object_classes(1)


def again_and_again(work, stop, *words):
    n_times = 0
    while not stop.is_set():
        work(*words)
        n_times += 1
        time.sleep(0.001)  # locks are not fair: without a pause one thread may keep the others out for seconds
    return n_times


def test_changes_outputs_and_reading_at_once(tmp_path):
    with Session() as session:
        for name in ("first", "second"):
            session.add_lane(raw=SCENE.raw, labels=SCENE.labels, name=name)
            session.annotate_many(len(session.lanes) - 1, ids=[30, 31], classes=[1, 2])
        session.save(tmp_path / "p.objclass")
    with Session.open(tmp_path / "p.objclass") as session:  # anew: these labels cannot be undone
        stop = threading.Event()
        with ThreadPoolExecutor(5) as pool:
            work = [pool.submit(again_and_again, change, stop, session, np.random.default_rng(0))]
            work += [pool.submit(again_and_again, each, stop, session) for each in (compute, compute, read)]
            work.append(pool.submit(again_and_again, session.save, stop))
            deadline = time.monotonic() + SECONDS
            while time.monotonic() < deadline and not any(each.done() for each in work):
                time.sleep(0.05)
            stop.set()
        assert min(each.result() for each in work) > 0

        uuids = [each.uuid for each in session.classes]
        for lane in (0, 1):
            claims = session.claims(lane)
            plain = derive(session.objects(lane), claims.marks, uuids)
            assert (claims.object_ids.tolist(), claims.states) == (plain.object_ids.tolist(), plain.states)
        assert session.train() is session.train()
        if any(source.path is None for lane in session.lanes for source in lane.sources.values()):
            session.save()  # pixels that no file holds would be gone with the session
        done = outcome(session)
    with Session.open(tmp_path / "p.objclass") as session:
        assert outcome(session) == done


def outcome(session):
    return [session.object_classes(0), session.object_classes(1), session.predict(0).probabilities.tolist()]


def test_the_same_changes_from_many_threads_are_all_made():
    with Session(recover=False) as session, ThreadPoolExecutor(4) as pool:
        session.add_lane(raw=SCENE.raw, labels=SCENE.labels)
        clicks = [pool.submit(session.annotate, 0, 1 + k % 42, cls=1 + k % 2) for k in range(400)]
        classes = [pool.submit(session.add_class) for _ in range(20)]
        assert sorted(each.result() for each in classes) == list(range(3, 23))
        for each in clicks:
            each.result()
        assert len(session.annotations) == 42
        n_undone = 0
        while session.undo():
            n_undone += 1
        assert n_undone == 420
        assert session.annotations == []


def test_an_output_belongs_to_the_state_it_was_asked_for(monkeypatch):
    """What was begun before a change is finished, and held, as what it was; redo brings it back."""
    get, started, go_on = Outputs.get, threading.Event(), threading.Event()

    def slow(*words):
        started.set()
        assert go_on.wait(10)
        return get(*words)

    with Session(recover=False) as session, ThreadPoolExecutor(1) as pool:
        session.add_lane(raw=SCENE.raw, labels=SCENE.labels)
        session.annotate_many(0, ids=[1, 2], classes=[1, 2])
        monkeypatch.setattr(Outputs, "get", slow)
        early = pool.submit(session.claims, 0)
        assert started.wait(10)
        monkeypatch.setattr(Outputs, "get", get)
        session.undo()
        go_on.set()
        assert len(early.result().marks) == 2
        assert len(session.claims(0).marks) == 0
        session.redo()
        assert len(session.claims(0).marks) == 2


def test_a_lane_that_goes_away_meanwhile():
    def has_objects(session):
        try:
            return len(session.table(0)) == 42
        except ParameterError:  # there is no image set 0
            return False

    with Session(recover=False) as session, ThreadPoolExecutor(1) as pool:
        session.add_lane(raw=SCENE.raw, labels=SCENE.labels)
        stop = threading.Event()
        reading = pool.submit(again_and_again, has_objects, stop, session)
        for _ in range(200):
            session.remove_lane(0)
            session.undo()
        stop.set()
        assert reading.result() > 0
