"""The dialog in which features are ticked: tree, filter, sets, keys, and how it follows the session."""

import time
from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QWidget
from widgets.user import deleted

from napari_objclass.features import FeatureSpec, choose, feature_catalog
from napari_objclass.widgets.feature_dialog import FeatureDialog, show_feature_dialog
from napari_objclass.widgets.parts.feature_tree import FeatureTree

NAME, VALUES = range(2)
CHECKED, PARTLY, UNCHECKED = Qt.CheckState.Checked, Qt.CheckState.PartiallyChecked, Qt.CheckState.Unchecked


@pytest.fixture
def window(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    return window


@pytest.fixture
def dialog(window, with_nuclei):
    return show_feature_dialog(with_nuclei, window)


@pytest.fixture
def tree(qtbot):
    tree = FeatureTree()
    qtbot.addWidget(tree)
    tree.offer(dict.fromkeys(feature_catalog(2, 1), ""))
    return tree


def group(tree, name):
    return next(item for item in map(tree.topLevelItem, range(tree.topLevelItemCount())) if item.text(NAME) == name)


def shown(tree):
    groups = [tree.topLevelItem(i) for i in range(tree.topLevelItemCount())]
    rows = [item.child(i) for item in groups if not item.isHidden() for i in range(item.childCount())]
    return [row.text(NAME) for row in rows if not row.isHidden()]


def set_features(shared, features):
    chosen = replace(shared.session.feature_selection, features=features)
    shared.do("feature_selection", lambda s: setattr(s, "feature_selection", chosen))


def pick(dialog, name):
    next(action for action in dialog.sets.menu().actions() if action.text() == name).trigger()


# ------------------------------------------------------------------------------------------------------- the tree


def test_groups_tell_how_many_are_ticked(tree):
    tree.choose(["num_pixels", "intensity_mean", "intensity_sum"])
    assert tree.chosen == ("num_pixels", "intensity_mean", "intensity_sum")
    assert [group(tree, name).checkState(NAME) for name in ("Shape", "Location")] == [PARTLY, UNCHECKED]
    assert group(tree, "Intensity Distribution").text(VALUES) == "2 of 7"


def test_a_tick_of_a_group_is_for_its_features(tree, qtbot):
    shape = group(tree, "Shape")
    with qtbot.waitSignal(tree.ticked):
        shape.setCheckState(NAME, CHECKED)
    assert tree.chosen == ("num_pixels", "axis_radii", "axis_vectors")
    shape.child(0).setCheckState(NAME, UNCHECKED)
    assert (shape.checkState(NAME), tree.chosen) == (PARTLY, ("axis_radii", "axis_vectors"))
    shape.setCheckState(NAME, UNCHECKED)
    assert (shape.checkState(NAME), tree.chosen) == (UNCHECKED, ())


def test_ticks_of_a_group_reach_only_what_the_filter_shows(tree):
    tree.filter("variance")
    group(tree, "Intensity Distribution").setCheckState(NAME, CHECKED)
    assert tree.chosen == ("intensity_variance",)
    tree.choose_shown(ticked=False)
    assert tree.chosen == ()


def test_what_cannot_be_measured_cannot_be_ticked(tree):
    features = feature_catalog(2, 1)
    tree.offer({spec: "needs raw" if spec.per_channel else "" for spec in features})
    tree.choose([spec.id for spec in features])
    assert tree.chosen == choose("all", 2, 0)
    bright = group(tree, "Intensity Distribution")
    assert bright.isDisabled()
    assert bright.child(0).toolTip(NAME) == "needs raw"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("skewness", ["Skewness of Intensity"]),
        ("AXIS_radii", ["Radii of the object"]),
        ("box minimum", ["Bounding Box Minimum"]),
        ("eigenvalues", ["Radii of the object"]),
        ("no such thing", []),
    ],
)
def test_the_filter_looks_at_name_id_and_description(tree, text, found):
    assert tree.filter(text) == len(found)
    assert shown(tree) == found
    assert tree.filter("") == len(feature_catalog(2, 1)) == len(shown(tree))


