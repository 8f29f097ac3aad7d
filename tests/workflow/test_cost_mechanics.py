"""What sessions and batches read, measure and hold: everything once, and nothing of images that are gone or done."""

import gc
import weakref

import numpy as np
import pytest
from workflow import batch_samples
from workflow.scenes import nuclei

from napari_objclass import kernels
from napari_objclass.features import measure
from napari_objclass.io import stack
from napari_objclass.io.writers import write_image
from napari_objclass.workflow import batch, claims
from napari_objclass.workflow.chain import LANES_HELD
from napari_objclass.workflow.predictor import Predictor
from napari_objclass.workflow.session import Session


@pytest.fixture
def scene():
    return nuclei((60, 80))


@pytest.fixture
def session(scene):
    with Session(recover=False) as session:
        session.add_lane(raw=scene.raw, labels=scene.labels)
        session.annotate(0, 1, cls=1)
        session.annotate(0, 2, cls=2)
        session.train()
        yield session


@pytest.fixture
def files(tmp_path, scene):
    return {
        "raw": write_image(tmp_path / "raw.tif", scene.raw[::-1], "yx"),
        "labels": write_image(tmp_path / "labels.tif", scene.labels[::-1], "yx"),
    }


def counted(monkeypatch, module, name):
    """Calls of a function from now on."""
    calls, function = [], getattr(module, name)
    monkeypatch.setattr(module, name, lambda *words, **options: calls.append(words) or function(*words, **options))
    return calls


def test_an_export_measures_no_feature_twice(session, files, tmp_path, monkeypatch):
    position = session.add_lane(**files)
    calls = counted(monkeypatch, kernels, "measure")
    session.export(position, table=str(tmp_path / "t.csv"), filename=str(tmp_path / "x"))
    with_raw = [features for _, raw, features in calls if raw is not None]
    assert len(with_raw) == 1
    assert len(calls) == 2  # the other indexes the objects


def test_features_measured_one_after_the_other_are_those_measured_together(session, scene):
    flat = scene.raw.copy()
    flat[scene.labels == 3] = 7
    position = session.add_lane(raw=flat, labels=scene.labels)
    session.table(position, features=["intensity_skewness"])
    session.table(position, features=["num_pixels", "intensity_kurtosis"])
    table = session.table(position, features="all")
    expected = measure(scene.labels, flat, features="all")
    assert table.columns == expected.columns
    np.testing.assert_array_equal(table.values, expected.values)
    assert table.problems == expected.problems != []


def test_a_file_is_opened_once(session, files, monkeypatch):
    calls = counted(monkeypatch, stack, "open_image")
    position = session.add_lane(**files)
    session.predict(position)
    assert sorted(path.name for (path,) in calls) == ["labels.tif", "raw.tif"]


def test_a_click_looks_up_its_own_object_and_mark_only(session, monkeypatch):
    boxes, marks = counted(monkeypatch, kernels, "object_runs"), counted(monkeypatch, claims, "_look_up")
    session.annotate(0, 3, cls=1)
    session.claims(0)
    session.undo()
    session.claims(0)
    (_, _, _, looked_at), objects = boxes[0], session.objects(0)
    assert looked_at.tolist() == objects.boxes[objects.ids == 3].tolist()
    assert [len(new) for _, new in marks] == [1, 0]


def test_a_click_makes_no_other_table_of_features(session):
    session.table(0, features=["centroid"])  # a wider table is held
    before = session.table(0)
    session.annotate(0, 3, cls=1)
    session.predict(0)
    assert session.table(0) is before
    assert session.table(0).float32 is before.float32


def test_nothing_is_held_of_a_removed_image(session, files):
    position = session.add_lane(**files)
    held = [weakref.ref(session.predict(position)), weakref.ref(session.table(position))]
    session.remove_lane(position)
    gc.collect()
    assert [each() for each in held] == [None, None]


def test_a_batch_opens_files_once_and_holds_nothing_of_images_that_are_done(tmp_path, monkeypatch):
    predictor = batch_samples.predictor(batch_samples.project(tmp_path / "p.objclass"))
    held, open_set = [], Predictor.open

    def opened(*words, **options):
        chain, lane = open_set(*words, **options)
        held.append(weakref.ref(chain.images(lane)))
        return chain, lane

    monkeypatch.setattr(Predictor, "open", opened)
    calls = counted(monkeypatch, stack, "open_image")
    for _ in batch.run(predictor, batch_samples.image_sets(tmp_path, 3), batch_samples.settings(tmp_path)):
        gc.collect()
        assert held[-1]() is None
    assert (len(held), len(calls)) == (3, 6)


def test_predictions_hold_the_pixels_of_few_images(session, scene):
    held = []
    for shift in range(LANES_HELD + 3):
        position = session.add_lane(raw=scene.raw, labels=np.roll(scene.labels, shift, axis=1))
        held.append(weakref.ref(session.predict(position)))
    gc.collect()
    assert sum(each() is not None for each in held) == LANES_HELD
