"""The step Classify: the first click labels, hints tell the next thing to do, everything fits."""

import numpy as np
import pytest
from qtpy.QtCore import Qt

import napari_objclass as oc
from napari_objclass.widgets import object_classification
from napari_objclass.widgets._base import StepState
from napari_objclass.widgets.object_classification import ObjectClassificationDock, ObjectClassificationStep
from napari_objclass.widgets.viewer.tool import Mode


@pytest.fixture
def step(shared, qtbot):
    step = ObjectClassificationStep(shared)
    qtbot.addWidget(step)
    step.resize(284, 400)
    step.show()
    return step


@pytest.fixture
def with_image(step, shared, mailbox, nuclei):
    shared.do("input_data", lambda s: s.add_lane(raw=nuclei.raw, labels=nuclei.labels, name="nuclei"))
    mailbox.until(lambda: shared.shown and shared.shown.table is not None)
    return step


@pytest.fixture
def annotate(shared, mailbox, nuclei):
    """Label objects of some classes, and wait for what follows."""

    def annotate(*classes):
        for object_id, number in oc.sample.labelled_examples(nuclei).items():
            if number in classes:
                shared.annotate(0, [object_id], number)
        mailbox.settle()

    return annotate


def click(qtbot, button):
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_the_tool_is_in_hand_once_there_is_an_image(step, shared, mailbox, nuclei):
    assert not shared.tool.active
    shared.do("input_data", lambda s: s.add_lane(raw=nuclei.raw, labels=nuclei.labels))
    mailbox.until(lambda: shared.tool.active)
    assert step.tools.buttons[Mode.ANNOTATE].isChecked()


def test_the_tool_is_not_forced_upon_the_user_twice(with_image, shared):
    shared.set_tool(active=False)
    with_image.hide()
    with_image.show()
    assert not shared.tool.active


def test_a_step_that_is_not_open_leaves_the_tool_alone(shared, mailbox, nuclei, qtbot):
    step = ObjectClassificationStep(shared)
    qtbot.addWidget(step)
    shared.do("input_data", lambda s: s.add_lane(raw=nuclei.raw, labels=nuclei.labels))
    mailbox.until(lambda: shared.shown and shared.shown.objects)
    assert not shared.tool.active


def test_one_press_takes_a_tool_and_another_puts_it_away(with_image, shared, qtbot):
    buttons = with_image.tools.buttons
    click(qtbot, buttons[Mode.ERASE])
    assert (shared.tool.active, shared.tool.mode) == (True, Mode.ERASE)
    assert [mode for mode, button in buttons.items() if button.isChecked()] == [Mode.ERASE]
    click(qtbot, buttons[Mode.ERASE])
    assert not shared.tool.active
    assert not any(button.isChecked() for button in buttons.values())
    click(qtbot, buttons[Mode.SWEEP])
    assert (shared.tool.active, shared.tool.mode) == (True, Mode.SWEEP)


def test_tooltips_name_the_keys(with_image):
    assert with_image.tools.buttons[Mode.ANNOTATE].toolTip().endswith("(G)")
    assert with_image.next_object.unsure.toolTip().endswith("(N)")


def test_hints_lead_from_the_first_click_to_the_end(with_image, shared, annotate, mailbox):
    step = with_image
    shared.set_tool(cls=2)
    assert step.hint == "Click a few objects of Class 2."
    shared.set_tool(cls=1)
    assert step.hint == "Click a few objects of Class 1."
    shared.set_tool(active=False)
    assert step.hint.startswith("Turn on Annotate")
    shared.set_tool(active=True)
    annotate(1)
    assert step.hint == "Now choose Class 2 (key 2) and click some of those."
    assert (step.state, step.summary) == (StepState.AHEAD, "6 labels")
    annotate(2)
    assert step.hint == "Look at unsure objects (N), or export in Results."
    assert step.state is StepState.DONE


def test_without_image_the_way_to_one_is_told(step):
    assert "Images" in step.hint
    assert step.summary == ""


def test_an_image_without_objects_is_told(step, shared, mailbox):
    shared.do("input_data", lambda s: s.add_lane(labels=np.zeros((8, 8), np.uint8)))
    mailbox.until(lambda: shared.shown and shared.shown.claims is not None)
    assert "no objects" in step.hint


def test_one_class_is_not_enough(with_image, shared, mailbox):
    shared.do("object_classification", lambda s: s.delete_class(2))
    mailbox.until(lambda: "second class" in with_image.hint)


def test_labels_and_agreement_are_summed_up(with_image, annotate, shared):
    annotate(1, 2)
    confusion = shared.shown.forest.oob_confusion
    assert with_image.summary == f"12 labels · {np.trace(confusion) / confusion.sum():.0%}".replace("%", " %")


