"""Where a session's journal is kept: beside its project, or in the recovery folder of the user.

The recovery folder takes the journals of sessions without a project file, and of projects whose folder is read-only
or whose file system has no locks.
"""

from __future__ import annotations

import json
import os
import socket
import uuid
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from napari_objclass import kernels
from napari_objclass.errors import FileError, ProjectLockedError
from napari_objclass.workflow import marks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Entry = tuple[str, int, str]
"""Generation, number and JSON text of a change."""

SUFFIX = ".journal"
BACKUP_SUFFIX = ".journal.bak"
STATE_VARIABLE = "OBJCLASS_STATE_DIR"
LOCKING_VARIABLE = "OBJCLASS_FILE_LOCKING"
_FILE = "journal"


@dataclass(frozen=True)
class KeptJournal:
    """A journal that this process owns."""

    journal: kernels.Journal
    path: Path

    @classmethod
    def beside(cls, project: Path) -> KeptJournal:
        """Journal beside a project file.

        Raises
        ------
        ProjectLockedError
            If another process owns it.
        FileError
            If the folder is read-only, or there are no locks.
        """
        path = beside(project)
        if not _locking():
            raise FileError(f"file locks are switched off by {LOCKING_VARIABLE}=0")
        return cls(kernels.Journal(path, socket.gethostname(), project, locked=True), path)

    @classmethod
    def in_recovery_folder(cls, project: Path | None) -> KeptJournal:
        """Journal of its own in the recovery folder.

        Raises
        ------
        FileError
            If not even that can be written.
        """
        path = _new_folder() / _FILE
        try:
            return cls(kernels.Journal(path, socket.gethostname(), project, locked=_locking()), path)
        except FileError:
            # The folder is this process's alone, so a file system without locks is no danger here.
            return cls(kernels.Journal(path, socket.gethostname(), project, locked=False), path)

    @property
    def in_recovery(self) -> bool:
        """Whether it is in the recovery folder."""
        return self.path.name == _FILE

    @contextmanager
    def unchanged_on_failure(self) -> Iterator[None]:
        """Give it up again as it was, if what is done with it fails."""
        was_empty = not kernels.read_journal(self.path).entries
        try:
            yield
        except BaseException:
            if was_empty:
                with suppress(FileError):  # empty it is all the same, and removed when it is closed
                    self.journal.clear("", None, 0)
            self.close()
            raise

    def close(self) -> None:
        """Give it up; nothing remains of one without changes."""
        self.journal.close()
        if self.in_recovery and not self.path.exists():
            with suppress(OSError):
                self.path.parent.rmdir()


@dataclass(frozen=True)
class Recovery:
    """Work that was never saved, and whose process is gone."""

    id: str
    path: Path | None
    """The project that it belongs to; None if it never had one."""
    n_changes: int
    n_labels: int
    """Objects that were labelled, and not cleared again."""
    time: datetime


def beside(project: Path) -> Path:
    """Name of the journal beside a project file."""
    return project.with_name(project.name + SUFFIX)


def backup(project: Path) -> Path:
    """Name of the journal of the save before."""
    return project.with_name(project.name + BACKUP_SUFFIX)


def recoverable() -> list[Recovery]:
    """List the recovery folder, newest first."""
    found = []
    for path in recovery_folder().glob(f"*/{_FILE}"):
        content = kernels.read_journal(path)
        if content.entries and not is_owned(path):
            time = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            labels = _n_labels(event for _, _, event in content.entries)
            found.append(Recovery(path.parent.name, content.project, len(content.entries), labels, time))
    return sorted(found, key=lambda recovery: recovery.time, reverse=True)


def _n_labels(events: Iterable[str]) -> int:
    made: set[str] = set()
    for event in map(json.loads, events):
        if event.get("event") == marks.CHANGE:
            made -= {uuid for _, uuid in event["remove"]}
            made |= {mark["uuid"] for mark in event["add"]}
    return len(made)


def recovery_path(recovery_id: str) -> Path:
    """Name of a journal in the recovery folder."""
    return recovery_folder() / recovery_id / _FILE


def recoverable_of(project: Path) -> list[Path]:
    """Journals in the recovery folder that belong to a project, newest first."""
    return [recovery_path(recovery.id) for recovery in recoverable() if recovery.path == project]


def set_aside(project: Path, entries: list[Entry]) -> None:
    """Keep entries of another state of a project in the recovery folder."""
    kept = KeptJournal.in_recovery_folder(project)
    last = None
    for generation, seq, event in entries:
        if last != (generation, seq - 1):
            kept.journal.start(generation, None, seq - 1)
        kept.journal.append([event])
        last = (generation, seq)
    kept.close()


def remove(path: Path) -> None:
    """Remove a journal from the recovery folder, once its changes are kept elsewhere."""
    path.unlink()
    with suppress(OSError):
        path.parent.rmdir()


def is_owned(path: Path) -> bool:
    """Whether the process that writes a journal of the recovery folder is alive, as far as can be known."""
    content = kernels.read_journal(path)
    if content.locked:
        try:
            kernels.Journal(path, socket.gethostname(), content.project, locked=True).close()
        except ProjectLockedError:
            return True
        return False
    return content.host == socket.gethostname() and content.pid is not None and _runs(content.pid)


def sync(path: Path) -> None:
    """Wait until a file is durable."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def recovery_folder() -> Path:
    """Folder of the journals that cannot be beside a project."""
    override = os.environ.get(STATE_VARIABLE)
    state = Path(override) if override else Path(platformdirs.user_state_dir("objclass", appauthor=False))
    return state / "recovery"


def _new_folder() -> Path:
    folder = recovery_folder() / f"{datetime.now():%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise FileError(
            f"cannot keep a journal in {folder.parent} ({error.strerror}); "
            f"set {STATE_VARIABLE} to a folder that can be written"
        ) from error
    return folder


def _locking() -> bool:
    return os.environ.get(LOCKING_VARIABLE, "1") != "0"


def _runs(pid: int) -> bool:
    if os.name != "posix":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
