"""Labels are places: in crops and their image, in images that come back, in files that moved or changed."""

import shutil

import numpy as np
import pytest
from workflow.scenes import nuclei, probability_map

import napari_objclass as oc
from napari_objclass.workflow.script import script
from napari_objclass.workflow.session import Session

CROP = np.s_[20:100, 40:140]
OFFSET = (0, 20, 40)


def states(session):
    return sorted(str(each.state) for each in session.annotations)


@pytest.fixture
def scene():
    return nuclei()


@pytest.fixture
def whole(scene):
    """Ids of all objects of the scene that lie in the crop as a whole, and of those that do not touch it."""
    inside, outside = [], []
    for object_id in np.unique(scene.labels)[1:].tolist():
        mask = scene.labels == object_id
        if mask[CROP].sum() == mask.sum():
            inside.append(object_id)
        elif not mask[CROP].any():
            outside.append(object_id)
    return inside, outside


# ------------------------------------------------------------------------------------------------------------ crops


def test_a_crop_of_the_image_has_the_labels_that_lie_in_it(scene, whole):
    inside, outside = whole
    with Session(recover=False) as session:
        session.add_lane(raw=scene.raw, labels=scene.labels)
        session.annotate_many(0, ids=inside + outside, classes=[scene.truth[0, i] for i in inside + outside])
        before = session.object_classes(0)
        session.relink_lane(
            0, raw=scene.raw[CROP], labels=scene.labels[CROP] + 1000 * (scene.labels[CROP] > 0), offset=OFFSET
        )
        assert session.object_classes(0) == {1000 + i: scene.truth[0, i] for i in inside}
        assert states(session) == ["active"] * len(inside) + ["parked"] * len(outside)
        session.relink_lane(0, raw=scene.raw, labels=scene.labels, offset=(0, 0))
        assert session.object_classes(0) == before


def test_labels_made_on_a_crop_lie_in_the_whole_image(scene, whole):
    inside, _ = whole
    with Session(recover=False) as session:
        session.add_lane(raw=scene.raw[CROP], labels=scene.labels[CROP], offset=OFFSET[1:])
        y, x = np.argwhere(scene.labels[CROP] == inside[1])[0]
        session.annotate(0, inside[0], cls=1)
        session.annotate(0, at=(y, x), cls=2)
        for each in session.annotations:
            assert scene.labels[CROP][each.anchor[1:]] == each.object_id  # a pixel of the image at hand
        session.relink_lane(0, raw=scene.raw, labels=scene.labels, offset=OFFSET[:1] * 3)
        assert session.object_classes(0) == {inside[0]: 1, inside[1]: 2}
        for each in session.annotations:
            assert scene.labels[each.anchor[1:]] == each.object_id


def test_the_mask_of_a_label_on_a_crop_is_the_object_there(scene, whole):
    inside, _ = whole
    with Session(recover=False) as session:
        session.add_lane(labels=scene.labels[CROP], offset=OFFSET)
        session.annotate(0, inside[0], cls=1)
        mask = np.zeros(scene.labels[CROP].shape, bool)
        for _, y, x, length in session.annotations[0].runs.tolist():
            mask[y, x : x + length] = True
        np.testing.assert_array_equal(mask, scene.labels[CROP] == inside[0])


def test_another_offset_is_another_place(scene, whole):
    inside, _ = whole
    with Session(recover=False) as session:
        session.add_lane(raw=scene.raw, labels=scene.labels)
        session.annotate(0, inside[0], cls=1)
        forest = session.train()
        session.relink_lane(0, offset=(0, 60))
        assert states(session) == ["parked"]
        assert session.annotations[0].anchor[2] < session.lanes[0].offset[2]
        with pytest.raises(oc.ObjClassError, match="none of the 1 annotations decides"):
            session.train()
        session.relink_lane(0, offset=(0, 0))
        assert session.train().samples.ids.tolist() == forest.samples.ids.tolist()


def test_a_crop_of_a_volume(tmp_path):
    scene = nuclei((40, 60, 60))
    with Session(recover=False) as session:
        session.add_lane(raw=scene.raw, labels=scene.labels)
        session.annotate_many(0, ids=np.unique(scene.labels)[1:], classes=[1] * (len(np.unique(scene.labels)) - 1))
        session.relink_lane(0, raw=scene.raw[20:, :, 20:], labels=scene.labels[20:, :, 20:], offset=(20, 0, 20))
        assert session.object_classes(0) == dict.fromkeys(np.unique(scene.labels[20:, :, 20:])[1:].tolist(), 1)
        session.save(tmp_path / "a.objclass")
    with Session.open(tmp_path / "a.objclass") as session:
        session.relink_lane(0, raw=scene.raw, labels=scene.labels, offset=(0, 0, 0))
        assert len(session.object_classes(0)) == len(np.unique(scene.labels)) - 1


