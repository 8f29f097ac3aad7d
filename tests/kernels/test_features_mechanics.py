"""Degenerate input, refusals, columns, catalogue, reasons."""

import threading

import numpy as np
import pytest

from napari_objclass import kernels
from napari_objclass.errors import (
    AxesError,
    Cancelled,
    DtypeError,
    FeatureError,
    ObjClassError,
    ParameterError,
    ShapeError,
)
from napari_objclass.features import feature_catalog, measure

#: Features of the objects' own pixels that exist for every image.
OWN = ["num_pixels", "bbox_min", "bbox_max", "centroid", "axis_radii", "axis_vectors"] + [
    f"intensity_{name}" for name in ("mean", "variance", "skewness", "kurtosis", "min", "max", "sum")
]

LABELS = np.zeros((12, 15), np.int32)
LABELS[2:5, 3:9] = 4
LABELS[7:11, 1:4] = 9
RAW = np.arange(LABELS.size, dtype=np.uint16).reshape(LABELS.shape)

#: Features of one channel within an object, whatever else there is.
OF_INTENSITY = [f"intensity_{what}" for what in ("mean", "variance", "skewness", "kurtosis", "min", "max", "sum")]
STANDARD = ["num_pixels", "bbox_min", "bbox_max", "centroid", "axis_radii", "axis_vectors", *OF_INTENSITY]


def shaped(name):
    image = np.zeros((9, 10, 11), np.uint8)
    box = {
        "one voxel": np.s_[4, 5, 6],
        "line": np.s_[4, 5, 1:9],
        "plane": np.s_[4, 2:8, 1:9],
        "border": np.s_[0, 0, :],
        "everything": np.s_[:],
        "corner": np.s_[8, 9, 10],
    }
    if name == "hole":
        image[2:7, 2:7, 2:7] = 3
        image[4, 4, 4] = 0
    elif name == "disconnected":
        image[0, 0, 0] = image[8, 9, 10] = 3
    else:
        image[box[name]] = 3
    return image


SHAPES = ["one voxel", "line", "plane", "border", "everything", "corner", "hole", "disconnected"]


@pytest.mark.parametrize("flat", [True, False])
@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_has_a_full_row(name, flat):
    labels = shaped(name)
    raw = (
        np.full(labels.shape, 7.5, np.float32) if flat else np.arange(labels.size, dtype=np.int16).reshape(labels.shape)
    )
    table = measure(labels, raw, features=STANDARD)
    assert table.ids.tolist() == [3]
    assert table["num_pixels"].item() == np.count_nonzero(labels)
    missing = np.isnan(table.values).sum()
    assert missing == len(table.problems) == (2 if flat or name in ("one voxel", "corner") else 0)
    assert {p.reason for p in table.problems} <= {"all pixels have the same intensity"}
    if flat:
        assert table["intensity_variance"].item() == 0
        assert table["intensity_mean"].item() == 7.5


@pytest.mark.parametrize("name", SHAPES)
def test_every_missing_value_of_every_feature_has_a_reason(name):
    labels = shaped(name)
    for raw in (np.zeros(labels.shape), np.arange(2 * labels.size).reshape(*labels.shape, 2)):
        specs = feature_catalog(3, 1 if raw.ndim == 3 else 2)
        table = measure(labels, raw, features=[spec.id for spec in specs])
        missing = [(0, column) for column in np.flatnonzero(np.isnan(table.values[0]))]
        assert [table.missing_value(i)[:2] for i in range(table.n_missing)] == missing
        assert not np.isinf(table.values).any()


@pytest.mark.parametrize("shape", [(5, 6), (2, 5, 6), (3, 2, 5, 6), (0, 7), (7, 0), (0, 4, 4), (2, 3, 0, 5)])
def test_no_objects_give_no_rows_and_the_same_columns(shape):
    n_dims = 3 if len(shape) > 2 and shape[-3] > 1 else 2
    table = measure(np.zeros(shape, np.uint16), np.zeros(shape, np.float32), features="all")
    assert len(table) == 0
    assert table.columns == [c for spec in feature_catalog(n_dims, hidden=False) for c in spec.columns]
    assert table.values.shape == (0, len(table.columns))
    assert table.problems == []
    assert list(table.to_dataframe().columns[2:]) == table.display_columns


