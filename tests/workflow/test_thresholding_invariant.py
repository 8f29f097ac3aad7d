"""Labels outlive every change of the thresholds: none is lost, unchanged objects keep theirs, and back is back."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

import napari_objclass as oc
from napari_objclass.workflow.marks import AnnotationState

N_LABELS, N_CHANGES = 30, 200


@pytest.fixture
def session():
    """30 labelled objects in the probability map of a sample."""
    nuclei = oc.sample.nuclei_2c()
    with oc.Session(recover=False) as session:
        session.add_lane(raw=nuclei.raw, probabilities=oc.sample.probabilities(nuclei))
        ids = session.objects(0).ids[:N_LABELS].tolist()
        session.annotate_many(0, ids=ids, classes=[1 + number % 2 for number in range(N_LABELS)])
        yield session


def random_settings(rng):
    """Every setting is a random one, or as at first."""
    smallest = int(rng.choice([0, 10, 100, 300]))
    values = {
        "method": str(rng.choice(["simple", "hysteresis"])),
        "channel": int(rng.random() < 0.1),
        "core_channel": [None, 0, 1][rng.integers(3)],
        "sigma": float(rng.choice([0, 0.5, 1, 2.5])),
        "threshold": float(rng.uniform(-0.1, 1.1)),
        "core_threshold": float(rng.uniform(0.3, 1.1)),
        "merge": bool(rng.random() < 0.7),
        "min_size": smallest,
        "max_size": smallest + int(rng.choice([200, 2000, 10**9])),
        "fill_holes": bool(rng.random() < 0.3),
    }
    first, share = oc.Thresholding(), rng.random()
    changed = {name: value for name, value in values.items() if rng.random() < share}
    return replace(first, **changed) if changed.get("min_size", 0) <= changed.get("max_size", 10**9) else first


def masks(labels):
    """Flat indices of every object, by id."""
    order = np.argsort(labels, axis=None, kind="stable")
    ids, starts = np.unique(labels.ravel()[order], return_index=True)
    return {int(key): part for key, part in zip(ids, np.split(order, starts[1:]), strict=True) if key}


def test_no_label_is_lost_in_random_changes(session):
    rng, first, classes = np.random.default_rng(7), session.thresholding, session.object_classes(0)
    labelled = {key: mask for key, mask in masks(session.label_image(0)).items() if key in classes}
    met, kept = Counter(), 0
    for _ in range(N_CHANGES):
        session.thresholding = random_settings(rng)
        states = Counter(each.state for each in session.annotations)
        assert sum(states[state] for state in AnnotationState) == N_LABELS
        assert all(isinstance(state, AnnotationState) for state in states)
        met.update(states)
        labels, now = session.label_image(0), session.object_classes(0)
        sizes = np.bincount(labels.ravel())
        for key, mask in labelled.items():
            (under, *others) = np.unique(labels.ravel()[mask])
            if not others and under and sizes[under] == mask.size:
                assert now[int(under)] == classes[key]
                kept += 1
    assert set(met) == set(AnnotationState)
    assert kept > N_LABELS
    session.thresholding = first
    assert session.object_classes(0) == classes


def test_back_is_back_by_undo_and_after_reopening(session, path):
    classes, rng = session.object_classes(0), np.random.default_rng(1)
    session.save(path)
    for _ in range(10):
        session.thresholding = random_settings(rng)
    changed = session.object_classes(0)
    session.close()
    with oc.Session.open(path) as again:
        assert again.object_classes(0) == changed
        again.thresholding = oc.Thresholding()
        assert again.object_classes(0) == classes
        assert again.undo()
        assert again.object_classes(0) == changed


def test_a_usual_change_keeps_nine_of_ten():
    nuclei = oc.sample.nuclei_2d()
    with oc.Session(recover=False) as session:
        session.add_lane(raw=nuclei.raw, probabilities=oc.sample.probabilities(nuclei))
        ids = session.objects(0).ids.tolist()
        session.annotate_many(0, ids=ids, classes=[1 + number % 2 for number in ids])
        session.thresholding = replace(session.thresholding, threshold=0.6)
        states = Counter(each.state for each in session.annotations)
        assert states.total() == len(ids) > 150
        assert states[AnnotationState.ACTIVE] >= 0.9 * len(ids)
