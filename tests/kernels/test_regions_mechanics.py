"""Regions on their way: bytes, merging, choosing; objects too large for a crop; what is refused, and in which words."""

import zlib

import numpy as np
import pytest
from kernels.regions import collect, of_block

from napari_objclass import block_kernels, kernels
from napari_objclass.errors import FeatureError, ObjClassError, ParameterError, ShapeError
from napari_objclass.features import feature_catalog

FEATURES = ["num_pixels", "intensity_mean", "intensity_histogram", "intensity_quantiles", "hull_area"]


@pytest.fixture(scope="module")
def image():
    """Three objects of which the first crosses all blocks, and raw of one channel."""
    rng = np.random.default_rng(0)
    labels = np.zeros((1, 1, 20, 24), np.uint16)
    labels[..., 2:18, 3:21] = 5
    labels[..., 4:6, 4:6] = 9
    labels[..., 19, 23] = 2
    return labels, rng.integers(0, 1000, (*labels.shape, 1)).astype(np.uint16)


@pytest.fixture(scope="module")
def blocks(image):
    return collect(*image, FEATURES, (1, 7, 9))


def finish_all(blocks, image, features, **options):
    ids = np.array([2, 5, 9], np.uint64)
    given = {"labels": blocks.labels, "raw": image[1], "start": (0, 0, 0), "ranges": blocks.ranges, **options}
    return block_kernels.finish_objects(blocks.regions, ids, features=features, **given)


def test_what_regions_tell(image, blocks):
    labels, raw = image
    regions = blocks.regions
    assert len(regions) == 3
    assert (regions.frame_shape, regions.n_channels) == ((1, 20, 24), 1)
    for row, label in enumerate(regions.ids):
        inside = labels[0] == label
        z, y, x = np.nonzero(inside)
        assert regions.counts[row] == inside.sum()
        assert regions.boxes[row].tolist() == [0, y.min(), x.min(), 1, y.max() + 1, x.max() + 1]
        values = raw[0, ..., 0][inside]
        assert regions.extrema[row].tolist() == [[values.min(), values.max()]]
        assert not z.any()
    chosen = regions.select(np.array([2, 5], np.uint64))
    assert chosen.ids.tolist() == [2, 5]
    assert chosen.counts.tolist() == [1, 16 * 18 - 4]


@pytest.mark.parametrize("dtype", [None, np.uint8, np.int16, np.float64])
def test_bytes_and_back(image, dtype):
    labels, raw = image
    raw = None if dtype is None else np.concatenate([raw, raw[..., ::-1, :]], axis=-1).astype(dtype)
    features = [spec.id for spec in feature_catalog(2, 0 if raw is None else 2)]
    regions = collect(labels, raw, features, (1, 20, 24)).regions
    data = regions.to_bytes()
    again = block_kernels.Regions.from_bytes(data)
    assert again.to_bytes() == data
    assert again.ids.tolist() == regions.ids.tolist()


#: Bytes before the content: what it is, and a checksum.
MAGIC, HEAD = b"OCRGNS\x01\n", 12


def sealed(content):
    """Bytes of regions whose checksum says that they are whole."""
    return MAGIC + zlib.crc32(content).to_bytes(4, "little") + content


def refused(data):
    with pytest.raises(ParameterError, match="damaged"):
        block_kernels.Regions.from_bytes(data)


def test_damaged_bytes_are_refused(blocks):
    data = blocks.regions.to_bytes()
    assert sealed(data[HEAD:]) == data
    for length in range(0, len(data), 7):
        refused(data[:length])
    for place in range(0, len(data), 3):
        refused(data[:place] + bytes([data[place] ^ 16]) + data[place + 1 :])
    refused(data + b"\0")
    refused(sealed(data[HEAD:] + b"\0"))


@pytest.mark.parametrize("number", [2**63, 2**40, 4, 0])
@pytest.mark.parametrize("place", [24, 32], ids=["objects", "channels"])
def test_numbers_that_lie_are_refused(blocks, number, place):
    content = blocks.regions.to_bytes()[HEAD:]
    content = content[:place] + number.to_bytes(8, "little") + content[place + 8 :]
    refused(sealed(content))