def test_ids_are_kept_with_gaps_beyond_53_bits_and_sorted():
    ids = [2**64 - 1, 2**63 + 1, 2**63, 2**53 + 1, 2**24, 2**24 - 1, 1]
    labels = np.array([ids + ids[::-1]], np.uint64)
    table = measure(labels, features=["num_pixels"])
    assert table.ids.tolist() == sorted(ids)
    assert table.ids.dtype == np.uint64
    np.testing.assert_array_equal(table["num_pixels"], 2)


@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", ">u2", ">i8", "f4", ">f8", "?"])
def test_label_types(dtype):
    labels = LABELS > 0 if dtype == "?" else LABELS.astype(dtype)
    table = measure(labels, features=["num_pixels"])
    assert table.ids.tolist() == ([1] if dtype == "?" else [4, 9])
    assert table["num_pixels"].sum() == 30


@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8", ">u2", ">f8", "?"])
def test_raw_types(dtype):
    raw = (RAW % 100).astype(dtype)
    table = measure(LABELS, raw, features=["intensity_sum", "intensity_max"])
    for row, label in enumerate((4, 9)):
        assert table["intensity_sum"][row, 0] == raw[label == LABELS].astype(float).sum()
        assert table["intensity_max"][row, 0] == raw[label == LABELS].max()


def test_broadcast_arrays():
    table = measure(np.broadcast_to(np.uint8(2), (4, 6)), np.broadcast_to(np.float64(0.1), (4, 6)), features="all")
    assert table["intensity_mean"].item() == 0.1
    assert table["num_pixels"].item() == 24


def test_one_plane_is_two_dimensional():
    flat = measure(LABELS, RAW, features="all")
    for labels, raw in [(LABELS[None], RAW[None]), (LABELS[None, None], RAW[None, None])]:
        table = measure(labels, raw, features="all")
        assert table.columns == flat.columns
        np.testing.assert_array_equal(table.values, flat.values)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_non_finite_raw_spoils_only_its_object_and_channel(dtype, bad):
    raw = np.stack([RAW, RAW], -1).astype(dtype)
    raw[2, 3:6, 1] = bad
    clean = measure(LABELS, np.stack([RAW, RAW], -1).astype(dtype), features=STANDARD)
    table = measure(LABELS, raw, features=STANDARD)
    spoiled = np.array(
        [[c.startswith("intensity") and c.endswith("c1") for c in table.columns], [False] * len(table.columns)]
    )
    np.testing.assert_array_equal(np.isnan(table.values), spoiled)
    np.testing.assert_array_equal(table.values[~spoiled], clean.values[~spoiled])
    assert len(table.problems) == 7
    assert table.incomplete.tolist() == np.flatnonzero(np.isnan(table.values).any(axis=1)).tolist()
    assert table.select(["num_pixels"]).incomplete.tolist() == []
    assert table.problems[0] == (4, 0, "intensity_mean", "intensity_mean_c1: raw has 3 NaN or infinite pixels")


OUT_OF_RANGE = "powers of the intensities are too large or too small for 64-bit floats"


def test_powers_beyond_the_range_of_floats_have_reasons():
    raw = np.where(LABELS == 4, np.where(RAW % 2, 1e300, -1e300), RAW)
    table = measure(LABELS, raw, features=STANDARD)
    assert table["intensity_max"][0, 0] == 1e300
    assert np.isfinite(table["intensity_mean"][0, 0])
    assert np.isnan(table.values).sum() == len(table.problems) == 3
    assert {p.reason for p in table.problems} == {OUT_OF_RANGE}
    assert np.isfinite(table.values[1]).all()
    tiny = measure(LABELS, raw * 1e-300 * 1e-200, features=STANDARD)
    assert [(p.feature, p.reason) for p in tiny.problems if p.id == 4] == [
        ("intensity_skewness", OUT_OF_RANGE),
        ("intensity_kurtosis", OUT_OF_RANGE),
    ]


@pytest.mark.parametrize("value", [-1, -(2**31)])
def test_negative_labels_are_refused_by_value(value):
    labels = LABELS.copy()
    labels[7, 2] = value
    with pytest.raises(ParameterError, match=rf"negative label {value} at z=0, y=7"):
        measure(labels)


