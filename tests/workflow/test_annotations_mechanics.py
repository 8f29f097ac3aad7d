"""Clicking: where, on what, how fast, and what is said about clicks that cannot be."""

import time

import numpy as np
import pytest
from workflow.scenes import movie, nuclei

from napari_objclass.errors import ParameterError
from napari_objclass.workflow.claims import derive
from napari_objclass.workflow.objects import Objects
from napari_objclass.workflow.session import Session

BIG = 2**63 + 12345


@pytest.fixture
def session():
    scene = nuclei(ids=lambda k: BIG + 17 * k, dtype=np.uint64)
    with Session(recover=False) as session:
        session.add_lane(raw=scene.raw, labels=scene.labels)
        yield session


def test_a_click_on_an_id_beyond_doubles(session):
    session.annotate(0, BIG + 17, cls=2)
    assert session.object_classes(0) == {BIG + 17: 2}
    (annotation,) = session.annotations
    assert (annotation.object_id, annotation.cls, annotation.class_name) == (BIG + 17, 2, "Class 2")
    assert annotation.state == "active"
    assert session.label_image(0)[annotation.anchor[1:]] == BIG + 17


def test_a_click_at_a_place(session):
    session.annotate(0, at=(10.4, 29.6), cls="Class 1")
    assert session.object_classes(0) == {int(session.label_image(0)[10, 30]): 1}


def test_the_mask_is_the_object(session):
    session.annotate(0, BIG, cls=1)
    mask = np.zeros(session.label_image(0).shape, bool)
    for z, y, x, length in session.annotations[0].runs.tolist():
        assert z == 0
        mask[y, x : x + length] = True
    np.testing.assert_array_equal(mask, session.label_image(0) == BIG)


def test_a_click_replaces_and_zero_clears(session):
    session.annotate(0, BIG, cls=1)
    session.annotate(0, BIG, cls=2)
    assert [a.cls for a in session.annotations] == [2]
    session.annotate(0, BIG, cls=0)
    assert session.annotations == []
    session.undo()
    assert session.object_classes(0) == {BIG: 2}


def test_clearing_nothing_is_no_change(session):
    session.annotate(0, BIG, cls=0)
    assert not session.undo()


def test_conflict_and_change_are_settled_by_one_click(session):
    labels = session.label_image(0)
    first, second = BIG, BIG + 17
    session.annotate(0, first, cls=1)
    session.annotate(0, second, cls=2)
    merged = np.where(labels == second, first, labels)
    session.relink_lane(0, labels=merged)
    assert [str(a.state) for a in session.annotations] == ["conflict", "conflict"]
    assert session.object_classes(0) == {}
    session.annotate(0, first, cls=2)
    assert [(a.state, a.cls) for a in session.annotations] == [("active", 2)]
    session.relink_lane(0, labels=np.where(merged > 0, np.uint64(first), merged))
    assert [str(a.state) for a in session.annotations] == ["changed"]
    session.annotate(0, first, cls=2)
    assert session.object_classes(0) == {first: 2}


def test_many_at_once_are_one_change(session):
    ids = [BIG + 17 * k for k in range(20)]
    session.annotate_many(0, ids=[*ids, ids[0]], classes=[1] * 20 + ["Class 2"])
    assert session.object_classes(0) == dict.fromkeys(ids, 1) | {ids[0]: 2}
    assert session.undo()
    assert session.annotations == []
    assert not session.undo()


def test_many_from_arrays(session):
    table = session.table(0, features=["centroid"])
    session.annotate_many(0, ids=table.ids[:9], classes=np.arange(9) % 3, t=table.frames[:9])
    assert list(session.object_classes(0).values()) == [1, 2] * 3
    session.annotate_many(0, at=table["centroid"][:, ::-1], classes=np.array(["Class 2"] * len(table)))
    assert session.object_classes(0) == dict.fromkeys(table.ids.tolist(), 2)


