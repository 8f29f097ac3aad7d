"""The choice of what is painted, its legend, and deleted layers shown again."""

from dataclasses import asdict, replace

import numpy as np
import pytest
from qtpy.QtCore import Qt
from widgets.many_features import feature

from napari_objclass.widgets.parts.choices import choices, extremes
from napari_objclass.widgets.parts.show_choice import ShowChoice
from napari_objclass.widgets.viewer.column_names import column_names
from napari_objclass.widgets.viewer.display import Display, Kind, Show


@pytest.fixture
def asked(monkeypatch, with_nuclei):
    """What the display is asked for by the choice."""
    asked, follow = [], with_nuclei.display.set_show

    def set_show(**values):
        asked.append(values)
        follow(**values)

    monkeypatch.setattr(with_nuclei.display, "set_show", set_show)
    return asked


@pytest.fixture
def choice(with_nuclei, asked, qtbot):
    choice = ShowChoice(with_nuclei)
    qtbot.addWidget(choice)
    choice.resize(284, 60)
    choice.show()
    return choice


def pick(qtbot, choice, words):
    """Type words and press Enter, as in a search."""
    line = choice.combo.lineEdit()
    line.selectAll()
    qtbot.keyClicks(line, words)
    qtbot.keyClick(line, Qt.Key.Key_Return)


def show(shared, **values):
    """Choose something else by another way."""
    Display.set_show(shared.display, **asdict(Show(**values)))


def test_everything_can_be_chosen_by_name(with_nuclei):
    found = choices(with_nuclei.session.classes, with_nuclei.shown.table)
    names = [each.name for each in found]
    assert names[:5] == ["Class", "Uncertainty", "Nothing", "Probability of Class 1", "Probability of Class 2"]
    table = with_nuclei.shown.table
    columns = [column for each in found[5:] for column in ([c for _, c in each.values] or [each.column])]
    assert columns == table.columns
    called = dict(zip(table.columns, column_names(table.specs), strict=True))
    assert all(each.values or each.name == called[each.column] for each in found[5:])


def test_what_is_typed_is_painted(qtbot, choice, asked, with_nuclei):
    pick(qtbot, choice, "Uncertainty")
    pick(qtbot, choice, "Probability of Class 2")
    column = "intensity_sum_c0"
    pick(qtbot, choice, "Total Intensity")
    assert [each["kind"] for each in asked] == [Kind.UNCERTAINTY, Kind.PROBABILITY, Kind.FEATURE]
    assert asked[1]["cls"] == 2
    assert asked[2]["column"] == column


def test_every_entry_of_the_list_paints_what_it_says(choice, asked, with_nuclei):
    for index in range(choice.combo.count()):
        words = choice.combo.itemText(index)
        choice.combo.activated.emit(index)
        if words:
            assert choice.combo.currentText() == words
    assert len(asked) == len(choices(with_nuclei.session.classes, with_nuclei.shown.table))


def test_a_feature_of_many_values_is_one_entry_and_its_values_another_list(choice, asked, with_nuclei, qtbot):
    shown = with_nuclei.shown
    histogram = feature("f", "Histogram", parts=[f"c0_{i:02}" for i in range(64)], per_channel=True)
    values = np.random.default_rng(0).random((len(shown.table), 64))
    table = replace(shown.table, values=values, specs=(histogram,), _missing=np.zeros((0, 3), np.int64))
    with_nuclei.shown = replace(shown, table=table)
    with_nuclei.shown_changed.emit({"table"})
    assert [choice.combo.itemText(i) for i in range(choice.combo.count())][-1] == "Histogram"
    assert choice.value.isHidden()
    pick(qtbot, choice, "Histogram")
    assert (asked[-1]["column"], choice.value.isVisible(), choice.value.currentText()) == ("f_c0_00", True, "bin 1")
    line = choice.value.lineEdit()
    line.selectAll()
    qtbot.keyClicks(line, "bin 7")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert asked[-1]["column"] == "f_c0_06"
    assert (choice.combo.currentText(), choice.value.currentText()) == ("Histogram", "bin 7")
    assert float(choice.legend.high.text()) == pytest.approx(values[:, 6].max(), rel=1e-3)
    show(with_nuclei, kind=Kind.FEATURE, column="f_c0_63")
    assert choice.value.currentText() == "bin 64"
    show(with_nuclei, kind=Kind.CLASS)
    assert choice.value.isHidden()


