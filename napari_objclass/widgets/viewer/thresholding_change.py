"""The change that applies settings of thresholding, refused where ilastik refuses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_objclass.errors import ParameterError
from napari_objclass.thresholding import sigmas, take_channel

if TYPE_CHECKING:
    from napari_objclass.workflow.session import Session
    from napari_objclass.workflow.thresholding import Thresholding


def apply(session: Session, settings: Thresholding, image: str) -> None:
    """Make settings those of the session, if they make sense for an image; for another thread than the GUI's.

    Raises
    ------
    ParameterError
        If they do not.
    """
    pixels = session.images(image).thresholded
    assert pixels is not None
    for channel in {settings.channel, settings.effective.core_channel} - {None}:
        take_channel(pixels, channel or 0)
    lengths = {letter: n for letter, n in zip("zyx", pixels.shape[1:4], strict=True) if n > 1}
    along = dict(zip("zyx", sigmas(settings.sigma, pixels), strict=True))
    used = [along[letter] for letter in lengths]
    if min(used, default=0) < 0.1 <= max(used, default=0):
        raise ParameterError("smoothing is below 0.1, which is none, along some axes only; set all of them, or none")
    for letter, length in lengths.items():
        if along[letter] > length // 3:
            raise ParameterError(
                f"smoothing by {along[letter]:g} is too much along {letter}, where the image has {length} pixels; "
                f"set at most {length // 3}"
            )
    session.thresholding = settings
