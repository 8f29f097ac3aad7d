"""What becomes of an image on its way into a file: region, range of values, pixel type and order of axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_objclass.io.image import Picture
    from napari_objclass.workflow.export import Export


def prepared(picture: Picture, settings: Export) -> Picture:
    """Return the part of an image that is written, in the form in which it is written."""
    return picture
