"""The index of a label image, against the plain numpy definition."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as hnp

from napari_objclass.workflow.objects import Objects

ids = st.sampled_from([0, 0, 1, 5, 2**64 - 1])


@pytest.mark.parametrize("shape", [(2, 1, 5, 70), (2, 3, 5, 7)])
@given(data=st.data())
def test_boxes_and_masks(shape, data):
    labels = data.draw(hnp.arrays(np.uint64, shape, elements=ids))
    objects = Objects.of(labels)
    keys = list(zip(objects.frames.tolist(), objects.ids.tolist(), strict=True))
    assert keys == [(t, int(i)) for t, frame in enumerate(labels) for i in np.unique(frame) if i]
    for (t, own), size, box, runs in zip(keys, objects.sizes, objects.boxes, objects.masks(keys), strict=True):
        voxels = np.argwhere(labels[t] == own)
        assert size == len(voxels)
        assert box.tolist() == [*voxels.min(0), *voxels.max(0) + 1]
        assert [[z, y, x + i] for z, y, x, length in runs.tolist() for i in range(length)] == voxels.tolist()


def test_no_objects_no_boxes():
    objects = Objects.of(np.zeros((1, 1, 4, 4), np.uint8))
    assert objects.boxes.shape == (0, 6)
    assert objects.masks([]) == []
