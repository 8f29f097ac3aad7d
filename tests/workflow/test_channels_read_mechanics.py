"""Channels of a file of probabilities: those that nobody uses are not read."""

import numpy as np
import pytest

import napari_objclass as oc
from napari_objclass.io.image import LazyArray
from napari_objclass.io.writers import write_image
from napari_objclass.workflow.input_data import LazyChannels
from napari_objclass.workflow.lane import Pixels


class Watched(LazyArray):
    """Pixels that note how they are read."""

    def __init__(self, pixels):
        super().__init__(pixels.shape, pixels.dtype)
        self.pixels, self.reads = pixels, []

    def __getitem__(self, key):
        """Pixels of basic slices and integers."""
        self.reads.append(key)
        return self.pixels[key]


@pytest.mark.parametrize("axes", ["zyxc", "czyx", "zycx", "cyxz"])
def test_a_channel_is_read_once_and_alone(axes):
    pixels = np.random.default_rng(0).random((5, 6, 7, 8))
    watched = Watched(pixels)
    channels = LazyChannels(Pixels(watched, axes))
    found = channels[..., 3]
    assert channels[..., 3] is found
    (read,) = watched.reads
    assert read[axes.index("c")] == 3
    order = [axes.index(letter) for letter in "zyxc"]
    np.testing.assert_array_equal(found, pixels.transpose(order)[np.newaxis, ..., 3])
    assert channels.shape == (1, *(pixels.shape[place] for place in order))


@pytest.mark.parametrize(("core", "n_read"), [(None, 1), (2, 2)])
def test_thresholding_reads_the_channels_it_uses(tmp_path, core, n_read):
    image = np.random.default_rng(0).random((20, 30, 4), np.float32)
    write_image(tmp_path / "probabilities.h5", image, "yxc")
    session = oc.Session()
    session.add_lane(probabilities=tmp_path / "probabilities.h5")
    session.thresholding = oc.Thresholding(method="hysteresis", channel=1, core_channel=core, threshold=0.6)
    objects = session.objects(0)
    expected = oc.threshold(image, method="hysteresis", channel=1, core_channel=core, threshold=0.6)
    np.testing.assert_array_equal(objects.labels[0, 0], expected)
    assert len(session.images(0).thresholded._read) == n_read
