"""The menu of an object: what is known about it, and labelling it by name."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject
from qtpy.QtGui import QColor, QCursor, QGuiApplication, QIcon, QPixmap
from qtpy.QtWidgets import QLabel, QMenu, QWidget, QWidgetAction

from napari_objclass.widgets.object_values import ObjectValues
from napari_objclass.widgets.viewer.about_object import NOT_LABELLED, AboutObject, about
from napari_objclass.widgets.viewer.column_names import channels_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_objclass.widgets.viewer.session import ViewerSession
    from napari_objclass.workflow.classes import ObjectClass

#: Missing values that the menu names, many of one feature as one; the rest is in the table of all values.
MAX_MISSING = 10

#: Left, top, right and bottom of text in the menu, so that it stands where the entries have theirs.
LINE_MARGINS = (20, 3, 12, 3)


class ObjectMenu(QObject):
    """Shows the menu of an object when the user asks for it.

    Parameters
    ----------
    shared
        Session of the viewer.
    window
        The window that it belongs to, and goes with.
    """

    def __init__(self, shared: ViewerSession, window: QWidget) -> None:
        super().__init__(window)
        self._shared = shared
        shared.menu_asked.connect(self._answer)

    def _answer(self, t: int, object_id: int) -> None:
        if self._shared.shown is not None:
            menu = self.menu(t, object_id)
            menu.aboutToHide.connect(menu.deleteLater)
            menu.popup(QCursor.pos())

    def menu(self, t: int, object_id: int) -> QMenu:
        """Make the menu of an object of the image that is shown."""
        shown, classes = self._shared.shown, self._shared.session.classes
        assert shown is not None
        object_ = about(shown, classes, t, object_id, channels_of(self._shared.record))
        menu = QMenu(self.parent())
        _line(menu, f"<b>{object_.title}</b>")
        _line(menu, escape(object_.label))
        if object_.to_confirm:
            name = classes[object_.to_confirm - 1].name
            menu.addAction(_plain(f"Confirm {name}"), partial(self._label, object_, object_.to_confirm))
        self._add_classes(menu, object_, classes)
        clear = menu.addAction("Clear label" + self._key("clear"), partial(self._label, object_, 0))
        clear.setEnabled(object_.label != NOT_LABELLED)
        menu.addSeparator()
        _add_prediction(menu, object_, classes)
        _add_missing(menu, object_)
        menu.addAction("All values…", partial(self._show_values, object_))
        menu.addAction("Copy", partial(_copy, object_))
        return menu

    def _add_classes(self, menu: QMenu, object_: AboutObject, classes: Sequence[ObjectClass]) -> None:
        submenu = menu.addMenu("Label as")
        for number, each in enumerate(classes, 1):
            key = self._key(f"class_{number}") if number < 10 else ""
            action = submenu.addAction(_icon(each.color), _plain(each.name) + key)
            action.triggered.connect(partial(self._label, object_, number))
            action.setEnabled(number != object_.cls)

    def _key(self, action: str) -> str:
        return f"\t{self._shared.keys.choice[action]}"

    def _label(self, object_: AboutObject, cls: int, *_: object) -> None:
        self._shared.annotate(object_.t, [object_.object_id], cls)

    def _show_values(self, object_: AboutObject, *_: object) -> None:
        ObjectValues(object_, self.parent()).show()


def _add_prediction(menu: QMenu, object_: AboutObject, classes: Sequence[ObjectClass]) -> None:
    if not object_.probabilities:
        _line(menu, "not predicted yet")
        return
    color_of = {each.name: each.color for each in classes}
    name, probability = object_.probabilities[0]
    submenu = menu.addMenu(_plain(f"Predicted {name}, {probability:.0%}"))
    if object_.predicted:
        submenu.setIcon(_icon(color_of[name]))
    for each, share in object_.probabilities:
        mark = f'<span style="color: {color_of[each]}">■</span>' if each in color_of else ""
        _line(submenu, f"{mark} {escape(each)}&nbsp; {share:.1%}")
    _line(menu, f"uncertainty {object_.uncertainty:.2f}")


def _add_missing(menu: QMenu, object_: AboutObject) -> None:
    missing = object_.missing
    if not missing:
        return
    submenu = menu.addMenu("1 missing value" if len(missing) == 1 else f"{len(missing)} missing values")
    lines = list(dict.fromkeys(f"{value.feature or value.name}: {value.missing}" for value in missing))
    for line in lines[:MAX_MISSING]:
        _line(submenu, escape(line))
    if len(lines) > MAX_MISSING:
        _line(submenu, f"… and {len(lines) - MAX_MISSING} more, see All values")


def _line(menu: QMenu, html: str) -> None:
    """Add text that is only read, hence not greyed like an entry that cannot be chosen."""
    line = QWidgetAction(menu)
    label = QLabel(html)
    label.setContentsMargins(*LINE_MARGINS)
    line.setDefaultWidget(label)
    menu.addAction(line)


def _plain(text: str) -> str:
    """Text of an action in which no letter is taken for a shortcut."""
    return text.replace("&", "&&")


def _icon(color: str) -> QIcon:
    pixmap = QPixmap(12, 12)
    pixmap.fill(QColor(color))
    return QIcon(pixmap)


def _copy(object_: AboutObject, *_: object) -> None:
    QGuiApplication.clipboard().setText(object_.text)
