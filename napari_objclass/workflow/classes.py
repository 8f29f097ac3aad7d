"""Classes: the categories to be learnt, with a stable identity, a name and a colour, numbered from 1."""

from __future__ import annotations

import colorsys
import re
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from napari_objclass.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Okabe & Ito, "Color Universal Design" (2008): distinguishable with every common colour vision deficiency.
COLORS = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7")

_GOLDEN_ANGLE = 0.618033988749895


@dataclass(frozen=True)
class ObjectClass:
    """A category. Its number is its position in the list of classes, counted from 1.

    Attributes
    ----------
    name
        Unique within a session.
    color
        ``"#rrggbb"``.
    ignore
        Learnt and predicted like any other class, but left out of summaries.
    uuid
        What annotations and stored forests refer to; survives renaming and renumbering.
    """

    name: str
    color: str
    ignore: bool = False
    uuid: str = field(default_factory=lambda: uuid4().hex)

    def __post_init__(self) -> None:
        if self.name.strip() in ("", "0"):
            raise ParameterError("a class needs a name that is not empty, nor 0, which tables have for objects of none")
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", self.color):
            raise ParameterError(f"the color {self.color!r} of class {self.name!r} is not of the form '#rrggbb'")

    def to_json(self) -> dict[str, Any]:
        """Values by field name."""
        return {"uuid": self.uuid, "name": self.name, "color": self.color, "ignore": self.ignore}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> ObjectClass:
        """Inverse of :meth:`to_json`."""
        return cls(values["name"], values["color"], bool(values["ignore"]), values["uuid"])


Classes = tuple[ObjectClass, ...]

# Fixed identities, so that a journal that starts with a click can be replayed on a session that starts anew.
DEFAULT: Classes = (
    ObjectClass("Class 1", COLORS[0], uuid="class-1"),
    ObjectClass("Class 2", COLORS[1], uuid="class-2"),
)


def number(classes: Sequence[ObjectClass], cls: int | str) -> int:
    """Return the number of the class with this number, name or uuid.

    Raises
    ------
    ParameterError
        When there is none.
    """
    names, uuids = [each.name for each in classes], [each.uuid for each in classes]
    if isinstance(cls, str):
        known_as = names if cls in names else uuids
        if cls in known_as:
            return known_as.index(cls) + 1
    elif cls in range(1, len(classes) + 1):
        return int(cls)
    known = ", ".join(f"{i} {name!r}" for i, name in enumerate(names, 1))
    raise ParameterError(f"there is no class {cls!r}; the classes are {known}")


def added(classes: Classes, name: str | None = None, color: str | None = None, *, ignore: bool = False) -> Classes:
    """Append a class; name and colour are the next free ones if not given."""
    if name is None:
        names = {each.name for each in classes}
        name = next(name for n in count(len(classes) + 1) if (name := f"Class {n}") not in names)
    return _checked((*classes, ObjectClass(name, color or _next_color(classes), ignore)))


def changed(classes: Classes, cls: int | str, **values: str | bool) -> Classes:
    """Give one class another ``name``, ``color`` or ``ignore``."""
    position = number(classes, cls) - 1
    return _checked((*classes[:position], replace(classes[position], **values), *classes[position + 1 :]))  # type: ignore[arg-type]


def deleted(classes: Classes, cls: int | str) -> Classes:
    """Drop one class; the numbers of those behind it fall by one."""
    position = number(classes, cls) - 1
    if len(classes) == 1:
        raise ParameterError(f"class {classes[0].name!r} is the only one; add another before deleting it")
    return classes[:position] + classes[position + 1 :]


def _checked(classes: Classes) -> Classes:
    names = [each.name for each in classes]
    for name in names:
        if names.count(name) > 1:
            raise ParameterError(f"there is a class {name!r} already; choose another name")
    return classes


def _next_color(classes: Sequence[ObjectClass]) -> str:
    used = {each.color.lower() for each in classes}
    free = [color for color in COLORS if color not in used]
    if free:
        return free[0]
    red, green, blue = colorsys.hsv_to_rgb(len(classes) * _GOLDEN_ANGLE % 1, 0.7, 0.9)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"