def test_a_crop_edited_by_hand_is_where_it_was(scene, whole):
    kept, gone = whole[0][:2]
    with Session(recover=False) as session:
        session.add_lane(raw=scene.raw[CROP], labels=scene.labels[CROP], offset=OFFSET)
        session.annotate_many(0, ids=[kept, gone], classes=[2, 1])
        session.edit_objects(0, np.where(scene.labels[CROP] == gone, 0, scene.labels[CROP]))
        assert session.object_classes(0) == {kept: 2}
        session.annotate(0, kept, cls=1)
        session.relink_lane(0, raw=scene.raw, labels=scene.labels, offset=(0, 0))
        assert session.object_classes(0) == {kept: 1, gone: 1}


def test_a_crop_and_its_image_are_two_images(scene, whole):
    inside, _ = whole
    with Session(recover=False) as session:
        session.add_lane(raw=scene.raw, labels=scene.labels, name="whole")
        session.add_lane(raw=scene.raw[CROP], labels=scene.labels[CROP], name="crop", offset=OFFSET)
        session.annotate(1, inside[0], cls=2)
        assert (session.object_classes(0), session.object_classes(1)) == ({}, {inside[0]: 2})
        session.annotate(0, inside[1], cls=1)
        assert (session.object_classes(0), session.object_classes(1)) == ({inside[1]: 1}, {inside[0]: 2})


def made_by(script):
    """Session that a script makes."""
    made = {}
    exec(script.partition("for lane, image")[0], made)
    return made["session"]


def test_a_script_makes_a_session_on_a_crop_again(scene, whole, tmp_path):
    np.save(tmp_path / "labels.npy", scene.labels[CROP])
    with Session(recover=False) as session:
        session.add_lane(labels=tmp_path / "labels.npy", offset=OFFSET)
        session.annotate(0, whole[0][0], cls=2)
        assert made_by(script(session)).object_classes(0) == {whole[0][0]: 2}


def test_a_script_labels_an_object_whose_middle_is_not_in_the_crop(tmp_path):
    labels = np.zeros((12, 40), np.uint8)
    labels[5, 2:31] = labels[5:8, 28:31] = 3
    np.save(tmp_path / "part.npy", labels[:, :27])
    with Session(recover=False) as session:
        session.add_lane(labels=labels)
        session.annotate(0, 3, cls=2)
        assert session.annotations[0].anchor == (0, 6, 29)
        session.relink_lane(0, labels=tmp_path / "part.npy")
        assert session.object_classes(0) == {3: 2}
        assert made_by(script(session)).object_classes(0) == {3: 2}


# ------------------------------------------------------------------------------------------- images that come back


def test_an_image_comes_back_with_another_segmentation(scene):
    with Session(recover=False) as session:
        session.add_lane(raw=scene.raw, labels=scene.labels, name="old")
        session.annotate_many(0, ids=[1, 2], classes=[1, 2])
        session.remove_lane(0)
        assert states(session) == ["parked"] * 2
        session.add_lane(raw=scene.raw, segmentation=scene.labels > 0, name="new")
        assert sorted(session.object_classes(0).values()) == [1, 2]
        assert [lane.name for lane in session.lanes] == ["new"]
        session.remove_lane(0)
        session.add_lane(raw=scene.raw, probabilities=(scene.labels > 0).astype(np.float32))
        assert sorted(session.object_classes(0).values()) == [1, 2]


def test_the_same_objects_go_before_the_same_raw_and_the_latest_before_others(scene):
    moved = np.roll(scene.labels, 1, axis=0)
    with Session(recover=False) as session:
        for labels, cls in ((scene.labels, 1), (moved, 2), (scene.labels > 0, 2)):
            session.add_lane(raw=scene.raw, labels=labels.astype(np.uint32), name=f"{labels.dtype}{cls}")
            session.annotate(len(session.lanes) - 1, 1, cls=cls)
        for _ in range(3):
            session.remove_lane(0)
        assert session.lanes == []
        session.add_lane(raw=scene.raw, labels=scene.labels)
        assert session.object_classes(0) == {1: 1}
        session.add_lane(
            raw=scene.raw, labels=(moved > 0).astype(np.uint32)
        )  # not seen before: the latest with this raw
        assert session.annotations[-2].lane == 1
        session.add_lane(raw=scene.raw, labels=moved)
        assert session.object_classes(2) == {1: 2}


def test_another_raw_is_another_image(scene):
    with Session(recover=False) as session:
        session.add_lane(raw=scene.raw, labels=scene.labels)
        session.annotate(0, 1, cls=1)
        session.remove_lane(0)
        session.add_lane(raw=scene.raw + 1, labels=scene.labels)
        session.add_lane(labels=scene.labels)
        assert (session.object_classes(0), session.object_classes(1)) == ({}, {})
        assert states(session) == ["parked"]


