"""PNG and JPEG: grey (yx) or colour (yxc) pictures of 8 or 16 bit; PNG is written too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_objclass.errors import DtypeError, ShapeError
from napari_objclass.io.image import Image, Picture

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_FASTEST = 1


def read(path: Path, inner: str) -> Image:
    """Decode the picture; an alpha channel, which holds no measurement, is left out."""
    import imagecodecs

    decode = imagecodecs.png_decode if path.suffix.lower() == ".png" else imagecodecs.jpeg_decode
    data = decode(path.read_bytes())
    if data.ndim == 2:
        return Image(data=data, axes="yx", path=path)
    if data.shape[-1] in (1, 2):
        note = "the alpha channel was left out" if data.shape[-1] == 2 else ""
        return Image(data=data[..., 0], axes="yx", path=path, note=note)
    note = "the alpha channel was left out" if data.shape[-1] == 4 else ""
    return Image(data=data[..., :3], axes="yxc", path=path, channel_names=("red", "green", "blue"), note=note)


def write(path: Path, picture: Picture, inner: str, *, compressed: bool) -> None:
    """Write a grey PNG of 8 or 16 bit, the fewer of those that hold the pixel type or else the values.

    Raises
    ------
    DtypeError, ShapeError
        If there is no such PNG of the image.
    """
    import imagecodecs

    path.write_bytes(imagecodecs.png_encode(_grey(_plane(picture)), level=_FASTEST))


def _plane(picture: Picture) -> NDArray[Any]:
    data = np.asarray(picture.data)
    lengths = dict(zip(picture.axes, data.shape, strict=True))
    longer = [f"{letter} ({length})" for letter, length in lengths.items() if length > 1 and letter not in "yx"]
    if longer:
        raise ShapeError(
            f"a PNG has the axes y and x and this image is longer than 1 along {', '.join(longer)} too; "
            "export a region of it, a png sequence, or another format"
        )
    dropped = tuple(i for i, letter in enumerate(picture.axes) if letter not in "yx")
    plane = data.squeeze(dropped)
    return plane if picture.axes.index("y") < picture.axes.index("x") else plane.T


def _grey(plane: NDArray[Any]) -> NDArray[Any]:
    if plane.dtype == np.bool_ or plane.dtype == np.uint8:
        return np.ascontiguousarray(plane, np.uint8)
    if plane.dtype.kind in "iu" and plane.min() >= 0 and plane.max() < 2**16:
        return np.ascontiguousarray(plane, np.uint8 if plane.dtype == np.int8 else np.uint16)
    found = f"this image has {plane.dtype} values from {plane.min():g} to {plane.max():g}"
    raise DtypeError(
        f"a PNG has whole numbers from 0 to 65535 and {found}; choose the dtype uint8 or uint16 and renormalize, "
        "or another format"
    )
