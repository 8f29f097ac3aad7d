"""Agreement of two people: closed forms, published examples, the definition pair by pair, and whole sessions."""

import csv
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, strategies as st
from workflow.scenes import nuclei

import napari_objclass as oc
from napari_objclass.workflow.agreement import Agreement, Judged
from napari_objclass.workflow.classes import ObjectClass
from napari_objclass.workflow.marks import AnnotationState as State
from napari_objclass.workflow.session import Session


def agreement(matrix):
    """Agreement with this matrix."""
    classes = tuple(ObjectClass(f"c{n}", "#000000") for n in range(len(matrix)))
    counts = ((i, j) for (i, j), n in np.ndenumerate(matrix) for _ in range(n))
    objects = tuple(
        Judged("image", "u", 0, n, (0, 0, n), f"c{i}", f"c{j}", State.ACTIVE, State.ACTIVE)
        for n, (i, j) in enumerate(counts, 1)
    )
    return Agreement(classes, objects, (0, 0))


@pytest.mark.parametrize(
    ("matrix", "kappa"),
    [
        ([[20, 5], [10, 15]], 0.4),  # po = 0.7, pe = 0.5
        ([[45, 15], [25, 15]], (0.60 - 0.54) / (1 - 0.54)),  # 0.1304
        ([[25, 35], [5, 35]], (0.60 - 0.46) / (1 - 0.46)),  # 0.2593: same agreement, other margins
        ([[88, 14, 18], [10, 40, 10], [2, 6, 12]], (140 / 200 - 0.41) / (1 - 0.41)),  # Cohen 1960: 0.492
        ([[7, 0], [0, 3]], 1),
        ([[0, 5], [5, 0]], -1),
        ([[4, 4], [4, 4]], 0),
    ],
)
def test_kappa_of_known_tables(matrix, kappa):
    found = agreement(np.array(matrix))
    assert found.kappa == pytest.approx(kappa, abs=1e-12)
    assert found.percent == pytest.approx(100 * np.trace(matrix) / np.sum(matrix))
    assert found.confusion.tolist() == matrix


@pytest.mark.parametrize("matrix", [[[0, 0], [0, 0]], [[9, 0], [0, 0]]])
def test_kappa_that_is_not_defined(matrix):
    found = agreement(np.array(matrix))
    assert np.isnan(found.kappa)
    assert np.isnan(found.percent) == (np.sum(matrix) == 0)
    assert str(found) == (
        "9 objects are labelled in both, 9 alike (100 %); Cohen's kappa not defined, as there is one class only"
        if np.sum(matrix)
        else "no object is labelled in both"
    )


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40))
def test_kappa_is_one_minus_observed_over_expected_disagreement(pairs):
    matrix = np.zeros((4, 4), int)
    for i, j in pairs:
        matrix[i, j] += 1
    observed = sum(i != j for i, j in pairs) / len(pairs)
    expected = sum(i != j for i, _ in pairs for _, j in pairs) / len(pairs) ** 2
    if expected == 0:
        assert np.isnan(agreement(matrix).kappa)
    else:
        assert agreement(matrix).kappa == pytest.approx(1 - observed / expected, abs=1e-12)


# ------------------------------------------------------------------------------------------------------- sessions


@pytest.fixture
def two():
    """Two people's sessions on one image; B's objects have other ids, and class 2 another name."""
    scene = nuclei()
    with Session(recover=False) as a, Session(recover=False) as b:
        a.add_lane(raw=scene.raw, labels=scene.labels, name="cells")
        b.add_lane(raw=scene.raw, labels=np.where(scene.labels > 0, scene.labels + 1000, 0), name="zellen")
        b.rename_class(2, "zwei")
        yield a, b


