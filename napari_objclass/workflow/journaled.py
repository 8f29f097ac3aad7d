"""The part of a session that keeps it: every change in the journal, undo and redo, saving and opening.

A change is an event. It is written to the journal, then applied to the state, then announced; opening a project
applies what its journal holds by the same code.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from psygnal import Signal

from napari_objclass.errors import FileError, ObjClassError, ProjectError
from napari_objclass.io.formats import ILASTIK_SUFFIX
from napari_objclass.memory import parse
from napari_objclass.workflow import events, input_data
from napari_objclass.workflow.chain import Chain, Memory
from napari_objclass.workflow.history import History
from napari_objclass.workflow.object_classification import TrainedForest
from napari_objclass.workflow.project import ProjectStore
from napari_objclass.workflow.state import State

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from napari_objclass.workflow.applet import Json
    from napari_objclass.workflow.chain import Arrival
    from napari_objclass.workflow.events import Event
    from napari_objclass.workflow.journal import Recovery
    from napari_objclass.workflow.project import Opened

    Saved = tuple[Json, dict[str, NDArray[Any]]]


class Journaled:
    """State, journal and history of a session, and the chain of applets that follows from the state.

    Any thread may call any method. Changes are made one after another; outputs are those of the state at the moment
    of the call, whatever is changed while they are computed.

    Attributes
    ----------
    changed
        Signal, emitted after every change on the thread that made it, with the set of (applet id, lane) whose output
        is another one; lane is None for what belongs to no single lane.
    """

    changed = Signal(set)

    def __init__(self, *, recover: bool = True, memory: str | int | None = None) -> None:
        self._begin(ProjectStore.new(recover=recover), None, memory=memory)

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, read_only: bool = False, memory: str | int | None = None) -> Self:
        """Open a project, with all that was done after it was last saved.

        Parameters
        ----------
        path
            The project file.
        read_only
            Leave the file and its journal as they are; changes live in this session only.
        memory
            As for a new session.
        """
        if Path(path).suffix.lower() == ILASTIK_SUFFIX:
            raise ProjectError(
                f"{path} is a project of ilastik; make one of it: objclass import {path} -o NAME.objclass"
            )
        return cls._over(*ProjectStore.open(Path(path), read_only=read_only), detached=read_only, memory=memory)

    @classmethod
    def starting_from(cls, state: State, forest: TrainedForest | None, notes: Sequence[str], *, recover: bool) -> Self:
        """Begin an unsaved session with what was made elsewhere, which is not a matter of undo."""
        session = cls(recover=recover)
        session._write(events.making(state))
        session._chain = Chain(state, session._remembering(forest), {})
        for note in notes:
            session._chain.memory.note(note)
        return session

    @classmethod
    def recover(cls, recovery_id: str) -> Self:
        """Go on with work that was never saved; :meth:`recoverable` lists it."""
        return cls._over(*ProjectStore.recover(recovery_id))

    @staticmethod
    def recoverable() -> list[Recovery]:
        """Work that was never saved, of processes that are gone, newest first."""
        return ProjectStore.recoverable()

    @staticmethod
    def discard(recovery_id: str) -> None:
        """Drop work that was never saved, for good."""
        ProjectStore.discard(recovery_id)

    @classmethod
    def _over(
        cls, store: ProjectStore, opened: Opened, *, detached: bool = False, memory: str | int | None = None
    ) -> Self:
        session = cls.__new__(cls)
        try:
            session._begin(store, opened, detached=detached, memory=memory)
        except ObjClassError:
            store.close()
            raise
        return session

    def _begin(
        self,
        store: ProjectStore,
        opened: Opened | None,
        *,
        detached: bool = False,
        memory: str | int | None = None,
    ) -> None:
        self._budget = None if memory is None else parse(memory)
        self._store = store
        self._detached = detached
        self._changing = threading.RLock()
        self._together: list[Event] | None = None
        self._saved: Saved = (opened.document or {}, opened.arrays) if opened else ({}, {})
        self._restore(opened.events if opened else [], {})

    def _restore(self, entries: Sequence[Json], given: Mapping[str, input_data.Given]) -> None:
        """Take the state of the last save, and make the changes of the journal on top of it."""
        self._history = History()
        state = State.from_document(*self._saved, self._folder)
        for entry in entries:
            state, _ = events.from_json(entry, self._folder).apply(state)
        self._chain = Chain(state, self._remembering(TrainedForest.from_document(*self._saved)), given)

    def _remembering(self, forest: TrainedForest | None) -> Memory:
        """What chains share, with nothing computed yet."""
        return Memory(forest, self._budget, self._store.path)

    @property
    def _state(self) -> State:
        """The state as it is now."""
        return self._chain.state

    def undo(self) -> bool:
        """Take back the latest change to annotations, objects, classes or settings; False if there is none."""
        with self._changing:
            return self._history.undo(self._commit)

    def redo(self) -> bool:
        """Make the change again that was undone last; False if there is none."""
        with self._changing:
            return self._history.redo(self._commit)

    def _do(self, event: Event) -> None:
        with self._changing:
            self._history.record(self._commit(event))

    def _commit(self, *changes: Event, arrival: Arrival | None = None) -> Event:
        """Write changes to the journal, make them, announce them; return the inverse of the last."""
        with self._changing:
            before, inverses = self._chain, []
            if self._together is None:
                self._write(changes)
            else:
                self._together += changes
            state = before.state
            for event in changes:
                state, inverse = event.apply(state)
                inverses.append(inverse)
            self._chain = before.after(state, arrival)
        self._announce(before)
        return inverses[-1]

    def _write(self, changes: Sequence[Event]) -> None:
        if changes and not self._detached:
            self._store.append(*(events.to_json(event, self._folder) for event in changes))

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """Make the changes of a ``with`` block together: if it fails, none of them is made or written anywhere.

        They are durable when the block ends; only then can the session be saved.
        """
        with self._changing:
            before, history, self._together = self._chain, self._history.copy(), []
            try:
                yield
                self._write(self._together)
            except BaseException:
                undone, self._chain, self._history = self._chain, before, history
                self._announce(undone)
                raise
            finally:
                self._together = None

    def _announce(self, before: Chain) -> None:
        chain = self._chain
        positions = {lane.uuid: index for index, lane in enumerate(chain.state.lanes)}
        stale = {(applet, None if lane is None else positions[lane]) for applet, lane in chain.stale_after(before)}
        if stale:
            self.changed.emit(stale)

    @property
    def notes(self) -> list[str]:
        """Sentences that the user should read once."""
        return [*self._store.notes, *self._chain.memory.notes, *self._state.waiting_notes()]

    @property
    def path(self) -> Path | None:
        """The project file; None before the first save."""
        return self._store.path

    @property
    def saved_at(self) -> datetime | None:
        """When the project was last saved, in local time; None before the first save."""
        text = self._saved[0].get("saved_at")
        return None if text is None else datetime.fromisoformat(text).astimezone()

    @property
    def unsaved(self) -> bool:
        """Whether there are changes that were not saved; they are in the journal."""
        return self._store.unsaved

    @property
    def _folder(self) -> Path | None:
        return self._store.path.parent if self._store.path else None

    @property
    def read_only(self) -> bool:
        """Whether the project file cannot be changed from here."""
        return self._detached or self._store.read_only

    def save(self, path: str | os.PathLike[str] | None = None, *, store_raw: bool = False) -> None:
        """Write the project, and go on with the file it is written to.

        Pixels that no file holds are written once into a folder beside it.

        Parameters
        ----------
        path
            The project file; by default that of the last save.
        store_raw
            Also raw images of more than 1 GB that no file holds; without, a note says which were left out.
        """
        target = self._store.path if path is None else Path(path).expanduser().resolve()
        if target is None:
            raise ObjClassError("the session was never saved; name a file, e.g. save('mitosis.objclass')")
        if not target.parent.is_dir():
            raise FileError(f"{target} cannot be saved: there is no folder {target.parent}; create it first")
        with self._changing:
            if self._together is not None:
                raise ObjClassError("a session cannot be saved amid changes made all or nothing; save after them")
            seq = self._store.seq
            document, arrays = self._to_document(target, store_raw=store_raw)
        self._store.save(target, document, arrays, seq=seq)
        self._chain.memory.project = target
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._saved, self._detached = (document | {"saved_at": now}, arrays), False

    def _to_document(self, target: Path, *, store_raw: bool) -> Saved:
        """Document and arrays of a project file, after all pixels have a file."""
        chain, moved = self._chain, target != self._store.path
        lanes, given = [], dict(chain.given)
        for lane in chain.state.lanes:
            record, left = input_data.with_files(
                lane, given.pop(lane.uuid, {}), target, moved=moved, store_raw=store_raw
            )
            lanes.append(record)
            chain.memory.settle(input_data.left_out(lane))
            if left:
                given[lane.uuid] = left
                chain.memory.note(input_data.left_out(lane))
        self._chain = chain = replace(chain, state=replace(chain.state, lanes=tuple(lanes)), given=given)
        document, arrays = chain.state.to_document(target.parent)
        forest = chain.forest
        if forest is not None:
            about, learnt = forest.to_document()
            document, arrays = document | about, arrays | learnt
        return document, arrays

    def revert(self) -> None:
        """Drop everything that was done after the last save."""
        with self._changing:
            keys = self._chain.keys
            self._store.revert()
            self._restore([], self._chain.given)
        self.changed.emit({(applet, None) for applet, _ in keys})

    def close(self) -> None:
        """End the session; what was not saved stays in the journal and is there when the project is opened again."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
