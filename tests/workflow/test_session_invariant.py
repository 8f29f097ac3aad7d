"""What a session keeps the same: its state through saves and replays, its work through crashes."""

import os
import shutil
import threading

import numpy as np
import pytest
from workflow.scenes import movie, nuclei

from napari_objclass.workflow.feature_selection import FeatureSelection
from napari_objclass.workflow.object_classification import Classifier
from napari_objclass.workflow.session import Session


def some_work(session):
    """Every kind of change, some of them undone."""
    scene, film = nuclei((60, 80)), movie(shape=(40, 60))
    session.add_lane(raw=scene.raw, labels=scene.labels, spacing=(0.5, 0.25), units="nm", name="plate")
    session.add_lane(raw=film.raw, segmentation=(film.labels > 0), axes="tyx", offset=(3, 4))
    session.rename_lane(1, "film")
    session.set_spacing(1, (3, 2, 2), units="px")
    session.annotate(0, 1, cls=1)
    session.annotate(0, 2, cls=2)
    session.annotate_many(1, at=[(10, 10), (10, 30)], classes=[2, 1], t=[2, 0])
    session.add_class("debris", "#808080", ignore=True)
    session.annotate(0, 3, cls="debris")
    session.rename_class(1, "interphase")
    session.recolour_class("interphase", "#123456")
    session.feature_selection = FeatureSelection(features=["num_pixels", "intensity_mean"], margin=(5, 6))
    session.classifier = Classifier(n_trees=7, seed=3, missing="zero")
    session.annotate(0, 4, cls=2)
    session.undo()
    session.delete_class(2)
    session.undo()
    session.undo()
    session.redo()


def content(session):
    """Everything a session consists of, as plain data."""
    document, arrays = session._state.to_document(session.path.parent)
    return document, {name: array.tolist() for name, array in arrays.items()}


def test_saved_and_opened_again_is_the_same(tmp_path):
    with Session() as session:
        some_work(session)
        session.save(tmp_path / "p.objclass")
        before = content(session)
        states = [(a.lane, a.object_id, a.cls, a.state) for a in session.annotations]
    with Session.open(tmp_path / "p.objclass") as session:
        assert content(session) == before
        assert [(a.lane, a.object_id, a.cls, a.state) for a in session.annotations] == states
        assert session.notes == []


def test_a_replayed_journal_is_the_same_as_having_done_it(tmp_path):
    with Session() as session:
        session.save(tmp_path / "p.objclass")
        some_work(session)
        done = content(session)
    with Session.open(tmp_path / "p.objclass") as session:
        assert content(session) == done


def test_undoing_everything_and_redoing_everything(tmp_path):
    with Session(recover=False) as session:
        session.save(tmp_path / "p.objclass")
        scene = nuclei((60, 80))
        session.add_lane(raw=scene.raw, labels=scene.labels)
        seen = [content(session)]
        steps = [
            lambda: session.annotate(0, 1, cls=1),
            lambda: session.annotate(0, 1, cls=2),
            lambda: session.annotate(0, 1, cls=0),
            lambda: session.annotate_many(0, ids=[1, 2, 3], classes=[1, 2, 2]),
            lambda: session.add_class(),
            lambda: session.delete_class(2),
            lambda: session.ignore_class(1),
            lambda: setattr(session, "feature_selection", FeatureSelection(features=["num_pixels"])),
            lambda: setattr(session, "classifier", Classifier(seed=9)),
            lambda: session.remove_lane(0),
        ]
        for step in steps:
            step()
            seen.append(content(session))
        for before in reversed(seen[:-1]):
            assert session.undo()
            assert content(session) == before
        assert not session.undo()
        for after in seen[1:]:
            assert session.redo()
            assert content(session) == after
        assert not session.redo()