def test_a_thousand_features_are_filtered_within_30_ms(tree):
    def spec(i):
        doc = f"Value {i} of many: Σv / n, of the pixels at the border of the object."
        name = f"texture_{i:04d}"
        return FeatureSpec(name, f"Texture {i}", f"Group {i % 20}", "p", doc, "", 1, (name,), False, None, (2,))

    tree.offer({spec(i): "" for i in range(1000)})
    tree.show()
    seconds = []
    for text in ("texture_00", "", "777", "", "border 99", ""):
        begun = time.perf_counter()
        tree.filter(text)
        seconds.append(time.perf_counter() - begun)
    assert sorted(seconds)[len(seconds) // 2] < 0.030
    tree.filter("texture_0999")
    assert shown(tree) == ["Texture 999"]


# ----------------------------------------------------------------------------------------------------- the dialog


def test_it_shows_what_is_chosen(dialog, with_nuclei):
    assert dialog.tree.chosen == with_nuclei.session.feature_selection.features
    assert dialog.count.text() == "10 features, 14 values per object"
    assert not dialog.apply.isEnabled()
    assert not dialog.isModal()


def test_apply_measures_what_is_ticked(dialog, with_nuclei, mailbox):
    pick(dialog, "Everything")
    assert dialog.count.text() == "13 features, 20 values per object"
    dialog.apply.click()
    everything = choose("all", 2, 1)
    mailbox.until(lambda: with_nuclei.shown.table.features == everything)
    assert not dialog.apply.isEnabled()
    with_nuclei.undo()
    mailbox.until(lambda: dialog.tree.chosen == choose("default", 2, 1))


def test_nothing_ticked_cannot_be_applied(dialog):
    pick(dialog, "Untick all that are shown")
    assert (dialog.count.text(), dialog.apply.isEnabled()) == ("Tick at least one feature.", False)


def test_ticks_stay_while_other_things_change_and_yield_to_another_choice(dialog, with_nuclei, mailbox):
    pick(dialog, "Intensity")
    ticked = dialog.tree.chosen
    with_nuclei.annotate(0, [1], 1)
    mailbox.settle()
    assert dialog.tree.chosen == ticked
    set_features(with_nuclei, ("num_pixels",))
    mailbox.until(lambda: dialog.tree.chosen == ("num_pixels",))


def test_it_follows_the_image_shown(dialog, with_nuclei, mailbox, nuclei):
    with_nuclei.do("x", lambda s: s.add_lane(labels=nuclei.labels, name="no raw"))
    mailbox.until(lambda: len(with_nuclei.session.lanes) == 2)
    with_nuclei.show(1)
    mailbox.until(lambda: with_nuclei.shown.images is not None)
    assert group(dialog.tree, "Intensity Distribution").isDisabled()
    intensity = next(action for action in dialog.sets.menu().actions() if action.text() == "Intensity")
    assert not intensity.isEnabled()
    assert "intensities" in intensity.toolTip()


def test_a_feature_is_described(dialog):
    dialog.tree.setCurrentItem(group(dialog.tree, "Intensity Distribution").child(1))
    text = dialog.description.text()
    for fact in ("Variance of Intensity", "Σ(v", "intensity²", "intensity_variance_c0", "2D and 3D"):
        assert fact in text


def test_values_of_a_feature_have_the_names_of_the_channels(dialog, with_nuclei, mailbox, nuclei):
    raw, names = np.stack([nuclei.raw, nuclei.raw]), ("DNA", "phase")
    with_nuclei.do("x", lambda s: s.add_lane(raw=raw, labels=nuclei.labels, name="two", channel_names=names))
    mailbox.until(lambda: len(with_nuclei.session.lanes) == 2)
    with_nuclei.show(1)
    mailbox.until(lambda: with_nuclei.shown.images is not None)
    dialog.tree.setCurrentItem(group(dialog.tree, "Intensity Distribution").child(1))
    assert "2: DNA, phase" in dialog.description.text()


def test_it_is_used_by_keys(dialog):
    QTest.keyClicks(dialog.search, "kurtosis")
    assert shown(dialog.tree) == ["Kurtosis of Intensity"]
    QTest.keyClick(dialog.search, Qt.Key.Key_Return)
    assert dialog.isVisible()
    assert dialog.tree.currentItem().text(NAME) == "Kurtosis of Intensity"
    QTest.keyClick(dialog.tree, Qt.Key.Key_Space)
    assert "intensity_kurtosis" not in dialog.tree.chosen
    assert dialog.apply.isEnabled()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_one_dialog_per_window(dialog, window, with_nuclei):
    assert show_feature_dialog(with_nuclei, window) is dialog


def test_closed_it_listens_no_more(dialog, window, with_nuclei, mailbox, qtbot):
    n_listening = len(with_nuclei.shown_changed)
    with deleted(dialog):
        dialog.close()
    assert len(with_nuclei.shown_changed) == n_listening - 1
    set_features(with_nuclei, ("num_pixels",))
    mailbox.settle()
    assert window.findChildren(FeatureDialog) == []
