"""Tasks that are done by others: what is sent to them is small, and they find all files wherever they are."""

import multiprocessing
import os
import pickle
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import closing
from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

import napari_objclass as oc
from napari_objclass.errors import ParameterError
from napari_objclass.io.readers import open_image
from napari_objclass.io.writers import write_image
from napari_objclass.workflow.export import Export

#: Bytes of one task at most.
_TASK = 6_000

FEATURES = ("num_pixels", "intensity_mean", "intensity_quantiles", "hull_area")
WHOLE_CATALOGUE = tuple(spec.id for spec in oc.feature_catalog(3, 1, hidden=True))
IMAGES = Export(
    images=("Object Predictions", "Object Probabilities"),
    format="hdf5",
    table="{dataset_dir}/{nickname}.csv",
    features=WHOLE_CATALOGUE,
)


class Elsewhere:
    """Does tasks at once, as others would: with copies of what they are sent."""

    def __init__(self):
        self.bytes = []

    def submit(self, task, *args):
        sent = pickle.dumps((task, args))
        self.bytes.append(len(sent))
        task, args = pickle.loads(sent)
        future = Future()
        future.set_result(task(*args))
        return future


@pytest.fixture(scope="module")
def volume(tmp_path_factory):
    """A trained project and the files of an image, in a folder."""
    folder = tmp_path_factory.mktemp("volume")
    rng = np.random.default_rng(0)
    smooth = gaussian_filter(rng.random((9, 40, 50)), 2)
    smooth = ((smooth - smooth.min()) / np.ptp(smooth)).astype(np.float32)
    blobs = (smooth > 0.6).astype(np.uint8)
    raw = (smooth * 200 + 20 * rng.random(smooth.shape)).astype(np.uint8)
    for name, image in {"raw": raw, "segmentation": blobs, "probabilities": smooth}.items():
        write_image(folder / f"{name}.zarr", image, "zyx")
    labels = oc.connected_components(blobs)
    write_image(folder / "labels.tif", labels, "zyx")
    with closing(oc.Session(recover=False)) as session:
        session.thresholding = oc.Thresholding(
            method="hysteresis", sigma=0.5, threshold=0.55, core_threshold=0.7, merge=False, min_size=2, fill_holes=True
        )
        session.feature_selection = oc.FeatureSelection(FEATURES)
        lane = session.add_lane(raw=raw, labels=labels, axes="zyx")
        for object_id in session.table(lane).ids[:10]:
            session.annotate(lane, int(object_id), cls=1 + int(object_id) % 2)
        session.train()
        session.save(folder / "p.objclass")
    return folder


def classified(volume, objects, **options):
    images = {objects.partition(".")[0]: volume / objects}
    blocks = {"block_shape": (5, 16, 17), "axes": "zyx"}
    return oc.classify_blockwise(volume / "p.objclass", volume / "raw.zarr", **images, **blocks, **options)


def assert_same_files(found, expected):
    assert [path.name for path in found.paths] == [path.name for path in expected.paths]
    for one, other in zip(found.paths, expected.paths, strict=True):
        assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("objects", ["labels.tif", "segmentation.zarr", "probabilities.zarr"])
def test_what_is_sent_is_small_and_enough(volume, tmp_path, objects):
    client = Elsewhere()
    found = classified(volume, objects, client=client, out=tmp_path / "sent", export=IMAGES)
    expected = classified(volume, objects, out=tmp_path / "here", export=IMAGES)
    np.testing.assert_array_equal(found.table.values, expected.table.values)
    np.testing.assert_array_equal(found.probabilities, expected.probabilities)
    assert_same_files(found, expected)
    assert len(client.bytes) > 2 * found.report.n_blocks
    assert max(client.bytes) <= _TASK
    assert {spec.id for spec in found.rows.specs} == set(WHOLE_CATALOGUE)


def test_what_is_read_elsewhere_is_planned(volume):
    report = classified(volume, "labels.tif", client=Elsewhere()).report
    here = classified(volume, "labels.tif").report
    assert (report.reads["objects"].calls, here.reads["objects"].calls) == (0, here.n_blocks)
    assert report.planned == here.planned == here.reads
    assert report.writes == here.writes > 0
    assert report.peak_memory > 0


def test_images_that_cannot_be_sent_are_refused(volume, tmp_path):
    labels = open_image(volume / "labels.tif").data[:]
    context = multiprocessing.get_context("spawn")
    with h5py.File(tmp_path / "labels.h5", "w") as file, ProcessPoolExecutor(1, context) as client:
        file["labels"] = labels
        images = {"labels": file["labels"], "axes": "zyx", "block_shape": (5, 16, 17)}
        here = oc.classify_blockwise(volume / "p.objclass", volume / "raw.zarr", **images)
        assert len(here.classes) == labels.max()
        with pytest.raises(ParameterError, match=r"cannot be sent the images \(h5py .*\); give their paths$"):
            oc.classify_blockwise(volume / "p.objclass", volume / "raw.zarr", **images, client=client)


@pytest.mark.parametrize("classifier", [None, 3])
def test_what_is_no_classifier_is_refused(volume, classifier):
    with pytest.raises(ParameterError, match="the classifier is a session, its predictor, or the path of a project"):
        oc.classify_blockwise(classifier, volume / "raw.zarr", labels=volume / "labels.tif")


def test_processes_that_are_in_another_folder(volume, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    own = Path(os.path.relpath(volume))
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context, os.chdir, ("/",)) as client:
        found = classified(own, "labels.tif", client=client, out="sent")
    expected = classified(volume, "labels.tif", out="here")
    np.testing.assert_array_equal(found.table.values, expected.table.values)
    assert [path.parent for path in found.paths] == [tmp_path / "sent"] * 2
    table, other = (next(each for each in result.paths if each.suffix == ".csv") for result in (found, expected))
    assert table.read_bytes() == other.read_bytes()
