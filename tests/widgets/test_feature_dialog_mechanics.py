"""The dialog in which features are ticked: tree, filter, sets, keys, and how it follows the session."""

import time
from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QWidget
from widgets.many_features import feature, many_features
from widgets.user import deleted

from napari_objclass.features import choose, feature_catalog
from napari_objclass.widgets import feature_dialog
from napari_objclass.widgets.feature_dialog import FeatureDialog, show_feature_dialog
from napari_objclass.widgets.parts.feature_tree import FeatureTree
from napari_objclass.workflow.feature_sets import feature_sets

NAME, VALUES, TIME = range(3)
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
def rich_dialog(window, with_nuclei, monkeypatch):
    """A dialog that offers features of every plug-in."""
    monkeypatch.setattr(feature_dialog, "offered", lambda *_: dict.fromkeys(many_features(), ""))
    monkeypatch.setattr(feature_dialog, "feature_sets", lambda *_: ())
    return show_feature_dialog(with_nuclei, window)


@pytest.fixture
def tree(qtbot):
    tree = FeatureTree()
    qtbot.addWidget(tree)
    tree.offer(dict.fromkeys(many_features(), ""))
    return tree


def children(item):
    return [item.child(i) for i in range(item.childCount())]


def branches(tree):
    return [tree.topLevelItem(i) for i in range(tree.topLevelItemCount())]


def row(tree, *names):
    """The row at the end of a path of names."""
    items = branches(tree)
    for name in names:
        found = next(item for item in items if item.text(NAME) == name)
        items = children(found)
    return found


def find(tree, name):
    """The first row of a name, wherever it is."""
    return tree.findItems(name, Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive)[0]


def shown(tree):
    """Names of the features that can be seen."""

    def below(item):
        if item.isHidden():
            return []
        return [name for child in children(item) for name in below(child)] if children(item) else [item.text(NAME)]

    return [name for item in branches(tree) for name in below(item)]


def of(specs, **values):
    """Names of the features that have these values."""
    return [spec.display for spec in specs if all(getattr(spec, name) == value for name, value in values.items())]


def set_features(shared, features):
    chosen = replace(shared.session.feature_selection, features=features)
    shared.do("feature_selection", lambda s: setattr(s, "feature_selection", chosen))


def set_margin(shared, margin):
    chosen = replace(shared.session.feature_selection, margin=margin)
    shared.do("feature_selection", lambda s: setattr(s, "feature_selection", chosen))


def pick(dialog, name):
    next(action for action in dialog.sets.menu().actions() if action.text() == name).trigger()


# ------------------------------------------------------------------------------------------------------- the tree


def test_branches_are_plug_ins_with_their_groups(tree):
    assert [item.text(NAME) for item in branches(tree)] == list(dict.fromkeys(s.plugin for s in many_features()))
    assert [item.text(NAME) for item in children(row(tree, "Standard Object Features"))] == [
        "Shape",
        "Location",
        "Intensity Distribution",
    ]
    assert [item.text(NAME) for item in children(row(tree, "Spherical Texture"))] == ["Circular Texture"]


def test_of_one_plug_in_the_groups_come_first(tree):
    tree.offer(dict.fromkeys([s for s in many_features() if s.plugin == "Standard Object Features"], ""))
    assert [item.text(NAME) for item in branches(tree)] == ["Shape", "Location", "Intensity Distribution"]


def test_branches_tell_how_many_are_ticked(tree):
    tree.choose(["num_pixels", "intensity_mean", "intensity_quantiles"])
    assert tree.chosen == ("num_pixels", "intensity_mean", "intensity_quantiles")
    standard = row(tree, "Standard Object Features")
    assert [item.checkState(NAME) for item in (standard, *children(standard))] == [PARTLY, PARTLY, UNCHECKED, PARTLY]
    assert [item.text(VALUES) for item in (standard, *children(standard))] == ["3 of 8", "1 of 2", "0 of 1", "2 of 5"]


