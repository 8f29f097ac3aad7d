"""The menu of an object, the window of its values, and what they say."""

from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QDialogButtonBox, QMenu, QWidget, QWidgetAction
from widgets.user import deleted

import napari_objclass as oc
from napari_objclass.widgets.keys_dialog import KeysDialog, show_keys_dialog
from napari_objclass.widgets.object_menu import ObjectMenu
from napari_objclass.widgets.object_values import ObjectValues
from napari_objclass.widgets.viewer.about_object import about
from napari_objclass.widgets.viewer.column_names import column_names
from napari_objclass.widgets.viewer.key_choice import Preset
from napari_objclass.workflow.claims import derive

DIRECTLY = Qt.FindChildOption.FindDirectChildrenOnly


@pytest.fixture
def dock(qtbot):
    dock = QWidget()
    qtbot.addWidget(dock)
    dock.show()
    return dock


@pytest.fixture
def classified(shared, mailbox, nuclei):
    """Session with predictions; object 1 is labelled, object 57 is one pixel and has missing values."""
    labels = nuclei.labels.copy()
    y, x = np.argwhere(labels == 57)[0]
    labels[labels == 57] = 0
    labels[y, x] = 57
    shared.do("input_data", lambda s: s.add_lane(raw=nuclei.raw, labels=labels))
    shared.do("x", lambda s: s.rename_class(1, "R&D"))
    examples = oc.sample.labelled_examples(nuclei)
    examples.pop(57, None)
    ids, classes = [1, *examples], [nuclei.truth[1], *examples.values()]
    shared.do("x", lambda s: s.annotate_many(0, ids=ids, classes=classes))
    mailbox.until(lambda: shared.shown and shared.shown.prediction is not None)
    mailbox.settle()
    return shared


def tell(shared, object_id, t=0):
    return about(shared.shown, shared.session.classes, t, object_id)


def texts(menu):
    return [a.defaultWidget().text() if isinstance(a, QWidgetAction) else a.text() for a in menu.actions()]


# --------------------------------------------------------------------------------------- what is known


def test_everything_about_an_object(classified, nuclei):
    told, shown = tell(classified, 1), classified.shown
    row = shown.prediction.ids.tolist().index(1)
    assert (told.title, told.cls) == ("Object 1", nuclei.truth[1])
    assert told.predicted == shown.prediction.classes[row]
    assert [share for _, share in told.probabilities] == sorted(shown.prediction.probabilities[row].tolist())[::-1]
    assert told.uncertainty == shown.prediction.uncertainty[row]
    assert [value.name for value in told.values] == column_names(shown.table.specs)
    assert np.array_equal([value.value for value in told.values], shown.table.values[row], equal_nan=True)
    assert told.missing == []


def test_missing_values_have_their_reasons(classified):
    told = tell(classified, 57)
    problems = [each for each in classified.shown.table.problems if each.id == 57]
    assert len(told.missing) == len(problems) > 0
    assert {value.missing for value in told.missing} == {each.reason.rpartition(": ")[2] for each in problems}
    assert f"{told.missing[0].name}\tmissing: {told.missing[0].missing}\n" in told.text


def test_text_has_one_name_and_value_per_line(classified):
    lines = tell(classified, 1).text.splitlines()
    assert lines[0] == "object\t1"
    assert all(line.count("\t") == 1 for line in lines)
    assert len(lines) == 3 + 1 + 2 + 1 + len(classified.shown.table.columns)


