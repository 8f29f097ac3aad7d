"""A session against a naive model of it, through any sequence of changes, saves and crashes."""

import copy
import shutil
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from scipy import ndimage
from workflow.definition import by_definition, mark
from workflow.scenes import nuclei

from napari_objclass.workflow.session import Session

SCENE = nuclei((60, 80), ids=lambda k: 3 * k + 2)


def segmentations():
    """Label images of the same field: as given, eroded and renumbered, pairwise merged, and empty."""
    base = SCENE.labels
    eroded = np.where(ndimage.minimum_filter(base, 5) > 0, base * 7, 0).astype(np.uint64)
    merged = ndimage.maximum_filter(np.where(base > 0, base // 6 + 1, 0), 9).astype(np.uint16)
    return [base, eroded, merged, np.zeros_like(base)]


SEGMENTATIONS = segmentations()


class SessionMachine(RuleBasedStateMachine):
    """The model keeps masks as marks, classes as (identity, name), and undo as copies of everything."""

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        for k, labels in enumerate(SEGMENTATIONS):
            np.save(self.folder / f"labels{k}.npy", labels)
        self.session = Session()
        self.session.add_lane(labels=self.folder / "labels0.npy")
        self.session.save(self.folder / "p.objclass")
        self.classes = [(0, "Class 1"), (1, "Class 2")]
        self.marks = []
        self.image = 0
        self.undone, self.redone = [], []
        self.saved = self.content()
        self.n_classes_made = 2

    def content(self):
        return copy.copy(self.classes), copy.copy(self.marks), self.image

    def change(self):
        self.undone.append((copy.copy(self.classes), copy.copy(self.marks)))
        self.redone.clear()

    def claims(self):
        labels = SEGMENTATIONS[self.image][None, None]
        return by_definition(labels, self.marks, [identity for identity, _ in self.classes])

    @rule(k=st.integers(0, 30), cls=st.integers(0, 4))
    def annotate(self, k, cls):
        ids = np.unique(SEGMENTATIONS[self.image])[1:].tolist()
        if not ids or cls > len(self.classes):
            return
        object_id = ids[k % len(ids)]
        claimed, _ = self.claims()
        kept = [m for m, claim in zip(self.marks, claimed, strict=True) if claim != object_id]
        if cls or len(kept) < len(self.marks):
            self.change()
        self.marks = kept
        if cls:
            mask = (SEGMENTATIONS[self.image] == object_id)[None]
            self.marks.append(mark(0, self.classes[cls - 1][0], mask))
        self.session.annotate(0, object_id, cls=cls)

    @rule(ks=st.lists(st.integers(0, 11), max_size=6, unique=True))
    def annotate_many(self, ks):
        if self.image != 0:
            return
        ids = [3 * k + 2 for k in ks]
        claimed, _ = self.claims()
        if ids:
            self.change()
        self.marks = [m for m, claim in zip(self.marks, claimed, strict=True) if claim not in ids]
        identity = self.classes[-1][0]
        self.marks += [mark(0, identity, (SEGMENTATIONS[0] == object_id)[None]) for object_id in ids]
        self.session.annotate_many(0, ids=ids, classes=[self.classes[-1][1]] * len(ids))

    @precondition(lambda self: len(self.classes) < 4)
    @rule()
    def add_class(self):
        self.change()
        self.n_classes_made += 1
        name = f"made {self.n_classes_made}"
        self.classes.append((self.n_classes_made, name))
        assert self.session.add_class(name) == len(self.classes)

    @precondition(lambda self: len(self.classes) > 1)
    @rule(k=st.integers(0, 3))
    def delete_class(self, k):
        self.change()
        k %= len(self.classes)
        del self.classes[k]
        self.session.delete_class(k + 1)

    @rule(k=st.integers(0, 3))
    def rename_class(self, k):
        self.change()
        k %= len(self.classes)
        self.n_classes_made += 1
        identity, _ = self.classes[k]
        self.classes[k] = (identity, f"renamed {self.n_classes_made}")
        self.session.rename_class(k + 1, f"renamed {self.n_classes_made}")

    @rule(image=st.integers(0, 3))
    def swap_label_image(self, image):
        self.image = image
        self.session.relink_lane(0, labels=self.folder / f"labels{image}.npy")

    @rule()
    def undo(self):
        assert self.session.undo() == bool(self.undone)
        if self.undone:
            self.redone.append((self.classes, self.marks))
            self.classes, self.marks = self.undone.pop()

    @rule()
    def redo(self):
        assert self.session.redo() == bool(self.redone)
        if self.redone:
            self.undone.append((self.classes, self.marks))
            self.classes, self.marks = self.redone.pop()

    @rule()
    def save(self):
        self.session.save()
        self.saved = self.content()

    @rule()
    def revert(self):
        self.session.revert()
        self.classes, self.marks, self.image = map(copy.copy, self.saved)
        self.undone, self.redone = [], []

    @rule()
    def reopen(self):
        self.session.close()
        self.session = Session.open(self.folder / "p.objclass")
        self.undone, self.redone = [], []

    @rule()
    def crash_and_reopen(self):
        """What is on disk at this moment is opened; the session that wrote it is never asked again."""
        copied = Path(tempfile.mkdtemp()) / "copy"
        shutil.copytree(self.folder, copied)
        self.session.close()
        shutil.rmtree(self.folder)
        self.folder = copied
        self.session = Session.open(self.folder / "p.objclass")
        self.undone, self.redone = [], []

    @invariant()
    def annotations_are_those_of_the_model(self):
        claimed, states = self.claims()
        number_of = {identity: number for number, (identity, _) in enumerate(self.classes, 1)}
        expected = [
            (m.runs[:, 1:3].tolist(), number_of.get(m.cls), claim or None, state)
            for m, claim, state in zip(self.marks, claimed, states, strict=True)
        ]
        found = [
            ([[y, x + i] for _, y, x, n in a.runs.tolist() for i in range(n)], a.cls, a.object_id, str(a.state))
            for a in self.session.annotations
        ]
        assert sorted(found, key=str) == sorted(expected, key=str)
        active = {
            claim: number_of[m.cls]
            for m, claim, state in zip(self.marks, claimed, states, strict=True)
            if state == "active"
        }
        assert self.session.object_classes(0) == active
        assert [each.name for each in self.session.classes] == [name for _, name in self.classes]
        assert self.session.notes == []

    def teardown(self):
        self.session.close()
        shutil.rmtree(self.folder)


SessionMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=30, derandomize=True, deadline=None)
TestSession = SessionMachine.TestCase
