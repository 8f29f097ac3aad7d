"""Which columns an exported table has, in which order and type; names of exported files."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from napari_objclass.errors import FeatureError, ShapeError
from napari_objclass.workflow.export import expand_template, object_table

DISPLAY = [
    "Size in pixels",
    "Mean Intensity_0",
    "Bounding Box Minimum_0",
    "Bounding Box Minimum_1",
    "Bounding Box Maximum_0",
    "Bounding Box Maximum_1",
    "Center of the object_0",
    "Center of the object_1",
]
IDS = np.array([3, 2**63 + 1, 3], np.uint64)


def table(display: list[str] = DISPLAY) -> SimpleNamespace:
    values = np.arange(3.0 * len(display)).reshape(3, len(display)) + 1 / 3
    columns = [f"id_{k}" for k in range(len(display))]
    frames = np.array([0, 0, 1])
    return SimpleNamespace(ids=IDS, frames=frames, columns=columns, display_columns=display, values=values)


def test_features_only() -> None:
    columns = object_table(table())
    assert list(columns) == ["object_id", "timestep", "labelimage_oid", *DISPLAY]
    assert columns["object_id"].tolist() == [0, 1, 2]
    assert columns["timestep"].tolist() == [0, 0, 1]
    assert columns["labelimage_oid"].tolist() == IDS.tolist()
    assert columns["Mean Intensity_0"].dtype == np.float32
    assert columns["Center of the object_1"].dtype == np.float64
    assert columns["Mean Intensity_0"].tolist() == np.float32([4 / 3, 28 / 3, 52 / 3]).tolist()


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
    full = table()
    empty = SimpleNamespace(
        ids=IDS[:0], frames=full.frames[:0], columns=full.columns, display_columns=DISPLAY, values=full.values[:0]
    )
    columns = object_table(empty, classes=["a"], labels=[], predicted=[], probabilities=np.zeros((0, 1)))
    assert list(columns)[3:6] == ["User Label", "Predicted Class", "Probability of a"]
    assert {len(column) for column in columns.values()} == {0}


def test_name_that_is_taken_becomes_the_id_of_the_column() -> None:
    columns = object_table(table([*DISPLAY, "Mean Intensity_0", "timestep"]))
    assert list(columns)[-2:] == ["id_8", "id_9"]
    assert columns["id_8"][0] == np.float32(8 + 1 / 3)
    assert columns["timestep"].tolist() == [0, 0, 1]


@pytest.mark.parametrize("name", ["Size in pixels", "Bounding Box Maximum", "Center of the object"])
def test_required_feature_is_missing(name: str) -> None:
    with pytest.raises(FeatureError, match=name):
        object_table(table([column for column in DISPLAY if not column.startswith(name)]))


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
