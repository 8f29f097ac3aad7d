"""Sample data: generated nuclei of two kinds, as layers for napari's File menu and as images of a session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from napari_objclass import sample
from napari_objclass.widgets.viewer.display import OBJECTS, RAW

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_objclass.widgets.viewer.session import ViewerSession

    #: What napari makes a layer of: pixels, arguments, type.
    LayerData = tuple[Any, dict[str, Any], str]


class SampleImage(NamedTuple):
    """An image that can be generated: its name, what a menu calls it, and how."""

    name: str
    title: str
    generate: Callable[[], sample.Sample]


SAMPLES = (
    SampleImage("sample nuclei", "Two kinds of nuclei (2D)", sample.nuclei_2d),
    SampleImage("sample nuclei 3D", "Two kinds of nuclei (3D)", sample.nuclei_3d),
    SampleImage("sample nuclei film", "Two kinds of nuclei (2D film)", sample.nuclei_2d_t),
)


def add_sample(shared: ViewerSession, image: SampleImage) -> None:
    """Add a sample to the session, with the names of its classes."""

    def add(session: Any) -> None:
        made = image.generate()
        for number, name in enumerate(made.class_names, 1):
            session.rename_class(number, name)
        session.add_lane(raw=made.raw, labels=made.labels, axes=made.axes, name=image.name)

    shared.do("input_data", add)


def nuclei_2d() -> list[LayerData]:
    """Layers of the image."""
    return _layers(sample.nuclei_2d())


def nuclei_3d() -> list[LayerData]:
    """Layers of the volume."""
    return _layers(sample.nuclei_3d())


def nuclei_film() -> list[LayerData]:
    """Layers of the film."""
    return _layers(sample.nuclei_2d_t())


def _layers(made: sample.Sample) -> list[LayerData]:
    return [(made.raw, {"name": RAW}, "image"), (made.labels, {"name": OBJECTS}, "labels")]
