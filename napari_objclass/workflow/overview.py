"""One picture that shows a result: raw, objects, classes and uncertainty side by side, with a legend."""

from __future__ import annotations

import colorsys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_objclass.errors import ParameterError, ShapeError
from napari_objclass.io.whole_files import replacing

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PIL import Image, ImageDraw

    Array = NDArray[Any]
    Color = tuple[int, int, int]

PANEL = 480  # longer side of a panel
TITLE = 62  # height of the line above a panel
_GAP = 28
_LINE = 42
_NARROWEST = 280  # width that titles and legend need
_TITLE_SIZE = 34
_TEXT_SIZE = 26
_SUPERSAMPLING = 2  # drawn larger and reduced, so that outlines are smooth

_PAGE = (18, 21, 27)
_TEXT = (236, 239, 244)
_FAINT = (152, 161, 175)
_UNCLASSIFIED = (128, 128, 128)
_UNCERTAINTY = ((58, 80, 142), (66, 112, 156), (74, 152, 140), (160, 196, 92), (253, 231, 76))  # from sure to unsure


def draw_overview(
    path: str | os.PathLike[str],
    raw: Array,
    labels: Array,
    classes: Array,
    uncertainty: Array,
    class_names: Sequence[str],
    colors: Sequence[str | Color],
) -> Path:
    """Draw the four panels into a PNG file.

    Parameters
    ----------
    path
        The file to write.
    raw
        One channel of raw, (y, x) or (z, y, x). Of a volume the brightest voxels along z are shown.
    labels, classes, uncertainty
        Images of the same shape: object ids, class numbers from 1 (0 for none), and uncertainty in [0, 1]. Of a
        volume the topmost objects are shown.
    class_names, colors
        Name and colour ("#rrggbb" or RGB) of class 1, 2 and so on.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ShapeError
        If the images differ in shape or are not 2D or 3D.
    ParameterError
        If there are not as many colours as names, or more classes in the image.
    FileError
        If the file cannot be written.
    """
    from PIL import Image, ImageColor

    _check(raw, labels, classes, uncertainty)
    if len(class_names) != len(colors):
        raise ParameterError(f"{len(class_names)} classes have {len(colors)} colours; give one colour per class")
    if np.max(classes) > len(class_names):
        raise ParameterError(f"the image of classes holds {np.max(classes)}, but {len(class_names)} classes have names")
    palette = [_UNCLASSIFIED] + [ImageColor.getrgb(c)[:3] if isinstance(c, str) else c for c in colors]
    counts = _count(labels, classes, len(class_names))
    flat = _project(raw, labels, classes, uncertainty)
    panels = _panels(*flat, np.array(palette, np.uint8))
    legend = list(zip([*class_names, "no class"], [*palette[1:], _UNCLASSIFIED], [*counts[1:], counts[0]], strict=True))
    if not counts[0]:
        legend.pop()
    column = max(panels[0].width, _NARROWEST)
    bottom = TITLE + panels[0].height + _GAP // 2
    size = (4 * column + 5 * _GAP, bottom + max(len(legend), 2) * _LINE + _GAP // 2)
    page = Image.new("RGB", size, _PAGE)
    lefts = [_GAP + k * (column + _GAP) for k in range(4)]
    for left, panel, title in zip(lefts, panels, ("raw", "objects", "classes", "uncertainty"), strict=True):
        _put(page, panel, title, left)
    _caption(page, lefts[0], bottom, f"{' x '.join(map(str, raw.shape))}, {np.dtype(raw.dtype).name}")
    _caption(page, lefts[1], bottom, f"{sum(counts):,} object{'s' if sum(counts) != 1 else ''}")
    _legend(page, lefts[2], bottom, legend, column)
    _scale(page, lefts[3], bottom, column)
    target = Path(path).expanduser()
    with replacing(target) as temporary:
        page.save(temporary, format="PNG")
    return target


def _check(raw: Array, labels: Array, classes: Array, uncertainty: Array) -> None:
    shapes = {tuple(image.shape) for image in (raw, labels, classes, uncertainty)}
    if len(shapes) != 1:
        raise ShapeError(f"the images of an overview have one shape, these have {sorted(shapes)}")
    if raw.ndim not in (2, 3) or raw.size == 0:
        raise ShapeError(f"an overview shows images of axes yx or zyx, not of shape {raw.shape}; choose one frame")


def _count(labels: Array, classes: Array, n_classes: int) -> list[int]:
    """Count the objects of class 0 (none), 1, ..., n_classes."""
    ids, first = np.unique(labels, return_index=True)
    numbers = np.ravel(classes)[first[ids != 0]].astype(np.intp)
    counts: list[int] = np.bincount(numbers, minlength=n_classes + 1).tolist()
    return counts


def _project(raw: Array, labels: Array, classes: Array, uncertainty: Array) -> tuple[Array, Array, Array, Array]:
    if raw.ndim == 2:
        return raw, labels, classes, uncertainty
    topmost = np.argmax(labels != 0, axis=0)[None]
    seen = [np.take_along_axis(image, topmost, axis=0)[0] for image in (labels, classes, uncertainty)]
    return raw.max(axis=0), seen[0], seen[1], seen[2]


def _panels(raw: Array, labels: Array, classes: Array, uncertainty: Array, palette: Array) -> list[Image.Image]:
    from PIL import Image

    zoom = PANEL / max(raw.shape)
    width, height = (max(1, round(length * zoom)) for length in raw.shape[::-1])
    large = (width * _SUPERSAMPLING, height * _SUPERSAMPLING)
    grey = Image.fromarray(_contrast(raw)).resize(large, Image.Resampling.BICUBIC)
    ground = np.repeat(np.asarray(grey)[..., None], 3, axis=2)
    labels, classes, uncertainty = (_resample(image, large) for image in (labels, classes, uncertainty))
    outline = _outline(labels)
    drawn = [
        ground,
        _paint(ground, labels, outline, _id_colors(labels), fill=0.45),
        _paint(ground, labels, outline, palette[np.minimum(classes, len(palette) - 1)], fill=0.55),
        _paint(ground, labels, outline, _uncertainty_colors(uncertainty), fill=0.85),
    ]
    return [Image.fromarray(image).reduce(_SUPERSAMPLING) for image in drawn]


def _contrast(raw: Array) -> Array:
    """Stretch raw to 8 bit between its 0.5 and 99.8 percentiles, dark tones lifted."""
    finite = raw[np.isfinite(raw)]
    low, high = np.percentile(finite, (0.5, 99.8)) if finite.size else (0.0, 1.0)
    share: Array = np.nan_to_num(np.clip((raw.astype(np.float64) - low) / (high - low or 1), 0, 1))
    return np.rint(255 * share**0.7).astype(np.uint8)


def _resample(image: Array, size: tuple[int, int]) -> Array:
    """Nearest pixels; interpolation would invent ids."""
    rows = np.arange(size[1]) * image.shape[0] // size[1]
    columns = np.arange(size[0]) * image.shape[1] // size[0]
    return image[np.ix_(rows, columns)]


def _outline(labels: Array) -> Array:
    """Pixels of objects within two pixels of another id."""
    edge: Array = np.zeros(labels.shape, np.bool_)
    for step in (1, 2):
        for axis in (0, 1):
            ahead, behind = [slice(None)] * 2, [slice(None)] * 2
            ahead[axis], behind[axis] = slice(step, None), slice(None, -step)
            differs = labels[tuple(ahead)] != labels[tuple(behind)]
            edge[tuple(ahead)] |= differs
            edge[tuple(behind)] |= differs
    edge &= labels != 0
    return edge


def _paint(ground: Array, labels: Array, outline: Array, colors: Array, fill: float) -> Array:
    """Lay colours over a darkened ground: ``fill`` of them inside objects, all of them on outlines."""
    weight = np.where(outline, 1.0, np.where(labels != 0, fill, 0.0))[..., None]
    shade = ground * 0.75
    painted: Array = np.rint(shade * (1 - weight) + colors * weight).astype(np.uint8)
    return painted


def _id_colors(labels: Array) -> Array:
    """Hues a golden angle apart, so that neighbouring ids look different."""
    ids, dense = np.unique(labels, return_inverse=True)
    hues = [colorsys.hls_to_rgb(k * 0.618034 % 1, 0.6, 0.65) for k in range(len(ids))]
    table: Array = np.rint(255 * np.array(hues)).astype(np.uint8)
    return table[dense.reshape(labels.shape)]


def _uncertainty_colors(uncertainty: Array) -> Array:
    places = np.linspace(0, 1, len(_UNCERTAINTY))
    values = np.nan_to_num(uncertainty, nan=1.0)
    channels = [np.interp(values, places, [color[k] for color in _UNCERTAINTY]) for k in range(3)]
    colors: Array = np.rint(np.stack(channels, axis=-1)).astype(np.uint8)
    return colors


def _put(page: Image.Image, panel: Image.Image, title: str, left: int) -> None:
    from PIL import Image, ImageDraw

    corners = Image.new("L", panel.size, 0)
    ImageDraw.Draw(corners).rounded_rectangle((0, 0, panel.width - 1, panel.height - 1), radius=12, fill=255)
    page.paste(panel, (left, TITLE), corners)
    _write(ImageDraw.Draw(page), (left, TITLE // 2), title, _TEXT, size=_TITLE_SIZE)


def _caption(page: Image.Image, left: int, top: int, text: str) -> None:
    from PIL import ImageDraw

    _write(ImageDraw.Draw(page), (left, top + _LINE // 2), text, _FAINT)


def _legend(page: Image.Image, left: int, top: int, entries: list[tuple[str, Color, int]], width: int) -> None:
    from PIL import ImageDraw

    draw = ImageDraw.Draw(page)
    for row, (name, color, count) in enumerate(entries):
        middle = top + row * _LINE + _LINE // 2
        draw.rounded_rectangle((left, middle - 12, left + 24, middle + 12), radius=5, fill=color)
        _write(draw, (left + 38, middle), name, _TEXT)
        _write(draw, (left + width, middle), f"{count:,}", _FAINT, anchor="rm")


def _scale(page: Image.Image, left: int, top: int, width: int) -> None:
    from PIL import Image, ImageDraw

    ramp = Image.fromarray(np.tile(_uncertainty_colors(np.linspace(0, 1, width)), (24, 1, 1)))
    corners = Image.new("L", ramp.size, 0)
    ImageDraw.Draw(corners).rounded_rectangle((0, 0, ramp.width - 1, ramp.height - 1), radius=5, fill=255)
    page.paste(ramp, (left, top + _LINE // 2 - 12), corners)
    draw = ImageDraw.Draw(page)
    middle = top + _LINE + _LINE // 2
    _write(draw, (left, middle), "sure", _FAINT)
    _write(draw, (left + width, middle), "unsure", _FAINT, anchor="rm")


def _write(
    draw: ImageDraw.ImageDraw,
    place: tuple[int, int],
    text: str,
    color: Color,
    *,
    size: int = _TEXT_SIZE,
    anchor: str = "lm",
) -> None:
    from PIL import ImageFont

    draw.text(place, text, fill=color, font=ImageFont.load_default(size), anchor=anchor)
