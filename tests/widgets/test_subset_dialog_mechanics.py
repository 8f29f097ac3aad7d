"""The dialog "Use fewer features": ranking, ticks and slider, and how it follows the forest."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QWidget
from widgets.many_features import feature
from widgets.user import deleted

import napari_objclass as oc
from napari_objclass.features import feature_catalog
from napari_objclass.widgets.parts.ranking import Ranking
from napari_objclass.widgets.subset_dialog import _row_name, show_subset_dialog

SPECS = {spec.id: spec for spec in feature_catalog(2, 1)}


@pytest.fixture
def window(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    return window


@pytest.fixture
def trained(with_nuclei, mailbox, nuclei):
    """Session with a forest."""
    shared = with_nuclei
    for object_id, number in oc.sample.labelled_examples(nuclei).items():
        shared.annotate(0, [object_id], number)
    mailbox.until(lambda: shared.shown.forest is not None)
    mailbox.settle()
    return shared


@pytest.fixture
def dialog(trained, window):
    return show_subset_dialog(trained, window)


def names(dialog):
    return [item.text(0) for item in dialog._items]


def ticked(dialog):
    return [item.text(0) for item in dialog._items if item.checkState(0) == Qt.CheckState.Checked]


def forest(**importances):
    """What the ranking asks of a forest: columns and their importances."""
    columns = [column for feature in importances for column in SPECS[feature].columns]
    values = [value for feature in importances for value in np.atleast_1d(importances[feature])]
    return SimpleNamespace(columns=columns, importances=np.array(values, float))


def specs(*features):
    return [SPECS[feature] for feature in features]


# ---------------------------------------------------------------------------------------------------- the ranking


def test_importance_of_a_feature_is_the_sum_over_its_columns():
    ranking = Ranking()
    ranking.offer(["num_pixels", "axis_radii"])
    ranking.learn(forest(num_pixels=0.4, axis_radii=[0.35, 0.25]), specs("num_pixels", "axis_radii"))
    assert ranking.importance == pytest.approx({"num_pixels": 0.4, "axis_radii": 0.6})
    assert ranking.order == ("axis_radii", "num_pixels")
    assert ranking.best(1) == {"axis_radii"}


def test_the_order_stands_while_features_are_left_out():
    features = ("num_pixels", "intensity_mean", "intensity_sum")
    ranking = Ranking()
    ranking.offer(features)
    ranking.learn(forest(num_pixels=0.2, intensity_mean=0.5, intensity_sum=0.3), specs(*features))
    order = ("intensity_mean", "intensity_sum", "num_pixels")
    ranking.learn(forest(num_pixels=0.9, intensity_sum=0.1), specs(*features))
    assert ranking.order == order
    assert ranking.used == {"num_pixels", "intensity_sum"}
    assert ranking.importance == {"num_pixels": 0.9, "intensity_mean": 0.5, "intensity_sum": 0.1}
    ranking.learn(forest(num_pixels=0.6, intensity_mean=0.1, intensity_sum=0.3), specs(*features))
    assert ranking.order == ("num_pixels", "intensity_sum", "intensity_mean")


def test_features_that_were_never_used_come_last():
    features = ("num_pixels", "intensity_mean", "intensity_sum")
    ranking = Ranking()
    ranking.offer(features)
    ranking.learn(forest(intensity_mean=0.0, intensity_sum=1.0), specs(*features))
    assert ranking.order == ("intensity_sum", "intensity_mean", "num_pixels")
    assert "num_pixels" not in ranking.importance
    ranking.offer(("num_pixels", "intensity_sum"))
    assert ranking.order == ("intensity_sum", "num_pixels")


# ----------------------------------------------------------------------------------------------------- the dialog


def test_it_lists_the_features_by_importance(dialog, trained):
    assert not dialog.isModal()
    assert ticked(dialog) == names(dialog)
    assert len(names(dialog)) == len(trained.session.feature_selection.features)
    shares = [dialog._ranking.importance[feature] for feature in dialog._ranking.order]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(1)
    assert not dialog.reset.isEnabled()


def test_keeping_the_best_is_one_undoable_change(dialog, trained, mailbox, qtbot):
    best = names(dialog)[:3]
    for n in (6, 4, 3):
        dialog.slider.setValue(n)
    assert ticked(dialog) == best
    assert dialog.number.value() == 3
    assert trained.session.classifier.features is None
    qtbot.waitUntil(lambda: not dialog._quiet.isActive())
    mailbox.until(lambda: trained.session.classifier.features is not None)
    used = trained.session.classifier.features
    assert {_row_name(SPECS[feature]) for feature in used} == set(best)
    assert list(used) == [feature for feature in trained.session.feature_selection.features if feature in used]
    mailbox.settle()
    assert ticked(dialog) == best
    trained.undo()
    mailbox.until(lambda: trained.session.classifier.features is None)
    mailbox.settle()
    assert ticked(dialog) == names(dialog)


def test_single_features_are_left_out_by_ticks_and_reset_brings_them_back(dialog, trained, mailbox, qtbot):
    dialog._items[0].setCheckState(0, Qt.CheckState.Unchecked)
    qtbot.waitUntil(lambda: not dialog._quiet.isActive())
    mailbox.until(lambda: trained.session.classifier.features is not None)
    left_out = set(trained.session.feature_selection.features) - set(trained.session.classifier.features)
    assert {_row_name(SPECS[feature]) for feature in left_out} == {names(dialog)[0]}
    assert dialog.number.value() == len(names(dialog)) - 1
    dialog.reset.click()
    mailbox.until(lambda: trained.session.classifier.features is None)
    mailbox.settle()
    assert ticked(dialog) == names(dialog)


def test_without_any_feature_nothing_is_changed(dialog, trained):
    for item in dialog._items:
        item.setCheckState(0, Qt.CheckState.Unchecked)
    assert dialog.note.text() == "Keep at least one feature."
    assert not dialog._quiet.isActive()
    assert trained.session.classifier.features is None


def test_agreement_and_bars_follow_the_forest(dialog, trained, mailbox):
    before = trained.shown.forest
    right, judged = int(before.oob_confusion.trace()), int(before.oob_confusion.sum())
    assert dialog.agreement.text().endswith(f"not used for training: {100 * right / judged:.0f} % ({right}/{judged})")
    labelled = set(before.samples.ids.tolist())
    wrong = next(i for i in trained.shown.table.ids.tolist() if i not in labelled)
    trained.annotate(0, [wrong], 1)
    mailbox.until(lambda: trained.shown.forest is not before)
    mailbox.settle()
    after = trained.shown.forest
    assert f"/{int(after.oob_confusion.sum())})" in dialog.agreement.text()
    assert sum(dialog._ranking.importance.values()) == pytest.approx(after.importances.sum())


def test_it_says_when_numbers_stand_still(dialog, trained, mailbox):
    trained.set_live(live=False)
    assert dialog.note.text().startswith("Live update is off")
    trained.set_live(live=True)
    mailbox.settle()
    assert dialog.note.isHidden()


def test_features_of_the_image_are_followed(dialog, trained, mailbox):
    fewer = replace(trained.session.feature_selection, features=("num_pixels", "intensity_mean"))
    trained.do("feature_selection", lambda s: setattr(s, "feature_selection", fewer))
    mailbox.until(lambda: len(names(dialog)) == 2)
    assert dialog.slider.maximum() == dialog.number.maximum() == 2
    assert dialog.of.text() == "of 2"


def test_a_feature_of_many_values_is_one_row_that_says_so():
    assert _row_name(feature("f", "Histogram", parts=[f"{i:02}" for i in range(64)])) == "Histogram, 64 values"
    assert _row_name(feature("f", "Radii", parts=["0", "1"])) == "Radii"


def test_rows_are_searched_and_keep_their_ticks(dialog):
    before = ticked(dialog)
    dialog.search.setText("intensity_mean")
    assert next(item.text(0) for item in dialog._items if not item.isHidden()).startswith("Mean Intensity")
    dialog.slider.setValue(2)
    assert len(ticked(dialog)) == 2
    dialog.search.setText("")
    assert not any(item.isHidden() for item in dialog._items)
    assert set(ticked(dialog)) < set(before)


def test_without_forest_it_says_what_to_do(with_nuclei, window):
    dialog = show_subset_dialog(with_nuclei, window)
    assert dialog.agreement.text().startswith("Label objects of two classes")
    assert len(names(dialog)) == len(with_nuclei.session.feature_selection.features)


def test_another_session_is_begun_anew(dialog, trained, mailbox):
    dialog.slider.setValue(2)
    trained.open(oc.Session)
    mailbox.until(lambda: not trained.session.lanes)
    mailbox.settle()
    assert names(dialog) == []
    assert not dialog.slider.isEnabled()
    assert not dialog._quiet.isActive()


def test_closed_it_listens_no_more(dialog, trained, qtbot):
    n_listening = len(trained.changed)
    with deleted(dialog):
        dialog.close()
    assert len(trained.changed) == n_listening - 1


def test_closing_at_once_loses_no_tick(dialog, trained, mailbox):
    dialog.slider.setValue(2)
    dialog.close()
    mailbox.until(lambda: len(trained.session.classifier.features or ()) == 2)