REFUSED = {
    "fractional labels": (lambda: measure(LABELS + 0.5), DtypeError, "whole numbers"),
    "nan labels": (lambda: measure(np.full((3, 3), np.nan)), DtypeError, "whole numbers"),
    "complex labels": (lambda: measure(LABELS + 0j), DtypeError, "holds integers"),
    "complex raw": (lambda: measure(LABELS, RAW + 0j), DtypeError, "raw holds integers or floats"),
    "1D labels": (lambda: measure(np.zeros(3, int)), AxesError, "2 to 4 dimensions"),
    "other shape": (lambda: measure(LABELS, RAW[:-1]), ShapeError, "does not fit"),
    "other shape with axes": (lambda: measure(LABELS, RAW[:, :-1], axes="yx"), ShapeError, "does not fit"),
    "unknown axis": (lambda: measure(LABELS, RAW, axes="yq"), AxesError, "unknown axis"),
    "unknown feature": (
        lambda: measure(LABELS, RAW, features=["intensity_meen"]),
        FeatureError,
        "did you mean 'intensity_mean'",
    ),
    "unknown feature without raw": (
        lambda: measure(LABELS, features=["intensity_meen"]),
        FeatureError,
        "did you mean 'intensity_mean'",
    ),
    "no axes": (lambda: measure(LABELS, axes=""), AxesError, "lacks y or x"),
    "strange feature": (lambda: measure(LABELS, RAW, features=["zzz"]), FeatureError, "feature_catalog"),
    "twice": (lambda: measure(LABELS, features=["num_pixels"] * 2), FeatureError, "twice"),
    "a word": (lambda: measure(LABELS, features="num_pixels"), FeatureError, "list of feature ids"),
    "no raw": (lambda: measure(LABELS, features=["intensity_mean"]), FeatureError, "add the raw image"),
    "channel names": (lambda: measure(LABELS, RAW, channel_names=["a", "b"]), ParameterError, "2 channel names"),
    "equal names": (lambda: measure(LABELS, np.stack([RAW] * 2), channel_names="aa"), ParameterError, "must differ"),
    "equal columns": (
        lambda: measure(LABELS, np.stack([RAW] * 2), channel_names=["a", "a_a"]),
        ParameterError,
        "2 columns are 'intensity_covariance_a_a_a'; rename a channel",
    ),
    "equal columns of two features": (
        lambda: measure(LABELS, np.stack([RAW] * 2), channel_names=["a", "neighborhood_a"]),
        ParameterError,
        "2 columns are 'intensity_mean_neighborhood_a'; rename a channel",
    ),
    "margin": (lambda: measure(LABELS, margin=-1), ParameterError, "margin"),
    "spacing": (lambda: measure(LABELS, spacing=(1, 0)), ParameterError, "spacing"),
    "threads": (lambda: measure(LABELS, threads=0), ParameterError, "threads"),
    "dimensions": (lambda: feature_catalog(4), ParameterError, "n_dims"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusals_say_what_and_how_to_mend_it(case):
    call, error, words = REFUSED[case]
    with pytest.raises(error, match=words) as caught:
        call()
    assert isinstance(caught.value, ObjClassError)
    assert "\n" not in str(caught.value)


def test_columns_name_their_parts():
    table = measure(LABELS, np.stack([RAW, RAW], -1), channel_names=["dapi", "gfp"], features=[
        "num_pixels", "centroid", "axis_radii", "axis_vectors", "intensity_mean"])  # fmt: skip
    assert table.columns == [
        "num_pixels", "centroid_x", "centroid_y", "axis_radii_0", "axis_radii_1", "axis_vectors_x0", "axis_vectors_x1",
        "axis_vectors_y0", "axis_vectors_y1", "intensity_mean_dapi", "intensity_mean_gfp"]  # fmt: skip
    assert table.display_columns == [
        "Size in pixels", "Center of the object_0", "Center of the object_1", "Radii of the object_0",
        "Radii of the object_1", *(f"Principal components of the object_{i}" for i in range(4)),
        "Mean Intensity_0", "Mean Intensity_1"]  # fmt: skip
    assert measure(LABELS, RAW, features=["intensity_mean"]).display_columns == ["Mean Intensity"]


@pytest.mark.parametrize("n_channels", [1, 2])
def test_default_leaves_out_places_textures_and_what_raw_would_give(n_channels):
    raw = RAW if n_channels == 1 else np.stack([RAW] * n_channels, -1)
    shown = feature_catalog(2, n_channels, hidden=False)
    default = measure(LABELS, raw).features
    assert default == tuple(spec.id for spec in shown if spec.default)
    assert measure(LABELS).features == tuple(spec.id for spec in shown if spec.default and not spec.needs_raw)
    assert measure(LABELS, raw, features="all").features == tuple(spec.id for spec in shown)
    left_out = {spec.group for spec in shown if spec.id not in default} - {"Intensity Distribution"}
    assert left_out <= {"Location", "Texture"}
    assert {"num_pixels", "axis_radii", "axis_vectors", *OF_INTENSITY} <= set(default)


@pytest.mark.parametrize("n_dims", [2, 3])
@pytest.mark.parametrize("n_channels", [0, 1, 3])
def test_catalogue_is_complete_and_consistent(n_dims, n_channels):
    catalog = feature_catalog(n_dims, n_channels)
    ids = [spec.id for spec in catalog]
    columns = [column for spec in catalog for column in spec.columns]
    assert len(set(ids)) == len(ids)
    names = [name for spec in catalog for name in spec.display_columns]
    assert len(set(columns)) == len(columns)
    assert len(set(names)) == len(names)
    for spec in catalog:
        assert len(spec.columns) == spec.n_values == len(spec.display_columns) > 0
        assert spec.doc.endswith(".")
        assert not (spec.default and (spec.hidden or spec.group == "Location"))
        assert all(column.startswith(spec.id) for column in spec.columns)


def test_select_keeps_values_and_reasons():
    table = measure(LABELS, np.zeros_like(RAW), features=STANDARD)
    part = table.select(["intensity_skewness", "num_pixels"])
    assert part.columns == ["intensity_skewness_c0", "num_pixels"]
    assert [(p.id, p.feature) for p in part.problems] == [(4, "intensity_skewness"), (9, "intensity_skewness")]
    turned = table.select(STANDARD[::-1])
    assert [each.feature for each in turned.problems] == ["intensity_kurtosis", "intensity_skewness"] * 2
    with pytest.raises(FeatureError, match="did you mean"):
        part.select(["num_pixel"])
    with pytest.raises(KeyError, match="no feature"):
        part["centroid"]


@pytest.mark.parametrize("names", ["display", "id"])
def test_data_frame(names):
    table = measure(np.stack([LABELS[None]] * 2), np.stack([RAW[None]] * 2), features="all")
    frame = table.to_dataframe(names)
    assert frame["timestep"].tolist() == [0, 0, 1, 1]
    assert frame["labelimage_oid"].tolist() == [4, 9, 4, 9]
    np.testing.assert_array_equal(frame.to_numpy()[:, 2:], table.values)
    assert list(frame.columns[2:]) == (table.columns if names == "id" else table.display_columns)
    with pytest.raises(ParameterError, match="names"):
        table.to_dataframe("nonsense")


def test_raw_is_not_read_without_need():
    """Raw that would have to be refused by the core is never handed over."""
    labels = np.ones((3, 3), np.uint8)
    assert measure(labels, np.full((3, 3), np.nan), features=["num_pixels"]).problems == []


def test_cancel_and_progress():
    token = kernels.CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        measure(np.ones((2000, 2000), np.uint8), cancel=token)
    seen = []
    labels = np.kron(np.arange(1, 401).reshape(20, 20), np.ones((200, 200), np.int64))
    raw = np.broadcast_to(np.float64(1), labels.shape)

    def progress(*step):
        seen.append((step, threading.get_ident()))

    for _ in range(50):  # a run that ends before the first report says nothing
        if not seen:
            measure(labels, raw, features=STANDARD, threads=1, progress=progress)
    (done, total, what), thread = seen[0]
    assert 0 <= done <= total
    assert what == "measuring objects"
    assert thread == threading.get_ident()
