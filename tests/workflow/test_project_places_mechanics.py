"""Project store: full disks, read-only folders, folders without locks, two processes."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from workflow import project_samples
from workflow.full_disk import file_size_limit
from workflow.project_samples import click, clicks_of, names, reopened, save, saved

from napari_objclass.errors import FileError, ProjectError, ProjectLockedError
from napari_objclass.workflow import journal
from napari_objclass.workflow.project import ProjectStore

posix_only = pytest.mark.skipif(
    os.name != "posix", reason="Windows has neither the rights of files nor the signals of POSIX"
)


# --- places that cannot be written


@posix_only
def test_a_full_disk_leaves_the_old_project_and_the_session_goes_on(path):
    store = saved(path, [1])
    before = {name: (path.parent / name).read_bytes() for name in names(path.parent)}
    noise = {"samples/noise": np.random.default_rng(0).random(100_000)}
    arrays = {**project_samples.arrays([1]), **noise}
    for size in (0, 1000, 100_000, 300_000):
        with file_size_limit(size), pytest.raises(ProjectError, match="free some space") as error:
            store.save(path, project_samples.document([1]), arrays)
        assert "\n" not in str(error.value)
        assert {name: (path.parent / name).read_bytes() for name in names(path.parent)} == before
    store.append(click(2))
    store.save(path, project_samples.document([1, 2]), {**project_samples.arrays([1, 2]), **noise})
    store.close()
    assert clicks_of(reopened(path)) == [1, 2]


@posix_only
def test_a_click_that_cannot_be_written_is_not_acknowledged_and_the_next_one_is_kept(path):
    store = saved(path, [1])
    size = journal.beside(path).stat().st_size
    with file_size_limit(size + 20), pytest.raises(FileError, match="journal"):
        store.append(click(2))
    assert journal.beside(path).stat().st_size == size
    store.append(click(3))
    store.close()
    assert clicks_of(reopened(path)) == [1, 3]


@posix_only
@pytest.mark.parametrize("size", [0, 1000])
def test_a_first_save_on_a_full_disk_leaves_nothing_and_stays_recoverable(path, size):
    store = ProjectStore.new()
    store.append(click(1))
    with file_size_limit(size), pytest.raises((ProjectError, FileError)):
        save(store, path, [1])
    assert names(path.parent) == []
    assert store.path is None
    store.append(click(2))
    store.close()
    [recovery] = ProjectStore.recoverable()
    _, opened = ProjectStore.recover(recovery.id)
    assert clicks_of(opened) == [1, 2]


def test_a_write_protected_project_is_not_replaced(path):
    store = saved(path, [1])
    path.chmod(0o444)
    store.append(click(2))
    with pytest.raises(ProjectError, match="write-protected"):
        save(store, path, [1, 2])
    store.close()
    assert clicks_of(reopened(path)) == [1, 2]


_UNPRIVILEGED = """
import os, sys
sys.path[:0] = {paths!r}
import numpy.random, napari_objclass.workflow.project  # before the rights are gone
from workflow import test_project_places_mechanics
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
os.environ["OBJCLASS_STATE_DIR"] = {state!r}
test_project_places_mechanics.click_in_read_only_folder({path!r})
"""


@posix_only
def test_clicks_in_a_read_only_folder_are_found_again(monkeypatch):
    # Permission bits do not stop root, so the clicks happen in a process without its rights.
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        path = folder / "work" / "a.objclass"
        path.parent.mkdir()
        saved(path, [1]).close()
        state = folder / "state"
        state.mkdir(mode=0o777)
        state.chmod(0o777)
        folder.chmod(0o755)
        path.parent.chmod(0o555)
        paths = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]
        program = _UNPRIVILEGED.format(paths=paths, state=str(state), path=str(path))
        try:
            done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        finally:
            path.parent.chmod(0o755)
        assert done.returncode == 0, done.stderr

        monkeypatch.setenv("OBJCLASS_STATE_DIR", str(state))
        store, opened = ProjectStore.open(path)  # now it can be written
        assert clicks_of(opened) == [1, 2, 3]
        assert ProjectStore.recoverable() == []
        store.close()
        assert clicks_of(reopened(path)) == [1, 2, 3]


def click_in_read_only_folder(path):
    for number, before in ((2, [1]), (3, [1, 2])):
        store, opened = ProjectStore.open(path)
        assert clicks_of(opened) == before
        assert not store.read_only
        assert any("recovery folder" in note for note in opened.notes), opened.notes
        store.append(click(number))
        with pytest.raises(ProjectError, match="another folder"):
            save(store, path, [*before, number])
        store.close()
    assert len(ProjectStore.recoverable()) == 1


def test_without_locks_the_journal_is_in_the_recovery_folder_and_two_savers_notice(path, monkeypatch):
    saved(path, [1]).close()
    monkeypatch.setenv("OBJCLASS_FILE_LOCKING", "0")
    first, _ = ProjectStore.open(path)
    second, _ = ProjectStore.open(path)
    first.append(click(2))
    second.append(click(3))
    assert not journal.beside(path).exists()
    save(first, path, [1, 2])
    with pytest.raises(ProjectError, match="saved by another process"):
        save(second, path, [1, 3])
    save(second, path.with_name("b.objclass"), [1, 3])
    first.close()
    second.close()
    assert clicks_of(reopened(path)) == [1, 2]
    assert clicks_of(reopened(path.with_name("b.objclass"))) == [1, 3]
    assert ProjectStore.recoverable() == []


def test_without_locks_a_click_after_a_save_is_found_again(path, monkeypatch):
    saved(path, [1]).close()
    monkeypatch.setenv("OBJCLASS_FILE_LOCKING", "0")
    store, _ = ProjectStore.open(path)
    store.append(click(2))
    save(store, path, [1, 2])
    store.append(click(3))
    monkeypatch.setattr(journal, "_runs", lambda pid: False)  # its process is gone
    assert clicks_of(reopened(path)) == [1, 2, 3]


# --- two processes


def test_a_second_process_reads_and_is_told_who_writes(path):
    program = f"""
