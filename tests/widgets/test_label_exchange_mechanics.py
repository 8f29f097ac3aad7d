"""Labels of other people at the labels table: imported, compared, and gone to where no object is."""

import threading

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QFileDialog, QInputDialog

import napari_objclass as oc
from napari_objclass.widgets.comparison import Comparison
from napari_objclass.widgets.labels_table import LabelsTable
from napari_objclass.widgets.parts.label_model import Column


def squares():
    """Five squares of 4 by 4 pixels in a row, ids 1 to 5."""
    labels = np.zeros((40, 60), np.uint8)
    for n in range(5):
        labels[1:5, 6 * n + 1 : 6 * n + 5] = n + 1
    return labels


def theirs(tmp_path, labels=None, name="first"):
    """Another person's project: 1 and 3 of class 1, 2 of class 2."""
    with oc.Session(recover=False) as session:
        session.add_lane(labels=squares() if labels is None else labels, name=name)
        session.annotate_many(0, ids=[1, 2, 3], classes=[1, 2, 1])
        session.save(tmp_path / "theirs.objclass")
    return tmp_path / "theirs.objclass"


@pytest.fixture
def labelled(shared, mailbox):
    """An image of five squares, of which 1 to 4 are labelled."""
    shared.do("input_data", lambda s: s.add_lane(labels=squares(), name="first"))
    shared.do("object_classification", lambda s: s.annotate_many(0, ids=[1, 2, 3, 4], classes=[1, 1, 1, 2]))
    mailbox.until(lambda: shared.shown and shared.shown.claims and len(shared.shown.claims.marks) == 4)
    return shared


@pytest.fixture
def table(labelled, qtbot, mailbox):
    table = LabelsTable(labelled)
    qtbot.addWidget(table)
    table.show()
    mailbox.until(lambda: table.model.rows)
    return table


def window(kind):
    return next((each for each in QApplication.topLevelWidgets() if isinstance(each, kind) and each.isVisible()), None)


def test_a_project_is_imported_and_told_in_one_line(table, labelled, mailbox, tmp_path):
    table.exchange.import_labels(theirs(tmp_path))
    assert table.exchange.outcome.text() == "Importing labels of theirs.objclass…"
    mailbox.until(lambda: table.model.rowCount() == 5)
    mailbox.until(lambda: "came" in table.exchange.outcome.text())
    assert table.exchange.outcome.text() == ("1 label came: 1 is of an object with two classes; 2 were here already.")
    labelled.undo()
    mailbox.until(lambda: table.model.rowCount() == 4)


def test_a_table_is_imported_into_the_image_shown(table, labelled, mailbox, tmp_path):
    (tmp_path / "table.csv").write_text("id,class\n5,new\n77,new\n", "utf-8")
    table.exchange.import_labels(tmp_path / "table.csv")
    mailbox.until(lambda: table.model.rowCount() == 5)
    mailbox.until(lambda: "came" in table.exchange.outcome.text())
    assert table.exchange.outcome.text() == "1 label came: 1 active; 1 label left out: there are no such objects."
    assert [each.name for each in labelled.session.classes] == ["Class 1", "Class 2", "new"]


@pytest.mark.parametrize("job", ["import_labels", "compare"])
def test_what_goes_wrong_is_told_and_the_table_goes_on(table, labelled, mailbox, tmp_path, job):
    getattr(table.exchange, job)(tmp_path / "none.objclass")
    mailbox.until(lambda: labelled.problem("label exchange"))
    assert "none.objclass" in labelled.problem("label exchange")
    assert table.exchange.outcome.text() == ""
    getattr(table.exchange, job)(theirs(tmp_path))
    mailbox.until(lambda: not labelled.problem("label exchange"))
    labelled.annotate(0, [5], 2)
    mailbox.until(lambda: table.model.rowCount() >= 5)
    mailbox.settle()
    if job == "compare":
        window(Comparison).close()


def test_the_buttons_ask_for_files_without_blocking(table, qtbot):
    for button, says in ((table.exchange.take, "Import labels"), (table.exchange.match, "Compare with")):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        (dialog,) = table.exchange.findChildren(QFileDialog)
        assert dialog.windowTitle() == says
        dialog.reject()
        qtbot.waitUntil(lambda: not table.exchange.findChildren(QFileDialog))


