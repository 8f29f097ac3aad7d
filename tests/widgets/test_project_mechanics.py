"""The project in the footer: its name and saved state, saving, opening, notes, progress and the script."""

import os
import threading
from functools import partial

import pytest
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication, QFileDialog, QLabel

import napari_objclass as oc
from napari_objclass.widgets import recent
from napari_objclass.widgets.parts import activity_line
from napari_objclass.widgets.parts.activity_line import ActivityLine
from napari_objclass.widgets.parts.file_dialogs import with_suffix
from napari_objclass.widgets.parts.footer import Footer
from napari_objclass.widgets.viewer.activity import Activity


@pytest.fixture
def footer(shared, qtbot):
    footer = Footer(shared)
    qtbot.addWidget(footer)
    footer.show()
    return footer


@pytest.fixture
def notes(footer):
    return lambda: [label.text() for label in footer.findChildren(QLabel, "note") if label.isVisible()]


def choose(footer, path):
    """Answer the question for a file."""
    dialog = footer.findChild(QFileDialog)
    dialog.fileSelected.emit(str(path))
    dialog.close()


def entry(footer, text):
    return next(action for action in footer.menu.actions() if action.text() == text)


def test_saving_asks_once_for_a_name(footer, with_nuclei, mailbox, tmp_path):
    shared = with_nuclei
    mailbox.settle()
    assert (footer.name.text(), footer.state.text()) == ("New project", "not saved yet")
    footer.save.click()
    choose(footer, tmp_path / "mitosis")
    mailbox.until(lambda: footer.name.text() == "mitosis.objclass")
    assert footer.state.text() == f"saved {shared.session.saved_at:%H:%M}"
    shared.annotate(0, [1], 1)
    mailbox.until(lambda: footer.state.text().startswith("• saved"))
    footer.save.click()
    mailbox.until(lambda: footer.state.text().startswith("saved"))
    mailbox.settle()
    assert [project.path.name for project in recent.read()] == ["mitosis.objclass"]
    with oc.Session.open(tmp_path / "mitosis.objclass", read_only=True) as saved:
        assert saved.object_classes(0) == {1: 1}


def test_a_failed_save_is_a_red_line(footer, with_nuclei, mailbox, tmp_path):
    with_nuclei.save(tmp_path / "nowhere" / "x.objclass")
    mailbox.until(lambda: with_nuclei.problem("project"))
    (line,) = [label for label in footer.findChildren(QLabel, "problem") if label.isVisible()]
    assert "there is no folder" in line.text()


def test_the_suffix_is_added(tmp_path):
    assert with_suffix(tmp_path / "v1.2").name == "v1.2.objclass"
    assert with_suffix(tmp_path / "a.objclass").name == "a.objclass"


def test_raw_that_is_too_large_to_be_stored_unasked_can_be(
    footer, notes, with_nuclei, mailbox, tmp_path, nuclei, monkeypatch
):
    monkeypatch.setattr("napari_objclass.workflow.input_data.LARGE_RAW", nuclei.raw.nbytes - 1)
    path, line = tmp_path / "large.objclass", footer.notes
    with_nuclei.save(path)
    mailbox.until(notes)
    assert line.store.isVisible()
    line.store.click()
    assert not line.isVisible()
    mailbox.until(lambda: any(path.with_name("large.objclass.data").glob("*raw*")))
    mailbox.until(lambda: with_nuclei.activity is None)
    assert not line.isVisible()
    assert with_nuclei.session.lanes[0].sources["raw"].path is not None


def test_a_project_that_is_open_elsewhere_is_read_only(footer, notes, shared, mailbox, tmp_path, nuclei):
    with oc.Session() as other:
        other.add_lane(labels=nuclei.labels, name="nuclei")
        other.save(tmp_path / "open.objclass")
        recent.open_project(shared, tmp_path / "open.objclass")
        mailbox.until(lambda: shared.session.path is not None)
        assert footer.state.text() == "read only"
        assert not footer.save.isEnabled()
        assert str(os.getpid()) in notes()[0]
    shared.open(oc.Session)
    mailbox.until(lambda: not notes())


