"""Images that are read box by box: axes, types, chunks, counts, and what is said of those that do not fit."""

import pickle

import numpy as np
import pytest
import zarr

import napari_objclass as oc
from napari_objclass.errors import AxesError, DtypeError, ParameterError, ShapeError
from napari_objclass.io.image import Picture
from napari_objclass.io.readers import open_image
from napari_objclass.io.writers import write_picture
from napari_objclass.workflow.blockwise.budget import share
from napari_objclass.workflow.blockwise.parts import Parts
from napari_objclass.workflow.blockwise.running import Job
from napari_objclass.workflow.blockwise.sources import Volume


def test_boxes_are_canonical():
    data = np.arange(2 * 3 * 4 * 5 * 2).reshape(2, 4, 5, 3, 2).astype(">u2")
    volume = Volume(data, "tyxzc", "raw")
    assert (volume.shape, volume.n_channels, volume.dtype) == ((2, 3, 4, 5), 2, np.uint16)
    expected = data.transpose(0, 3, 1, 2, 4)[1:2, 0:2, 1:3, 2:5]
    found = volume.read(1, (0, 1, 2), (2, 3, 5))
    assert found.dtype == np.uint16
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(volume.read(1, (0, 1, 2), (2, 3, 5), (1, 0)), expected[..., ::-1])
    assert (volume.reads.calls, volume.reads.voxels, volume.reads.bytes) == (2, 24, 96)
    assert pickle.loads(pickle.dumps(volume)).reads.calls == 0


def test_ids_are_integers():
    volume = Volume(np.array([[0.0, 7.0]]), "yx", "the label image", ids=True)
    np.testing.assert_array_equal(volume.read(0, (0, 0, 0), (1, 1, 2)), [[[[0, 7]]]])
    with pytest.raises(DtypeError, match="the label image has fractions"):
        Volume(np.array([[0.5]]), "yx", "the label image", ids=True).read(0, (0, 0, 0), (1, 1, 1))
    with pytest.raises(AxesError):
        Volume(np.zeros((2, 2, 3)), "yxc", "the label image", ids=True)


def test_chunks_of_files(tmp_path):
    zarr.create_array(tmp_path / "a.zarr", shape=(3, 40, 50), chunks=(1, 16, 32), dtype="u1")
    assert Volume(open_image(tmp_path / "a.zarr").data, "zyx", "raw").chunks == (1, 16, 32)
    assert Volume(np.zeros((3, 4)), "yx", "raw").chunks is None


def test_a_level_that_fits_is_named(tmp_path):
    path = tmp_path / "raw.ome.zarr"
    write_picture(path, Picture(np.zeros((600, 600), np.uint8), "yx"), multiscale=True)
    with oc.Session(recover=False) as session, pytest.raises(ShapeError, match=r"raw\.ome\.zarr/1 would fit"):
        session.add_lane(raw=path, labels=np.ones((300, 300), np.uint8))


def test_too_little_memory_is_said_with_what_would_do():
    volume = Volume(np.broadcast_to(np.uint8(0), (64, 512, 512)), "zyx", "raw")
    with pytest.raises(ParameterError, match=r"too little .* allow \d+ MB or more"):
        share(volume, None, None, most=1_000_000, n_workers=2)


def test_parts_of_another_run_are_removed(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    parts = Parts.of_run(tmp_path, {"image": 1})
    parts.save("ids", 3, ids=np.arange(2))
    parts.write("labels", 0, b"x")
    assert Parts.of_run(tmp_path, {"image": 1}).missing("ids", range(5)) == [0, 1, 2, 4]
    assert Parts.of_run(tmp_path, {"image": 2}).missing("ids", range(5)) == [0, 1, 2, 3, 4]
    parts.remove()
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("block_shape", ["64", (0, 4, 4), (1, 2, 3, 4), (5,)])
def test_blocks_that_are_none_are_refused(block_shape):
    with pytest.raises(ParameterError, match=r"\(z, y, x\) or \(y, x\) of whole numbers from 1, got"):
        Job.of(None, {"labels": np.ones((9, 9, 9), np.uint8)}, block_shape=block_shape)
