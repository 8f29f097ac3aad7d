"""The guide: order, visits, frames, and what it says when there is nothing to go to."""

from dataclasses import replace

import numpy as np
import pytest

import napari_objclass as oc
from napari_objclass.widgets.viewer import answers
from napari_objclass.widgets.viewer.guide import NOTHING_LEFT

CLASSIFY = "object_classification"


def annotate(shared, mailbox, sample, t=0):
    for object_id, number in oc.sample.labelled_examples(sample).items():
        shared.annotate(t, [object_id], number)
    predicted(shared, mailbox)


def predicted(shared, mailbox):
    """Wait for predictions that know every label."""
    before = shared.shown.prediction
    mailbox.until(lambda: shared.shown.prediction is not before)
    mailbox.settle()


@pytest.fixture
def classified(with_nuclei, mailbox, nuclei):
    annotate(with_nuclei, mailbox, nuclei)
    return with_nuclei


def labelled(shared):
    return set(shared.session.object_classes(0))


def test_unsure_ones_in_falling_order_without_the_labelled(classified):
    shown = classified.shown
    uncertainty = dict(zip(shown.prediction.ids.tolist(), shown.prediction.uncertainty.tolist(), strict=True))
    walked = []
    for _ in range(20):
        classified.guide.next_unsure()
        walked.append(classified.guide.current[1])
    open_ones = sorted(set(uncertainty) - labelled(classified), key=lambda i: (-uncertainty[i], i))
    assert walked == open_ones[:20]


def test_visits_count_until_the_next_prediction_but_for_the_current_one(classified, mailbox):
    classified.guide.next_unsure()
    first = classified.guide.current
    classified.guide.next_unsure()
    second = classified.guide.current
    assert second != first
    classified.do(CLASSIFY, lambda s: setattr(s, "classifier", replace(s.classifier, seed=0, n_trees=99)))
    predicted(classified, mailbox)
    uncertainty = classified.shown.prediction.uncertainty.copy()
    uncertainty[np.isin(classified.shown.prediction.ids, [*labelled(classified), second[1]])] = -1
    classified.guide.next_unsure()
    assert classified.guide.current[1] == classified.shown.prediction.ids[uncertainty.argmax()]


def test_back_and_forth(classified):
    guide, walked = classified.guide, []
    for step in (guide.next_unsure, guide.next_random, guide.next_unsure):
        step()
        walked.append(guide.current)
    guide.previous()
    assert guide.current == walked[1]
    guide.previous()
    assert guide.current == walked[0]
    guide.previous()
    assert guide.current == walked[0]
    guide.next_unsure()
    assert guide.current == walked[1]
    guide.next_unsure()
    assert guide.current == walked[2]


def test_a_random_walk_visits_every_unlabelled_object_once_and_ends(classified):
    walked = []
    for _ in range(len(classified.shown.objects.ids) - len(labelled(classified))):
        classified.guide.next_random()
        walked.append(classified.guide.current[1])
    assert sorted(walked) == sorted(set(classified.shown.objects.ids.tolist()) - labelled(classified))
    classified.guide.next_random()
    assert classified.guide.note == NOTHING_LEFT
    assert classified.guide.current[1] == walked[-1]


def test_without_prediction_unsure_is_random_and_says_so(with_nuclei):
    with_nuclei.guide.next_unsure()
    assert with_nuclei.guide.current is not None
    assert "random, as nothing is predicted yet" in with_nuclei.viewer.status


def test_objects_of_a_class_in_order_by_label_or_else_prediction(classified):
    shown, told = classified.shown, classified.session.object_classes(0)
    predictions = dict(zip(shown.prediction.ids.tolist(), shown.prediction.classes.tolist(), strict=True))
    members = sorted(i for i in predictions if told.get(i, predictions[i]) == 2)
    walked = []
    for _ in range(len(members) + 1):
        classified.guide.next_of_class(2)
        walked.append(classified.guide.current[1])
    assert walked == [*members, members[0]]