def test_a_crop_that_comes_back_is_where_it_was(scene, whole):
    with Session(recover=False) as session:
        session.add_lane(raw=scene.raw[CROP], labels=scene.labels[CROP], offset=OFFSET)
        session.annotate(0, whole[0][0], cls=1)
        session.remove_lane(0)
        session.add_lane(raw=scene.raw[CROP], labels=scene.labels[CROP])
        assert session.lanes[0].offset == OFFSET
        assert session.object_classes(0) == {whole[0][0]: 1}


def test_what_came_back_is_not_brought_back_again_by_undo(scene):
    renumbered = np.where(scene.labels > 0, scene.labels + 100, 0)
    with Session(recover=False) as session:
        session.add_lane(raw=scene.raw, labels=scene.labels)
        session.annotate(0, 1, cls=1)
        session.remove_lane(0)
        session.add_lane(raw=scene.raw, labels=renumbered)
        assert session.object_classes(0) == {101: 1}
        assert session.undo()  # the label
        np.testing.assert_array_equal(session.label_image(0), renumbered)
        assert session.annotations == []
        assert not session.undo()


# -------------------------------------------------------------------------------------- files that move and change

ROLES = ("labels", "probabilities")


@pytest.fixture(params=ROLES)
def filed(request, scene, tmp_path):
    """A project on a file with objects, or with probabilities: session, role, path, and what to write."""
    role = request.param
    pixels = scene.labels if role == "labels" else (scene.labels > 0).astype(np.float32)
    path = tmp_path / "objects.npy"
    np.save(path, pixels)
    with Session() as session:
        session.thresholding = oc.Thresholding(sigma=0, min_size=1)
        session.add_lane(**{role: path})
        ids = session.objects(0).ids[:10].tolist()
        session.annotate_many(0, ids=ids, classes=[1 + i % 2 for i in ids])
        session.save(tmp_path / "a.objclass")
    return role, path, pixels


def test_a_file_that_moved_is_found_again_with_its_labels(filed, tmp_path):
    role, path, _ = filed
    with Session.open(tmp_path / "a.objclass") as session:
        before = session.object_classes(0)
        assert len(before) == 10
    (tmp_path / "elsewhere").mkdir()
    shutil.move(path, tmp_path / "elsewhere" / "other.npy")
    with Session.open(tmp_path / "a.objclass") as session:
        assert states(session) == ["parked"] * 10
        assert sum("cannot be opened" in note for note in session.notes) == 1
        session.relink_lane(0, **{role: tmp_path / "elsewhere" / "other.npy"})
        assert session.object_classes(0) == before


def test_other_content_waits_until_it_is_accepted(filed, tmp_path):
    _, path, pixels = filed
    changed = pixels.copy()
    changed[:20] = 0  # a row of objects is gone
    with Session.open(tmp_path / "a.objclass") as session:
        before = session.object_classes(0)
    np.save(path, changed)
    with Session.open(tmp_path / "a.objclass") as session:
        assert states(session) == ["parked"] * 10
        assert sum("has other content" in note for note in session.notes) == 1
        assert {each.reason for each in session.annotations} == {session.notes[0]}
        session.relink_lane(0)
        assert 0 < len(session.object_classes(0)) < 10
        assert set(states(session)) == {"active", "parked"}
        session.save()
    np.save(path, pixels)
    with Session.open(tmp_path / "a.objclass") as session:
        assert states(session) == ["parked"] * 10
        session.relink_lane(0)
        assert session.object_classes(0) == before


def test_a_file_that_cannot_be_read_keeps_its_labels(filed, tmp_path):
    _, path, _ = filed
    path.unlink()
    for _ in range(2):
        with Session.open(tmp_path / "a.objclass") as session:
            assert states(session) == ["parked"] * 10
            session.save()


def test_thresholds_park_and_bring_back():
    probabilities = probability_map(2, n_nuclei=40, size=200).clip(0, 1)
    with Session(recover=False) as session:
        session.thresholding = first = oc.Thresholding(sigma=1, min_size=20)
        session.add_lane(probabilities=probabilities)
        ids = session.objects(0).ids.tolist()
        session.annotate_many(0, ids=ids, classes=[1 + i % 2 for i in ids])
        before = session.object_classes(0)
        session.thresholding = oc.Thresholding(threshold=0.6, sigma=1, min_size=20)
        assert states(session).count("active") >= 0.9 * len(ids)
        session.thresholding = oc.Thresholding(threshold=2, sigma=1)
        assert states(session) == ["parked"] * len(ids)
        session.thresholding = first
        assert session.object_classes(0) == before