def test_a_tick_of_a_branch_is_for_its_features(tree, qtbot):
    skeleton = row(tree, "2D Skeleton Features")
    with qtbot.waitSignal(tree.ticked):
        skeleton.setCheckState(NAME, CHECKED)
    assert tree.chosen == ("skeleton_length", "skeleton_center")
    row(tree, "2D Skeleton Features", "Location").setCheckState(NAME, UNCHECKED)
    assert (skeleton.checkState(NAME), tree.chosen) == (PARTLY, ("skeleton_length",))
    skeleton.setCheckState(NAME, UNCHECKED)
    assert (skeleton.checkState(NAME), tree.chosen) == (UNCHECKED, ())


def test_ticks_of_a_branch_reach_only_what_the_filter_shows(tree):
    tree.filter("quantiles")
    row(tree, "Standard Object Features").setCheckState(NAME, CHECKED)
    assert tree.chosen == ("intensity_quantiles",)
    tree.choose_shown(ticked=False)
    assert tree.chosen == ()


def test_what_cannot_be_measured_cannot_be_ticked(tree):
    specs = many_features()
    tree.offer({spec: "needs raw" if spec.needs_raw else "" for spec in specs})
    tree.choose([spec.id for spec in specs])
    assert tree.chosen == tuple(spec.id for spec in specs if not spec.needs_raw)
    bright = row(tree, "Standard Object Features", "Intensity Distribution")
    assert bright.isDisabled()
    assert bright.child(0).toolTip(NAME) == "needs raw"


def test_slow_ones_are_marked_in_words_that_say_why(tree):
    length, size = (
        row(tree, "2D Skeleton Features", "Shape", "Length of the Skeleton"),
        row(tree, "Standard Object Features", "Shape", "Size in pixels"),
    )
    assert (length.text(TIME), size.text(TIME)) == ("slow", "")
    assert "skeleton" in length.toolTip(TIME)
    assert size.toolTip(TIME) == ""


def test_advanced_ones_are_there_when_asked_for_or_ticked(tree):
    specs = many_features()
    assert set(shown(tree)) == set(of(specs, hidden=False))
    tree.choose(["skeleton_terminal_1"])
    assert set(shown(tree)) == {*of(specs, hidden=False), "Terminal 1"}
    assert row(tree, "2D Skeleton Features").text(VALUES) == "1 of 3"
    assert tree.show_advanced(shown=True) == (len(specs), 0)
    assert len(shown(tree)) == len(specs)
    tree.choose_shown(ticked=True)
    assert len(tree.chosen) == len(specs)


def test_an_advanced_one_stays_when_its_tick_is_taken_away(tree):
    tree.choose(["skeleton_terminal_1"])
    row(tree, "2D Skeleton Features", "Location", "Terminal 1").setCheckState(NAME, UNCHECKED)
    assert tree.chosen == ()
    assert "Terminal 1" in shown(tree)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("quantiles", ["Quantiles of Intensity"]),
        ("AXIS_radii", ["Radii of the object"]),
        ("length skeleton", ["Length of the Skeleton"]),
        ("circular spectrum", ["Circular Texture"]),
        ("no such thing", []),
    ],
)
def test_the_filter_looks_at_name_both_ids_and_description(tree, text, found):
    assert tree.filter(text) == (len(found), 0)
    assert shown(tree) == found
    assert tree.filter("").n_shown == len(shown(tree)) == len(of(many_features(), hidden=False))


def test_the_filter_counts_what_it_finds_among_the_advanced(tree):
    assert tree.filter("mean intensity") == (2, 1)
    assert shown(tree) == ["Mean Intensity", "Mean Intensity in neighborhood"]
    assert tree.show_advanced(shown=True) == (3, 0)


