"""What must not change feature values: the plan of blocks, threads, frames, channels, names of objects, flips."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from napari_objclass import kernels
from napari_objclass.features import feature_catalog, measure

repeatable = settings(derandomize=True, deadline=None, max_examples=60)


def everything(labels, raw):
    """Ids of all features of a label image tzyx with raw tzyxc; texture has tests of its own, it takes long."""
    catalog = feature_catalog(3 if labels.shape[1] > 1 else 2, raw.shape[-1])
    return [spec.id for spec in catalog if spec.plugin != "Spherical Texture"]


EXACT_TYPES = [np.uint8, np.int8, np.uint16, np.int16]
WIDE_TYPES = [np.uint32, np.int32, np.uint64, np.int64, np.float32, np.float64]


@st.composite
def images(draw, types, max_side=24):
    """Draw a blocky label image (tzyx) with gaps in its ids, and raw (tzyxc) with a large offset."""
    shape = tuple(draw(st.integers(1, n)) for n in (2, 5, max_side, max_side))
    channels = draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    ids = np.append(0, rng.choice(2**40, draw(st.integers(1, 6)), replace=False)).astype(np.uint64)
    coarse = rng.integers(0, len(ids), [-(-n // 3) for n in shape])
    labels = ids[coarse]
    for axis, n in enumerate(shape):
        labels = labels.repeat(3, axis).take(range(n), axis)
    dtype = np.dtype(draw(st.sampled_from(types)))
    if dtype.kind == "f":
        raw = rng.normal(1000, draw(st.sampled_from([0.01, 1, 1e4])), (*shape, channels)).astype(dtype)
    else:
        info = np.iinfo(dtype)
        high = min(info.max, 2**31)
        raw = rng.integers(max(info.min, high - draw(st.sampled_from([3, 200, 2**20]))), high, (*shape, channels))
        raw = raw.astype(dtype)
    return labels, raw


plans = st.tuples(*(st.integers(1, 12) for _ in range(3)))


def values(labels, raw, **options):
    return kernels.measure(labels, raw, everything(labels, raw), margin=(2, 3, 4), **options)


@repeatable
@given(images(EXACT_TYPES), plans)
def test_any_plan_gives_the_same_bits_up_to_16_bit(image, plan):
    whole, cut = values(*image), values(*image, block_shape=plan)
    np.testing.assert_array_equal(whole.ids, cut.ids)
    np.testing.assert_array_equal(whole.values, cut.values)
    np.testing.assert_array_equal(whole.missing, cut.missing)
    assert whole.reasons == cut.reasons


@repeatable
@given(images(WIDE_TYPES), plans)
def test_any_plan_agrees_for_wide_raw(image, plan):
    labels, raw = image
    whole, cut = values(*image), values(*image, block_shape=plan)
    np.testing.assert_array_equal(whole.ids, cut.ids)
    catalog = {spec.id: spec for spec in feature_catalog(3 if labels.shape[1] > 1 else 2, raw.shape[-1])}
    specs = [catalog[feature] for feature in everything(labels, raw)]
    columns = {spec.id: slice(stop - spec.n_values, stop) for spec, stop in zip(specs, stops(specs), strict=True)}
    sd = np.sqrt(whole.values[:, columns["intensity_variance"]])
    size = whole.values[:, columns["num_pixels"]]
    sums = {f"intensity_central_sum_{k}": size * sd**k for k in (2, 3, 4)}
    scales = sums | {"intensity_mean": sd, "intensity_variance": sd**2, "intensity_sum": size * sd,
              "intensity_skewness": 1.0, "intensity_kurtosis": 1.0}  # fmt: skip
    if raw.shape[-1] > 1:
        scales["intensity_covariance"] = np.einsum("ia,ib->iab", sd, sd).reshape(len(sd), sd.shape[1] ** 2)
        with np.errstate(invalid="ignore"):
            correlations = whole.values[:, columns["intensity_covariance"]] / scales["intensity_covariance"]
        variances = whole.values[:, columns["intensity_principal_variance"]]
        scales |= along_channel_axes(variances, correlations, size)
    for feature, place in columns.items():
        a, b = whole.values[:, place], cut.values[:, place]
        np.testing.assert_array_equal(np.isnan(a), np.isnan(b))
        allowed = 1e-10 * np.fmax(np.abs(a), scales[feature]) if feature in scales else np.zeros_like(a)
        assert not np.any(np.abs(a - b) > allowed), feature


@np.errstate(invalid="ignore", divide="ignore")
def along_channel_axes(variances, correlations, size):
    """Scales of what depends on the axes of the channels: the nearer two variances, the looser the axes.

    Where variances differ by less than a millionth, the axes are arbitrary, and where channels are not correlated,
    their signs are; there nothing is compared.
    """
    largest = variances[:, :1]
    shares = variances / largest
    gap = np.min(-np.diff(shares, axis=1), axis=1, keepdims=True, initial=1)
    settled = (gap > 1e-6) & np.all(np.abs(correlations) > 1e-9, axis=1, keepdims=True)
    loose = np.where(settled, 1 / gap, np.inf)
    standard = np.where(shares > 0, loose / shares**2, np.inf)
    sd = np.sqrt(largest)
    sums = {f"intensity_principal_power_sum_{k}": loose * size * sd**k for k in (3, 4)}
    return sums | {"intensity_principal_variance": largest, "intensity_principal_power_sum_2": size * largest,
            "intensity_principal_axes": loose, "intensity_principal_min": loose * sd * np.sqrt(size),
            "intensity_principal_max": loose * sd * np.sqrt(size), "intensity_principal_skewness": standard,
            "intensity_principal_kurtosis": standard}  # fmt: skip


def stops(specs):
    return np.cumsum([spec.n_values for spec in specs])


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
@pytest.mark.parametrize("shape", [(1700, 1900), (7, 640, 700)])
def test_threads_do_not_change_a_bit(dtype, shape):
    rng = np.random.default_rng(0)
    labels = np.kron(rng.integers(0, 900, [-(-n // 20) for n in shape]), np.ones([20] * len(shape), np.int32))
    labels = labels[tuple(map(slice, shape))]
    raw = rng.normal(3000, 500, shape).astype(dtype)
    features = everything(labels.reshape((1,) * (4 - labels.ndim) + shape), raw[..., np.newaxis])
    # Objects are all over the image: those that look at the whole box of each get a part of it.
    slow = {spec.id for spec in feature_catalog(labels.ndim) if spec.slow or "Convex Hull" in spec.plugin}
    for chosen, side in (([each for each in features if each not in slow], max(shape)), (sorted(slow), 150)):
        part = labels[..., :side, :side], raw[..., :side, :side]
        one, two, five = (measure(*part, features=chosen, threads=n) for n in (1, 2, 5))
        for other in (two, five):
            np.testing.assert_array_equal(one.ids, other.ids)
            np.testing.assert_array_equal(one.values, other.values)


@repeatable
@given(images(EXACT_TYPES + WIDE_TYPES))
def test_a_stack_is_its_frames(image):
    labels, raw = image
    stack = values(labels, raw)
    for t in range(len(labels)):
        alone = values(labels[t : t + 1], raw[t : t + 1])
        np.testing.assert_array_equal(stack.ids[stack.frames == t], alone.ids)
        np.testing.assert_array_equal(stack.values[stack.frames == t], alone.values)


@repeatable
@given(images(EXACT_TYPES + WIDE_TYPES))
def test_a_channel_is_that_channel_alone(image):
    labels, raw = image
    together = measure(labels, raw, axes="tzyxc", features=everything(labels, raw))
    for k in range(raw.shape[-1]):
        alone = measure(labels, raw[..., k], axes="tzyx", features=everything(labels, raw[..., :1]))
        for spec in together.specs:
            if spec.id not in alone.features:
                continue
            ours, theirs = together[spec.id], alone[spec.id]
            n = theirs.shape[1]
            np.testing.assert_array_equal(ours[:, k * n : (k + 1) * n] if spec.per_channel else ours, theirs)


@repeatable
@given(images(EXACT_TYPES + WIDE_TYPES), st.integers(0, 2**32 - 1))
def test_names_of_objects_do_not_matter(image, seed):
    labels, raw = image
    old = np.unique(labels)
    new = np.random.default_rng(seed).choice(np.arange(1, 200, dtype=np.int16), len(old), replace=False)
    new[old == 0] = 0
    renamed = new[np.searchsorted(old, labels)]
    before, after = values(labels, raw), values(renamed, raw)
    names = new[np.searchsorted(old, before.ids)]
    order = np.lexsort((names, before.frames))
    np.testing.assert_array_equal(after.ids, names[order])
    np.testing.assert_array_equal(after.values, before.values[order])


@repeatable
@given(images(EXACT_TYPES), st.sampled_from([1, 2, 3]))
def test_flips_mirror_places_and_keep_the_rest(image, axis):
    labels, raw = image
    place = "tzyx"[axis]
    # Ties in skeletons depend on the direction.
    visible = feature_catalog(3 if labels.shape[1] > 1 else 2, raw.shape[-1], hidden=False)
    features = [spec.id for spec in visible if not spec.id.startswith(("skeleton", "texture"))]
    flipped = measure(np.flip(labels, axis), np.flip(raw, axis), axes="tzyxc", features=features)
    table = measure(labels, raw, axes="tzyxc", features=features)
    length = labels.shape[axis]
    for column, (a, b) in enumerate(zip(table.values.T, flipped.values.T, strict=True)):
        name = table.columns[column]
        if name in {f"{center}_{place}" for center in ("centroid", "hull_object_center", "hull_center")}:
            np.testing.assert_allclose(b, length - 1 - a, rtol=0, atol=1e-13)
        elif name == f"hull_defect_center_{place}":
            none = table["hull_defect_count"][:, 0] == 0  # they have their center at 0
            np.testing.assert_allclose(b, np.where(none, 0, length - 1 - a), rtol=0, atol=1e-13)
        elif name == f"bbox_min_{place}":
            np.testing.assert_array_equal(b, length - table.values[:, table.columns.index(f"bbox_max_{place}")])
        elif name == f"bbox_max_{place}":
            np.testing.assert_array_equal(b, length - table.values[:, table.columns.index(f"bbox_min_{place}")])
        elif name.startswith("axis_radii"):
            np.testing.assert_allclose(b, a, rtol=1e-12, atol=1e-7)
        elif not name.startswith("axis_vectors"):
            np.testing.assert_array_equal(a, b)


@repeatable
@given(images(EXACT_TYPES + WIDE_TYPES, max_side=80), st.integers(0, 2**32 - 1))
def test_memory_layout_does_not_matter(image, seed):
    labels, raw = image
    expected = values(labels, raw).values
    rng = np.random.default_rng(seed)
    for _ in range(3):
        np.testing.assert_array_equal(values(scattered(labels, rng), scattered(raw, rng)).values, expected)


def scattered(array, rng):
    """Copy an array to memory of random axis order, steps and directions."""
    order = rng.permutation(array.ndim)
    steps = rng.choice([-2, -1, 1, 2], array.ndim)
    memory = np.zeros([array.shape[a] * abs(steps[a]) for a in order], array.dtype)
    view = memory.transpose(np.argsort(order))
    view = view[tuple(slice(None, None, int(step)) for step in steps)]
    view[...] = array
    view.flags.writeable = False
    return view
