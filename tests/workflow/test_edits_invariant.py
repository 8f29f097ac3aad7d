"""Random sequences of edits by hand, undone, redone, saved, replayed: all outputs equal those made from scratch."""

from dataclasses import replace

import numpy as np
import pytest
from workflow.scenes import movie, nuclei

import napari_objclass as oc
from napari_objclass.workflow.claims import derive
from napari_objclass.workflow.feature_selection import FeatureSelection
from napari_objclass.workflow.object_classification import Classifier
from napari_objclass.workflow.objects import Objects
from napari_objclass.workflow.thresholding import Thresholding

THRESHOLDS = (0.3, 0.6)


def flat(dtype=np.uint16):
    """Plane with two channels in front; ids beyond 32 bit."""
    scene = nuclei((60, 80), ids=lambda k: 7 * k + 2**40, dtype=np.uint64)
    raw = np.stack([scene.raw, scene.raw.max() - scene.raw]).astype(dtype)
    return {"raw": raw, "labels": scene.labels, "axes": {"raw": "cyx", "labels": "yx"}}


def solid():
    """Volume whose axes are in another order, bytes, of which the objects are the components."""
    scene = nuclei((20, 40, 60))
    turned = {"raw": scene.raw.astype(np.uint8), "segmentation": (scene.labels > 0).astype(np.uint8)}
    return {role: image.transpose(2, 0, 1) for role, image in turned.items()} | {
        "axes": {"raw": "xzy", "segmentation": "xzy"}
    }


def film():
    """Frames of floats, cropped from larger ones, with small ids of a small type."""
    scene = movie(shape=(40, 60))
    return {"raw": scene.raw, "labels": scene.labels.astype(np.int16), "axes": "tyx", "offset": (30, 70)}


def probable():
    """Probabilities, with float raw."""
    scene = nuclei((60, 80))
    rng = np.random.default_rng(1)
    cells = (scene.labels > 0) * rng.uniform(0.2, 1, scene.labels.max() + 1)[scene.labels]
    return {"raw": scene.raw, "probabilities": np.float32(np.clip(cells + rng.uniform(0, 0.1, cells.shape), 0, 1))}


LANES = {"flat": flat, "solid": solid, "film": film, "probable": probable}


class Model:
    """What an image set with edits is, written down plainly: a label image per threshold, and stacks of these."""

    def __init__(self, session):
        self.now = (session.thresholding.threshold, {session.thresholding.threshold: session.label_image(0).copy()})
        self.undone, self.done = [], []

    @property
    def labels(self):
        threshold, images = self.now
        return images[threshold]

    def do(self, now):
        self.done.append(self.now)
        self.undone.clear()
        self.now = now

    def edit(self, labels):
        threshold, images = self.now
        self.do((threshold, images | {threshold: labels}))

    def move(self, source, target):
        if source:
            target.append(self.now)
            self.now = source.pop()

    def forget(self):
        self.done.clear()
        self.undone.clear()


def edited(rng, labels):
    """Paint, merge, split or delete something, and the part of the image outside of which nothing was done."""
    labels = labels.copy()
    corner = [int(rng.integers(length)) for length in labels.shape]
    part = tuple(slice(c, c + int(rng.integers(1, 16))) for c in corner)
    view, ids = labels[part], np.unique(labels[labels > 0])
    kind = rng.integers(5)
    free = ids.max() + 1 if len(ids) else 1
    if kind == 0:  # a new object, or one that grows over others
        view[...] = rng.choice([free, rng.choice(ids)]) if len(ids) else free
    elif kind == 1:  # two become one, wherever they are
        a, b = rng.choice(ids, 2) if len(ids) else (1, 1)
        labels[labels == a] = b
        return labels, None
    elif kind == 2:  # one becomes two
        view[view == rng.choice(ids if len(ids) else [1])] = free
    elif kind == 3:
        view[...] = 0
    else:
        labels[labels == (rng.choice(ids) if len(ids) else 1)] = 0
        return labels, None
    return labels, part


