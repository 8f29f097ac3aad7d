"""What a session does with images that do not fit into memory: what it reads, keeps, and refuses."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import zarr

import napari_objclass as oc
from napari_objclass import axes as ax, memory
from napari_objclass.io.arranged import Arranged, Thinned, arranged
from napari_objclass.io.image import LazyArray, Wrapped
from napari_objclass.io.readers import open_image
from napari_objclass.workflow import large_images
from napari_objclass.workflow.blockwise import budget
from napari_objclass.workflow.label_volume import KeptBlocks, LabelVolume

LITTLE = 100_000
FEATURES = ("num_pixels", "intensity_mean", "intensity_mean_neighborhood")


@pytest.fixture(autouse=True)
def nothing_used(monkeypatch):
    """What the process takes changes by more than the little that it may use here."""
    monkeypatch.setattr(memory, "used", lambda: 0)
    monkeypatch.setattr(budget, "_KEPT", 0)


class Counted(LazyArray):
    """An array that knows how many of its pixels were read."""

    def __init__(self, array):
        super().__init__(array.shape, array.dtype)
        self.array, self.n_read = array, 0

    def __getitem__(self, key):
        part = self.array[key]
        self.n_read += part.size
        return part


@pytest.fixture(scope="module")
def labels():
    """Cubes of 6 voxels with gaps between them, ``zyx``."""
    image = np.kron(np.arange(1, 61).reshape(3, 4, 5), np.ones((8, 8, 8), int)).astype(np.uint16)
    for axis in range(3):
        np.moveaxis(image, axis, 0)[np.arange(image.shape[axis]) % 8 > 5] = 0
    return image


@pytest.fixture(scope="module")
def raw(labels):
    noise = np.random.default_rng(0).integers(0, 100, labels.shape)
    return (noise + labels).astype(np.uint8)


def session_on(most=LITTLE, **images):
    session = oc.Session(recover=False, memory=most)
    session.add_lane(**images)
    if "raw" in images:
        session.feature_selection = replace(session.feature_selection, features=FEATURES, margin=2)
    return session


# ------------------------------------------------------------------------------------------------------------- slices


@pytest.mark.parametrize(
    "key",
    [
        (0, 5), (0, 5, 6, 7), (0, slice(None), 3), (..., 4), (slice(None), slice(2, 20, 3), slice(30, 1, -2), slice(5)),
        (0, -1, slice(-4, None)), (0, slice(5, 5)), 0, ...,
    ],
)  # fmt: skip
def test_a_label_volume_is_sliced_like_an_array(labels, key):
    volume = session_on(labels=labels).objects(0).labels
    assert isinstance(volume, LabelVolume)
    expected = labels[np.newaxis][key]
    assert np.array_equal(volume[key], expected)
    assert np.shape(volume[key]) == expected.shape


def test_a_large_window_is_painted_block_by_block(labels, monkeypatch):
    volume = session_on(labels=labels).objects(0).labels
    monkeypatch.setattr("napari_objclass.workflow.label_volume.PIXELS_AT_A_TIME", 500)
    largest = []
    read = volume.labelled.read
    monkeypatch.setattr(type(volume.labelled), "read", lambda _, *box: largest.append(read(*box)) or largest[-1])
    assert np.array_equal(volume[:, ::3, ::2], labels[np.newaxis][:, ::3, ::2])
    assert max(each.size for each in largest) <= np.prod(volume.labelled.plan.block_shape)


def test_slices_in_turn_unpack_each_block_once(labels, monkeypatch):
    found = session_on(labels=labels).objects(0).labels
    volume = LabelVolume(found.labelled, found.dtype, replace(found.share, room=10**6))
    plan, asked = volume.labelled.plan, []
    block = type(volume.labelled).block
    monkeypatch.setattr(type(volume.labelled), "block", lambda *args: asked.append(args[1]) or block(*args))
    depth = plan.block_shape[0]
    assert depth > 2
    assert len(plan) > 1
    for z in range(depth):
        assert np.array_equal(volume[0, z], labels[z])
    assert sorted(asked) == [each.number for each in plan.overlapping(0, (0, 0, 0), (depth, *labels.shape[1:]))]


def test_blocks_that_are_kept_take_no_more_than_they_may(labels):
    volume = session_on(labels=labels).objects(0).labels
    kept = KeptBlocks(volume.labelled, 0)
    for number in (0, 1, 0):
        assert np.array_equal(kept(number)[1], volume.labelled.ids_of(number))
    assert not kept._kept


def test_labels_are_taken_at_places(labels):
    volume = session_on(labels=labels).objects(0).labels
    places = np.random.default_rng(1).integers(0, labels.size, 300)
    assert np.array_equal(volume.take(places), labels.take(places))
    assert volume.take(places[:0]).shape == (0,)


@pytest.mark.parametrize(("letters", "shape"), [("xyz", (3, 4, 5)), ("cyx", (2, 4, 5)), ("tcyx", (2, 1, 4, 5))])
def test_arrays_in_other_axes(letters, shape):
    array = np.arange(np.prod(shape)).reshape(shape)
    view = Arranged(Wrapped(zarr.array(array)), letters, ax.RAW)
    expected = ax.to_canonical(array, letters)
    assert view.shape == expected.shape
    for key in (..., (0, 0, 1), (slice(None), 0, slice(1, 3), slice(None, None, 2), 0), (0, slice(0, 0))):
        assert np.array_equal(view[key], expected[key])
    assert np.array_equal(arranged(view, ax.RAW, letters)[...], array)


def test_an_axis_that_has_no_place_is_named():
    with pytest.raises(oc.ObjClassError, match="axis 'c' of length 3"):
        Arranged(np.zeros((3, 4, 5)), "cyx", ax.LABELS)


@pytest.mark.parametrize("key", [..., (2,), (slice(1, 4), 0), (slice(None, None, -1), slice(3, 0, -2)), (slice(2, 2),)])
def test_thinned_arrays(key):
    array = np.arange(15 * 17).reshape(15, 17)
    assert np.array_equal(Thinned(array, (3, 4))[key], array[::3, ::4][key])


# ------------------------------------------------------------------------------------------------------ what is read


def test_a_click_reads_no_pixels_of_the_source(labels, raw):
    source = Counted(labels)
    session = session_on(labels=source, raw=raw)
    session.objects(0)
    before = source.n_read
    session.annotate(0, at=(2, 2, 2), cls=1)
    session.annotate(0, 60, cls=2)
    assert [each.object_id for each in session.annotations] == [1, 60]
    assert source.n_read == before


def test_labels_are_read_once_and_raw_as_often_as_features_need(labels, raw):
    sources = {"labels": Counted(labels), "raw": Counted(raw)}
    session = session_on(**sources)
    session.feature_selection = replace(session.feature_selection, features=("num_pixels", "intensity_mean"))
    begun = {role: source.n_read for role, source in sources.items()}
    session.table(0)
    read = {role: source.n_read - begun[role] for role, source in sources.items()}
    samples = 2 * labels.size  # which tell whether it is the same image as before
    assert labels.size <= read["labels"] <= labels.size + samples
    assert raw.size <= read["raw"] <= raw.size + samples


def test_what_was_found_is_there_when_the_image_is_opened_again(tmp_path, labels, raw, monkeypatch):
    session = session_on(segmentation=labels, raw=raw)
    session.save(tmp_path / "a.objclass")
    session.close()  # from now on the pixels are in files
    with oc.Session.open(tmp_path / "a.objclass", memory=LITTLE) as session:
        ids, values = session.objects(0).ids, session.table(0).values
    for task in ("given.label_components", "measuring.collect", "measuring.finish"):
        monkeypatch.setattr(f"napari_objclass.workflow.blockwise.{task}", lambda *_: pytest.fail("done again"))
    with oc.Session.open(tmp_path / "a.objclass", memory=LITTLE) as session:
        assert np.array_equal(session.objects(0).ids, ids)
        assert np.array_equal(session.table(0).values, values)


def test_what_steps_left_may_be_deleted(tmp_path, labels, raw):
    session = session_on(segmentation=labels, raw=raw)
    session.save(tmp_path / "a.objclass")
    session.close()
    with oc.Session.open(tmp_path / "a.objclass", memory=LITTLE) as session:
        table = session.table(0)
    shutil.rmtree(tmp_path / f"a{large_images.SUFFIX}")
    with oc.Session.open(tmp_path / "a.objclass", memory=LITTLE) as session:
        assert np.array_equal(session.table(0).values, table.values)


def test_only_the_latest_runs_are_kept(raw, monkeypatch):
    monkeypatch.setattr(large_images, "MOST_BYTES", 0)
    session = session_on(raw=raw)
    for low in (40.0, 50.0, 60.0, 70.0, 80.0):
        session.thresholding = replace(session.thresholding, threshold=low, min_size=1)
        folder = session.objects(0).labels.labelled.parts.folder
    assert list(folder.parent.iterdir()) == [folder]


def test_stopped_work_goes_on(labels, raw):
    session, token, told = session_on(segmentation=labels, raw=raw), oc.CancelToken(), []

    def stop(done, total, what):
        told.append(what)
        if len(told) > 5:
            token.cancel()

    with pytest.raises(oc.Cancelled):
        session.table(0, progress=stop, cancel=token)
    assert np.array_equal(session.table(0).values, session_on("1GB", segmentation=labels, raw=raw).table(0).values)


# ------------------------------------------------------------------------------------------------- what is refused


def test_objects_are_not_edited_by_hand(labels):
    session = session_on(labels=labels)
    with pytest.raises(oc.ObjClassError, match="cannot be edited by hand"):
        session.edit_objects(0, np.zeros_like(labels))
    assert np.array_equal(session.label_image(0), labels)


def test_edits_made_with_more_memory_are_not_left_out_silently(tmp_path, labels):
    with session_on("1GB", labels=labels) as session:
        edited = labels.copy()
        edited[labels == 1] = 0
        session.edit_objects(0, edited)
        session.save(tmp_path / "a.objclass")
    with (
        oc.Session.open(tmp_path / "a.objclass", memory=LITTLE) as session,
        pytest.raises(oc.ObjClassError, match="cannot be edited by hand"),
    ):
        session.objects(0)


@pytest.mark.parametrize(("pixels", "said"), [(-1, "negative"), (0.5, "fractions")])
def test_pixels_that_are_no_ids(labels, pixels, said):
    wrong = labels.astype(np.int32 if pixels == -1 else np.float32)
    wrong[-1, -1, -1] = pixels
    with pytest.raises(oc.ObjClassError, match=said):
        session_on(labels=wrong).objects(0)


def test_whole_numbers_in_floats_are_ids(labels):
    session = session_on(labels=labels.astype(np.float32))
    assert np.array_equal(session.label_image(0), labels)


def test_memory_that_is_no_amount():
    with pytest.raises(oc.ObjClassError, match="amount of memory"):
        oc.Session(memory="much")


def test_too_little_memory_for_any_block_is_said(labels):
    with pytest.raises(oc.ObjClassError, match="memory"):
        session_on(100, labels=labels).objects(0)


# ------------------------------------------------------------------------------------------------------ what is given


def test_arrays_that_are_read_where_they_are_sliced_are_not_stored_with_the_project(tmp_path, labels, raw):
    session = session_on(labels=zarr.array(labels), raw=Wrapped(zarr.array(raw)))
    assert np.array_equal(session.label_image(0), labels)
    session.save(tmp_path / "a.objclass")
    assert not list(tmp_path.rglob("*.h5"))
    session.close()


def test_small_arrays_are_read_as_a_whole(labels):
    session = session_on("1GB", labels=zarr.array(labels))
    assert isinstance(session.objects(0).labels, np.ndarray)


@pytest.mark.parametrize("format", ["hdf5", "single-scale OME-Zarr"])
def test_exported_images_are_the_same(tmp_path, labels, raw, format):
    files = []
    for name, most in (("dense", "1GB"), ("large", LITTLE)):
        session = session_on(most, labels=labels, raw=raw)
        for object_id in range(1, 7):
            session.annotate(0, object_id, cls=1 + object_id % 2)
        sources = ["Object Predictions", "Object Probabilities", "Object Identities", "Uncertainty", "Annotations"]
        folder = tmp_path / name
        folder.mkdir()
        files.append(session.export(0, sources, filename=str(folder / "{result_type}"), format=format))
    assert len(files[0]) == 5
    for one, other in zip(*files, strict=True):
        one, other = (open_image(each).data for each in (one, other))
        assert one.dtype == other.dtype
        assert np.array_equal(one, other)


def annotated(most, labels, raw):
    session = session_on(most, labels=labels, raw=raw)
    for object_id in range(1, 7):
        session.annotate(0, object_id, cls=1 + object_id % 2)
    return session


def test_exported_tables_are_the_same(tmp_path, labels, raw):
    texts = []
    for most in ("1GB", LITTLE):
        path = tmp_path / f"{most}.csv"
        assert annotated(most, labels, raw).export(0, [], table=str(path)) == [path]
        texts.append(path.read_bytes())
    assert texts[0] == texts[1]


def test_an_image_is_written_anew_after_other_annotations(tmp_path, labels, raw):
    session, images = annotated(LITTLE, labels, raw), []
    path = str(tmp_path / "a.ome.zarr")
    for cls in (1, 2):
        session.annotate(0, 60, cls=cls)
        session.export(0, "Annotations", filename=path, format="single-scale OME-Zarr")
        images.append(np.asarray(open_image(path).data))
    assert images[0][labels == 60].tolist() == [1] * 216
    assert images[1][labels == 60].tolist() == [2] * 216


def test_formats_that_are_written_at_once_are_refused(tmp_path, labels, raw):
    session = annotated(LITTLE, labels, raw)
    with pytest.raises(oc.ObjClassError, match="not written block by block"):
        session.export(0, "Object Predictions", filename=str(tmp_path / "a.png"), format="png sequence")


def test_objects_that_are_too_large_are_told(raw):
    labels = np.ones_like(raw)
    labels[0] = 2
    session = session_on(labels=labels, raw=raw)
    session.feature_selection = replace(session.feature_selection, features=("hull_area",))
    session.table(0)
    assert any("too large for the memory to be looked at as a whole" in note for note in session.notes)


def test_what_lies_between_image_and_objects_is_refused(raw):
    with pytest.raises(oc.ObjClassError, match="worked on block by block"):
        session_on(raw=raw).intermediate(0, "smoothed")