def test_labels_to_confirm_come_first(with_image, annotate, shared, mailbox, nuclei):
    annotate(1, 2)
    labels = nuclei.labels.copy()
    examples = oc.sample.labelled_examples(nuclei)
    one, other = (next(i for i, number in examples.items() if number == cls) for cls in (1, 2))
    labels[labels == other] = one
    shared.do("objects", lambda s: s.relink_lane(0, labels=labels))
    mailbox.until(lambda: "confirm" in with_image.summary)
    mailbox.settle()
    assert "open Labels" in with_image.hint


def test_without_live_predictions_wait_for_update(with_image, annotate, shared, mailbox, qtbot):
    step, tools = with_image, with_image.tools
    click(qtbot, tools.live)
    assert not shared.live
    assert not tools.update_button.isVisible()
    annotate(1, 2)
    assert shared.shown.prediction is None
    assert step.hint.startswith("Press Update")
    click(qtbot, tools.update_button)
    mailbox.until(lambda: shared.shown.prediction is not None)
    mailbox.settle()
    assert not tools.update_button.isVisible()
    before = shared.shown.prediction
    shared.annotate(0, [1], 1)
    mailbox.settle()
    assert shared.shown.prediction is before
    assert tools.update_button.isVisible()
    click(qtbot, tools.live)
    mailbox.until(lambda: shared.shown.prediction is not before)
    assert not tools.update_button.isVisible()


def test_the_buttons_of_the_guide_lead_to_objects(with_image, annotate, shared, mailbox, qtbot):
    annotate(1, 2)
    following = with_image.next_object
    click(qtbot, following.unsure)
    shown, (t, object_id) = shared.shown, shared.guide.current
    row = int(np.flatnonzero(shown.prediction.ids == object_id)[0])
    name = shown.prediction.class_names[shown.prediction.classes[row] - 1]
    share = f"{shown.prediction.probabilities[row].max():.0%}".replace("%", " %")
    assert following.line.text() == f"Object {object_id}: {name} {share}"
    shared.annotate(t, [object_id], 1)
    mailbox.settle()
    assert following.line.text().endswith("labelled Class 1")


def test_the_menu_leads_to_a_class(with_image, annotate, shared, nuclei):
    annotate(1, 2)
    menu = with_image.next_object.menu
    menu.aboutToShow.emit()
    assert [action.text() for action in menu.actions()] == ["Class 1", "Class 2"]
    menu.actions()[1].trigger()
    predicted = dict(zip(shared.shown.prediction.ids.tolist(), shared.shown.prediction.classes.tolist(), strict=True))
    labelled = oc.sample.labelled_examples(nuclei)
    object_id = shared.guide.current[1]
    assert labelled.get(object_id, predicted[object_id]) == 2


def test_what_cannot_be_done_yet_is_disabled(step, shared, mailbox, nuclei):
    following = step.next_object
    assert not following.random.isEnabled()
    shared.do("input_data", lambda s: s.add_lane(raw=nuclei.raw, labels=nuclei.labels))
    mailbox.until(lambda: following.random.isEnabled())
    assert not following.unsure.isEnabled()
    assert not following.keep.isVisible()


def test_objects_with_missing_values_are_told_and_shown(step, shared, mailbox, qtbot, monkeypatch):
    labels = np.zeros((20, 20), np.uint8)
    labels[2:8, 2:8], labels[12, 12] = 1, 2
    shared.do("input_data", lambda s: s.add_lane(raw=labels.astype(np.float32), labels=labels))
    mailbox.until(lambda: shared.shown and shared.shown.table is not None)
    n = int(np.isnan(shared.shown.table.values).any(axis=1).sum())
    assert n > 0
    assert step.missing.isVisible()
    assert step.missing.text().startswith(f"{n} object")
    opened = []
    monkeypatch.setattr(object_classification, "show_missing_values", lambda *who: opened.append(who))
    click(qtbot, step.missing)
    assert opened == [(shared, step)]


def test_a_refused_change_makes_the_step_a_problem(step, shared, mailbox):
    shared.do(step.ID, lambda s: s.rename_class(1, "Class 2"))
    mailbox.until(lambda: step.state is StepState.PROBLEM)


def test_the_step_is_no_wider_than_the_dock_and_needs_no_scrolling(make_napari_viewer, nuclei, qtbot):
    viewer = make_napari_viewer(show=True)
    dock = ObjectClassificationDock(viewer)
    viewer.window.add_dock_widget(dock)
    shared, step = dock.shared, dock.step
    shared.do("input_data", lambda s: s.add_lane(raw=nuclei.raw, labels=nuclei.labels))
    examples = oc.sample.labelled_examples(nuclei)
    shared.do(step.ID, lambda s: s.annotate_many(0, ids=list(examples), classes=list(examples.values())))
    qtbot.waitUntil(lambda: step.state is StepState.DONE)
    shared.guide.next_unsure()
    assert step.minimumSizeHint().width() <= 284
    assert step.layout().heightForWidth(284) <= 400


def test_whoever_listens_is_told(step, shared, qtbot):
    with qtbot.waitSignal(step.told):
        shared.set_tool(cls=2)