def test_a_thousand_features_are_filtered_within_30_ms(tree):
    def spec(i):
        doc = f"Value {i} of many: Σv / n, of the pixels at the border of the object."
        return feature(f"texture_{i:04d}", f"Texture {i}", f"Plug-in {i % 4}", f"Group {i % 20}", doc=doc)

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
    chosen = with_nuclei.session.feature_selection.features
    assert dialog.tree.chosen == chosen
    n_values = sum(spec.n_values for spec in with_nuclei.shown.table.specs)
    assert dialog.count.text().startswith(f"{len(chosen)} features, {n_values} values per object")
    assert not dialog.apply.isEnabled()
    assert not dialog.isModal()


def test_apply_measures_what_is_ticked(dialog, with_nuclei, mailbox):
    pick(dialog, "Shape")
    dialog.apply.click()
    shape = tuple(next(each.features for each in feature_sets(2, 1) if each.name == "Shape"))
    mailbox.until(lambda: with_nuclei.shown.table.features == shape)
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
    assert find(dialog.tree, "Intensity Distribution").isDisabled()
    intensity = next(action for action in dialog.sets.menu().actions() if action.text() == "Intensity")
    assert not intensity.isEnabled()
    assert "intensities" in intensity.toolTip()


def test_a_feature_is_described(dialog):
    dialog.tree.setCurrentItem(find(dialog.tree, "Variance of Intensity"))
    text = dialog.description.toPlainText()
    for fact in ("Variance of Intensity", "Σ(v", "intensity²", "intensity_variance_c0", "2D and 3D"):
        assert fact in text


def test_values_of_a_feature_have_the_names_of_the_channels(dialog, with_nuclei, mailbox, nuclei):
    raw, names = np.stack([nuclei.raw, nuclei.raw]), ("DNA", "phase")
    with_nuclei.do("x", lambda s: s.add_lane(raw=raw, labels=nuclei.labels, name="two", channel_names=names))
    mailbox.until(lambda: len(with_nuclei.session.lanes) == 2)
    with_nuclei.show(1)
    mailbox.until(lambda: with_nuclei.shown.images is not None)
    dialog.tree.setCurrentItem(find(dialog.tree, "Variance of Intensity"))
    assert "2: DNA, phase" in dialog.description.toPlainText()


def test_it_is_used_by_keys(dialog):
    QTest.keyClicks(dialog.search, "intensity_kurtosis")
    assert shown(dialog.tree)[0] == "Kurtosis of Intensity"
    QTest.keyClick(dialog.search, Qt.Key.Key_Return)
    assert dialog.isVisible()
    assert dialog.tree.currentItem().text(NAME) == "Kurtosis of Intensity"
    QTest.keyClick(dialog.tree, Qt.Key.Key_Space)
    assert "intensity_kurtosis" not in dialog.tree.chosen
    assert dialog.apply.isEnabled()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_what_is_known_of_a_feature_is_described(rich_dialog):
    def described(name):
        rich_dialog.tree.setCurrentItem(find(rich_dialog.tree, name))
        return rich_dialog.description.toPlainText()

    for fact in ("m = Σv / n", "Compared with", "values computed by someone", "intensity_mean_c0"):
        assert fact in described("Mean Intensity")
    assert "64: bin 1 … bin 64" in described("Histogram of Intensity")
    for fact in ("Slow: ", "neighborhood size", "Spherical Texture/Circular Spectrum"):
        assert fact in described("Circular Texture")
    assert "Advanced" in described("Terminal 1")


def test_what_the_search_finds_among_the_advanced_is_told(rich_dialog):
    assert rich_dialog.more.isHidden()
    rich_dialog.search.setText("mean")
    assert rich_dialog.more.text() == "1 more among the advanced."
    rich_dialog.search.setText("terminal")
    assert (shown(rich_dialog.tree), rich_dialog.more.text()) == ([], "Found only among the advanced: 1.")
    rich_dialog.advanced.click()
    assert shown(rich_dialog.tree) == ["Terminal 1"]
    assert rich_dialog.more.isHidden()
    rich_dialog.search.setText("no such thing")
    assert rich_dialog.more.text().startswith("No feature has “no such thing”")


