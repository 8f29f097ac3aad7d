"""Project store: its files, what it refuses, saving under another name."""

import json
import threading
import zlib

import h5py
import numpy as np
import pytest
from workflow import project_samples
from workflow.project_samples import click, clicks_of, names, reopened, save, saved

from napari_objclass.errors import DtypeError, ProjectError
from napari_objclass.workflow.project import ProjectStore

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