def test_a_note_is_shown_until_it_is_read(footer, notes, shared, monkeypatch):
    monkeypatch.setattr(oc.Session, "notes", property(lambda self: ["first", "second"]))
    shared.saved.emit()
    assert notes() == ["Note: first"]
    footer.notes.close_button.click()
    assert notes() == ["Note: second"]
    footer.notes.close_button.click()
    assert notes() == []


def test_recent_projects_are_in_the_menu(footer, shared, mailbox, tmp_path):
    with oc.Session(recover=False) as session:
        session.save(tmp_path / "here.objclass")
    recent.add(tmp_path / "here.objclass")
    footer.menu.aboutToShow.emit()
    menu = entry(footer, "Open recent").menu()
    mailbox.until(menu.actions)
    menu.actions()[0].trigger()
    mailbox.until(lambda: shared.session.path == tmp_path / "here.objclass")


def test_the_project_that_is_open_is_not_opened_again(footer, with_nuclei, mailbox, tmp_path):
    shared = with_nuclei
    shared.save(tmp_path / "x.objclass")
    mailbox.until(lambda: shared.session.path)
    session = shared.session
    recent.open_project(shared, tmp_path / "x.objclass")
    mailbox.settle()
    assert shared.session is session


def test_new_begins_another_session(footer, with_nuclei, mailbox):
    before = with_nuclei.session
    entry(footer, "New").trigger()
    mailbox.until(lambda: with_nuclei.session is not before)
    assert footer.state.text() == ""


def test_the_script_is_copied(footer, with_nuclei, mailbox):
    QApplication.clipboard().clear()
    entry(footer, "Copy as Python").trigger()
    mailbox.until(lambda: "import napari_objclass as oc" in QApplication.clipboard().text())


def test_only_what_takes_longer_is_shown(shared, qtbot, monkeypatch):
    monkeypatch.setattr(activity_line, "IN_NAPARI_AFTER", 500)
    line = ActivityLine(shared)
    qtbot.addWidget(line)
    shared._activities.set_live(Activity("features", 1, 4))
    assert line.isHidden()
    assert not line.stop.isHidden()
    qtbot.waitUntil(lambda: not line.isHidden())
    assert (line.bar.maximum(), line.bar.value()) == (4, 1)
    bars = activity_line.progress._all_instances
    qtbot.waitUntil(lambda: len(bars) == 1)
    shared._activities.set_live(Activity("features", 3, 4))
    assert [(bar.total, bar.n, bar.desc) for bar in bars] == [(4, 3, "features: ")]
    shared._activities.set_live(None)
    assert line.isHidden()
    assert not bars


def test_progress_that_waits_is_not_told_within_progress(shared, qtbot, monkeypatch):
    inside, deepest = [], []

    def describe(bar, text):
        inside.append(text)
        deepest.append(len(inside))
        QApplication.processEvents()  # as napari does
        inside.pop()

    monkeypatch.setattr(activity_line, "IN_NAPARI_AFTER", 10)
    monkeypatch.setattr(activity_line.progress, "set_description", describe)
    line = ActivityLine(shared)
    qtbot.addWidget(line)
    shared._activities.set_live(Activity("features", 0, 30))
    qtbot.waitUntil(lambda: bool(deepest))
    for done in range(1, 31):
        QTimer.singleShot(0, partial(shared._activities.set_live, Activity("features", done, 30)))
    qtbot.waitUntil(lambda: line.bar.value() == 30)
    shared._activities.set_live(None)
    assert max(deepest) == 1


def test_a_long_change_is_shown_and_cannot_be_stopped(shared, mailbox, qtbot):
    line, gate = ActivityLine(shared), threading.Event()
    qtbot.addWidget(line)
    shared.do("x", lambda s: gate.wait())
    qtbot.waitUntil(lambda: not line.isHidden())
    assert line.stop.isHidden()
    gate.set()
    mailbox.until(line.isHidden)


def test_stop_stops(shared, qtbot, monkeypatch):
    stopped = []
    monkeypatch.setattr(shared._errands, "stop", lambda: stopped.append(True))
    line = ActivityLine(shared)
    qtbot.addWidget(line)
    line.stop.click()
    assert stopped