def check(session, model, n_marks):
    """Compare every output with one that knows nothing of edits."""
    objects, labels = session.objects(0), session.label_image(0)
    assert labels.dtype == model.labels.dtype
    np.testing.assert_array_equal(labels, model.labels)
    fresh = Objects.of(objects.labels.copy())
    for name in ("frames", "ids", "sizes", "boxes"):
        np.testing.assert_array_equal(getattr(objects, name), getattr(fresh, name))

    images, table = session.images(0), session.table(0)
    same = oc.measure(objects.labels.copy(), images.raw, axes="tzyxc", features=table.features)
    assert table.values.tobytes() == same.values.tobytes()
    np.testing.assert_array_equal(table.ids, same.ids)
    np.testing.assert_array_equal(table.frames, same.frames)
    assert table.problems == same.problems

    claims, marks = session.claims(0), session._state.marks_of(session.lane(0).uuid)
    scratch = derive(replace(fresh, offset=objects.offset), marks, [each.uuid for each in session.classes])
    assert list(claims.rows()) == list(scratch.rows())
    assert len(session.annotations) == n_marks

    if claims.active:
        prediction = session.predict(0)
        assert prediction.probabilities.tobytes() == session.forest.forest.predict_proba(same.float32).tobytes()
        np.testing.assert_array_equal(prediction.ids, same.ids)
        np.testing.assert_array_equal(prediction.frames, same.frames)
        np.testing.assert_array_equal(prediction.paint() > 0, labels > 0)
        again = oc.RandomForest(session.classifier.n_trees, session.classifier.seed)
        samples = session.forest.samples
        again.fit(samples.X, samples.y, classes=list(range(1, len(session.classes) + 1)))
        assert again.predict_proba(same.float32).tobytes() == prediction.probabilities.tobytes()


def annotate(session):
    objects = session.objects(0)
    rows = np.arange(0, len(objects.ids), 2)
    classes = [1 + i % 2 for i in range(len(rows))]
    session.annotate_many(0, ids=objects.ids[rows].tolist(), t=objects.frames[rows].tolist(), classes=classes)
    return len(rows)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("scene", LANES)
def test_outputs_after_any_edits_are_those_made_from_scratch(scene, seed, tmp_path):
    rng = np.random.default_rng(seed)
    session, path = oc.Session(), tmp_path / "p.objclass"
    session.thresholding = Thresholding(threshold=THRESHOLDS[0], sigma=0.0)
    session.classifier = Classifier(n_trees=5)
    session.add_lane(**LANES[scene]())
    session.feature_selection = FeatureSelection(features="all")
    n_marks = annotate(session)
    session.save(path)
    model = Model(session)
    for _ in range(25):
        step = rng.choice(["edit", "undo", "redo", "threshold", "save", "replay"], p=[0.5, 0.15, 0.15, 0.1, 0.05, 0.05])
        if step == "edit":
            labels, part = edited(rng, model.labels)
            session.edit_objects(0, labels if rng.random() < 0.5 or part is None else labels[part], part)
            if (labels != model.labels).any():
                model.edit(labels)
        elif step in {"undo", "redo"} and (model.done if step == "undo" else model.undone):
            getattr(session, step)()
            model.move(*((model.done, model.undone) if step == "undo" else (model.undone, model.done)))
        elif step == "threshold" and scene == "probable":
            threshold = next(each for each in THRESHOLDS if each != model.now[0])
            session.thresholding = Thresholding(threshold=threshold, sigma=0.0)
            images = model.now[1]
            model.do((threshold, images if threshold in images else images | {threshold: session.label_image(0)}))
        elif step in {"save", "replay"}:
            if step == "save":
                session.save()
            session.close()
            session = oc.Session.open(path)
            model.forget()
        check(session, model, n_marks)
    session.close()
