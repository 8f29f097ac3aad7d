"""Projects of ilastik in the workbench: opened in every way, shown as they were, saved as ours."""

import shutil
from pathlib import Path

import pytest
from qtpy.QtCore import QMimeData, QPointF, Qt, QUrl
from qtpy.QtGui import QDragEnterEvent, QDropEvent
from qtpy.QtWidgets import QFileDialog

from napari_objclass.widgets import recent
from napari_objclass.widgets.input_data import InputDataStep
from napari_objclass.widgets.parts.agreement import AgreementView
from napari_objclass.widgets.parts.file_dialogs import ask_for_project
from napari_objclass.widgets.parts.footer import Footer
from napari_objclass.widgets.parts.note_line import NoteLine

DATA = Path(__file__).parents[1] / "data" / "nuclei2d"
IMAGES = ("nuclei2d_raw.h5", "nuclei2d_seg.h5")


@pytest.fixture
def project(tmp_path):
    """A project of ilastik with its images beside it."""
    for name in ("nuclei2d.ilp", *IMAGES):
        shutil.copy(DATA / name, tmp_path)
    return (tmp_path / "nuclei2d.ilp").resolve()


@pytest.fixture
def opened(shared, mailbox, project):
    """The session of it, with its predictions."""
    recent.open_project(shared, project)
    mailbox.until(lambda: shared.shown and shared.shown.prediction is not None)
    return shared


def test_it_is_shown_as_it_was(opened):
    session = opened.session
    assert (opened.problem("project"), session.path, session.unsaved) == (None, None, True)
    assert [(each.name, each.color) for each in session.classes] == [("class A", "#ff0000"), ("class B", "#00ff00")]
    assert opened.shown.forest.imported
    assert len(opened.shown.claims.active) == 40


def test_the_footer_says_so_and_proposes_a_name_beside_it(opened, mailbox, project, qtbot):
    footer = Footer(opened)
    qtbot.addWidget(footer)
    footer.show()
    assert (footer.name.text(), footer.state.text()) == ("nuclei2d.ilp", "not saved yet")
    assert "only read" in footer.name.toolTip()
    before = project.read_bytes()
    footer.save.click()
    dialog = footer.findChild(QFileDialog)
    target = project.with_suffix(".objclass")
    assert dialog.selectedFiles() == [str(target)]
    dialog.fileSelected.emit(str(target))
    dialog.close()
    mailbox.until(target.exists)
    mailbox.settle()
    assert footer.name.text() == "nuclei2d.objclass"
    assert project.read_bytes() == before
    assert recent.read()[0].path == target


def test_what_is_open_stays_as_it_is(opened, mailbox, project):
    session = opened.session
    opened.annotate(0, [int(opened.shown.objects.ids[0])], 1)
    mailbox.settle()
    recent.open_project(opened, project)
    mailbox.settle()
    assert opened.session is session


def test_its_classifier_is_in_force_until_a_label_changes(opened, mailbox, qtbot):
    view, notes = AgreementView(opened), NoteLine(opened)
    for widget in (view, notes):
        qtbot.addWidget(widget)
        widget.show()
    assert "comes from ilastik" in view.line.text()
    unlabelled = next(
        int(each) for each in opened.shown.objects.ids if (0, int(each)) not in opened.shown.claims.active
    )
    opened.annotate(0, [unlabelled], 2)
    mailbox.until(lambda: not opened.shown.forest.imported)
    mailbox.settle()
    assert "ilastik was replaced" in notes.text.text()
    assert notes.isVisible()
    opened.undo()
    mailbox.until(lambda: opened.shown.forest.imported)


def find(step, role, path):
    """Answer the question where a file is now."""
    step.problem.find_asked.emit(role)
    answer(step, path)


def answer(step, path):
    dialog = next(each for each in step.findChildren(QFileDialog) if each.isVisible())
    dialog.filesSelected.emit([str(path)])
    dialog.close()


def moved_to(tmp_path, *folders):
    """Move each of the images into a folder."""
    for name, folder in zip(IMAGES, folders, strict=True):
        (tmp_path / folder).mkdir(exist_ok=True)
        shutil.move(tmp_path / name, tmp_path / folder)


@pytest.fixture
def images_step(shared, qtbot):
    step = InputDataStep(shared)
    qtbot.addWidget(step)
    step.show()
    return step


def test_images_that_moved_are_found_by_one_of_them(shared, images_step, mailbox, project, tmp_path):
    moved_to(tmp_path, "elsewhere", "elsewhere")
    recent.open_project(shared, project)
    mailbox.until(lambda: shared.problem("input_data"))
    assert any("needs image" in note for note in shared.session.notes)
    find(images_step, "raw", tmp_path / "elsewhere" / IMAGES[0])
    mailbox.until(lambda: shared.shown.prediction is not None)
    assert shared.problem("input_data") is None
    assert len(shared.shown.claims.active) == 40
    assert shared.shown.forest.imported


def test_images_that_moved_apart_are_asked_for_one_by_one(shared, images_step, mailbox, project, tmp_path):
    moved_to(tmp_path, "one", "two")
    recent.open_project(shared, project)
    mailbox.until(lambda: shared.problem("input_data"))
    find(images_step, "raw", tmp_path / "one" / IMAGES[0])
    mailbox.settle()
    answer(images_step, tmp_path / "two" / IMAGES[1])
    mailbox.until(lambda: shared.shown.prediction is not None)
    assert len(shared.shown.claims.active) == 40


def test_what_is_no_project_is_told_and_the_session_goes_on(with_nuclei, mailbox, tmp_path):
    session = with_nuclei.session
    (tmp_path / "bad.ilp").write_text("no")
    recent.open_project(with_nuclei, tmp_path / "bad.ilp")
    mailbox.until(lambda: with_nuclei.problem("project"))
    assert "bad.ilp" in with_nuclei.problem("project")
    assert with_nuclei.session is session


def test_the_dialog_offers_both_kinds(qtbot, workbench):
    dialog = ask_for_project(workbench, lambda path: None)
    assert dialog.nameFilters()[0] == "Projects (*.objclass *.ilp)"
    dialog.close()


def drop(widget, *paths):
    """Drop files, if they are taken; whether they were."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    buttons, keys, action = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction
    enter = QDragEnterEvent(QPointF(5, 5).toPoint(), action, data, buttons, keys)
    enter.setAccepted(False)
    widget.dragEnterEvent(enter)
    if enter.isAccepted():
        widget.dropEvent(QDropEvent(QPointF(5, 5), action, data, buttons, keys))
    return enter.isAccepted()


def test_a_project_is_dropped_on_the_workbench(workbench, qtbot, project):
    images = workbench.step("input_data")
    assert not drop(images, project)  # so that Qt asks the workbench
    assert drop(workbench, project)
    qtbot.waitUntil(lambda: workbench.shared.origin == project)
    qtbot.waitUntil(lambda: workbench.shared.shown and workbench.shared.shown.prediction is not None)
    assert not drop(workbench, project, project)
    assert not drop(workbench, project.with_name(IMAGES[0]))
