"""Every feature of the catalogue, texture too, on odd images: all columns and rows, and a reason for each NaN."""

import numpy as np
import pytest

from napari_objclass import kernels
from napari_objclass.features import feature_catalog, measure

SHAPES = {2: (21, 24), 3: (6, 11, 13)}

#: Ids with gaps, up to the largest there is.
IDS = np.array([0, 7, 2**40, 2**64 - 1], np.uint64)


def labels_of(n_dims):
    """Three objects: one voxel, a bar, and a box with a hole."""
    labels = np.zeros(SHAPES[n_dims], np.uint8)
    labels[(0,) * n_dims] = 1
    labels[(slice(1, 2),) * (n_dims - 1) + (slice(3, 9),)] = 2
    labels[(slice(2, 6),) * (n_dims - 2) + (slice(4, 10), slice(1, 7))] = 3
    labels[(3,) * (n_dims - 2) + (6, 3)] = 0
    return IDS[labels]


def raw_of(shape, channels, dtype=np.uint16):
    """Raw with channels last; bool has ones too."""
    values = np.random.default_rng(0).integers(0, 100, (*shape, channels))
    return values > 50 if np.dtype(dtype).kind == "b" else values.astype(dtype)


def everything(n_dims, channels):
    return [spec.id for spec in feature_catalog(n_dims, channels)]


def complete(labels, raw, axes=None, **options):
    """Measure everything, and check that nothing is left out: no row, no column, no reason."""
    axes = axes or "tzyxc"[5 - raw.ndim :]
    n_dims = 3 if "z" in axes and raw.shape[axes.index("z")] > 1 else 2
    specs = feature_catalog(n_dims, raw.shape[-1])
    table = measure(labels, raw, axes=axes, features=[spec.id for spec in specs], **options)
    frames = labels if "t" in axes else labels[np.newaxis]
    there = [(t, label) for t, frame in enumerate(frames) for label in np.unique(frame[frame != 0])]
    if "only" not in options:
        assert list(zip(table.frames, table.ids, strict=True)) == there
    assert table.columns == [column for spec in specs for column in spec.columns]
    assert table.values.shape == (len(table), len(table.columns))
    assert not np.isinf(table.values).any()
    missing = [table.missing_value(i) for i in range(table.n_missing)]
    assert [(row, column) for row, column, _ in missing] == list(map(tuple, np.argwhere(np.isnan(table.values))))
    assert all(reason and "\n" not in reason for *_, reason in missing)
    return table


def same(a, b):
    """Two tables of the same objects, bit for bit, with the same reasons."""
    assert a.columns == b.columns
    np.testing.assert_array_equal(a.ids, b.ids)
    np.testing.assert_array_equal(a.values, b.values)
    assert [a.missing_value(i) for i in range(a.n_missing)] == [b.missing_value(i) for i in range(b.n_missing)]


every = pytest.mark.parametrize(("n_dims", "channels"), [(2, 1), (2, 2), (3, 1), (3, 2)])


@every
def test_what_raw_may_hold(n_dims, channels):
    labels, clean = labels_of(n_dims), raw_of(SHAPES[n_dims], channels, np.float64)
    expected = complete(labels, clean)
    for bad in (np.nan, np.inf, -np.inf):
        raw = clean.copy()
        raw[labels == IDS[2]] = bad
        of_all = complete(labels, raw)
        raw = clean.copy()
        raw[2] = np.where((labels == 0)[2, ..., np.newaxis], bad, raw[2])
        around = complete(labels, raw)
        for table, spoilt in ((of_all, [False, True, False]), (around, [False] * 3)):
            for spec in table.specs:
                if spec.local and not spec.uses_margin:
                    rows = ~np.array(spoilt) if spec.needs_raw else slice(None)
                    np.testing.assert_array_equal(table[spec.id][rows], expected[spec.id][rows])
    for value in (0, -5.0, 1e-320, 1e300, -1e308, np.nan):
        complete(labels, np.full_like(clean, value))
    complete(labels, np.where(clean > 50, 1.7e308, -1.7e308))


@every
@pytest.mark.parametrize("dtype", [np.int64, np.uint64])
def test_extremes_of_whole_numbers(n_dims, channels, dtype):
    labels = labels_of(n_dims)
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    raw = np.where(raw_of(SHAPES[n_dims], channels) > 50, dtype(low), dtype(high))
    table = complete(labels, raw)
    as_floats = complete(labels, raw.astype(np.float64))
    for feature in ("intensity_mean", "intensity_variance", "intensity_sum", "intensity_min", "intensity_max"):
        np.testing.assert_allclose(table[feature], as_floats[feature], rtol=1e-12)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("shape", [(1, 1), (1, 30), (30, 1), (2, 2), (1, 1, 1), (2, 1, 1), (2, 1, 9), (2, 9, 1)])
def test_tiny_and_thin_images_that_one_object_fills(shape, channels):
    table = complete(np.full(shape, IDS[-1]), raw_of(shape, channels))
    assert table["num_pixels"].item() == np.prod(shape)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (3, 0, 4), (2, 0, 3, 4), (0, 3, 4, 5)])
def test_no_pixels(shape, channels):
    assert len(complete(np.zeros(shape, np.uint8), raw_of(shape, channels))) == 0


