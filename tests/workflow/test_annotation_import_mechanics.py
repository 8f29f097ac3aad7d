"""Annotations from tables, images of classes, arrays and other projects: what comes, what yields, what is left out."""

from collections import Counter

import numpy as np
import pytest
from workflow.scenes import movie, nuclei

import napari_objclass as oc
from napari_objclass.workflow.annotation_merge import Imported
from napari_objclass.workflow.marks import AnnotationState as State
from napari_objclass.workflow.session import Session

CROP, OFFSET = np.s_[20:100, 40:140], (20, 40)


@pytest.fixture
def scene():
    return nuclei()


@pytest.fixture
def session(scene):
    with Session(recover=False) as session:
        session.add_lane(raw=scene.raw, labels=scene.labels, name="cells")
        yield session


@pytest.fixture
def other(scene):
    """Somebody else's session on the same image: 1 and 2 of class 1, 3 of class "dead"."""
    with Session(recover=False) as other:
        other.add_lane(raw=scene.raw, labels=scene.labels, name="theirs")
        other.add_class("dead", "#112233")
        other.annotate_many(0, ids=[1, 2, 3], classes=[1, 1, "dead"])
        yield other


def written(tmp_path, text):
    (tmp_path / "table.csv").write_text(text, "utf-8")
    return tmp_path / "table.csv"


def active(n):
    return Counter({State.ACTIVE: n})


# ------------------------------------------------------------------------------------------------ tables and images


def test_a_table_by_ids_is_one_change(session, tmp_path):
    came = session.import_annotations(0, written(tmp_path, "id,class\n1,a\n2,b\n3,\n4,a\n"))
    assert came == Imported(active(3))
    assert str(came) == "3 labels came: 3 are active"
    assert [each.name for each in session.classes] == ["Class 1", "Class 2", "a", "b"]
    assert session.object_classes(0) == {1: 3, 2: 4, 4: 3}
    assert session.undo()
    assert (session.annotations, len(session.classes)) == ([], 2)
    assert not session.undo()
    session.redo()
    assert session.object_classes(0) == {1: 3, 2: 4, 4: 3}


def test_ids_that_do_not_exist_are_counted(session, tmp_path):
    came = session.import_annotations(0, written(tmp_path, "t,id,class\n0,1,1\n0,999,1\n5,2,1\n0,-3,1\n"))
    assert str(came) == "1 label came: 1 is active; 3 labels left out: there are no such objects"
    assert session.object_classes(0) == {1: 1}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("id,class\n999,1\n1000,1\n", "frame 0 has no object 999; its 42 objects"),
        ("y,x,class\n999,1,1\n", "position .* lies outside the image"),
        ("z,y,x,t,class\n0,10,10,3,1\n", "there is no frame 3"),
    ],
)
def test_a_table_of_which_nothing_can_be_used_is_refused(session, tmp_path, text, says):
    with pytest.raises(oc.ParameterError, match=says):
        session.import_annotations(0, written(tmp_path, text))
    assert (session.annotations, session.undo()) == ([], False)


def test_an_empty_table_changes_nothing(session, tmp_path):
    assert session.import_annotations(0, written(tmp_path, "id,class\n")) == Imported()
    assert not session.undo()


def test_positions_without_object_become_places(session, scene, tmp_path):
    (y, x) = np.argwhere(scene.labels == 5)[20]
    came = session.import_annotations(0, written(tmp_path, f"y,x,class\n{y},{x},2\n0,0,1\n500,0,1\n"))
    assert came == Imported(active(1) + Counter({State.PARKED: 1}), left_out=Counter({"they are outside the image": 1}))
    assert (
        str(came)
        == "2 labels came: 1 is active, 1 has no object here now; 1 label left out: they are outside the image"
    )
    assert session.annotations[0].anchor == (0, 0, 0)
    grown = scene.labels.copy()
    grown[:9, :1] = 700
    session.relink_lane(0, labels=grown)
    first = session.annotations[0]
    assert (first.object_id, first.state) == (700, State.CHANGED)


def test_positions_on_a_crop_are_pixels_of_the_crop(scene, tmp_path):
    y, x = np.argwhere(scene.labels[CROP] == scene.labels[50, 90])[0]
    with Session(recover=False) as session:
        session.add_lane(raw=scene.raw[CROP], labels=scene.labels[CROP], offset=OFFSET)
        session.import_annotations(0, written(tmp_path, f"y,x,class\n{y},{x},2\n0,0,1\n"))
        before = session.object_classes(0)
        session.relink_lane(0, raw=scene.raw, labels=scene.labels, offset=(0, 0))
        assert session.object_classes(0) == before == {int(scene.labels[50, 90]): 2}
        assert (0, *OFFSET) in {each.anchor for each in session.annotations}


