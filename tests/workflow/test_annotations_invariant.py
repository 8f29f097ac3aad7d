"""Annotations survive what happens to the label image."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from workflow.scenes import movie, nuclei, probability_map

from napari_objclass.workflow.claims import derive
from napari_objclass.workflow.session import Session


def states(session):
    return [str(annotation.state) for annotation in session.annotations]


@pytest.mark.parametrize("seed", range(3))
def test_another_threshold_keeps_nine_of_ten_and_its_return_keeps_all(seed):
    probabilities = probability_map(seed)
    with Session(recover=False) as session:
        session.add_lane(segmentation=(probabilities > 0.5).astype(np.uint8))
        table = session.table(0, features=["num_pixels"])
        ids = table.ids[table["num_pixels"][:, 0] > 20].tolist()
        session.annotate_many(0, ids=ids, classes=[1 + i % 2 for i in range(len(ids))])
        before = session.object_classes(0)
        assert len(ids) > 40
        assert len(before) == len(ids)

        session.relink_lane(0, segmentation=(probabilities > 0.6).astype(np.uint8))
        assert states(session).count("active") >= 0.9 * len(ids)

        session.relink_lane(0, segmentation=(probabilities > 0.5).astype(np.uint8))
        assert session.object_classes(0) == before


def test_no_threshold_loses_an_annotation():
    probabilities = probability_map(5)
    with Session(recover=False) as session:
        session.add_lane(segmentation=(probabilities > 0.5).astype(np.uint8))
        ids = session.table(0).ids[:30].tolist()
        session.annotate_many(0, ids=ids, classes=[1] * len(ids))
        places = [(a.t, a.anchor, a.cls) for a in session.annotations]
        for threshold in (0.1, 0.9, 2.0, 0.7, 0.3):
            session.relink_lane(0, segmentation=(probabilities > threshold).astype(np.uint8))
            assert [(a.t, a.anchor, a.cls) for a in session.annotations] == places
        session.relink_lane(0, segmentation=(probabilities > 2).astype(np.uint8))
        assert set(states(session)) == {"parked"}
        assert session.object_classes(0) == {}


@given(st.lists(st.integers(1, 2**64 - 1), min_size=12, max_size=12, unique=True))
def test_renumbered_objects_keep_their_classes(new):
    scene = nuclei((60, 80))
    ids = sorted({object_id for _, object_id in scene.truth})
    renumber = dict(zip(ids, new, strict=True))
    renumbered = np.zeros(scene.labels.shape, np.uint64)
    for old, fresh in renumber.items():
        renumbered[scene.labels == old] = fresh
    with Session(recover=False) as session:
        session.add_lane(raw=scene.raw, labels=scene.labels)
        session.annotate_many(0, ids=ids, classes=[scene.truth[0, i] for i in ids])
        before = session.object_classes(0)
        session.relink_lane(0, labels=renumbered)
        assert session.object_classes(0) == {renumber[i]: cls for i, cls in before.items()}


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 2)), min_size=1, max_size=12), st.data())
def test_claims_after_each_change_are_those_derived_at_once(clicks, data):
    """Whatever is clicked, taken back or deleted, on an object that is split and joined again meanwhile."""
    scene = nuclei((40, 60))
    joined = np.where(scene.labels == 2, 1, scene.labels)
    with Session(recover=False) as session:
        session.add_lane(labels=scene.labels)
        for object_id, cls in clicks:
            change = data.draw(st.sampled_from(["annotate", "annotate", "undo", "redo", "relink", "delete"]))
            if change == "annotate":
                ids = session.objects(0).ids.tolist()
                session.annotate(0, object_id if object_id in ids else 1, cls=min(cls, len(session.classes)))
            elif change == "relink":
                session.relink_lane(0, labels=joined if 2 in session.objects(0).ids else scene.labels)
            elif change == "delete" and len(session.classes) > 1:
                session.delete_class(1)
            elif change in ("undo", "redo"):
                getattr(session, change)()
            claims = session.claims(0)
            plain = derive(session.objects(0), claims.marks, [each.uuid for each in session.classes])
            assert claims.object_ids.tolist() == plain.object_ids.tolist()
            assert (claims.states, claims.reasons) == (plain.states, plain.reasons)


def test_a_movie_is_its_frames():
    scene = movie()
    with Session(recover=False) as session:
        session.add_lane(raw=scene.raw, labels=scene.labels, axes="tyx")
        for (t, object_id), cls in scene.truth.items():
            session.annotate(0, object_id, cls=cls, t=t)
        for t in range(len(scene.labels)):
            assert session.object_classes(0, t=t) == {i: cls for (frame, i), cls in scene.truth.items() if frame == t}