def test_a_class_without_objects_is_told(with_nuclei):
    with_nuclei.guide.next_of_class(2)
    assert with_nuclei.guide.current is None
    assert with_nuclei.guide.note == "There is no other object labelled or predicted Class 2."


def test_keeping_a_prediction_labels_and_goes_on(classified, mailbox):
    guide = classified.guide
    guide.next_unsure()
    t, object_id = guide.current
    cls = classified.shown.prediction.classes[classified.shown.prediction.ids == object_id]
    guide.keep_prediction()
    assert guide.current != (t, object_id)
    predicted(classified, mailbox)
    assert classified.session.object_classes(0)[object_id] == cls


def test_keeping_needs_an_object(classified, mailbox):
    classified.guide.keep_prediction()
    assert "Go to an object" in classified.guide.note


def test_a_deleted_class_is_neither_kept_nor_found(classified, mailbox):
    """Between the change of classes and the next prediction, numbers are those of the present classes."""
    shown, t = classified.shown, 0
    first = int(shown.prediction.ids[shown.prediction.classes == 2][0])
    classified.session.delete_class(1)
    classified.guide.current = (t, first)
    asked = []
    classified.annotate = lambda *arguments: asked.append(arguments)
    classified.guide.keep_prediction()
    assert asked == [(t, [first], 1)]


def test_labels_of_objects_that_are_gone_count_for_no_other(classified):
    shown, classes = classified.shown, classified.session.classes
    kept = shown.objects.ids <= 100
    fewer = replace(shown.objects, **{n: getattr(shown.objects, n)[kept] for n in ("frames", "ids", "sizes")})
    numbers = answers.labels(replace(shown, objects=fewer), classes)
    told = classified.session.object_classes(0)
    assert max(told) > 100
    assert numbers.tolist() == [told.get(object_id, 0) for object_id in fewer.ids.tolist()]
    assert answers.prediction(replace(shown, objects=fewer)) is None


def test_another_image_ends_the_walk(classified, mailbox):
    classified.guide.next_unsure()
    classified.guide.next_unsure()
    image = oc.sample.nuclei_2d(seed=1)
    classified.do("input_data", lambda s: s.add_lane(raw=image.raw, labels=image.labels))
    mailbox.until(lambda: len(classified.session.lanes) == 2)
    classified.show(1)
    assert classified.guide.current is None
    classified.guide.next_unsure()
    assert classified.guide.note == "There are no objects to go to yet."
    mailbox.until(lambda: classified.shown.prediction is not None)
    classified.guide.previous()
    assert classified.guide.note == "There is no object before this one."


def test_frames_are_walked_too(shared, mailbox):
    film = oc.sample.nuclei_2d_t(n_frames=2)
    shared.do("input_data", lambda s: s.add_lane(raw=film.raw, labels=film.labels, axes="tyx"))
    mailbox.until(lambda: shared.shown and shared.shown.table is not None)
    annotate(shared, mailbox, film)
    shown, there = shared.shown, set()
    for _ in range(len(shown.objects.ids) - len(labelled(shared))):
        shared.guide.next_unsure()
        there.add(shared.guide.current)
    known = set(zip(shown.objects.frames.tolist(), shown.objects.ids.tolist(), strict=True))
    assert there == known - {(0, i) for i in labelled(shared)}


def test_a_class_with_another_name_is_the_same_while_nothing_is_predicted_anew(classified, mailbox):
    shared = classified
    shared.set_live(live=False)
    before = answers.predicted(shared.shown, shared.session.classes)
    shared.do("object_classification", lambda s: s.rename_class(1, "another name"))
    mailbox.until(lambda: shared.session.classes[0].name == "another name")
    mailbox.settle()
    np.testing.assert_array_equal(answers.predicted(shared.shown, shared.session.classes), before)
