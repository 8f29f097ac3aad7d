"""Files that are written block by block are, byte for byte, those of the whole image."""

import pickle
import signal
from concurrent.futures import Future
from dataclasses import replace

import h5py
import numpy as np
import pytest
from workflow.full_disk import file_size_limit

from napari_objclass.errors import Cancelled, DtypeError, FileError, ParameterError
from napari_objclass.features import feature_catalog
from napari_objclass.io.parts import Watch
from napari_objclass.io.readers import open_image
from napari_objclass.kernels import CancelToken
from napari_objclass.workflow import results
from napari_objclass.workflow.blockwise import drawing, given, outputs
from napari_objclass.workflow.blockwise.labelling import Labelled
from napari_objclass.workflow.blockwise.parts import Parts
from napari_objclass.workflow.blockwise.plan import BlockPlan
from napari_objclass.workflow.blockwise.sources import Volume
from napari_objclass.workflow.blockwise.workers import Workers
from napari_objclass.workflow.export import Export
from napari_objclass.workflow.session import Session

IMAGES = ("Object Predictions", "Object Probabilities", "Object Identities", "Uncertainty")
FEATURES = ("num_pixels", "intensity_mean")
#: More than is written, in another order.
EVERYTHING = ("intensity_sum", *FEATURES, "bbox_max", "bbox_min", "centroid")


