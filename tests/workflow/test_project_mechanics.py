"""Project store: files, refusals, two processes, places that cannot be written, recovery."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np
import pytest
from workflow import project_samples
from workflow.project_samples import click, clicks_of

from napari_objclass.errors import DtypeError, FileError, ProjectError, ProjectLockedError
from napari_objclass.workflow import journal
from napari_objclass.workflow.project import ProjectStore

posix_only = pytest.mark.skipif(os.name != "posix", reason="needs POSIX")


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    folder = tmp_path / "state"
    monkeypatch.setenv("OBJCLASS_STATE_DIR", str(folder))
    return folder


@pytest.fixture
def path(tmp_path):
    (tmp_path / "work").mkdir()
    return tmp_path / "work" / "a.objclass"


def save(store, path, clicks, **keywords):
    store.save(path, project_samples.document(clicks), project_samples.arrays(clicks), **keywords)


def saved(path, clicks):
    """Store of a project that was just saved with these clicks."""
    store = ProjectStore.new()
    store.append(*map(click, clicks))
    save(store, path, clicks)
    return store


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


def reopened(path, **keywords):
    store, opened = ProjectStore.open(path, **keywords)
    store.close()
    return opened


# --- the file


def test_h5py_reads_everything_by_name(path):
    saved(path, [1, 2, 3]).close()
    document = project_samples.document([1, 2, 3])
    with h5py.File(path, "r") as file:
        assert file.attrs["format"] == "napari-objclass project"
        assert file.attrs["version"] == 1
        assert file.attrs["journal_seq"] == 3
        assert file.attrs["written_by"].startswith("napari-objclass ")
        assert json.loads(file["settings/thresholding"].asstr()[()]) == document["settings"]["thresholding"]
        assert [json.loads(lane) for lane in file["lanes"].asstr()[:]] == document["lanes"]
        assert list(file["classes/name"].asstr()[:]) == ["round", "débris"]
        assert list(file["classes/ignore"][:]) == [False, True]
        assert list(file["annotations/uuid"].asstr()[:]) == ["click-1", "click-2", "click-3"]
        assert file["annotations/anchor"][:].tolist() == [[0, 1, 2], [0, 2, 2], [0, 3, 2]]
        assert file["annotations/runs"].shape == (6, 4)
        samples = file["samples/X"]
        assert (samples.chunks, samples.shuffle, samples.compression, samples.compression_opts) == (
            (3, 6),
            True,
            "gzip",
            4,
        )
        assert json.loads(file["samples"].attrs["about"]) == document["samples"]


def test_reading_with_h5py_does_not_damage_and_is_not_hindered(path):
    store = saved(path, [1])
    with h5py.File(path, "r"):
        store.append(click(2))
        save(store, path, [1, 2])
    store.close()
    opened = reopened(path)
    assert (clicks_of(opened), opened.notes) == ([1, 2], [])


def test_a_click_and_a_close_leave_the_files_of_the_contract(path):
    store = saved(path, [1])
    assert names(path.parent) == ["a.objclass", "a.objclass.bak", "a.objclass.journal", "a.objclass.journal.bak"]
    store.close()
    assert names(path.parent) == ["a.objclass", "a.objclass.bak", "a.objclass.journal.bak"]
    store, _ = ProjectStore.open(path)
    store.append(click(2))
    store.close()
    assert names(path.parent) == ["a.objclass", "a.objclass.bak", "a.objclass.journal", "a.objclass.journal.bak"]
    assert clicks_of(reopened(path)) == [1, 2]


def test_stray_temporary_files_of_a_crash_are_removed(path):
    saved(path, [1]).close()
    (path.parent / "a.objclass.0123.tmp").write_text("half a fil")
    reopened(path, read_only=True)
    assert "a.objclass.0123.tmp" in names(path.parent)
    reopened(path)
    assert "a.objclass.0123.tmp" not in names(path.parent)


def test_a_link_to_a_project_stays_a_link(path):
    saved(path, [1]).close()
    link = path.parent.parent / "link.objclass"
    link.symlink_to(path)
    store, _ = ProjectStore.open(link)
    store.append(click(2))
    save(store, link, [1, 2])
    store.close()
    assert link.is_symlink()
    assert clicks_of(reopened(path)) == [1, 2]


# --- refusals


@pytest.mark.parametrize("content", [None, b"", b"text", b"\x89HDF\r\n\x1a\n" + bytes(1000)])
def test_what_is_no_project_is_refused_in_one_sentence_and_left_alone(path, content):
    if content is not None:
        path.write_bytes(content)
    before = names(path.parent)
    with pytest.raises(ProjectError) as error:
        ProjectStore.open(path)
    assert "\n" not in str(error.value)
    assert names(path.parent) == before
    with pytest.raises(ProjectError):
        ProjectStore.open(path.parent / "no" / "such" / "folder" / "a.objclass")


def test_a_file_that_is_no_project_is_never_overwritten(path):
    with h5py.File(path, "w") as file:
        file["raw"] = np.arange(5)
    before = path.read_bytes()
    store = ProjectStore.new()
    store.append(click(1))
    with pytest.raises(ProjectError, match="choose another name"):
        save(store, path, [1])
    assert path.read_bytes() == before
    assert names(path.parent) == ["a.objclass"]
    store.append(click(2))  # the session goes on
    store.close()
    assert [recovery.n_changes for recovery in ProjectStore.recoverable()] == [2]


def test_a_newer_version_is_refused_even_if_its_backup_could_be_read(path, monkeypatch):
    saved(path, [1]).close()
    with h5py.File(path, "r+") as file:
        file.attrs["version"] = np.uint64(2)
        file.attrs["written_by"] = "napari-objclass 9.1"
    _seal(path)
    before = {name: (path.parent / name).read_bytes() for name in names(path.parent)}
    with pytest.raises(ProjectError, match=r"napari-objclass 9\.1"):
        ProjectStore.open(path)
    assert {name: (path.parent / name).read_bytes() for name in names(path.parent)} == before


def _seal(path):
    """Seal a project that the test has changed."""
    import zlib

    content = path.read_bytes()[512:]
    text = f"napari-objclass project, HDF5 from byte 512 on\ncrc32 {zlib.crc32(content):08x} of {len(content)} bytes\n"
    path.write_bytes(text.encode().ljust(512, b"\0") + content)


def test_unusable_arrays_and_documents_are_refused_and_nothing_changes(path):
    store = saved(path, [1])
    before = path.read_bytes()
    good = project_samples.arrays([1])
    with pytest.raises(DtypeError, match="float16"):
        store.save(path, project_samples.document([1]), {**good, "samples/X": np.zeros(3, np.float16)})
    with pytest.raises(DtypeError, match="samples/names"):
        store.save(path, project_samples.document([1]), {**good, "samples/names": np.array(["a"])})
    with pytest.raises(ProjectError, match="schema"):
        store.save(path, {**project_samples.document([1]), "settings": {"a": float("nan")}}, good)
    with pytest.raises(ProjectError, match="schema"):
        store.save(path, {"lanes": []}, good)
    with pytest.raises(ProjectError, match="not valid JSON"):
        store.append({"value": float("nan")})
    assert path.read_bytes() == before
    store.append(click(2))
    store.close()
    assert clicks_of(reopened(path)) == [1, 2]


def test_a_closed_store_refuses(path):
    store = saved(path, [1])
    store.close()
    store.close()
    with pytest.raises(ProjectError, match="closed"):
        store.append(click(2))
    with pytest.raises(ProjectError, match="closed"):
        save(store, path, [1])


# --- places that cannot be written


@contextmanager
def _file_size_limit(size):
    """Pretend a full disk: writing beyond ``size`` bytes fails."""
    import resource

    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
        signal.signal(signal.SIGXFSZ, handler)


@posix_only
def test_a_full_disk_leaves_the_old_project_and_the_session_goes_on(path):
    store = saved(path, [1])
    before = {name: (path.parent / name).read_bytes() for name in names(path.parent)}
    noise = {"samples/noise": np.random.default_rng(0).random(100_000)}
    arrays = {**project_samples.arrays([1]), **noise}
    for size in (0, 1000, 100_000, 300_000):
        with _file_size_limit(size), pytest.raises(ProjectError, match="free some space") as error:
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
    with _file_size_limit(size + 20), pytest.raises(FileError, match="journal"):
        store.append(click(2))
    assert journal.beside(path).stat().st_size == size
    store.append(click(3))
    store.close()
    assert clicks_of(reopened(path)) == [1, 3]


@posix_only
def test_a_first_save_on_a_full_disk_leaves_nothing_and_stays_recoverable(path):
    store = ProjectStore.new()
    store.append(click(1))
    with _file_size_limit(1000), pytest.raises(ProjectError):
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
from workflow import test_project_mechanics
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
os.environ["OBJCLASS_STATE_DIR"] = {state!r}
test_project_mechanics.click_in_read_only_folder({path!r})
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


# --- saving elsewhere


def test_save_as_moves_the_journal(path):
    store = saved(path, [1])
    store.append(click(2))
    other = path.with_name("b.objclass")
    save(store, other, [1, 2])
    assert store.path == other
    store.append(click(3))
    store.close()
    assert clicks_of(reopened(path)) == [1], "the old project is as it was last saved"
    assert clicks_of(reopened(other)) == [1, 2, 3]


def test_another_project_under_that_name_is_kept_with_its_unsaved_clicks(path):
    old = saved(path, [1])
    old.append(click(2))
    old.close()
    store = ProjectStore.new()
    store.append(click(7))
    save(store, path, [7])
    store.append(click(8))
    store.close()
    opened = reopened(path)
    assert (clicks_of(opened), opened.notes) == ([7, 8], [])
    [aside] = path.parent.glob("a.replaced-*.objclass")
    assert clicks_of(reopened(aside)) == [1, 2]
    path.write_bytes(b"damaged")
    assert clicks_of(reopened(path)) == [7, 8]


def test_clicks_during_a_slow_save_are_kept(path):
    store = saved(path, [])
    arrays = {**project_samples.arrays([]), "samples/noise": np.random.default_rng(0).random(2_000_000)}
    seq = store.seq
    saving = threading.Thread(target=store.save, args=(path, project_samples.document([]), arrays), kwargs={"seq": seq})
    saving.start()
    n = 0
    while saving.is_alive():
        n += 1
        store.append(click(n))
    saving.join()
    store.append(click(n + 1))
    assert n > 3, "clicks waited for the save"
    store.close()
    assert clicks_of(reopened(path)) == list(range(1, n + 2))
    path.unlink()
    assert clicks_of(reopened(path)) == list(range(1, n + 2))


# --- recovery


def test_a_session_without_a_path_has_a_journal_from_its_first_change(state):
    store = ProjectStore.new()
    assert not state.exists()
    store.append(click(1), click(2))
    assert ProjectStore.recoverable() == [], "its process is alive"
    store.close()
    [recovery] = ProjectStore.recoverable()
    assert (recovery.path, recovery.n_changes) == (None, 2)
    store, opened = ProjectStore.recover(recovery.id)
    assert (opened.document, clicks_of(opened)) == (None, [1, 2])
    store.append(click(3))
    store.close()
    [again] = ProjectStore.recoverable()
    assert again.n_changes == 3
    ProjectStore.discard(again.id)
    assert ProjectStore.recoverable() == []
    with pytest.raises(ProjectError, match="no recoverable work"):
        ProjectStore.recover(again.id)


def test_work_whose_process_is_alive_is_not_recovered():
    store = ProjectStore.new()
    store.append(click(1))
    recovery_id = next(journal._recovery_folder().iterdir()).name
    with pytest.raises(ProjectLockedError):
        ProjectStore.recover(recovery_id)
    store.close()


def test_recover_false_leaves_no_trace_until_saved(state, path):
    store = ProjectStore.new(recover=False)
    store.append(click(1))
    assert not state.exists()
    save(store, path, [1])
    store.append(click(2))
    store.close()
    assert clicks_of(reopened(path)) == [1, 2]


def test_saving_empties_the_recovery_folder(state, path):
    saved(path, [1]).close()
    assert names(state / "recovery") == []


def test_revert_drops_the_unsaved_changes_and_nothing_else(path):
    store = saved(path, [1])
    store.append(click(2))
    store.revert()
    store.append(click(3))
    store.close()
    assert clicks_of(reopened(path)) == [1, 3]
    store = ProjectStore.new()
    store.append(click(1))
    store.revert()
    store.close()
    assert ProjectStore.recoverable() == []


def test_a_state_directory_that_cannot_be_written_is_told(state):
    state.write_text("a file")
    with pytest.raises(FileError, match="OBJCLASS_STATE_DIR"):
        ProjectStore.new().append(click(1))


def test_an_older_save_is_brought_up_to_date(path):
    store = saved(path, [1])
    yesterday = path.read_bytes()
    store.append(click(2))
    save(store, path, [1, 2])
    store.append(click(3))
    store.close()

    path.write_bytes(yesterday)
    store, opened = ProjectStore.open(path)
    assert clicks_of(opened) == [1, 2, 3]
    assert any("older save" in note for note in opened.notes)
    save(store, path, [1, 2, 3])
    store.close()
    path.write_bytes(b"damaged")
    assert clicks_of(reopened(path)) == [1, 2, 3]


def test_an_older_save_can_be_reverted_to(path):
    store = saved(path, [1])
    yesterday = path.read_bytes()
    store.append(click(2))
    save(store, path, [1, 2])
    store.append(click(3))
    store.close()
    path.write_bytes(yesterday)
    store, _ = ProjectStore.open(path)
    store.revert()
    store.append(click(4))
    store.close()
    assert clicks_of(reopened(path)) == [1, 4]


def test_changes_to_another_state_of_the_project_are_kept_apart(path):
    store = saved(path, [1])
    yesterday = path.read_bytes()
    for clicks in ([1, 2], [1, 2, 3]):
        store.append(click(clicks[-1]))
        save(store, path, clicks)
    store.append(click(3), click(4))
    store.close()
    path.write_bytes(yesterday)

    store, opened = ProjectStore.open(path)
    assert clicks_of(opened) == [1]
    assert any("another state" in note for note in opened.notes)
    store.append(click(5))
    save(store, path, [1, 5])
    store.close()

    assert clicks_of(reopened(path)) == [1, 5]
    [recovery] = ProjectStore.recoverable()
    assert (recovery.path, recovery.n_changes) == (path, 2)
    store, opened = ProjectStore.recover(recovery.id)
    assert clicks_of(opened) == [1, 5, 3, 4]
    store.close()
    assert clicks_of(reopened(path)) == [1, 5, 3, 4]
    assert ProjectStore.recoverable() == []
