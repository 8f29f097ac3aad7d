"""What can be done by key in the viewer: the one table of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_objclass.widgets.viewer.display import Kind
from napari_objclass.widgets.viewer.tool import Mode

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_objclass.widgets.viewer.session import ViewerSession


@dataclass(frozen=True)
class Action:
    """Something that can be done by key.

    Attributes
    ----------
    id
        Name in settings.
    words
        What it does.
    key
        Default key.
    do
        Does it; may return what is to be done when a key that was held is released.
    ilastik
        Key in the preset "ilastik keys", where it is another.
    always
        Whether the key works while any of our widgets is open, whatever the tool.
    """

    id: str
    words: str
    key: str
    do: Callable[[ViewerSession], Callable[[], None] | None]
    ilastik: str | None = None
    always: bool = False


def _toggle_tool(shared: ViewerSession) -> None:
    shared.set_tool(active=not shared.tool.active)


def _choose_class(number: int) -> Callable[[ViewerSession], None]:
    def choose(shared: ViewerSession) -> None:
        n_classes = len(shared.session.classes)
        if number > n_classes:
            shared.viewer.status = f"There is no class {number}; there are {n_classes}, and Classify can add more."
            return
        mode = Mode.ANNOTATE if shared.tool.mode is Mode.ERASE else shared.tool.mode
        shared.set_tool(cls=number, mode=mode)

    return choose


def _erase(shared: ViewerSession) -> None:
    shared.set_tool(mode=Mode.ERASE)


def _next_unsure(shared: ViewerSession) -> None:
    shared.guide.next_unsure()


def _previous(shared: ViewerSession) -> None:
    shared.guide.previous()


def _next_of_class(shared: ViewerSession) -> None:
    shared.guide.next_of_class(shared.tool.cls)


def _next_random(shared: ViewerSession) -> None:
    shared.guide.next_random()


def _keep_prediction(shared: ViewerSession) -> None:
    shared.guide.keep_prediction()


def _raw_only(shared: ViewerSession) -> Callable[[], None] | None:
    return shared.keys.raw_only.toggle()


def _toggle_uncertainty(shared: ViewerSession) -> None:
    shared.keys.raw_only.end()
    shown = shared.display.show.kind is Kind.UNCERTAINTY
    shared.display.set_show(kind=Kind.CLASS if shown else Kind.UNCERTAINTY)


def _toggle_live(shared: ViewerSession) -> None:
    shared.set_live(live=not shared.live)


def _next_image(step: int) -> Callable[[ViewerSession], None]:
    def go(shared: ViewerSession) -> None:
        position, lanes = shared.position, shared.session.lanes
        if position is not None and 0 <= position + step < len(lanes):
            shared.show(lanes[position + step].uuid)

    return go


def _undo(shared: ViewerSession) -> None:
    shared.undo()


def _redo(shared: ViewerSession) -> None:
    shared.redo()


ACTIONS = (
    Action("annotate", "Annotate on or off", "G", _toggle_tool, always=True),
    *(Action(f"class_{n}", f"Choose class {n}", str(n), _choose_class(n)) for n in range(1, 10)),
    Action("clear", "Clear labels (Erase)", "0", _erase),
    Action("next_unsure", "Next most unsure object", "N", _next_unsure),
    Action("previous", "Previous object", "Shift+N", _previous),
    Action("next_of_class", "Next object of the chosen class", "H", _next_of_class),
    Action("next_random", "Next random object without label", "J", _next_random),
    Action("keep_prediction", "Keep the prediction as label", "K", _keep_prediction),
    Action("raw_only", "Raw only (hold to peek)", "W", _raw_only, ilastik="I"),
    Action("uncertainty", "Uncertainty on or off", "U", _toggle_uncertainty),
    Action("live", "Live update on or off", "Q", _toggle_live, ilastik="L"),
    Action("previous_image", "Previous image", "PageUp", _next_image(-1), always=True),
    Action("next_image", "Next image", "PageDown", _next_image(1), always=True),
    Action("undo", "Undo", "Ctrl+Z", _undo),
    Action("redo", "Redo", "Ctrl+Shift+Z", _redo),
)