def scene(shape, seed=0):
    """Raw, and a label image with gaps between its ids and a few large and many small objects."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 60, [-(-length // 9) for length in shape])
    coarse[coarse > 40] = 0
    labels = np.kron(coarse * 7, np.ones((9,) * len(shape), np.uint16))[tuple(map(slice, shape))].astype(np.uint16)
    return rng.integers(0, 250, shape).astype(np.uint8), labels


@pytest.fixture(scope="module")
def predictors():
    found = {}
    for n_dims in (2, 3):
        raw, labels = scene((30, 40, 50)[3 - n_dims :])
        with Session(recover=False) as session:
            session.feature_selection = type(session.feature_selection)(FEATURES)
            session.add_lane(raw=raw, labels=labels)
            for number, object_id in enumerate(np.unique(labels)[1:]):
                session.annotate(0, int(object_id), cls=1 + number % 2)
            session.train()
            found[n_dims] = session.predictor()
    return found


class Case:
    """An image that is written whole and by blocks."""

    def __init__(self, folder, predictor, axes, shape, block_shape):
        raw, labels = scene(shape)
        self.folder = folder
        described = {"axes": axes, "spacing": (2.0, 0.5, 0.25)[-len(axes.replace("t", "")) :], "units": "µm"}
        self.chain, self.lane = predictor.open({"raw": raw, "labels": labels}, name="cells", **described)
        volume = Volume(labels, axes, "the label image", ids=True)
        plan = BlockPlan(volume.shape, block_shape)
        self.parts = Parts.of_run(folder / "parts", {"image": "cells"})
        Workers(2).do(given.tasks(self.parts, plan, volume, connected=False))
        self.done = outputs.Classified(
            Labelled.load(plan, self.parts), self.lane, axes, volume.dtype, self.chain.state.classes,
            self.chain.predict(self.lane, retrain=False),
            self.chain.table(self.lane, EVERYTHING, None),
            (), np.zeros(0, np.int64),
        )  # fmt: skip

    def files(self, settings, where):
        (self.folder / where).mkdir(exist_ok=True)
        return settings.files("cells", self.folder / where)

    def whole(self, settings):
        files = self.files(settings, "whole")
        results.write(self.chain, self.lane, settings, files, retrain=False)
        return files

    def blocks(self, settings, *, n=3, cancel=None, budget=10**9, **options):
        files = self.files(settings, "blocks")
        workers, watch = Workers(n, cancel=cancel), Watch(cancel=cancel)
        features = results.features_to_write(settings, FEATURES, feature_catalog(*self.chain.images(self.lane).extent))
        annotated = np.arange(len(self.done.labelled)) % 3
        done = replace(self.done, features=features, annotated=annotated)
        self.written = outputs.write(
            done, self.parts, settings, files, workers=workers, watch=watch, budget=budget, **options
        )
        return files


def content(path):
    """Bytes of a file, or of all files of a folder."""
    if path.is_file():
        return path.read_bytes()
    return {each.relative_to(path): each.read_bytes() for each in path.rglob("*") if each.is_file()}


CASES = {
    "volume": ("zyx", (66, 140, 80), (40, 90, 30)),
    "one block": ("zyx", (66, 140, 80), (66, 140, 80)),
    "plane": ("yx", (700, 300), (1, 97, 300)),
    "movie": ("tyx", (2, 300, 280), (1, 300, 128)),
    "turned": ("xyz", (50, 300, 20), (7, 200, 40)),
}


@pytest.mark.parametrize("name", CASES)
def test_zarr_is_that_of_the_whole_image(tmp_path, predictors, name):
    axes, shape, block_shape = CASES[name]
    case = Case(tmp_path, predictors[3 if "z" in axes else 2], axes, shape, block_shape)
    settings = Export(images=IMAGES, format="multi-scale OME-Zarr")
    whole, blocks = case.whole(settings), case.blocks(settings)
    for source in IMAGES:
        assert content(blocks.images[source]) == content(whole.images[source])
    assert case.written.files == tuple(blocks.images.values())
    assert sum(case.written.counts.values()) == case.written.n_objects == len(case.done.labelled)
    assert not list(tmp_path.rglob("*.part"))


_WITH_ROI = "{dataset_dir}/{result_type}_{roi}"
FORMS = {
    "compressed": {"images": IMAGES},
    "plain": {"format": "hdf5", "inner": "a/b", "filename": "{dataset_dir}/plain_{result_type}"},
    "zarr": {"format": "single-scale OME-Zarr"},
    "region": {"region": (("y", 3, None), ("z", 5, 39)), "format": "multi-scale OME-Zarr"},
    "region of a channel": {"region": (("c", 1, 2),), "images": IMAGES[1:2]},
    "region in hdf5": {"region": (("x", 10, 9999), ("z", 5, 6)), "axes": "txyc", "filename": _WITH_ROI},
    "order": {"axes": "ctxzy"},
    "range": {"renormalize": (0.0, 1.0, 0.0, 200.0), "dtype": "uint16", "images": IMAGES[1:2]},
    "wider": {"dtype": "float64", "format": "multi-scale OME-Zarr"},
}  # fmt: skip


@pytest.fixture(scope="module")
def volume(tmp_path_factory, predictors):
    return Case(tmp_path_factory.mktemp("volume"), predictors[3], "zyx", (40, 260, 50), (16, 100, 30))


@pytest.mark.parametrize("name", FORMS)
def test_settings_of_the_export_hold(volume, name):
    settings = Export(**{"images": IMAGES[1:3], **FORMS[name]})
    notes = []
    volume.whole(settings)
    volume.blocks(settings, note=notes.append)
    for path in volume.written.files:
        other = volume.folder / "whole" / path.name
        if path.suffix == ".zarr":
            assert content(path) == content(other)
            continue
        with h5py.File(path) as ours, h5py.File(other) as theirs:
            inner = settings.inner
            assert dict(ours[inner].attrs).keys() == dict(theirs[inner].attrs).keys()
            for key, value in theirs[inner].attrs.items():
                if key != "DIMENSION_LABELS":
                    np.testing.assert_array_equal(ours[inner].attrs[key], value)
            assert (ours[inner].dtype, ours[inner].chunks) == (theirs[inner].dtype, theirs[inner].chunks)
            np.testing.assert_array_equal(ours[inner][...], theirs[inner][...])
    assert [note for note in notes if "clipped" not in note] == []
    assert bool(notes) == ("region in" in name)


@pytest.mark.parametrize("columns", ["all", "compact"])
@pytest.mark.parametrize("carried", [{}, {"image": "a, b", "object_id": "x"}])
def test_csv_table_is_that_of_the_whole_image(volume, monkeypatch, columns, carried):
    settings = Export(images=(), table="{dataset_dir}/{nickname}.csv", columns=columns)
    at_once = []
    monkeypatch.setattr(outputs, "rows_at_once", lambda n: at_once.append(n) or 7)
    blocks = volume.blocks(settings, carried=carried)
    table = results.table_to_export(volume.chain, volume.lane, settings)
    annotated = np.arange(len(table)) % 3
    expected = results.columns_to_write(table, volume.done.prediction, annotated, volume.lane, settings, carried)
    path = volume.folder / "expected.csv"
    results.write_table(path, expected)
    assert blocks.table.read_bytes() == path.read_bytes()
    assert at_once == [len(expected)]


def test_other_tables_need_memory(volume):
    settings = Export(images=(), table="{dataset_dir}/{nickname}.h5")
    with pytest.raises(ParameterError, match=r"\.h5 would take .* of memory, and 100 bytes may be used; write it as"):
        volume.blocks(settings, budget=100)
    notes = []
    files = volume.blocks(settings, note=notes.append)
    with h5py.File(files.table) as file:
        assert len(file["table"]) == len(volume.done.labelled)
        assert "images" not in file
    assert len(notes) == 1
    assert "no crops" in notes[0]


@pytest.mark.parametrize("form", ["tif", "png sequence", "numpy", "multipage tiff"])
def test_what_is_written_at_once_is_refused_before_anything_is_done(volume, form):
    settings = Export(images=IMAGES, format=form)
    with pytest.raises(ParameterError, match=f"{form} is not written block by block; choose one of compressed hdf5, "):
        outputs.refuse_impossible(settings, settings.planned("cells", volume.folder / "refused"))
    assert not (volume.folder / "refused").exists()


def test_no_two_boxes_share_a_chunk(volume):
    plan = volume.done.labelled.plan
    shown = drawing.Drawing(plan, None, "zyx", {}, Export(), "zyx")
    for chunks in ((64, 64, 64), (1, 7, 50), (1, 1, 1)):
        boxes = shown.boxes((40, 260, 50), chunks, (1, 1, 1))
        covered = np.zeros((40, 260, 50), np.uint8)
        for start, stop in boxes:
            assert not any(first % chunk for first, chunk in zip(start, chunks, strict=True))
            covered[tuple(map(slice, start, stop))] += 1
        assert (covered == 1).all()


class Client:
    """Does tasks at once, each sent through pickle, and counts them."""

    def __init__(self, last=10**9):
        self.n, self.last = 0, last

    def submit(self, fn, *args):
        if self.n == self.last:
            raise Cancelled("enough")
        self.n += 1
        future = Future()
        task, arguments = pickle.loads(pickle.dumps((fn, args)))
        future.set_result(task(*arguments))
        return future


def test_interrupted_images_go_on_where_they_were(tmp_path, predictors):
    case = Case(tmp_path, predictors[3], "zyx", (70, 270, 130), (64, 128, 64))
    settings = Export(images=IMAGES[:1], format="multi-scale OME-Zarr")
    files, path = case.files(settings, "blocks"), case.files(settings, "blocks").images[IMAGES[0]]
    clients = [Client(4), Client(7), Client()]
    for client in clients:
        assert not path.exists()
        options = {"workers": Workers(client=client), "watch": Watch(), "budget": 10**9}
        try:
            outputs.write(case.done, case.parts, settings, files, **options)
        except Cancelled:
            hidden = [each.name for each in path.parent.iterdir()]
            assert len(hidden) == 1
            assert hidden[0].startswith(f".{path.name}.")
    assert content(path) == content(case.whole(settings).images[IMAGES[0]])
    again = Client()
    outputs.write(case.done, case.parts, settings, files, **options | {"workers": Workers(client=again)})
    assert (again.n, sum(each.n for each in clients)) == (0, 2 * 3 * 3 + 1 * 3 * 2)
    other = Export(images=IMAGES[:1], format="multi-scale OME-Zarr", region=(("z", 0, 9),))
    outputs.write(case.done, case.parts, other, files, **options | {"workers": Workers(client=again)})
    assert open_image(path).data.shape == (9, 270, 130)
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("form", ["compressed hdf5", "single-scale OME-Zarr"])
def test_stopping_leaves_no_half_file(volume, form):
    settings = Export(images=IMAGES[2:3], format=form, filename="{dataset_dir}/stopped")
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        volume.blocks(settings, cancel=token)
    files = volume.files(settings, "blocks")
    assert not files.existing
    volume.blocks(settings)
    assert files.existing == list(files.images.values())


@pytest.mark.skipif(
    not hasattr(signal, "SIGXFSZ"), reason="Windows cannot limit the size of files, as a full disk does"
)
@pytest.mark.parametrize("form", ["hdf5", "compressed hdf5", "single-scale OME-Zarr"])
def test_full_disk_is_one_error_and_no_file(volume, form):
    settings = Export(images=IMAGES[1:2], format=form, filename=f"{{dataset_dir}}/{form.split()[0]}")
    files = volume.files(settings, "blocks")
    with file_size_limit(3000), pytest.raises(FileError, match=r"blocks/\S+ cannot be written: File too large$"):
        volume.blocks(settings)
    assert not files.existing
    volume.blocks(settings)
    assert files.existing == list(files.images.values())


def test_values_that_do_not_fit_are_told(volume):
    settings = Export(images=IMAGES[2:3], format="hdf5", dtype="uint8", filename="{dataset_dir}/narrow")
    with pytest.raises(DtypeError, match="do not fit into uint8"):
        volume.blocks(settings)
    assert not volume.files(settings, "blocks").existing