def test_labels_that_wait_are_told(classified, nuclei):
    shown, classes = classified.shown, classified.session.classes
    uuids, mark = [each.uuid for each in classes], next(m for m in shown.claims.marks if m.t == 0)
    y, x = mark.anchor[1:]
    object_id = int(shown.objects.labels[0, 0, y, x])
    names = {each.uuid: each.name for each in classes}

    def said(marks):
        return about(replace(shown, claims=derive(shown.objects, marks, uuids)), classes, 0, object_id)

    other = replace(mark, uuid="other", cls=next(uuid for uuid in uuids if uuid != mark.cls))
    both = said([mark, other])
    assert (both.label, both.cls, both.to_confirm) == ("two classes here: R&D, Class 2", 0, 0)
    part = replace(mark, runs=mark.runs[: len(mark.runs) // 4])
    changed = said([part])
    assert changed.label == f"object changed — please confirm {names[mark.cls]}"
    assert (changed.cls, changed.to_confirm) == (0, uuids.index(mark.cls) + 1)
    assert said([]).label == "not labelled"
    assert said([mark]).label == f"labelled {names[mark.cls]}"


def test_frames_are_named_and_kept_apart(shared, mailbox):
    film = oc.sample.nuclei_2d_t(n_frames=2)
    shared.do("input_data", lambda s: s.add_lane(raw=film.raw, labels=film.labels, axes="tyx"))
    shared.do("x", lambda s: s.annotate(0, 1, cls=2, t=1))
    mailbox.until(lambda: shared.shown and shared.shown.table is not None)
    mailbox.settle()
    assert tell(shared, 1, t=1).title == "Object 1 (frame 1)"
    assert (tell(shared, 1, t=0).cls, tell(shared, 1, t=1).cls) == (0, 2)
    assert tell(shared, 1, t=0).values != tell(shared, 1, t=1).values


# ---------------------------------------------------------------------------------------------- the menu


def test_the_menu_says_all(classified, dock):
    menu = ObjectMenu(classified, dock).menu(0, 57)
    said = texts(menu)
    assert said[:4] == ["<b>Object 57</b>", "not labelled", "Label as", "Clear label\t0"]
    assert any(text.startswith("Predicted") for text in said)
    assert any(text.startswith("uncertainty") for text in said)
    assert said[-3:] == ["2 missing values", "All values…", "Copy"]
    label_as = menu.actions()[2].menu()
    assert texts(label_as) == ["R&&D\t1", "Class 2\t2"]
    menu.deleteLater()


def test_choosing_in_the_menu(classified, dock):
    asked = []
    classified.annotate = lambda *what: asked.append(what)
    menu = ObjectMenu(classified, dock).menu(0, 57)
    by_text = dict(zip(texts(menu), menu.actions(), strict=True))
    by_text["Label as"].menu().actions()[1].trigger()
    assert asked == [(0, [57], 2)]
    assert not by_text["Clear label\t0"].isEnabled()
    by_text["Copy"].trigger()
    assert QApplication.clipboard().text() == tell(classified, 57).text
    labelled = ObjectMenu(classified, dock).menu(0, 1)
    next(action for action in labelled.actions() if action.text().startswith("Clear")).trigger()
    assert asked[1:] == [(0, [1], 0)]


def test_a_changed_object_is_confirmed_in_the_menu(classified, dock):
    shown, asked = classified.shown, []
    mark = shown.claims.marks[0]
    part = replace(mark, runs=mark.runs[: len(mark.runs) // 4])
    uuids = [each.uuid for each in classified.session.classes]
    classified.shown = replace(shown, claims=derive(shown.objects, [part], uuids))
    classified.annotate = lambda *what: asked.append(what)
    object_id, number = int(classified.shown.claims.object_ids[0]), uuids.index(mark.cls) + 1
    menu = ObjectMenu(classified, dock).menu(0, object_id)
    next(action for action in menu.actions() if action.text().startswith("Confirm")).trigger()
    assert asked == [(0, [object_id], number)]


def test_an_image_that_is_not_predicted_yet(with_nuclei, dock):
    said = texts(ObjectMenu(with_nuclei, dock).menu(0, 1))
    assert "not predicted yet" in said


def test_an_entry_is_chosen_by_mouse_and_the_menu_is_gone_after(classified, dock, qtbot):
    ObjectMenu(classified, dock)
    classified.menu_asked.emit(0, 57)
    (menu,) = dock.findChildren(QMenu, options=DIRECTLY)
    assert QApplication.activePopupWidget() is menu
    copy = menu.actions()[-1]
    QApplication.clipboard().clear()
    with deleted(menu):
        QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(copy).center())
    assert QApplication.clipboard().text().startswith("object\t57\n")
    assert QApplication.activePopupWidget() is None


def test_values_are_searched_and_copied(classified, dock):
    menu = ObjectMenu(classified, dock).menu(0, 57)
    next(action for action in menu.actions() if action.text().startswith("All")).trigger()
    (window,) = dock.findChildren(ObjectValues)
    window.search.setText("intensity mean")
    rows = [window.rows.topLevelItem(i) for i in range(window.rows.topLevelItemCount())]
    found = [row.text(0).lower() for row in rows if not row.isHidden()]
    assert found
    assert all("mean" in name and "intensity" in name for name in found)
    window.copy.click()
    assert QApplication.clipboard().text() == tell(classified, 57).text
    window.buttons.button(QDialogButtonBox.StandardButton.Close).click()


# ---------------------------------------------------------------------------------------- window of keys


@pytest.fixture
def keys_dialog(shared, dock):
    dialog = show_keys_dialog(shared, dock)
    yield dialog
    dialog.close()


def type_key(dialog, action, key, modifier=Qt.KeyboardModifier.NoModifier):
    edit = dialog.edits[action]
    QTest.keyClick(edit, key, modifier)
    edit.editingFinished.emit()  # it would come a second after the last key


def test_the_window_shows_and_changes_keys(keys_dialog, shared):
    assert keys_dialog.edits["previous"].keySequence().toString() == "Shift+N"
    assert str(keys_dialog.edits["next_image"].keyBinding()) == "PageDown"
    type_key(keys_dialog, "previous", Qt.Key.Key_M, Qt.KeyboardModifier.ShiftModifier)
    assert shared.keys.choice["previous"] == "Shift+M"
    type_key(keys_dialog, "next_unsure", Qt.Key.Key_J)
    assert keys_dialog.told.text() == 'J was the key of "Next random object without label", which has none now.'
    assert keys_dialog.edits["next_random"].keySequence().isEmpty()
    keys_dialog.presets[Preset.ILASTIK].click()
    assert keys_dialog.edits["raw_only"].keySequence().toString() == "I"
    keys_dialog.presets[Preset.DEFAULT].click()
    assert keys_dialog.edits["next_random"].keySequence().toString() == "J"
    assert keys_dialog.told.text() == ""


def test_a_key_of_the_window_s_menus_is_refused(keys_dialog, shared, dock):
    from qtpy.QtGui import QAction

    QAction("&Save layers", dock, shortcut="Ctrl+S")
    type_key(keys_dialog, "live", Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert "belongs to “Save layers”" in keys_dialog.told.text()
    assert shared.keys.choice["live"] == "Q"
    assert keys_dialog.edits["live"].keySequence().toString() == "Q"


def test_the_window_is_there_once(keys_dialog, shared, dock):
    assert show_keys_dialog(shared, dock) is keys_dialog
    assert len(dock.findChildren(KeysDialog)) == 1
    assert not keys_dialog.isModal()