@every
def test_frames_with_and_without_objects(n_dims, channels):
    labels = labels_of(n_dims)
    labels = np.stack([0 * labels, labels, 0 * labels, np.where(labels == 7, labels, 0)])
    raw = raw_of(labels.shape, channels)
    axes = "tzyxc" if n_dims == 3 else "tyxc"
    stack = complete(labels, raw, axes)
    for t in range(4):
        alone = complete(labels[t], raw[t], axes[1:])
        np.testing.assert_array_equal(stack.values[stack.frames == t], alone.values)


@pytest.mark.parametrize("channels", [1, 2])
def test_one_plane_is_two_dimensional(channels):
    labels, raw = labels_of(2), raw_of(SHAPES[2], channels)
    flat = complete(labels, raw)
    same(complete(labels[np.newaxis], raw[np.newaxis], "zyxc"), flat)
    same(complete(labels[np.newaxis, np.newaxis], raw[np.newaxis, np.newaxis], "tzyxc"), flat)


@every
def test_memory_layout_and_byte_order(n_dims, channels):
    labels, raw = labels_of(n_dims), raw_of(SHAPES[n_dims], channels)
    expected = complete(labels, raw)
    layouts = {
        "big-endian": lambda a: a.astype(a.dtype.newbyteorder(">")),
        "transposed": lambda a: np.ascontiguousarray(a.T).T,
        "steps": lambda a: np.repeat(np.repeat(a, 2, 0), 3, 1)[::2, ::3],
        "backwards": lambda a: np.ascontiguousarray(a[::-1, ::-1])[::-1, ::-1],
        "read-only": lambda a: np.frombuffer(a.tobytes(), a.dtype).reshape(a.shape),
    }
    for change in layouts.values():
        same(complete(change(labels), change(raw)), expected)


@every
def test_pixel_types(n_dims, channels):
    labels, shape = labels_of(n_dims), SHAPES[n_dims]
    same(
        complete(labels, raw_of(shape, channels, bool)), complete(labels, 1 * raw_of(shape, channels, bool).view("u1"))
    )
    same(complete(labels, raw_of(shape, channels, "f2")), complete(labels, raw_of(shape, channels, "f4")))
    plain = complete(labels, raw_of(shape, channels, "u2"))
    for dtype in ("u1", "i1", "i2", ">i4", "u4", "i8", "u8", "f4", ">f8"):
        table = complete(labels, raw_of(shape, channels, dtype))
        np.testing.assert_allclose(table.values, plain.values, rtol=1e-5, atol=1e-5)
    for dtype in ("u1", "i1", "i2"):  # sums of up to 16 bit are whole numbers
        same(complete(labels, raw_of(shape, channels, dtype)), plain)


@every
def test_some_objects_alone_and_plans_are_as_among_all(n_dims, channels):
    labels = labels_of(n_dims)
    labels = labels.reshape((1,) * (4 - n_dims) + labels.shape)
    raw = raw_of(labels.shape, channels)
    options = {"features": everything(n_dims, channels), "margin": (2, 3, 4)}
    whole = kernels.measure(labels, raw, **options)
    boxes = [box(labels[0] == label) for label in whole.ids]
    for rows in ([0], [1], [2], [0, 2]):
        for plan in ({}, {"threads": 3, "block_shape": (2, 5, 3)}):
            only = (whole.frames[rows], whole.ids[rows], np.array(boxes)[rows])
            some = kernels.measure(labels, raw, **options, **plan, only=only)
            np.testing.assert_array_equal(some.ids, whole.ids[rows])
            np.testing.assert_array_equal(some.values, whole.values[rows])


def box(mask):
    """First and last place of an object along each axis, the last excluded."""
    places = np.argwhere(mask)
    return [*places.min(axis=0), *places.max(axis=0) + 1]


@every
def test_margins_and_spacing(n_dims, channels):
    labels, raw = labels_of(n_dims), raw_of(SHAPES[n_dims], channels)
    plain = complete(labels, raw)
    same(complete(labels, raw, spacing=(3, 0.5, 0.25)[-n_dims:]), plain)
    for margin in (0, 1, 10**6, 2**40, (0, 5, 2)[-n_dims:], (3, 0, 0)[-n_dims:]):
        table = complete(labels, raw, margin=margin)
        for spec in table.specs:
            if not spec.uses_margin:
                np.testing.assert_array_equal(table[spec.id], plain[spec.id])
    none = complete(labels, raw, margin=0)
    assert np.isnan(none["intensity_mean_neighborhood"]).all()
    whole = complete(labels, raw, margin=10**6)
    if channels == 1:
        np.testing.assert_array_equal(whole["intensity_sum_object_and_neighborhood"], raw.sum())


def test_the_total_of_progress_stands():
    labels = np.kron(np.arange(1, 401).reshape(20, 20), np.ones((90, 90), np.int64))
    raw = np.broadcast_to(np.float64(1), labels.shape)
    features, seen = ["intensity_histogram", "intensity_mean", "skeleton_length"], []
    for _ in range(3):
        measure(labels, raw, features=features, threads=1, progress=lambda *step: seen.append(step))
        assert len({total for _, total, _ in seen}) == 1
        assert all(0 <= done <= total for done, total, _ in seen)
    assert seen
