"""The project of a session on disk: durable changes, saving, opening, recovery.

A change is durable when :meth:`ProjectStore.append` returns; :meth:`ProjectStore.save` folds all changes into the
project file. :mod:`napari_objclass.workflow.journal` tells where the changes are kept until then.
"""

from __future__ import annotations

import json
import shutil
import threading
import uuid
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_objclass import kernels
from napari_objclass.errors import FileError, ProjectError, ProjectLockedError
from napari_objclass.workflow import journal
from napari_objclass.workflow.journal import KeptJournal, Recovery, recovery_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from os import PathLike

    from numpy.typing import NDArray

    Json = dict[str, Any]
    Arrays = Mapping[str, NDArray[Any]]

__all__ = ["Opened", "ProjectStore", "Recovery", "recovery_folder"]

BACKUP_SUFFIX = ".bak"


@dataclass(frozen=True)
class Opened:
    """What was found on disk."""

    document: Json | None
    """The last save; None if only changes are left."""
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    events: list[Json] = field(default_factory=list)
    """Changes to make on top of it, in order."""
    notes: list[str] = field(default_factory=list)
    """What the user should know, one sentence each."""


class ProjectStore:
    """Keeps the changes of one session, and its project file once it has one.

    Changes may be appended from one thread while another saves.
    """

    def __init__(self, *, keeps_journal: bool, path: Path | None = None, read_only: bool = False) -> None:
        """Use :meth:`new`, :meth:`open` or :meth:`recover`."""
        self.path = path
        self.read_only = read_only
        self.notes: list[str] = []
        self._keeps_journal = keeps_journal
        self._closed = False
        self._kept: KeptJournal | None = None
        self._generation = uuid.uuid4().hex
        self._previous: str | None = None
        self._saved: tuple[str, str | None] = self._generation, None
        """The save that is on disk, and the one before it; an older one than the journal follows if that is lost."""
        self._saved_seq = 0
        self._seq = 0
        self._foreign: list[journal.Entry] = []
        self._saving = threading.Lock()
        self._appending = threading.RLock()

    @classmethod
    def new(cls, *, recover: bool = True) -> ProjectStore:
        """Store of a session without a path; with ``recover``, its changes survive a crash."""
        return cls(keeps_journal=recover)

    @classmethod
    def open(
        cls, path: str | PathLike[str], *, read_only: bool = False, exclusive: bool = False
    ) -> tuple[ProjectStore, Opened]:
        """Open a project, or what is left of it.

        If another process has it open, it is opened read-only with a note, or refused if ``exclusive``.

        Raises
        ------
        ProjectError
            If there is nothing to open, or a newer version wrote it.
        ProjectLockedError
            If another process has it open and ``exclusive`` is asked for.
        """
        path = _resolved(path)
        store = cls(keeps_journal=True, path=path, read_only=read_only)
        if not read_only and _exists(path):
            store._own(exclusive=exclusive)
        try:
            found = kernels.open_project(path, journal.recoverable_of(path))
            opened = store._start(found)
            if found.adopted is not None and not store.read_only:
                store._adopt(found.adopted, opened.events[len(opened.events) - found.n_adopted :])
        except BaseException:
            store.close()
            raise
        return store, opened

    @staticmethod
    def recoverable() -> list[Recovery]:
        """Unsaved work of processes that are gone, newest first."""
        return journal.recoverable()

    @classmethod
    def recover(cls, recovery_id: str) -> tuple[ProjectStore, Opened]:
        """Open unsaved work, on top of its project if that is still there.

        Raises
        ------
        ProjectError
            If there is no such work.
        ProjectLockedError
            If its process, or another that has the project open, is alive.
        """
        path = _recoverable(recovery_id)
        content = kernels.read_journal(path)
        if content.project is not None and _exists(content.project):
            store, opened = cls.open(content.project, exclusive=True)
            if not path.exists():  # it followed the save at hand, so opening adopted it
                return store, opened
        else:
            store, opened = cls.new(), Opened(None)
        events = [json.loads(event) for _, _, event in content.entries]
        store._adopt(path, events)
        return store, Opened(opened.document, opened.arrays, [*opened.events, *events], opened.notes)

    @staticmethod
    def discard(recovery_id: str) -> None:
        """Drop recoverable work for good.

        Raises
        ------
        ProjectError
            If there is no such work, or its process is alive.
        """
        journal.remove(_recoverable(recovery_id))

    @property
    def seq(self) -> int:
        """Number of the last change, counted over the life of the project."""
        return self._seq

    @property
    def unsaved(self) -> bool:
        """Whether there are changes that no save contains."""
        return self._seq > self._saved_seq

    def append(self, *events: Json) -> None:
        """Add changes (any JSON); they are durable when this returns.

        Raises
        ------
        ProjectError
            If the store is read-only or closed, or a change is not valid JSON.
        FileError
            If they cannot be written; none of them is kept then.
        """
        with self._appending:
            self._check_open()
            if self.read_only:
                raise ProjectError(f"{self.path} is open for reading only; save under another name to go on working")
            texts = [json.dumps(event) for event in events]
            if not self._keeps_journal:
                self._seq += len(texts)
                return
            if self._kept is None:
                self._kept = KeptJournal.in_recovery_folder(self.path)
                self._kept.journal.start(self._generation, self._previous, self._seq)
            self._seq = self._kept.journal.append(texts)

    def save(self, path: str | PathLike[str], document: Json, arrays: Arrays, *, seq: int | None = None) -> None:
        """Write the project file; under a new name, the journal moves there.

        Parameters
        ----------
        path
            Another project that is there is kept beside it, as ``….replaced-<time>.…``.
        document
            Everything but the arrays; the store fills in generation, journal_seq, written_by and saved_at.
        arrays
            Arrays by name.
        seq
            Number of the last change that the document contains; default: the last one appended.

        Raises
        ------
        ProjectError
            If it cannot be written; what was there is unchanged then.
        ProjectLockedError
            If another process has the project at ``path`` open.
        """
        path = _resolved(path)
        with self._saving:
            self._check_open()
            seq = self._seq if seq is None else seq
            if path != self.path:
                with self._appending:
                    self._save_elsewhere(path, document, arrays, seq)
            elif self.read_only:
                raise ProjectError(f"{path} is open for reading only; save under another name")
            else:
                self._save_here(path, document, arrays, seq)

    def revert(self) -> None:
        """Drop all unsaved changes; nothing else does."""
        with self._saving, self._appending:
            self._generation, self._previous = self._saved
            if self._kept is not None:
                self._set_foreign_aside()
                self._kept.journal.clear(self._generation, self._previous, self._saved_seq)
                if self._kept.in_recovery:
                    self._release()
            self._seq = self._saved_seq

    def close(self) -> None:
        """Let others open the project; unsaved changes are kept and come back on opening."""
        with self._saving, self._appending:
            self._release()
            self._closed = True

    def _own(self, *, exclusive: bool) -> None:
        """Take over the journal beside the project, if that can be."""
        assert self.path is not None  # only `open` calls this
        try:
            self._kept = KeptJournal.beside(self.path)
        except ProjectLockedError as error:
            if exclusive:
                raise
            self.read_only = True
            self.notes.append(str(error))
        except FileError as error:
            self.notes.append(_recovery_note(self.path, error))
        else:
            with suppress(FileError):  # they only take space
                kernels.remove_project_leftovers(self.path)

    def _start(self, found: kernels.OpenedProject) -> Opened:
        """Go on from what was found."""
        document = None if found.document is None else json.loads(found.document)
        if found.tip is not None:
            self._generation, self._previous = found.tip
        if document is not None:
            self._saved = document["generation"], document["previous"]
        self._foreign = found.foreign
        self.notes += found.notes
        self._saved_seq, self._seq = found.saved_seq, found.seq
        events = [json.loads(event) for event in found.events]
        if self._kept is not None:
            self._kept.journal.start(self._generation, self._previous, self._seq)
        return Opened(document, found.arrays, events, self.notes)

    def _adopt(self, recovered: Path, events: list[Json]) -> None:
        if events:
            self.append(*events)
        journal.remove(recovered)

    def _save_here(self, path: Path, document: Json, arrays: Arrays, seq: int) -> None:
        if kernels.project_generation(path) not in (None, self._saved[0]):
            raise ProjectError(
                f"{path} was saved by another process after it was opened here; save under another name to keep both"
            )
        generation = uuid.uuid4().hex
        if self._kept is not None and self._kept.in_recovery:
            self._kept.journal.announce(generation)
        self._write(path, generation, document, arrays, seq)
        with self._appending:
            self._follow(path, generation, seq)

    def _save_elsewhere(self, path: Path, document: Json, arrays: Arrays, seq: int) -> None:
        """Move the journal, then save: a crash in between leaves all changes beside the new name."""
        target, notes = _claim(path)
        unsaved = self._unsaved()
        generation = uuid.uuid4().hex
        with target.unchanged_on_failure(), _set_aside(path):
            target.journal.start(self._generation, self._previous, self._seq - len(unsaved))
            target.journal.append(unsaved)
            target.journal.announce(generation)
            self._write(path, generation, document, arrays, seq)
        self._set_foreign_aside()
        self.notes += notes
        old, self._kept = self._kept, target
        self.path, self.read_only, self._keeps_journal = path, False, True
        self._follow(path, generation, seq)
        if old is not None:
            old.journal.clear(generation, None, seq)
            old.close()

    def _write(self, path: Path, generation: str, document: Json, arrays: Arrays, seq: int) -> None:
        signed = {
            **document,
            "generation": generation,
            "previous": self._generation,
            "journal_seq": seq,
            "saved_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        kernels.save_project(path, json.dumps(signed), arrays)

    def _follow(self, path: Path, generation: str, seq: int) -> None:
        """Go on from a save."""
        self._previous, self._generation, self._saved_seq = self._generation, generation, seq
        self._saved = self._generation, self._previous
        if self._kept is None:
            return
        try:
            self._set_foreign_aside()
            self._kept.journal.rotate(journal.backup(path), seq, self._generation, self._previous)
        except FileError as error:
            # The save is complete and replay skips what it contains: only the next save has more to rotate.
            self.notes.append(f"the journal of {path} was not shortened after saving: {error}")
        if self._kept.in_recovery and self._seq == seq:
            self._release()

    def _unsaved(self) -> list[str]:
        """List the changes of the journal that no save contains."""
        entries = [] if self._kept is None else kernels.read_journal(self._kept.path).entries
        foreign = set(self._foreign)
        return [entry[2] for entry in entries if entry[1] > self._saved_seq and entry not in foreign]

    def _set_foreign_aside(self) -> None:
        """Keep what the journal holds of another state of the project, before it is cleared."""
        if self._foreign and self.path is not None:
            journal.set_aside(self.path, self._foreign)
        self._foreign = []

    def _check_open(self) -> None:
        if self._closed:
            raise ProjectError("the session is closed; open it again to go on working")

    def _release(self) -> None:
        if self._kept is not None:
            self._kept.close()
            self._kept = None


def _recoverable(recovery_id: str) -> Path:
    path = journal.recovery_path(recovery_id)
    content = kernels.read_journal(path)
    if not content.entries:
        raise ProjectError(f"there is no recoverable work named {recovery_id!r}; list what there is first")
    if journal.is_owned(path):
        raise ProjectLockedError(f"the work {recovery_id!r} is open in process {content.pid}; save it there")
    return path


def _claim(path: Path) -> tuple[KeptJournal, list[str]]:
    """Journal for a project that is about to be saved at ``path``, and notes about it."""
    try:
        return KeptJournal.beside(path), []
    except FileError as error:
        return KeptJournal.in_recovery_folder(path), [_recovery_note(path, error)]


def _recovery_note(path: Path, reason: FileError) -> str:
    return f"changes to {path} are kept in the user's recovery folder until they are saved: {reason}"


@contextmanager
def _set_aside(path: Path) -> Iterator[None]:
    """Copy another project that a save is about to replace, unless the save fails."""
    backup = path.with_name(path.name + BACKUP_SUFFIX)
    occupied = path.exists() and path.stat().st_size > 0
    if occupied and not backup.exists() and kernels.project_generation(path) is None:
        raise ProjectError(f"{path} is there already and is not a project; choose another name")
    aside = path.with_name(f"{path.stem}.replaced-{datetime.now():%Y%m%dT%H%M%S%f}{path.suffix}")
    copies = {path if occupied else backup: aside, journal.beside(path): journal.beside(aside)}
    try:
        if occupied or backup.exists():
            for source, copy in copies.items():
                if source.exists():
                    shutil.copy2(source, copy)
                    journal.sync(copy)
        yield
    except BaseException:
        for copy in copies.values():
            copy.unlink(missing_ok=True)
        raise


def _exists(path: Path) -> bool:
    """Whether anything is left of a project."""
    return any(place.exists() for place in (path, path.with_name(path.name + BACKUP_SUFFIX), journal.beside(path)))


def _resolved(path: str | PathLike[str]) -> Path:
    return Path(path).expanduser().resolve()