def test_places_in_a_volume_and_in_time():
    volume, film = nuclei((40, 60, 60)), movie()
    with Session(recover=False) as session:
        session.add_lane(raw=volume.raw, labels=volume.labels)
        session.annotate(0, at=(10, 30, 10), cls=1)
        assert session.object_classes(0) == {int(volume.labels[10, 30, 10]): 1}
        session.add_lane(raw=film.raw, labels=film.labels, axes="tyx")
        session.annotate_many(1, at=[(10, 10), (10, 10)], classes=[1, 2], t=[0, 2])
        assert session.object_classes(1, t=0) == {1: 1}
        assert session.object_classes(1, t=1) == {}
        assert session.object_classes(1, t=2) == {1: 2}


def test_axes_in_another_order():
    scene = nuclei((60, 80))
    with Session(recover=False) as session:
        session.add_lane(raw=scene.raw.T, labels=scene.labels.T, axes="xy")
        session.annotate(0, at=(10, 50), cls=1)
        assert session.object_classes(0) == {int(scene.labels[10, 50]): 1}
        np.testing.assert_array_equal(session.label_image(0), scene.labels.T)


@pytest.mark.parametrize(
    ("click", "says"),
    [
        ({"object_id": 3, "cls": 1}, "frame 0 has no object 3; its 42 objects have ids"),
        ({"object_id": 0, "cls": 1}, "frame 0 has no object 0"),
        ({"object_id": -1, "cls": 1}, "no object -1"),
        ({"object_id": 2**64, "cls": 1}, "no object 18446744073709551616"),
        ({"object_id": 3, "cls": 0}, "no object 3"),
        ({"object_id": BIG, "cls": 3}, "there is no class 3; the classes are 1 'Class 1', 2 'Class 2'"),
        ({"object_id": BIG, "cls": -1}, "no class -1"),
        ({"object_id": BIG, "cls": "mitosis"}, "no class 'mitosis'"),
        ({"object_id": BIG, "cls": 1, "t": 1}, "there is no frame 1"),
        ({"at": (0, 0), "cls": 1}, "only background"),
        ({"at": (500, 0), "cls": 1}, "outside the image of shape \\(120, 140\\)"),
        ({"at": (-1, 0), "cls": 1}, "outside"),
        ({"at": (np.nan, 0), "cls": 1}, "outside"),
        ({"at": (np.inf, 0), "cls": 1}, "outside"),
        ({"at": (1, 2, 3, 4), "cls": 1}, r"a position in this image is \(y, x\)"),
        ({"cls": 1}, "exactly one of"),
        ({"object_id": BIG, "at": (1, 1), "cls": 1}, "exactly one of"),
    ],
)
def test_impossible_clicks_say_why_and_change_nothing(session, click, says):
    with pytest.raises(ParameterError, match=says):
        session.annotate(0, **click)
    assert session.annotations == []
    assert not session.undo()


def test_one_bad_row_refuses_the_whole_import(session):
    with pytest.raises(ParameterError, match="no object 5"):
        session.annotate_many(0, ids=[BIG, 5], classes=[1, 1])
    with pytest.raises(ParameterError, match="2 objects need as many classes, got 1"):
        session.annotate_many(0, ids=[BIG, BIG + 17], classes=[1])
    assert session.annotations == []


def test_a_thousand_annotations_on_two_thousand_pixels_squared():
    side, n = 2048, 32
    labels = np.kron(np.arange(1, n * n + 1, dtype=np.uint32).reshape(n, n), np.ones((side // n, side // n), np.uint32))
    labels[:: side // n] = 0
    with Session(recover=False) as session:
        session.add_lane(labels=labels)
        session.annotate_many(0, ids=range(1, n * n + 1), classes=[1 + i % 2 for i in range(n * n)])
        marks = tuple(session._state.marks_of(session.lanes[0].uuid))
    objects = Objects.of(labels[None, None])
    times, passes = [], []
    for _ in range(5):  # in turn, and by the processor's time: other work on the machine slows both
        start = time.thread_time()
        claims = derive(objects, marks, ["class-1", "class-2"])
        middle = time.thread_time()
        np.bincount(labels.ravel())
        times.append(middle - start)
        passes.append(time.thread_time() - middle)
    assert len(claims.active) == n * n  # marks of 4 million voxels in all
    assert min(times) < 20 * min(passes)
