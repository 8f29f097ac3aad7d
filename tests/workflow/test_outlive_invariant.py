"""Whatever happens to the objects, every label stays; with the first objects, the first classes are back."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from workflow.scenes import probability_map

import napari_objclass as oc
from napari_objclass.workflow.session import Session

N = 30
SIZE = 240
MAP = probability_map(5, n_nuclei=90, size=SIZE).clip(0, 1).astype(np.float32)
CROPS = ((np.s_[:, :], (0, 0)), (np.s_[30:, 20:], (30, 20)), (np.s_[:100, 50:120], (0, 50)))


def segmentation(threshold, part):
    return (part > threshold).astype(np.uint8)


def labels(threshold, part):
    """Label image whose ids are others each time."""
    found = oc.connected_components(segmentation(threshold, part))
    return np.where(found > 0, found.astype(np.uint64) * 7 + int(threshold * 1000), 0)


ROLES = {
    "segmentation": segmentation,
    "labels": labels,
    "probabilities": lambda threshold, part: np.clip(part - threshold + 0.5, 0, 1),
}
STEPS = st.tuples(
    st.sampled_from(["relink", "crop", "readd", "settings", "save", "undo"]),
    st.sampled_from(sorted(ROLES)),
    st.sampled_from([0.2, 0.4, 0.5, 0.6, 0.8, 2.0]),
    st.integers(0, len(CROPS) - 1),
)
FIRST = oc.Thresholding(sigma=0, min_size=1)


def counted(session):
    """All labels, each in one of four states."""
    found = [str(each.state) for each in session.annotations]
    assert len(found) == N
    assert set(found) <= {"active", "changed", "conflict", "parked"}
    assert len(session.object_classes(0)) <= found.count("active")


@settings(max_examples=25)
@given(st.lists(STEPS, min_size=1, max_size=8))
def test_the_number_of_labels_never_changes_and_returning_brings_all_back(tmp_path_factory, steps):
    path = tmp_path_factory.mktemp("project") / "a.objclass"
    with Session(recover=False) as session:
        session.thresholding = FIRST
        session.add_lane(raw=MAP, segmentation=segmentation(0.5, MAP))
        sizes = session.table(0, features=["num_pixels"])
        ids = sizes.ids[np.argsort(sizes["num_pixels"][:, 0])[-N:]].tolist()
        session.annotate_many(0, ids=ids, classes=[1 + i % 2 for i in ids])
        before = session.object_classes(0)
        assert len(before) == N
        crop = 0
        for kind, role, threshold, place in steps:
            part, offset = CROPS[crop]
            objects = ROLES[role](threshold, MAP[part])
            if kind == "relink":
                session.relink_lane(0, **{role: objects})
            elif kind == "crop":
                part, offset = CROPS[place]
                crop = place
                session.relink_lane(0, raw=MAP[part], **{role: ROLES[role](threshold, MAP[part])}, offset=offset)
            elif kind == "readd":
                session.remove_lane(0)
                assert {str(each.state) for each in session.annotations} == {"parked"}
                session.add_lane(raw=MAP[part], **{role: objects})
            elif kind == "settings":
                session.thresholding = oc.Thresholding(sigma=0, min_size=1, threshold=threshold)
            elif kind == "save":
                session.save(path)
            elif session.undo():
                assert len(session.annotations) in (0, N)
                session.redo()
            counted(session)
        session.thresholding = FIRST
        session.relink_lane(0, raw=MAP, segmentation=segmentation(0.5, MAP), offset=(0, 0))
        assert session.object_classes(0) == before
        session.save(path)
    with Session.open(path) as session:
        assert session.object_classes(0) == before


@pytest.mark.parametrize("seed", range(2))
def test_a_hundred_changes(seed):
    """Many in a row, on one session: nothing wears off."""
    rng = np.random.default_rng(seed)
    with Session(recover=False) as session:
        session.add_lane(raw=MAP, segmentation=segmentation(0.5, MAP))
        ids = session.objects(0).ids[-N:].tolist()
        assert len(ids) == N
        session.annotate_many(0, ids=ids, classes=[1 + i % 2 for i in ids])
        before, marks = session.object_classes(0), {each.uuid: each.cls for each in session.annotations}
        for threshold in rng.uniform(0.1, 1, 100):
            part, offset = CROPS[rng.integers(len(CROPS))]
            session.relink_lane(0, raw=MAP[part], segmentation=segmentation(threshold, MAP[part]), offset=offset)
            assert {each.uuid: each.cls for each in session.annotations} == marks
        session.relink_lane(0, raw=MAP, segmentation=segmentation(0.5, MAP), offset=(0, 0))
        assert session.object_classes(0) == before


@given(st.integers(0, 2), st.floats(0.2, 0.8))
def test_an_object_whose_mask_is_the_same_keeps_its_class(crop, threshold):
    part, offset = CROPS[crop]
    with Session(recover=False) as session:
        session.add_lane(raw=MAP, segmentation=segmentation(0.5, MAP))
        ids = session.objects(0).ids.tolist()
        session.annotate_many(0, ids=ids, classes=[1 + i % 2 for i in ids])
        old = session.label_image(0)
        session.relink_lane(0, raw=MAP[part], segmentation=segmentation(threshold, MAP[part]), offset=offset)
        new = np.zeros_like(old)
        new[part] = session.label_image(0)
        classes = session.object_classes(0)
        for object_id in ids:
            mask = old == object_id
            under = np.unique(new[mask])
            if len(under) == 1 and under[0] and (new == under[0]).sum() == mask.sum():
                assert classes[int(under[0])] == 1 + object_id % 2
