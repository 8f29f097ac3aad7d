"""Project store: sessions without a path, older and other states of a project, revert."""

import pytest
from workflow.project_samples import click, clicks_of, names, reopened, save, saved

from napari_objclass.errors import FileError, ProjectError, ProjectLockedError
from napari_objclass.workflow import journal
from napari_objclass.workflow.project import ProjectStore

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
    recovery_id = next(journal.recovery_folder().iterdir()).name
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


def put_back_an_older_save(path):
    """Save one click, save two, click a third time; then lay the first save in place of the second."""
    store = saved(path, [1])
    yesterday = path.read_bytes()
    store.append(click(2))
    save(store, path, [1, 2])
    store.append(click(3))
    store.close()
    path.write_bytes(yesterday)


def test_an_older_save_is_brought_up_to_date(path):
    put_back_an_older_save(path)
    store, opened = ProjectStore.open(path)
    assert clicks_of(opened) == [1, 2, 3]
    assert any("older save" in note for note in opened.notes)
    save(store, path, [1, 2, 3])
    store.close()
    path.write_bytes(b"damaged")
    assert clicks_of(reopened(path)) == [1, 2, 3]


def test_an_older_save_can_be_reverted_to(path):
    put_back_an_older_save(path)
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