def test_an_image_that_is_not_told_is_asked_for(table, labelled, mailbox, tmp_path, qtbot):
    other = squares()
    other[10:14, 1:5] = 6
    table.exchange.import_labels(theirs(tmp_path, other, name="other"))
    mailbox.until(lambda: table.exchange.findChildren(QInputDialog))
    (question,) = table.exchange.findChildren(QInputDialog)
    assert question.labelText() == "Which image of theirs.objclass is first?"
    assert question.comboBoxItems() == ["other"]
    assert table.model.rowCount() == 4
    question.accept()
    mailbox.until(lambda: table.model.rowCount() == 5)


@pytest.fixture
def comparison(table, mailbox, tmp_path):
    table.exchange.compare(theirs(tmp_path))
    mailbox.until(lambda: window(Comparison))
    yield window(Comparison)
    if left := window(Comparison):
        left.close()


def test_agreement_in_words_and_as_a_matrix(comparison, table):
    assert comparison.line.text() == "3 objects are labelled in both, 2 alike (67 %); Cohen's kappa 0.00."
    assert comparison.rest.text() == (
        "Labelled here only: 1; only in theirs.objclass: 0; to be confirmed first: 0; without an object here: 0."
    )
    matrix = comparison.confusion
    assert [[matrix.item(i, j).text() for j in range(2)] for i in range(2)] == [["2", "1"], ["", ""]]
    assert "1 here 'Class 1', there 'Class 2'" in matrix.item(0, 1).toolTip()
    assert not comparison.isModal()
    assert table.exchange.outcome.text() == ""


def test_cells_lead_to_their_objects(comparison, labelled, mailbox):
    comparison.confusion.cellClicked.emit(0, 1)
    mailbox.until(lambda: labelled.guide.current == (0, 2))
    for object_id in (1, 3, 1):
        comparison.confusion.cellClicked.emit(0, 0)
        mailbox.until(lambda object_id=object_id: labelled.guide.current == (0, object_id))


def test_labels_are_compared_again_off_the_gui_thread(comparison, labelled, mailbox, monkeypatch):
    threads = []
    compare = oc.Session.compare_annotations

    def watched(*values, **options):
        threads.append(threading.current_thread())
        return compare(*values, **options)

    monkeypatch.setattr(oc.Session, "compare_annotations", watched)
    labelled.annotate(0, [2], 2)
    comparison.again.click()
    mailbox.until(lambda: comparison.agreement.n_alike == 3)
    assert comparison.line.text().endswith("kappa 1.00.")
    assert threads
    assert threading.main_thread() not in threads


def test_the_table_of_objects_is_saved(comparison, mailbox, tmp_path, qtbot):
    comparison.save.click()
    (dialog,) = comparison.findChildren(QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "agreement.csv"))
    dialog.reject()
    mailbox.until((tmp_path / "agreement.csv").exists)
    assert (tmp_path / "agreement.csv").read_text("utf-8").count("\n") == 5


def test_the_window_goes_with_the_session(comparison, labelled, mailbox):
    labelled.open(lambda: oc.Session(recover=False))
    mailbox.until(lambda: window(Comparison) is None)


def test_a_double_click_goes_to_a_place_without_object(qtbot, table, labelled, mailbox):
    labels = squares()
    labels[labels == 4] = 0
    labelled.wake()
    labelled.do("objects", lambda s: s.relink_lane(0, labels=labels))
    mailbox.until(lambda: "no object here now" in [table.model.index(r, Column.STATE).data() for r in range(4)])
    mailbox.settle()
    labelled.viewer.camera.center = (0, 30, 50)
    place = table.table.visualRect(table.model.index(3, Column.OBJECT)).center()
    qtbot.mouseClick(table.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(table.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert tuple(labelled.viewer.camera.center)[1:] == (2.5, 20.5)


def test_places_of_a_crop_are_pixels_of_the_crop(qtbot, table, labelled, mailbox):
    labelled.wake()
    labelled.do("objects", lambda s: s.relink_lane(0, labels=squares()[:, 12:], offset=(0, 12)))
    mailbox.until(lambda: labelled.shown.claims and len(labelled.shown.claims.active) == 2)
    mailbox.until(lambda: [label.anchor[2] for label in table.model.rows] == [-9, -3, 3, 9])
    mailbox.settle()
    table.table.doubleClicked.emit(table.model.index(0, Column.OBJECT))
    assert tuple(labelled.viewer.camera.center)[1:] == (2.5, 2.5 - 12)
    table.table.doubleClicked.emit(table.model.index(2, Column.OBJECT))
    mailbox.until(lambda: labelled.guide.current == (0, 3))
    assert tuple(labelled.viewer.camera.center)[1:] == (2.5, 14.5 - 12)