@pytest.mark.parametrize("length", [0, 23])
def test_objects_outside_their_frame_are_refused(blocks, length):
    content = blocks.regions.to_bytes()[HEAD:]
    content = content[:16] + length.to_bytes(8, "little") + content[24:]
    refused(sealed(content))


def test_equal_ids_in_bytes_are_refused(blocks):
    content = bytearray(blocks.regions.to_bytes()[HEAD:])
    content[40:48] = content[48:56]
    refused(sealed(bytes(content)))


def test_only_what_is_alike_is_merged(image):
    labels, raw = image
    regions = collect(labels, raw, FEATURES, (1, 20, 24)).regions
    for other in (
        collect(labels, raw.astype(np.int16), FEATURES, (1, 20, 24)),
        collect(labels, raw.repeat(2, axis=-1), ["intensity_mean"], (1, 20, 24)),
        collect(labels, None, ["num_pixels"], (1, 20, 24)),
    ):
        with pytest.raises(ShapeError, match="alike"):
            regions.merge(other.regions)
    with pytest.raises(ShapeError, match="one frame"):
        regions.merge(collect(labels[..., :-1, :], raw[..., :-1, :, :], FEATURES, (1, 20, 24)).regions)
    with pytest.raises(ParameterError, match="in use"):
        regions.merge(regions)


def test_blocks_without_objects_change_nothing(image):
    labels, raw = image
    regions = collect(labels, raw, FEATURES, (1, 20, 24)).regions
    nothing = collect(np.zeros_like(labels), None, ["num_pixels"], (1, 20, 24)).regions
    data = regions.to_bytes()
    regions.merge(nothing)
    assert regions.to_bytes() == data
    nothing.merge(regions)
    assert nothing.to_bytes() == data


def test_ids_that_are_not_there_or_come_twice(blocks, image):
    with pytest.raises(ParameterError, match="object 77 is not in the table"):
        blocks.regions.select(np.array([77], np.uint64))
    with pytest.raises(ParameterError, match="object 5 is asked for twice"):
        blocks.regions.select(np.array([5, 5], np.uint64))
    own, ids = blocks.labels[0]
    with pytest.raises(ParameterError, match="twice"):
        block_kernels.count_block(own, ids, of_block(image[1], blocks.plan.blocks[0]), [5, 5], blocks.ranges)
    found = block_kernels.finish_objects(
        blocks.regions, np.zeros(0, np.uint64), [], None, (0, 0, 0), blocks.ranges, FEATURES
    )
    assert len(found.values) == 0


@pytest.mark.parametrize("feature", ["hull_area", "intensity_histogram", "texture_spectrum_circular"])
def test_a_block_that_lacks_is_named(image, blocks, feature):
    with pytest.raises(ParameterError, match=r"object 5.*; pass all blocks"):
        finish_all(blocks, image, [feature], labels=blocks.labels[1:])


def test_raw_that_does_not_fit(blocks, image):
    _, raw = image
    for wrong in (
        {"raw": raw[..., 1:, :]},
        {"raw": None},
        {"raw": raw[..., 1:, :], "start": (0, 0, 2)},
        {"raw": raw, "start": (2**62, 0, 1)},
        {"raw": raw.repeat(2, axis=-1)},
        {"raw": raw.repeat(2, axis=0)},
        {"ranges": np.zeros((2, 2))},
        {"counts": np.zeros((3, 1, 63), np.uint64)},
        {"too_large": np.zeros(2, np.uint64)},
    ):
        with pytest.raises(ShapeError):
            finish_all(blocks, image, FEATURES, **wrong)
    own, ids = blocks.labels[0]
    block = blocks.plan.blocks[0]
    with pytest.raises(ShapeError, match="read the raw of the block"):
        block_kernels.collect_block(own, ids, raw, FEATURES)
    with pytest.raises(ShapeError):
        block_kernels.collect_block(own, ids[:-1], of_block(raw, block), FEATURES)
    with pytest.raises(FeatureError, match="pass the raw"):
        block_kernels.collect_block(own, ids, None, FEATURES)
    with pytest.raises(FeatureError):
        block_kernels.collect_block(own, ids, None, ["no such feature"])


