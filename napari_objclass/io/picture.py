"""PNG and JPEG: grey (yx) or colour (yxc) pictures of 8 or 16 bit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_objclass.io.image import Image

if TYPE_CHECKING:
    from pathlib import Path


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
