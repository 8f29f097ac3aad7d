"""The applet that finds objects in probabilities, or in the image itself: threshold and size filter."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Unpack

from napari_objclass import kernels, thresholding
from napari_objclass.errors import ParameterError
from napari_objclass.workflow.applet import Settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_objclass.workflow.applet import RunOptions

ID = "thresholding"


@dataclass(frozen=True)
class Thresholding(Settings):
    """How objects are found; see :func:`napari_objclass.threshold`.

    Attributes
    ----------
    physical_sizes
        Whether ``min_size`` and ``max_size`` are areas or volumes in the unit of the voxel size; else they are in
        pixels.
    """

    method: str = thresholding.SIMPLE
    channel: int = 0
    core_channel: int | None = None
    sigma: float | tuple[float, ...] = 1.0
    threshold: float = 0.5
    core_threshold: float = 0.8
    merge: bool = True
    min_size: float = 10
    max_size: float = 1_000_000
    fill_holes: bool = False
    physical_sizes: bool = False

    def __post_init__(self) -> None:
        if self.method not in thresholding.METHODS:
            raise ParameterError(f"method is 'simple' or 'hysteresis', got {self.method!r}")
        thresholding.sigmas(self.sigma)


def find(
    image: NDArray[Any],
    settings: Thresholding,
    *,
    value_range: tuple[float, float],
    spacing: tuple[float, float, float] | None = None,
    stage: str = thresholding.OBJECTS,
    **run: Unpack[RunOptions],
) -> kernels.Thresholded:
    """Find the objects of an image ``tzyxc``, or what is known of them at an earlier stage.

    Parameters
    ----------
    value_range
        Values that count as 0 and 1; (0, 1) takes them as they are.
    spacing
        Size of a voxel, z, y, x; for sizes that are physical.
    stage
        One of ``napari_objclass.thresholding.STAGES``.
    """
    rule: Any = asdict(settings)
    physical = rule.pop("physical_sizes")
    if physical and spacing is None:
        raise ParameterError(
            "sizes in physical units need a voxel size; set that of the image, or give sizes in pixels"
        )
    return thresholding.find(
        image, value_range=value_range, spacing=spacing if physical else None, stage=stage, **rule, **run
    )


def smoothed(
    image: NDArray[Any], settings: Thresholding, *, value_range: tuple[float, float], **run: Unpack[RunOptions]
) -> NDArray[Any]:
    """Values of the final channel of an image ``tzyxc`` after smoothing, float32 ``tzyx``."""
    last = thresholding.take_channel(image, settings.channel)
    return kernels.smooth(last, sigma=thresholding.sigmas(settings.sigma), value_range=value_range, **run)