def test_an_image_of_classes_as_array_and_file(session, scene, tmp_path):
    classes = np.zeros(scene.labels.shape, np.uint8)
    for (_, object_id), cls in scene.truth.items():
        classes[scene.labels == object_id] = cls
    np.save(tmp_path / "classes.npy", classes)
    came = session.import_annotations(None, classes)
    assert came == Imported(active(len(scene.truth)))
    assert session.object_classes(0) == {i: cls for (_, i), cls in scene.truth.items()}
    assert session.import_annotations(0, str(tmp_path / "classes.npy")) == Imported(n_known=len(scene.truth))
    with pytest.raises(oc.ShapeError, match="the image of classes has shape"):
        session.import_annotations(0, classes[1:])


def test_frames_of_a_movie(tmp_path):
    film = movie()
    with Session(recover=False) as session:
        session.add_lane(raw=film.raw, labels=film.labels, axes="tyx")
        session.import_annotations(0, written(tmp_path, "t,id,class\n0,1,1\n2,1,2\n"))
        assert [session.object_classes(0, t=t) for t in range(3)] == [{1: 1}, {}, {1: 2}]


@pytest.mark.parametrize(
    ("conflicts", "classes", "states", "came"),
    [
        (None, {1: 2, 2: 1, 3: 2}, 3, Imported(active(2), n_known=1, n_replaced=1)),
        ("theirs", {1: 2, 2: 1, 3: 2}, 3, Imported(active(2), n_known=1, n_replaced=1)),
        ("mine", {1: 1, 2: 1, 3: 2}, 3, Imported(active(1), n_known=1, n_yielding=1)),
        ("both", {2: 1, 3: 2}, 4, Imported(active(1) + Counter({State.CONFLICT: 1}), n_known=1)),
    ],
)
def test_objects_that_have_labels(session, tmp_path, conflicts, classes, states, came):
    session.annotate_many(0, ids=[1, 2], classes=[1, 1])
    table = written(tmp_path, "id,class\n1,2\n2,1\n3,2\n")
    assert session.import_annotations(0, table, conflicts=conflicts) == came
    assert session.object_classes(0) == classes
    assert len(session.annotations) == states
    again = session.import_annotations(0, table, conflicts=conflicts)
    assert (again.n_new, again.n_replaced) == (0, 0)
    session.undo()
    assert session.object_classes(0) == {1: 1, 2: 1}


def test_a_table_decides_a_conflict(session, tmp_path):
    session.annotate(0, 1, cls=1)
    session.import_annotations(0, written(tmp_path, "id,class\n1,2\n"), conflicts="both")
    assert session.object_classes(0) == {}
    assert session.import_annotations(0, written(tmp_path, "id,class\n1,2\n")) == Imported(n_known=1, n_replaced=1)
    assert session.object_classes(0) == {1: 2}


def test_words_that_are_none_and_images_that_are_not_told(session, scene, tmp_path):
    table = written(tmp_path, "id,class\n1,1\n")
    with pytest.raises(oc.ParameterError, match="conflicts is one of theirs, mine, both, got 'ours'"):
        session.import_annotations(0, table, conflicts="ours")
    with pytest.raises(oc.ParameterError, match="class 70000 is no class number"):
        session.import_annotations(0, written(tmp_path, "id,class\n1,70000\n"))
    session.add_lane(labels=scene.labels, name="more")
    with pytest.raises(oc.ParameterError, match="which image the labels are for; the images are 'cells', 'more'"):
        session.import_annotations(None, table)


# ----------------------------------------------------------------------------------------------------- projects


def test_labels_of_another_project_come_as_places(session, other, scene):
    session.relink_lane(0, labels=np.where((scene.labels > 0) & (scene.labels != 2), scene.labels + 100, 0))
    came = session.import_annotations(None, other)
    assert came == Imported(active(2) + Counter({State.PARKED: 1}))
    assert [each.name for each in session.classes] == ["Class 1", "Class 2", "dead"]
    assert session.classes[2].color == "#112233"
    assert session.object_classes(0) == {101: 1, 103: 3}
    session.relink_lane(0, labels=scene.labels)
    assert session.object_classes(0) == {1: 1, 2: 1, 3: 3}
    assert len(other.annotations) == 3
    session.undo()
    assert (session.annotations, len(session.classes)) == ([], 2)


def test_a_project_file_twice_is_once(session, other, tmp_path):
    other.save(tmp_path / "other.objclass")
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    assert session.import_annotations(0, tmp_path / "other.objclass").n_new == 3
    assert session.import_annotations(0, str(tmp_path / "other.objclass")) == Imported(n_known=3)
    assert len(session.annotations) == 3
    assert {path: path.read_bytes() for path in before} == before
    with pytest.raises(oc.ProjectError):
        session.import_annotations(0, tmp_path / "none.objclass")


