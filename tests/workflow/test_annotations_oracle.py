"""What annotations mean, against the definition written out with sets of voxels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_objclass.workflow.annotations import Mark
from napari_objclass.workflow.claims import derive
from napari_objclass.workflow.objects import Objects

SHAPE = (2, 2, 4, 7)
CLASSES = ["a", "b"]


def runs_of(mask):
    """Runs of a boolean volume zyx, one pixel each, in raster order."""
    return np.array([[*voxel, 1] for voxel in np.argwhere(mask)], np.int64).reshape(-1, 4)


def mark(t, cls, mask):
    return Mark("", "lane", t, cls, runs_of(mask), (0, 0, 0), 0.0)


def voxels_of(each):
    return {(z, y, x + i) for z, y, x, length in each.runs.tolist() for i in range(length)}


def by_definition(labels, marks):
    """Claimed id and state of every mark."""
    claimed = []
    for each in marks:
        voxels = [v for v in voxels_of(each) if all(0 <= i < n for i, n in zip(v, labels.shape[1:], strict=True))]
        under = [int(labels[(each.t, *v)]) for v in voxels] if each.t < len(labels) else []
        size = len(voxels_of(each))
        found = [i for i in set(under) - {0} if 2 * under.count(i) > size]
        claimed.append(found[0] if found and each.cls in CLASSES else 0)
    states = []
    for each, own in zip(marks, claimed, strict=True):
        if not own:
            states.append("parked")
            continue
        peers = [m for m, c in zip(marks, claimed, strict=True) if (m.t, c) == (each.t, own)]
        object_voxels = {tuple(v) for v in np.argwhere(labels[each.t] == own).tolist()}
        covered = object_voxels & set.union(*(voxels_of(peer) for peer in peers))
        if len({peer.cls for peer in peers}) > 1:
            states.append("conflict")
        else:
            states.append("active" if 2 * len(covered) >= len(object_voxels) else "changed")
    return claimed, states


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
    claimed, states = by_definition(labels, marks)
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