def test_work_that_was_never_saved_survives_a_crash(tmp_path, monkeypatch):
    scene = nuclei((60, 80))
    np.save(tmp_path / "labels.npy", scene.labels)
    session = Session()
    session.add_lane(labels=tmp_path / "labels.npy")
    session.add_class("mitosis")
    session.annotate_many(0, ids=[1, 2, 5], classes=[1, 1, 1])
    session.annotate(0, 5, cls="mitosis")
    session.annotate(0, 1, cls=0)
    session.remove_lane(0)
    session.annotate(session.add_lane(labels=np.roll(scene.labels, 20)), 3, cls=1)
    session.undo()
    session.undo()
    shutil.copytree(os.environ["OBJCLASS_STATE_DIR"], tmp_path / "after the crash")
    session.close()

    monkeypatch.setenv("OBJCLASS_STATE_DIR", str(tmp_path / "after the crash"))
    (found,) = Session.recoverable()
    assert found.n_labels == 2
    with Session.recover(found.id) as session:
        assert session.object_classes(0) == {2: 1, 5: 3}
        session.save(tmp_path / "p.objclass")
    assert Session.recoverable() == []
    with Session.open(tmp_path / "p.objclass") as session:
        assert session.object_classes(0) == {2: 1, 5: 3}


@pytest.mark.parametrize("subfolder", ["elsewhere", "deep/er"])
def test_a_project_moves_with_its_images(tmp_path, subfolder):
    scene = nuclei((60, 80))
    home = tmp_path / "home"
    (home / "images").mkdir(parents=True)
    np.save(home / "images" / "labels.npy", scene.labels)
    with Session() as session:
        session.add_lane(raw=scene.raw, labels=home / "images" / "labels.npy")
        session.annotate(0, 1, cls=1)
        session.save(home / "p.objclass")
        session.annotate(0, 2, cls=2)
    target = tmp_path / subfolder
    target.parent.mkdir(exist_ok=True)
    shutil.move(home, target)
    with Session.open(target / "p.objclass") as session:
        assert session.object_classes(0) == {1: 1, 2: 2}
        np.testing.assert_array_equal(session.label_image(0), scene.labels)
        assert session.notes == []


def test_a_project_that_moves_without_its_images_finds_them(tmp_path):
    scene = nuclei((60, 80))
    np.save(tmp_path / "labels.npy", scene.labels)
    with Session() as session:
        session.add_lane(labels=tmp_path / "labels.npy")
        session.annotate(0, 1, cls=1)
        session.save(tmp_path / "p.objclass")
    (tmp_path / "deep" / "down").mkdir(parents=True)
    shutil.move(tmp_path / "p.objclass", tmp_path / "deep" / "down" / "p.objclass")
    with Session.open(tmp_path / "deep" / "down" / "p.objclass") as session:
        assert session.object_classes(0) == {1: 1}


def test_what_no_file_holds_is_stored_with_every_project(tmp_path):
    scene = nuclei((60, 80))
    with Session() as session:
        session.add_lane(raw=scene.raw, labels=scene.labels)
        session.annotate(0, 1, cls=1)
        session.save(tmp_path / "first.objclass")
        (tmp_path / "other").mkdir()
        session.save(tmp_path / "other" / "second.objclass")
    (tmp_path / "first.objclass").unlink()
    shutil.rmtree(tmp_path / "first.objclass.data")
    with Session.open(tmp_path / "other" / "second.objclass") as session:
        assert session.object_classes(0) == {1: 1}
        assert session.label_image(0).dtype == scene.labels.dtype
        assert session.table(0)["intensity_mean"].shape == (12, 1)


def test_clicks_while_another_thread_saves(tmp_path):
    scene = nuclei((200, 200))
    with Session() as session:
        session.add_lane(labels=scene.labels)
        session.save(tmp_path / "p.objclass")
        stop = threading.Event()

        def keep_saving():
            while not stop.is_set():
                session.save()

        saver = threading.Thread(target=keep_saving)
        saver.start()
        for k in range(300):
            session.annotate(0, k % 100 + 1, cls=1 + k % 3 % 2)
        stop.set()
        saver.join()
        clicked = session.object_classes(0)
    with Session.open(tmp_path / "p.objclass") as session:
        assert len(session.annotations) == 100
        assert session.object_classes(0) == clicked
