"""Times what runs on the GUI thread: every entry from Qt or napari into code of ours, and napari's drawing within.

What is caught: every function and method in the modules of a package, hence every slot, event handler, callback and
virtual method of Qt that is one, with all it calls, napari's own code included. A lambda that is a slot itself is not,
but what it calls is. What napari does to draw (its windows, visuals, textures and vispy) is timed apart, and so is the
time in which the thread did not run but waited: for a lock, for a file, for Python's one lock of all, for a processor.
Not charged is Python's collection of garbage, which falls on anything.
"""

import gc
import importlib
import inspect
import pkgutil
import time
from collections import defaultdict
from contextlib import contextmanager
from enum import Enum
from functools import wraps
from threading import get_ident
from typing import NamedTuple

import pytest
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
#: What napari finds again, in the mouse callbacks of a layer, by comparing it with what it put there before.
COMPARED = {f"VispyLabelsPolygonOverlay._on_mouse_{each}" for each in ("move", "press", "double_click")}
#: Calls that other threads posted, which are named by what they do most.
POSTED = "posted"


class Turn(NamedTuple):
    """One entry into our code, in ms: the thread at work, waiting, and at work for napari's drawing."""

    work: float
    wait: float
    drawing: float


class Kind(Enum):
    """Whose code runs."""

    OURS, DRAWING = range(2)


class Entry(NamedTuple):
    """Code that runs: whose, its name, since when, and, for a turn, the sums of what it interrupted."""

    kind: Kind
    name: str
    since: float
    interrupted: tuple[dict, dict] | None


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
        self._collecting = self._collected = 0.0
        self._parts = defaultdict(float)  # of a call that was posted, to name it by what it does most

    @contextmanager
    def watch(self, package):
        """Time all functions in the modules of a package, and napari's drawing."""
        gc.callbacks.append(self.note_collection)
        with pytest.MonkeyPatch.context() as monkeypatch:
            self._wrap_all(package, monkeypatch)
            yield
        gc.callbacks.remove(self.note_collection)

    def _wrap_all(self, package, monkeypatch):
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
            if not inspect.isfunction(value) or f"{cls.__name__}.{name}" in COMPARED:
                continue
            if not name.startswith("__") or name in SPECIAL:
                monkeypatch.setattr(cls, name, self.timed(value, kind))

    def timed(self, function, kind):
        """``function``, timed; a generator in all its parts."""
        name = f"{function.__module__.rpartition('.')[2]}.{function.__qualname__}"
        name = POSTED if function is GuiThread._run else name
        # Qt looks how many arguments a slot takes, and cannot see it through this.
        most = None if function.__code__.co_flags & inspect.CO_VARARGS else function.__code__.co_argcount

        @wraps(function)
        def call(*args, **kwargs):
            if get_ident() != self._thread or self._goes_on(kind, name):
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
            if get_ident() != self._thread or self._goes_on(kind, name):
                return generator.send(sent)
            self._enter(kind, name)
            try:
                return generator.send(sent)
            finally:
                self._leave()

        return generate if inspect.isgeneratorfunction(function) else call

    def _goes_on(self, kind, name):
        """Whether code of a kind runs already, and there is no need to know by which name it goes on."""
        return bool(self._stack) and self._stack[-1].kind is kind and POSTED not in (name, self._stack[-1].name)

    def _enter(self, kind, name):
        now = self._charge()
        # What was posted is a turn of its own, also where napari lets Qt do what is waiting.
        is_turn = name == POSTED or (kind is Kind.OURS and all(each.kind is not kind for each in self._stack))
        self._stack.append(Entry(kind, name, now[0], (self._spent, self._parts) if is_turn else None))
        if is_turn:
            self._spent, self._parts = {each: [0.0, 0.0] for each in Kind}, defaultdict(float)

    def _leave(self):
        now = self._charge()
        entry = self._stack.pop()
        if entry.interrupted is None:
            if self._stack and self._stack[-1].name == POSTED:
                self._parts[entry.name] += now[0] - entry.since
            return
        name = entry.name
        if name == POSTED and self._parts:
            name = f"{POSTED}: {max(self._parts, key=self._parts.get)}"
        (wall, work), (_, drawn) = (self._spent[each] for each in (Kind.OURS, Kind.DRAWING))
        self.turns[name].append(Turn(work * 1e3, max(wall - work, 0) * 1e3, drawn * 1e3))
        self._spent, self._parts = entry.interrupted

    def _charge(self):
        """Charge what was spent since the last change to the code that runs."""
        now = time.perf_counter(), time.thread_time()
        if self._stack:
            spent = self._spent[self._stack[-1].kind]
            spent[0] += now[0] - self._last[0] - self._collected
            spent[1] += now[1] - self._last[1] - self._collected
        self._last, self._collected = now, 0.0
        return now

    def note_collection(self, phase, _):
        """Take note of Python collecting garbage, to be called by it: it does so in whatever code runs."""
        if get_ident() == self._thread:
            now = time.thread_time()
            if phase == "start":
                self._collecting = now
            else:
                self._collected += now - self._collecting

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
