"""Which columns an exported table has, in which order and type; names of exported files."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from napari_objclass.errors import FeatureError, ShapeError
from napari_objclass.workflow.file_names import expand_template
from napari_objclass.workflow.object_table import object_table, with_required


def spec(id: str, ilastik_id: str | None, *display: str) -> SimpleNamespace:
    columns = [f"{id}_{k}" for k in range(len(display))]
    return SimpleNamespace(id=id, ilastik_id=ilastik_id, columns=columns, display_columns=display)


SPECS = [
    spec("area", "Standard Object Features/Count", "Size in pixels"),
    spec("mean", "Standard Object Features/Mean", "Mean Intensity"),
    spec("first", "Standard Object Features/Coord<Minimum>", "Bounding Box Minimum_0", "Bounding Box Minimum_1"),
    spec("last", "Standard Object Features/Coord<Maximum>", "Bounding Box Maximum_0", "Bounding Box Maximum_1"),
    spec("center", "Standard Object Features/RegionCenter", "Center of the object_0", "Center of the object_1"),
]
DISPLAY = [name for feature in SPECS for name in feature.display_columns]
IDS = np.array([3, 2**63 + 1, 3], np.uint64)


def table(specs: list[SimpleNamespace] = SPECS, n_objects: int = 3) -> SimpleNamespace:
    n_columns = sum(len(feature.columns) for feature in specs)
    values = np.arange(3.0 * n_columns).reshape(3, n_columns) + 1 / 3
    frames = np.array([0, 0, 1])
    return SimpleNamespace(ids=IDS[:n_objects], frames=frames[:n_objects], values=values[:n_objects], specs=specs)


def test_features_only() -> None:
    columns = object_table(table())
    assert list(columns) == ["object_id", "timestep", "labelimage_oid", *DISPLAY]
    assert columns["object_id"].tolist() == [0, 1, 2]
    assert columns["timestep"].tolist() == [0, 0, 1]
    assert columns["labelimage_oid"].tolist() == IDS.tolist()
    assert columns["Mean Intensity"].dtype == np.float32
    assert columns["Center of the object_1"].dtype == np.float64
    assert columns["Mean Intensity"].tolist() == np.float32([4 / 3, 28 / 3, 52 / 3]).tolist()


def test_everything() -> None:
    columns = object_table(
        table(),
        classes=["a, b", "c"],
        labels=np.array([0, 2, 1], "u1"),
        predicted=[1, 2, 0],
        probabilities=np.array([[0.9, 0.1], [0.2, 0.8], [np.nan, np.nan]]),
        original_oid=True,
    )
    assert list(columns)[3:7] == ["User Label", "Predicted Class", "Probability of a, b", "Probability of c"]
    assert list(columns)[-1] == "original_oid"
    assert columns["User Label"].tolist() == ["0", "c", "a, b"]
    assert columns["Predicted Class"].tolist() == ["a, b", "c", "0"]
    np.testing.assert_array_equal(columns["Probability of c"], np.float32([0.1, 0.8, np.nan]))
    assert columns["original_oid"].tolist() == IDS.tolist()


def test_no_objects_same_columns() -> None:
    columns = object_table(table(n_objects=0), classes=["a"], labels=[], predicted=[], probabilities=np.zeros((0, 1)))
    assert list(columns)[3:6] == ["User Label", "Predicted Class", "Probability of a"]
    assert {len(column) for column in columns.values()} == {0}


def test_name_that_is_taken_becomes_the_id_of_the_column() -> None:
    columns = object_table(table([*SPECS, spec("mean_again", None, "Mean Intensity"), spec("other", None, "timestep")]))
    assert list(columns)[-2:] == ["mean_again_0", "other_0"]
    assert columns["mean_again_0"][0] == np.float32(8 + 1 / 3)
    assert columns["timestep"].tolist() == [0, 0, 1]


def test_name_that_a_class_or_a_variant_takes() -> None:
    columns = object_table(
        table([*SPECS, spec("hull", None, "Convexity"), spec("box", None, "Convexity (bounding box)")]),
        classes=["a", "a"],
        probabilities=np.zeros((3, 2)),
        ilastik_names=True,
    )
    assert list(columns)[3:5] == ["Probability of a", "Probability of a (2)"]
    assert list(columns)[-2:] == ["hull_0", "Convexity"]
    assert columns["Convexity"][0] == columns["hull_0"][0] + 1
    assert "Convexity" in object_table(table([*SPECS, spec("hull", None, "Convexity")]), ilastik_names=True)
    numbered = spec("box", None, "Object Center (bounding box)_0", "Object Center (bounding box)_1")
    assert list(object_table(table([*SPECS, numbered]), ilastik_names=True))[-1] == "Object Center_1"
    assert list(object_table(table([*SPECS, numbered])))[-1] == "Object Center (bounding box)_1"


def test_compact_columns() -> None:
    columns = object_table(table(), uncertainty=[0, 0.5, 1], original_oid=True, compact=True)
    center = ["Center of the object_0", "Center of the object_1"]
    assert list(columns)[3:] == ["Uncertainty", "Size in pixels", *center]
    assert columns["Center of the object_0"].tolist() == object_table(table())["Center of the object_0"].tolist()


@pytest.mark.parametrize("missing", ["area", "first", "last", "center"])
def test_required_feature_is_missing(missing: str) -> None:
    kept = [feature for feature in SPECS if feature.id != missing]
    with pytest.raises(FeatureError, match="measure them as well"):
        object_table(table(kept))
    required = with_required([feature.id for feature in kept], SPECS)
    assert required == [feature.id for feature in SPECS]


def test_required_features_alone() -> None:
    assert with_required([], SPECS) == ["area", "first", "last", "center"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"labels": [1, 2]},
        {"labels": [0, 1, 3]},
        {"predicted": [-1, 1, 1]},
        {"probabilities": np.zeros((3, 3))},
        {"probabilities": np.zeros((2, 2))},
    ],
)
def test_what_does_not_fit(wrong: dict[str, object]) -> None:
    with pytest.raises(ShapeError):
        object_table(table(), classes=["a", "b"], **wrong)


def test_templates() -> None:
    fields = {"dataset_dir": "/data/my {x}", "nickname": "cells", "result_type": "Object Predictions", "t_stop": 4}
    assert expand_template("{dataset_dir}/{nickname}_{result_type}", fields) == "/data/my {x}/cells_Object Predictions"
    assert expand_template("{nickname}_{t_stop}_{nonsense}_{}", fields) == "cells_4_{nonsense}_{}"