def test_what_cannot_be_painted_is_not_left_in_the_field(qtbot, choice, asked):
    line = choice.combo.lineEdit()
    line.selectAll()
    qtbot.keyClicks(line, "no such feature")
    line.editingFinished.emit()
    assert asked == []
    assert choice.combo.currentText() == "Class"


def test_a_choice_made_elsewhere_is_followed(choice, with_nuclei):
    show(with_nuclei, kind=Kind.PROBABILITY, cls=2, only_labelled=True)
    assert choice.combo.currentText() == "Probability of Class 2"
    assert choice.only_labelled.isChecked()


def test_only_labelled_is_asked_for_by_its_box(choice, asked):
    choice.only_labelled.click()
    choice.only_labelled.click()
    assert asked == [{"only_labelled": True}, {"only_labelled": False}]


def test_the_legend_says_what_the_ends_of_the_colours_mean(choice, with_nuclei):
    assert not choice.legend.isVisible()
    show(with_nuclei, kind=Kind.UNCERTAINTY)
    assert (choice.legend.low.text(), choice.legend.high.text()) == ("sure", "unsure")
    assert "1 - (" in choice.legend.toolTip()
    show(with_nuclei, kind=Kind.PROBABILITY)
    assert (choice.legend.low.text(), choice.legend.high.text()) == ("0", "1")
    table = with_nuclei.shown.table
    show(with_nuclei, kind=Kind.FEATURE, column="num_pixels")
    assert choice.legend.isVisible()
    assert float(choice.legend.low.text()) == table["num_pixels"].min()
    assert float(choice.legend.high.text()) == table["num_pixels"].max()


def test_missing_values_have_no_part_in_the_ends(with_nuclei):
    shown = with_nuclei.shown
    values = shown.table.values.copy()
    place = shown.table.columns.index("num_pixels")
    values[:3, place] = np.nan, np.inf, -np.inf
    holed = replace(shown, table=replace(shown.table, values=values))
    painted = Show(Kind.FEATURE, column="num_pixels")
    assert extremes(painted, holed) == (values[3:, place].min(), values[3:, place].max())
    values[:, place] = np.nan
    assert extremes(painted, holed) is None


def test_a_renamed_class_is_offered_by_its_name(choice, with_nuclei, mailbox):
    with_nuclei.do("object_classification", lambda s: s.rename_class(2, "mitotic"))
    mailbox.until(lambda: choice.combo.findText("Probability of mitotic") >= 0)
    assert choice.combo.currentText() == "Class"


def test_deleted_layers_are_named_and_restored(qtbot, choice, with_nuclei, monkeypatch):
    lost, restored = ["Predictions"], []
    monkeypatch.setattr(type(with_nuclei.display), "lost", property(lambda _: lost))
    monkeypatch.setattr(with_nuclei.display, "restore", lambda: (restored.append(1), lost.clear()))
    assert not choice.again.isVisible()
    with_nuclei.viewer.add_points([[0, 0]])
    qtbot.waitUntil(choice.again.isVisible)
    assert "Predictions" in choice.again.text()
    qtbot.mouseClick(choice.again, Qt.MouseButton.LeftButton)
    assert restored
    assert not choice.again.isVisible()


def test_nothing_listens_to_layers_once_the_choice_is_gone(qtbot, with_nuclei):
    before = len(with_nuclei.viewer.layers.events.removed.callbacks)
    choice = ShowChoice(with_nuclei)
    assert len(with_nuclei.viewer.layers.events.removed.callbacks) == before + 1
    choice.deleteLater()
    qtbot.waitUntil(lambda: len(with_nuclei.viewer.layers.events.removed.callbacks) == before)