def test_all_that_are_shown_covers_the_advanced_once_they_are(rich_dialog):
    def tick_all():
        rich_dialog.tree.choose_shown(ticked=True)
        return set(rich_dialog.tree.chosen)

    assert tick_all() == {spec.id for spec in many_features() if not spec.hidden}
    rich_dialog.advanced.setChecked(True)
    assert tick_all() == {spec.id for spec in many_features()}


def test_advanced_is_on_by_itself_if_one_is_chosen(dialog, with_nuclei, mailbox):
    assert not dialog.advanced.isChecked()
    set_features(with_nuclei, ("num_pixels", "axis_variance"))
    mailbox.until(lambda: dialog.tree.chosen == ("num_pixels", "axis_variance"))
    assert dialog.advanced.isChecked()
    assert set(shown(dialog.tree)) == {spec.display for spec in feature_catalog(2, 1)}


def test_slow_features_are_counted(rich_dialog):
    rich_dialog.tree.choose(["num_pixels", "skeleton_length", "texture_spectrum_circular"])
    rich_dialog.tree.ticked.emit()
    assert rich_dialog.count.text() == "3 features, 22 values per object, 2 slow features"


# ---------------------------------------------------------------------------------------------- the neighborhood


def sizes(dialog):
    return [field.value() for field in dialog.neighborhood.fields if not field.isHidden()]


def tick(dialog, *features):
    dialog.tree.choose(features)
    dialog.tree.ticked.emit()


def test_the_neighborhood_can_be_set_while_a_feature_depends_on_it(rich_dialog):
    x = rich_dialog.neighborhood.fields[0]
    tick(rich_dialog, "num_pixels")
    assert not x.isEnabled()
    assert "neighborhood" in x.toolTip()
    assert rich_dialog.neighborhood.note.text()
    for feature_id in ("intensity_mean_neighborhood", "texture_spectrum_circular"):
        tick(rich_dialog, "num_pixels", feature_id)
        assert x.isEnabled()
        assert not rich_dialog.neighborhood.note.text()


def test_features_and_neighborhood_are_one_undoable_change(rich_dialog, with_nuclei, mailbox):
    shared, before = with_nuclei, with_nuclei.session.feature_selection
    assert sizes(rich_dialog) == [30, 30]
    tick(rich_dialog, "num_pixels", "skeleton_length", "texture_spectrum_circular")
    rich_dialog.neighborhood.fields[0].setValue(12)
    with pytest.MonkeyPatch.context() as patch:  # nothing of this can be measured
        patch.setattr("napari_objclass.workflow.feature_selection.features.choose", lambda ids, *_: tuple(ids))
        rich_dialog.apply.click()
        mailbox.until(lambda: shared.session.feature_selection != before)
    chosen = shared.session.feature_selection
    assert chosen.features == ("num_pixels", "skeleton_length", "texture_spectrum_circular")
    assert chosen.margin == (30, 12)
    shared.undo()
    mailbox.until(lambda: shared.session.feature_selection == before)
    mailbox.settle()
    assert sizes(rich_dialog) == [30, 30]


def test_a_neighborhood_that_is_not_used_is_left_alone(dialog, with_nuclei, mailbox):
    set_margin(with_nuclei, (7, 120))
    mailbox.until(lambda: sizes(dialog) == [120, 7])
    tick(dialog, "num_pixels")
    dialog.apply.click()
    mailbox.until(lambda: with_nuclei.session.feature_selection.features == ("num_pixels",))
    assert with_nuclei.session.feature_selection.margin == (7, 120)


def test_apply_is_for_a_changed_neighborhood_too(rich_dialog, with_nuclei, mailbox):
    rich_dialog._known = replace(rich_dialog._known, features=("texture_spectrum_circular",))
    tick(rich_dialog, "texture_spectrum_circular")
    assert not rich_dialog.apply.isEnabled()
    rich_dialog.neighborhood.fields[1].setValue(8)
    assert rich_dialog.apply.isEnabled()
    rich_dialog.neighborhood.fields[1].setValue(30)
    assert not rich_dialog.apply.isEnabled()


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
