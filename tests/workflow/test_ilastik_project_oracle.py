"""A project predicts here what it predicted in ilastik: ``nuclei2d.ilp``, trained and applied by ilastik 1.4.2."""

import h5py
import numpy as np
import pytest

import napari_objclass as oc
from napari_objclass.io import ilp
from napari_objclass.workflow.ilastik_labels import in_order


@pytest.fixture(scope="module")
def path(request):
    return request.path.parents[1] / "data" / "nuclei2d" / "nuclei2d.ilp"


@pytest.fixture(scope="module")
def stored(path):
    return ilp.read(path).lanes[0]


@pytest.fixture(scope="module")
def session(path):
    with oc.import_ilp(path, recover=False) as session:
        yield session


def test_probabilities(session, stored):
    prediction = session.predict(0, retrain=False)
    rows = np.searchsorted(prediction.ids, in_order(session.objects(0).labels))
    np.testing.assert_allclose(prediction.probabilities[rows], stored.probabilities[0][1:], atol=1e-6)


def test_ids_are_counted_as_in_ilastik(session, stored):
    labels = session.objects(0).labels[0]
    ids = np.array([0, *in_order(labels)])
    np.testing.assert_array_equal(ids[stored.label_image[0]], labels)


def test_labels_are_on_the_same_objects(session, stored):
    given = dict(stored.original_ids[0].tolist())
    expected = {given[i]: int(stored.labels[0][i]) for i in np.flatnonzero(stored.labels[0])}
    assert session.object_classes(0) == expected


def test_headless_predictions(session, path):
    with h5py.File(path.with_name("object_predictions.h5")) as file:
        expected = np.squeeze(file[next(iter(file))][()])
    np.testing.assert_array_equal(session.predict(0, retrain=False).paint("classes"), expected)


def test_what_the_forest_learnt_from(session, stored):
    samples = session.forest.samples
    assert len(samples.y) == np.count_nonzero(stored.labels[0])
    assert dict(zip(samples.ids.tolist(), samples.y.tolist(), strict=True)) == session.object_classes(0)
    table = session._chain.table(session.lane(0), session.forest.features, session.forest.margin)
    rows = np.searchsorted(table.ids, samples.ids)
    np.testing.assert_allclose(np.nan_to_num(samples.X), np.nan_to_num(table.float32[rows]), rtol=1e-4, atol=1e-4)