import os, sys
sys.path[:0] = {[str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]!r}
from workflow.project_samples import click
from napari_objclass.workflow.project import ProjectStore
store, _ = ProjectStore.open({str(path)!r})
store.append(click(2))
print("open", flush=True)
sys.stdin.read()
"""
    saved(path, [1]).close()
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "open\n"
        store, opened = ProjectStore.open(path)
        assert store.read_only
        assert clicks_of(opened) == [1, 2]
        [note] = opened.notes
        assert f"process {other.pid}" in note
        assert os.uname().nodename in note
        with pytest.raises(ProjectError, match="reading only"):
            store.append(click(3))
        with pytest.raises(ProjectError, match="reading only"):
            save(store, path, [1, 2, 3])
        with pytest.raises(ProjectLockedError, match=f"process {other.pid}"):
            ProjectStore.open(path, exclusive=True)
        save(store, path.with_name("mine.objclass"), [1, 2, 3])
        assert not store.read_only
        store.append(click(4))
        store.close()
        other.stdin.close()
    assert clicks_of(reopened(path.with_name("mine.objclass"))) == [1, 2, 3, 4]
    opened = reopened(path)
    assert (clicks_of(opened), opened.notes) == ([1, 2], [])


def test_saving_over_a_project_that_is_open_elsewhere_is_refused(path):
    other = saved(path, [1])
    store = ProjectStore.new()
    store.append(click(2))
    with pytest.raises(ProjectLockedError):
        save(store, path, [2])
    other.close()
    store.close()
    assert clicks_of(reopened(path)) == [1]
    assert len(ProjectStore.recoverable()) == 1


def test_a_project_that_was_replaced_under_the_session_is_not_overwritten(path):
    store = saved(path, [1])
    other = path.with_name("b.objclass")
    saved(other, [7]).close()
    shutil.copy(other, path)
    store.append(click(2))
    with pytest.raises(ProjectError, match="save under another name"):
        save(store, path, [1, 2])
    save(store, path.with_name("c.objclass"), [1, 2])
    store.close()
    assert clicks_of(reopened(path)) == [7]
    assert clicks_of(reopened(path.with_name("c.objclass"))) == [1, 2]