def test_disagreement_with_another_project_stays_visible_unless_decided(session, other):
    session.annotate_many(0, ids=[1, 2, 4], classes=[2, 1, 1])
    came = session.import_annotations(0, other)
    assert came == Imported(Counter({State.CONFLICT: 1, State.ACTIVE: 1}), n_known=1)
    assert session.object_classes(0) == {2: 1, 3: 3, 4: 1}
    session.undo()
    assert session.import_annotations(0, other, conflicts="mine").n_yielding == 1
    assert session.object_classes(0) == {1: 2, 2: 1, 3: 3, 4: 1}
    session.undo()
    assert session.import_annotations(0, other, conflicts="theirs").n_replaced == 1
    assert session.object_classes(0) == {1: 1, 2: 1, 3: 3, 4: 1}


def test_labels_of_a_deleted_class_are_left_out(session, other):
    other.delete_class("dead")
    came = session.import_annotations(0, other)
    assert str(came) == "2 labels came: 2 are active; 1 label left out: their class was deleted"


def test_the_image_is_known_by_its_pixels_else_by_its_name_else_asked_for(scene, other):
    with Session(recover=False) as session:
        session.add_lane(raw=scene.raw + 1, labels=scene.labels, name="theirs")  # other pixels, the same name
        session.add_lane(raw=scene.raw, segmentation=scene.labels > 0, name="mine")
        session.add_lane(raw=scene.raw + 2, labels=scene.labels, name="third")
        assert session.import_annotations(1, other).n_new == 3
        assert session.import_annotations(0, other).n_new == 3
        with pytest.raises(oc.ParameterError, match=r"no image .* has the pixels of 'third', .*'theirs'"):
            session.import_annotations(2, other)
        assert session.import_annotations(2, other, source_lane="theirs").n_new == 3
        with pytest.raises(oc.ParameterError, match="the other project has no images 'no'"):
            session.import_annotations(2, other, source_lane="no")
        assert {each.lane for each in session.annotations} == {0, 1, 2}


def test_of_several_with_one_raw_the_same_objects_tell(scene):
    half = np.where(scene.labels > 20, scene.labels, 0)
    with Session(recover=False) as session, Session(recover=False) as other:
        session.add_lane(raw=scene.raw, labels=half, name="a")
        for labels, name in ((scene.labels, "b"), (half, "c")):
            other.add_lane(raw=scene.raw, labels=labels, name=name)
        other.annotate(0, 30, cls=1)
        other.annotate(1, 31, cls=2)
        session.import_annotations(0, other)
        assert session.object_classes(0) == {31: 2}


def test_all_images_that_both_have_at_once(scene):
    with Session(recover=False) as session, Session(recover=False) as other:
        for shift in range(3):
            session.add_lane(raw=scene.raw + shift, labels=scene.labels, name=f"mine {shift}")
        for shift in (2, 1, 7):
            other.add_lane(raw=scene.raw + shift, labels=scene.labels, name=f"theirs {shift}")
            other.annotate(len(other.lanes) - 1, shift, cls=1)
        assert session.import_annotations(None, other) == Imported(active(2))
        assert [session.object_classes(lane) for lane in range(3)] == [{}, {1: 1}, {2: 1}]
        assert session.undo()
        assert session.annotations == []


def test_a_project_of_a_crop(session, scene):
    inside = int(scene.labels[50, 90])
    with Session(recover=False) as crop:
        crop.add_lane(raw=scene.raw[CROP], labels=scene.labels[CROP], offset=OFFSET)
        crop.annotate(0, inside, cls=2)
        with pytest.raises(oc.ParameterError, match="no image of the other project"):
            session.import_annotations(0, crop)
        session.import_annotations(0, crop, source_lane="image")
        assert session.object_classes(0) == {inside: 2}
        session.annotate(0, 1, cls=1)
        came = crop.import_annotations(0, session, source_lane="cells")
        assert came == Imported(Counter({State.PARKED: 1}), n_known=1)
        assert crop.object_classes(0) == {inside: 2}


def test_labels_come_while_the_image_is_away(other, scene, tmp_path):
    np.save(tmp_path / "labels.npy", scene.labels)
    with Session(recover=False) as session:
        session.add_lane(labels=tmp_path / "labels.npy", name="theirs")
        session.save(tmp_path / "a.objclass")
    (tmp_path / "labels.npy").rename(tmp_path / "moved.npy")
    with Session.open(tmp_path / "a.objclass") as session:
        assert session.import_annotations(0, other) == Imported(Counter({State.PARKED: 3}))
        with pytest.raises(oc.FileError, match="cannot be opened"):
            session.import_annotations(0, written(tmp_path, "id,class\n1,1\n"))
        session.relink_lane(0, labels=tmp_path / "moved.npy")
        assert session.object_classes(0) == {1: 1, 2: 1, 3: 3}


def test_an_import_survives_a_crash(scene, other, tmp_path):
    session = Session()
    session.add_lane(raw=scene.raw, labels=scene.labels)
    session.save(tmp_path / "a.objclass")
    session.import_annotations(0, other)
    session.undo()
    session.redo()
    session.close()  # without saving
    with Session.open(tmp_path / "a.objclass") as session:
        assert session.object_classes(0) == {1: 1, 2: 1, 3: 3}
        assert [each.name for each in session.classes][2] == "dead"