def test_ranges_that_are_wrong_do_no_harm(blocks, image):
    for low, high in [(np.inf, -np.inf), (np.nan, np.nan), (-1e300, 1e300), (500, 400), (500, 500)]:
        found = finish_all(blocks, image, ["intensity_histogram"], ranges=np.array([[low, high]], float))
        assert (found.values.sum(axis=1) == [1, 16 * 18 - 4, 4]).all()


def test_objects_too_large_for_a_crop(blocks, image):
    labels, raw = image
    whole = kernels.measure(labels, raw, FEATURES)
    only = [2, 5, 9]
    counts = sum(
        block_kernels.count_block(own, ids, of_block(raw, block), only, blocks.ranges)
        for block, (own, ids) in zip(blocks.plan.blocks, blocks.labels, strict=True)
    )
    assert counts.shape == (3, 1, 64)
    bytes_ = np.array([1, 5_000_001, 2_000_000], np.uint64)
    found = finish_all(blocks, image, FEATURES, labels=[], raw=None, counts=counts, too_large=bytes_)
    hull = list(np.cumsum([0] + [spec.n_values for spec in _specs(FEATURES)]))[FEATURES.index("hull_area")]
    np.testing.assert_array_equal(np.delete(found.values, hull, axis=1), np.delete(whole.values, hull, axis=1))
    assert np.isnan(found.values[:, hull]).all()
    said = [(row, column, found.reasons[n]) for row, column, n in found.missing.tolist()]
    assert said == [
        (row, hull, f"its crop of {size} MB exceeds the memory limit; allow more memory")
        for row, size in enumerate([1, 6, 2])
    ]


def test_too_large_objects_have_as_many_columns(blocks, image):
    names = [spec.id for spec in feature_catalog(2, 1) if spec.needs_crop]
    found = block_kernels.finish_objects(
        blocks.regions,
        np.array([5], np.uint64),
        [],
        None,
        (0, 0, 0),
        None,
        names,
        n_channels=1,
        too_large=np.array([7], np.uint64),
    )
    assert found.values.shape == (1, sum(spec.n_values for spec in _specs(names)))
    assert np.isnan(found.values).all()
    assert len(found.reasons) == 1


def test_what_is_read_for_each_object(blocks):
    margin = (0, 3, 4)

    def asked(*features):
        boxes = blocks.regions.crop_boxes(list(features), margin)
        return boxes, blocks.regions.crop_bytes(list(features), margin, 1, 2)

    boxes, sizes = asked("num_pixels", "intensity_mean")
    assert not (boxes[:, 3:] - boxes[:, :3]).all(axis=1).any()
    assert not sizes.any()
    for feature in ("hull_area", "intensity_histogram"):
        boxes, sizes = asked(feature)
        np.testing.assert_array_equal(boxes, blocks.regions.boxes)
        assert sizes.all()
    around = next(spec.id for spec in feature_catalog(2, 1) if spec.uses_margin)
    boxes, more = asked("intensity_histogram", around)
    low, high = np.split(blocks.regions.boxes, 2, axis=1)
    np.testing.assert_array_equal(boxes[:, :3], np.maximum(low - margin, 0))
    np.testing.assert_array_equal(boxes[:, 3:], np.minimum(high + margin + 1, (1, 20, 24)))
    assert (more > sizes).all()


def test_what_features_need(image):
    labels, _ = image
    for spec in feature_catalog(2, 1):
        assert spec.needs_raw or not (spec.collects_raw or spec.needs_histogram)
        assert spec.collects_raw or not spec.needs_histogram
        if not spec.collects_raw:
            regions = collect(labels, None, [spec.id], (1, 9, 9)).regions
            assert regions.n_channels == 0
    assert not any(spec.needs_crop for spec in _specs(["num_pixels", "intensity_mean", "intensity_histogram"]))


def test_stopping(blocks, image):
    cancel = kernels.CancelToken()
    cancel.cancel()
    with pytest.raises(ObjClassError, match="stopped"):
        finish_all(blocks, image, FEATURES, cancel=cancel)
    own, ids = blocks.labels[0]
    with pytest.raises(ObjClassError, match="stopped"):
        block_kernels.collect_block(own, ids, of_block(image[1], blocks.plan.blocks[0]), FEATURES, cancel=cancel)


def _specs(features):
    known = {spec.id: spec for spec in feature_catalog(2, 1)}
    return [known[each] for each in features]