def test_every_object_is_told(two, tmp_path):
    a, b = two
    a.annotate_many(0, ids=[1, 2, 3, 4, 7], classes=[1, 1, 2, 2, 1])
    b.annotate_many(0, ids=[1001, 1002, 1003, 1005], classes=[1, "zwei", 1, 1])
    found = a.compare_annotations(b)
    assert [each.name for each in found.classes] == ["Class 1", "Class 2", "zwei"]
    assert found.confusion.tolist() == [[1, 0, 1], [1, 0, 0], [0, 0, 0]]
    assert (found.n_both, found.n_alike, found.n_only, found.n_undecided) == (3, 1, (2, 1), 0)
    assert [(each.object_id, each.a, each.b) for each in found.objects] == [
        (1, "Class 1", "Class 1"),
        (2, "Class 1", "zwei"),
        (3, "Class 2", "Class 1"),
        (4, "Class 2", ""),
        (5, "", "Class 1"),
        (7, "Class 1", ""),
    ]
    labels = a.objects(0).labels
    assert all(labels[(each.t, *each.voxel)] == each.object_id for each in found.objects)
    found.write(tmp_path / "table.csv")
    with (tmp_path / "table.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["image", "t", "id", "z", "y", "x", "class_a", "class_b", "state_a", "state_b"]
    assert [rows[3][name] for name in ("image", "id", "class_a", "class_b", "state_a", "state_b")] == [
        "cells", "4", "Class 2", "", "active", "",
    ]  # fmt: skip
    assert len(rows) == 6


def test_the_other_way_round_is_the_transposed_matrix(two):
    a, b = two
    a.annotate_many(0, ids=range(1, 11), classes=[1, 2] * 5)
    b.annotate_many(0, ids=range(1001, 1013), classes=[1, 1, 2] * 4)
    one, other = a.compare_annotations(b), b.compare_annotations(a)
    assert Counter((each.a, each.b) for each in one.objects) == Counter((each.b, each.a) for each in other.objects)
    assert one.kappa == pytest.approx(other.kappa)


def test_states_other_than_active_are_listed_apart(two):
    a, b = two
    a.annotate_many(0, ids=[1, 2, 3, 4], classes=[1, 2, 1, 1])
    b.annotate_many(0, ids=[1001, 1002, 1003, 1004], classes=[1, 1, 1, 1])
    labels = a.label_image(0)
    merged = np.where(labels == 2, 1, labels)  # 1 and 2 are one object now, 4 is gone
    a.relink_lane(0, labels=np.where(merged == 4, 0, merged))
    found = a.compare_annotations(b)
    assert [(each.object_id, each.a, each.state_a, each.b, each.state_b) for each in found.objects] == [
        (1, "", State.CONFLICT, "Class 1", State.ACTIVE),
        (3, "Class 1", State.ACTIVE, "Class 1", State.ACTIVE),
    ]
    assert (found.n_both, found.n_undecided, found.n_parked) == (1, 1, (1, 1))


def test_agreement_of_a_crop_with_its_image():
    scene = nuclei()
    crop, inside = np.s_[20:100, 40:140], int(scene.labels[50, 90])
    with Session(recover=False) as a, Session(recover=False) as b:
        a.add_lane(raw=scene.raw[crop], labels=scene.labels[crop], offset=(20, 40), name="cells")
        b.add_lane(raw=scene.raw, labels=scene.labels, name="cells")
        a.annotate(0, inside, cls=1)
        b.annotate_many(0, ids=[1, inside], classes=[2, 1])
        found = a.compare_annotations(b)
        assert [(each.object_id, each.a, each.b) for each in found.objects] == [(inside, "Class 1", "Class 1")]
        assert scene.labels[crop][found.objects[0].voxel[1:]] == inside
        assert found.n_parked == (0, 1)


def test_nothing_changes_and_files_are_compared_too(two, tmp_path):
    a, b = two
    a.annotate_many(0, ids=[1, 2], classes=[1, 2])
    b.annotate_many(0, ids=[1001, 1002], classes=[1, 1])
    b.save(tmp_path / "b.objclass")
    assert a.compare_annotations(tmp_path / "b.objclass", 0).confusion.tolist() == [[1, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert len(a.classes) == 2
    assert (len(a.annotations), len(b.annotations)) == (2, 2)


def test_images_that_cannot_be_compared(two, tmp_path):
    a, b = two
    a.add_lane(raw=np.zeros((10, 10), np.uint8), labels=np.eye(10, dtype=np.uint8), name="more")
    with pytest.raises(oc.ParameterError, match=r"no image of the other project has the pixels of 'more'.*'zellen'"):
        a.compare_annotations(b, 1)
    with pytest.raises(oc.ParameterError, match="the other project has no images 'x'"):
        a.compare_annotations(b, 0, other_lane="x")
    assert a.compare_annotations(b).n_both == 0
    assert str(a.compare_annotations(b)) == "no object is labelled in both"
