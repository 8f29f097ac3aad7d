"""What annotations mean, against the definition written out with sets of voxels."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as hnp
from workflow.definition import by_definition, mark

from napari_objclass.workflow.claims import derive
from napari_objclass.workflow.objects import Objects

SHAPE = (2, 2, 4, 7)
CLASSES = ["a", "b"]


blobs = hnp.arrays(np.uint8, SHAPE[1:], elements=st.integers(0, 2))
label_images = hnp.arrays(np.uint64, SHAPE, elements=st.sampled_from([0, 1, 1, 5, 2**64 - 1]))
clicks = st.tuples(st.integers(0, 2), st.sampled_from([*CLASSES, "deleted"]), blobs, st.integers(-2, 2))


@given(label_images, st.lists(clicks, max_size=8))
def test_claims_and_states_are_those_of_the_definition(labels, clicked):
    marks = []
    for t, cls, blob, shift in clicked:
        if (blob == 1).any():
            each = mark(t, cls, blob == 1)
            each.runs[:, 1:3] += shift  # some reach out of the image
            marks.append(each)
    claims = derive(Objects.of(labels), marks, CLASSES)
    claimed, states = by_definition(labels, marks, CLASSES)
    assert claims.object_ids.tolist() == claimed
    assert [str(state) for state in claims.states] == states
    assert [reason is None for reason in claims.reasons] == [state != "parked" for state in states]


def line(labels):
    return np.array(labels, np.uint16)[None, None, None]


def box(start, stop, length=12):
    return (np.arange(length) >= start) & (np.arange(length) < stop)


@pytest.mark.parametrize(
    ("labels", "marked", "state"),
    [
        ([0, 7, 7, 7, 7, 0, 0, 0, 0, 0, 0, 0], (1, 5), "active"),
        ([0, 7, 7, 7, 7, 0, 0, 0, 0, 0, 0, 0], (3, 7), "parked"),  # exactly half of the mark
        ([0, 7, 7, 7, 7, 0, 0, 0, 0, 0, 0, 0], (2, 7), "active"),  # 3 of 5
        ([0, 7, 7, 7, 7, 7, 7, 0, 0, 0, 0, 0], (1, 4), "active"),  # exactly half of the object
        ([0, 7, 7, 7, 7, 7, 7, 7, 0, 0, 0, 0], (1, 4), "changed"),  # 3 of 7
        ([0, 7, 7, 8, 8, 0, 0, 0, 0, 0, 0, 0], (1, 5), "parked"),  # split in two halves
        ([0, 7, 7, 7, 8, 0, 0, 0, 0, 0, 0, 0], (1, 5), "active"),
    ],
)
def test_the_two_halves(labels, marked, state):
    claims = derive(Objects.of(line(labels)), [mark(0, "a", box(*marked)[None, None])], CLASSES)
    assert claims.states == (state,)


def test_two_marks_that_overlap_cover_their_union_only():
    labels = line([7] * 9 + [0] * 3)
    marks = [mark(0, "a", box(0, 3)[None, None]), mark(0, "a", box(1, 4)[None, None])]
    assert derive(Objects.of(labels), marks, CLASSES).states == ("changed", "changed")  # 4 of 9, not 6
    marks.append(mark(0, "a", box(4, 5)[None, None]))
    assert derive(Objects.of(labels), marks, CLASSES).states == ("active",) * 3
