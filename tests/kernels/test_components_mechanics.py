"""Connected components: empty, odd and refused input."""

import numpy as np
import pytest

import napari_objclass as oc


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0, 0), (0, 4, 4), (1, 1)])
def test_tiny_images(shape):
    labels = oc.connected_components(np.ones(shape, bool))
    assert labels.shape == shape
    assert labels.dtype == np.uint32
    assert labels.sum() == labels.size


def test_read_only_image():
    image = np.ones((3, 3), np.int32)
    image.flags.writeable = False
    assert oc.connected_components(image).max() == 1


def test_a_matrix_is_an_image():
    with pytest.warns(PendingDeprecationWarning):
        image = np.matrix([[1, 0], [0, 1]])
    np.testing.assert_array_equal(oc.connected_components(image), [[1, 0], [0, 2]])


def test_axes_in_any_order():
    image = np.random.default_rng(0).integers(0, 2, (20, 30))
    np.testing.assert_array_equal(oc.connected_components(image.T, axes="xy").T, oc.connected_components(image))


@pytest.mark.parametrize(
    ("image", "axes", "error", "word"),
    [
        (np.zeros((2, 2), complex), None, oc.DtypeError, "complex128"),
        (np.zeros((2, 2)), None, oc.DtypeError, "float64"),
        (np.zeros(4, int), None, oc.AxesError, "2 to 4"),
        (np.zeros((2, 2), int), "yy", oc.AxesError, "twice"),
        (np.zeros((2, 2), int), "", oc.AxesError, "lacks y or x"),
        (np.zeros((2, 2), int), "yq", oc.AxesError, "'q'"),
        (np.zeros((2, 2, 3), int), "yxc", oc.AxesError, "'c'"),
    ],
)
def test_refusals(image, axes, error, word):
    with pytest.raises(error, match=word):
        oc.connected_components(image, axes=axes)


def test_threads_must_be_positive():
    with pytest.raises(oc.ParameterError, match="at least 1"):
        oc.connected_components(np.zeros((2, 2), int), threads=0)
