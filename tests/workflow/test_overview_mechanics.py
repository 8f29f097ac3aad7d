"""The overview picture shows what it is given: panels, class colours, counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import PIL.Image
import pytest

from napari_objclass.errors import ParameterError, ShapeError
from napari_objclass.workflow.overview import PANEL, TITLE, draw_overview

if TYPE_CHECKING:
    from pathlib import Path

BLUE, ORANGE = (86, 180, 233), (230, 159, 0)


def scene(*shape: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Two square objects on the left and on the right, of class 1 (sure) and 2 (unsure)."""
    labels = np.zeros(shape, np.uint64)
    labels[..., 8:24, 4:20] = 7
    labels[..., 8:24, 36:52] = 2**60
    classes = np.select([labels == 7, labels == 2**60], [1, 2]).astype(np.uint8)
    uncertainty = np.select([labels == 7, labels == 2**60], [0.0, 1.0]).astype(np.float32)
    raw = np.random.default_rng(0).integers(100, 200, shape, dtype="u2")
    return raw, labels, classes, uncertainty


def drawn(path: Path) -> np.ndarray:
    with PIL.Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"), int)


@pytest.mark.parametrize("shape", [(32, 56), (3, 32, 56)])
def test_objects_have_the_colours_of_their_class_and_uncertainty(tmp_path: Path, shape: tuple[int, ...]) -> None:
    picture = drawn(draw_overview(tmp_path / "a.png", *scene(*shape), ["one", "two"], ["#56B4E9", ORANGE]))
    gap = (picture.shape[1] - 4 * PANEL) // 5
    zoom = PANEL / 56

    def center(panel: int, x: int) -> tuple[int, int, int]:
        row, column = TITLE + round(16 * zoom), gap + panel * (PANEL + gap) + round(x * zoom)
        return tuple(picture[row, column])

    for x in (12, 44, 28):
        red, green, blue = center(0, x)
        assert red == green == blue
    for panel, low, high in ((2, BLUE, ORANGE), (3, (58, 80, 142), (253, 231, 76))):
        for x, color in ((12, low), (44, high)):
            red, _, blue = center(panel, x)
            assert (red > blue) == (color[0] > color[2])
            assert abs(red - blue) > 40
        red, green, blue = center(panel, 28)
        assert red == green == blue


def test_legend_names_objects_without_a_class(tmp_path: Path) -> None:
    raw, labels, classes, uncertainty = scene(32, 56)
    with_all = drawn(
        draw_overview(tmp_path / "a.png", raw, labels, classes, uncertainty, ["one", "two"], [BLUE, ORANGE])
    )
    classes[classes == 2] = 0
    without = drawn(
        draw_overview(tmp_path / "b.png", raw, labels, classes, uncertainty, ["one", "two"], [BLUE, ORANGE])
    )
    assert without.shape[0] > with_all.shape[0]  # one more line


@pytest.mark.parametrize("value", [0, 7, np.nan])
def test_flat_and_empty_images_are_drawn(tmp_path: Path, value: float) -> None:
    nothing = np.zeros((20, 30), int)
    picture = drawn(draw_overview(tmp_path / "a.png", np.full((20, 30), value), nothing, nothing, nothing, [], []))
    assert picture.shape[1] > 4 * PANEL


def test_what_does_not_fit(tmp_path: Path) -> None:
    raw, labels, classes, uncertainty = scene(32, 56)
    with pytest.raises(ShapeError, match="one shape"):
        draw_overview(tmp_path / "a.png", raw[:5], labels, classes, uncertainty, ["a", "b"], [BLUE, ORANGE])
    with pytest.raises(ShapeError, match="yx or zyx"):
        draw_overview(
            tmp_path / "a.png", *(image[None, None] for image in scene(3, 32, 56)), ["a", "b"], [BLUE, ORANGE]
        )
    with pytest.raises(ParameterError, match="colour"):
        draw_overview(tmp_path / "a.png", raw, labels, classes, uncertainty, ["a", "b"], [BLUE])
    with pytest.raises(ParameterError, match="1 classes"):
        draw_overview(tmp_path / "a.png", raw, labels, classes, uncertainty, ["a"], [BLUE])
    assert list(tmp_path.iterdir()) == []
