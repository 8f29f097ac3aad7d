"""Times what runs on the GUI thread: every entry from Qt or napari into code of ours, and napari's drawing within.

What is caught: every function and method in the modules of a package, hence every slot, event handler, callback and
virtual method of Qt that is one, with all it calls, napari's own code included. A lambda that is a slot itself is not,
but what it calls is. What napari does to draw (its windows, visuals, textures and vispy) is timed apart, and so is the
time in which the thread did not run but waited: for a lock, for a file, for Python's one lock of all, for a processor.
"""

import importlib
import inspect
import pkgutil
import time
from collections import defaultdict
from enum import Enum
from functools import wraps
from threading import get_ident
from typing import NamedTuple

from napari.utils.colormaps import CyclicLabelColormap, DirectLabelColormap

from napari_objclass.widgets._gui_thread import GuiThread

#: Where napari draws: the canvas and what is on it, and its own windows and lists.
DRAWING = (
    "napari._vispy",
    "napari._qt.qt_viewer",
    "napari._qt.layer_controls",
    "napari._qt.containers",
    "napari._qt.widgets",
)
#: What else than methods with a name is worth a look: what napari and Qt call.
SPECIAL = {"__init__", "__call__", "__getitem__", "__array__", "__deepcopy__"}


class Turn(NamedTuple):
    """One entry into our code, in ms: the thread at work, waiting, and at work for napari's drawing."""

    work: float
    wait: float
    drawing: float


class Kind(Enum):
    """Whose code runs."""

    OURS, DRAWING = range(2)


class Stopwatch:
    """Times the turns of the thread that made it.

    Attributes
    ----------
    turns
        All turns by the name of the function that was entered.
    """

    def __init__(self):
        self.turns = defaultdict(list)
        self._thread = get_ident()
        self._stack = []
        self._spent = {kind: [0.0, 0.0] for kind in Kind}
        self._last = (0.0, 0.0)
        self._parts = defaultdict(float)  # of a call that was posted, to name it by what it does most

    def watch(self, package, monkeypatch):
        """Time all functions in the modules of a package, and napari's drawing, until the test is over."""
        for name in _modules(package):
            self._wrap_module(importlib.import_module(name), Kind.OURS, monkeypatch)
        for root in DRAWING:
            for name in _modules(root):
                self._wrap_module(importlib.import_module(name), Kind.DRAWING, monkeypatch)
        for cls in (CyclicLabelColormap, DirectLabelColormap):
            monkeypatch.setattr(cls, "_data_to_texture", self.timed(cls._data_to_texture, Kind.DRAWING))

    def _wrap_module(self, module, kind, monkeypatch):
        for name, value in list(vars(module).items()):
            if getattr(value, "__module__", None) != module.__name__:
                continue
            if inspect.isfunction(value):
                monkeypatch.setattr(module, name, self.timed(value, kind))
            elif inspect.isclass(value) and not issubclass(value, Enum):
                self._wrap_class(value, kind, monkeypatch)

    def _wrap_class(self, cls, kind, monkeypatch):
        for name, value in list(vars(cls).items()):
            if inspect.isfunction(value) and (not name.startswith("__") or name in SPECIAL):
                monkeypatch.setattr(cls, name, self.timed(value, kind))

    def timed(self, function, kind):
        """``function``, timed; a generator in all its parts."""
        name = f"{function.__module__.rpartition('.')[2]}.{function.__qualname__}"
        name = "posted" if function is GuiThread._run else name
        # Qt looks how many arguments a slot takes, and cannot see it through this.
        most = None if function.__code__.co_flags & inspect.CO_VARARGS else function.__code__.co_argcount

        @wraps(function)
        def call(*args, **kwargs):
            if get_ident() != self._thread or self._goes_on(kind):
                return function(*args[:most], **kwargs)
            self._enter(kind, name)
            try:
                return function(*args[:most], **kwargs)
            finally:
                self._leave()

        @wraps(function)
        def generate(*args, **kwargs):
            generator, sent = function(*args[:most], **kwargs), None
            while True:
                try:
                    value = resume(generator, sent)
                except StopIteration:
                    return
                sent = yield value

        def resume(generator, sent):
            if get_ident() != self._thread or self._goes_on(kind):
                return generator.send(sent)
            self._enter(kind, name)
            try:
                return generator.send(sent)
            finally:
                self._leave()

        return generate if inspect.isgeneratorfunction(function) else call

    def _goes_on(self, kind):
        """Whether code of a kind runs already, and there is no need to know by which name it goes on."""
        return bool(self._stack) and self._stack[-1][0] is kind and self._stack[-1][1] != "posted"

    def _enter(self, kind, name):
        now = self._charge()
        if kind is Kind.OURS and all(other is not kind for other, _, _ in self._stack):
            self._outer = {each: list(spent) for each, spent in self._spent.items()}
            self._spent = {each: [0.0, 0.0] for each in Kind}
            self._parts.clear()
        self._stack.append((kind, name, now[0]))

    def _leave(self):
        now = self._charge()
        kind, name, since = self._stack.pop()
        depth = sum(other is Kind.OURS for other, _, _ in self._stack)
        if kind is Kind.OURS and depth == 1:
            self._parts[name] += now[0] - since
        if kind is Kind.OURS and depth == 0:
            if name == "posted":
                name = f"posted: {max(self._parts, key=self._parts.get)}" if self._parts else name
            (wall, work), (_, drawn) = (self._spent[each] for each in (Kind.OURS, Kind.DRAWING))
            self.turns[name].append(Turn(work * 1e3, max(wall - work, 0) * 1e3, drawn * 1e3))
            self._spent = self._outer

    def _charge(self):
        """Charge what was spent since the last change to the code that runs."""
        now = time.perf_counter(), time.thread_time()
        if self._stack:
            spent = self._spent[self._stack[-1][0]]
            spent[0] += now[0] - self._last[0]
            spent[1] += now[1] - self._last[1]
        self._last = now
        return now

    def slower_than(self, bound):
        """Longest work, in ms, of what was at work for longer than a bound."""
        longest = {name: max(turn.work for turn in turns) for name, turns in self.turns.items()}
        return {name: work for name, work in longest.items() if work > bound}

    def table(self, least=5.0):
        """What took longest, one line each."""
        lines = [f"{'entered':70} {'count':>6} {'work':>7} {'wait':>7} {'drawing':>8}  ms, longest of each"]
        rows = [
            (name, len(turns), *(max(each) for each in zip(*turns, strict=True))) for name, turns in self.turns.items()
        ]
        for name, n, work, wait, drawing in sorted(rows, key=lambda row: -row[2]):
            if work >= least or drawing >= least or wait >= least:
                lines.append(f"{name:70} {n:6} {work:7.1f} {wait:7.1f} {drawing:8.1f}")
        return "\n".join(lines)


def _modules(package):
    module = importlib.import_module(package)
    below = getattr(module, "__path__", ())
    found = [package]
    for each in pkgutil.iter_modules(below, f"{package}."):
        if "_tests" not in each.name:
            found += _modules(each.name)
    return found
