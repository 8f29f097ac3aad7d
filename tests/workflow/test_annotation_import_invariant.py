"""Whatever two people labelled: every label of the other one is accounted for, and undo takes all of an import back."""

import numpy as np
from hypothesis import given, settings, strategies as st
from workflow.scenes import nuclei

from napari_objclass.workflow.session import Session

SCENE = nuclei((80, 100))
N = len(SCENE.truth)
# Other ids, objects that are joined, objects that are missing, all of it moved.
IMAGES = (
    SCENE.labels,
    np.where(SCENE.labels > 0, SCENE.labels + 50, 0),
    (SCENE.labels + 1) // 2,
    np.where(SCENE.labels % 3 == 0, 0, SCENE.labels),
    np.roll(SCENE.labels, (6, 3), (0, 1)),
)
PEOPLE = st.tuples(
    st.sampled_from(range(len(IMAGES))), st.dictionaries(st.integers(0, N), st.integers(1, 3), max_size=9)
)


def person(session, image, said):
    session.add_lane(raw=SCENE.raw, labels=IMAGES[image])
    session.add_class("third")
    ids = session.objects(0).ids
    session.annotate_many(0, ids=ids[[k % len(ids) for k in said]], classes=list(said.values()))
    return len(session.annotations)


@settings(max_examples=60)
@given(PEOPLE, PEOPLE, st.sampled_from(["theirs", "mine", "both"]))
def test_every_label_is_accounted_for(one, other, conflicts):
    with Session(recover=False) as session, Session(recover=False) as theirs:
        n_before, n_theirs = person(session, *one), person(theirs, *other)
        before = session.object_classes(0)
        came = session.import_annotations(0, theirs, conflicts=conflicts)
        assert came.n_new + came.n_known + came.n_yielding == n_theirs
        assert len(session.annotations) == n_before + came.n_new - came.n_replaced
        after = session.object_classes(0)
        if conflicts == "mine":
            assert {object_id: after[object_id] for object_id in before} == before
        if conflicts == "both":
            assert came.n_replaced == came.n_yielding == 0
        if conflicts == "theirs":
            agreement = session.compare_annotations(theirs)
            assert agreement.n_alike == agreement.n_both
        again = session.import_annotations(0, theirs, conflicts=conflicts)
        assert (again.n_new, again.n_replaced) == (0, 0)
        if came.n_new or came.n_replaced:
            assert session.undo()
        assert session.object_classes(0) == before
        assert len(session.annotations) == n_before


@given(PEOPLE)
def test_who_labels_the_same_agrees_on_everything(one):
    with Session(recover=False) as session, Session(recover=False) as theirs:
        person(session, *one)
        theirs.add_lane(raw=SCENE.raw, labels=IMAGES[one[0]])
        theirs.import_annotations(0, session)
        found = session.compare_annotations(theirs)
        assert found.n_alike == found.n_both == len(session.object_classes(0))
        assert found.n_only == (0, 0)
        assert found.confusion.tolist() == np.diag(np.diag(found.confusion)).tolist()


@given(st.permutations(range(1, N + 1)), st.integers(1, N))
def test_a_table_is_the_calls_it_stands_for(ids, n):
    with Session(recover=False) as session, Session(recover=False) as clicked:
        classes = np.zeros(SCENE.labels.shape, np.uint8)
        for each in (session, clicked):
            each.add_lane(raw=SCENE.raw, labels=SCENE.labels)
        for object_id in ids[:n]:
            cls = SCENE.truth[0, object_id]
            clicked.annotate(0, object_id, cls=cls)
            classes[SCENE.labels == object_id] = cls
        session.import_annotations(0, classes)
        assert session.object_classes(0) == clicked.object_classes(0)
        if len(set(session.object_classes(0).values())) == 2:
            trees = [each.train(threads=1) for each in (session, clicked)]
            assert trees[0].samples.y.tolist() == trees[1].samples.y.tolist()


def test_a_table_of_a_session_brings_its_labels_to_another(tmp_path):
    with Session(recover=False) as session, Session(recover=False) as other:
        for each, labels in ((session, IMAGES[0]), (other, IMAGES[1])):
            each.add_lane(raw=SCENE.raw, labels=labels)
        session.annotate_many(0, ids=range(1, 9), classes=[1, 2] * 4)
        agreement = session.compare_annotations(session)
        columns = agreement.columns
        table = {
            "t": columns["t"],
            "z": columns["z"],
            "y": columns["y"],
            "x": columns["x"],
            "class": columns["class_a"],
        }
        lines = [",".join(table), *(",".join(map(str, row)) for row in zip(*table.values(), strict=True))]
        (tmp_path / "table.csv").write_text("\n".join(lines), "utf-8")
        assert other.import_annotations(0, tmp_path / "table.csv").n_new == 8
        assert other.object_classes(0) == {object_id + 50: cls for object_id, cls in session.object_classes(0).items()}
