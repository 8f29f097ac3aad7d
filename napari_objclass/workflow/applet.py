"""What an applet is: one step of the workflow, with settings and an output that is a pure function of its key.

An applet is a module with an ``ID``, a frozen :class:`Settings` dataclass if the user can choose anything, and plain
functions from data to data. The *key* of an output is a tuple of everything it depends on. That is the one rule of
staleness: an output is good as long as its key is what it was, whatever happened in between; undo brings it back.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from dataclasses import asdict, dataclass, fields
from threading import Lock
from typing import TYPE_CHECKING, Any, Self, TypedDict, TypeVar

from napari_objclass.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Mapping

    from napari_objclass.kernels import CancelToken

T = TypeVar("T")

Json = dict[str, Any]
Key = tuple[object, ...]


class WatchOptions(TypedDict, total=False):
    """How a computation that may take over a second is followed and stopped."""

    progress: Callable[[int, int, str], object] | None
    cancel: CancelToken | None


class RunOptions(WatchOptions, total=False):
    """How a computation that may take over a second is run; nothing here changes its result."""

    threads: int | None


@dataclass(frozen=True)
class Settings:
    """What the user chose in one applet; a new choice is a new object (``dataclasses.replace``)."""

    def to_json(self) -> Json:
        """Values by field name."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Inverse of :meth:`to_json`.

        Raises
        ------
        ProjectError
            For a setting that this version does not know.
        """
        unknown = sorted(set(values) - {field.name for field in fields(cls)})
        if unknown:
            raise ProjectError(
                f"the project has a setting {unknown[0]!r} that this version does not know; use a newer version"
            )
        return cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})


class Outputs:
    """What applets computed: the latest output per applet and lane, each with the key it was computed for.

    Any number of threads may ask.
    """

    def __init__(self, limits: Mapping[str, int]) -> None:
        """Keep at most ``limits[applet]`` outputs of an applet, the latest used; without limit if it is not named."""
        self._limits = limits
        self._lock = Lock()
        self._held: defaultdict[str, OrderedDict[Hashable, tuple[Key, Any]]] = defaultdict(OrderedDict)

    def get(self, applet: str, lane: Hashable, key: Key, compute: Callable[[], T]) -> T:
        """Return the held output if ``key`` is what it was computed for, else a new one."""
        held: T | None = self.held(applet, lane, key)
        return self.hold(applet, lane, key, compute()) if held is None else held

    def held(self, applet: str, lane: Hashable, key: Key) -> Any:
        """Return the held output if ``key`` is what it was computed for, else None."""
        with self._lock:
            known, output = self._held[applet].get(lane, (None, None))
            if known != key:
                return None
            self._held[applet].move_to_end(lane)
            return output

    def latest(self, applet: str, lane: Hashable) -> tuple[Key, Any] | None:
        """Return the held output whatever it was computed for, after its key; None if there is none."""
        with self._lock:
            return self._held[applet].get(lane)

    def hold(self, applet: str, lane: Hashable, key: Key, output: T) -> T:
        """Hold an output, and return it."""
        with self._lock:
            held = self._held[applet]
            held[lane] = (key, output)
            held.move_to_end(lane)
            while len(held) > self._limits.get(applet, len(held)):
                held.popitem(last=False)
        return output

    def keep(self, lanes: Collection[Hashable]) -> None:
        """Let go of the outputs of all other lanes."""
        with self._lock:
            for held in self._held.values():
                for lane in [lane for lane in held if lane not in lanes]:
                    del held[lane]
