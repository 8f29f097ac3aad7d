"""What marks mean, written out with sets of voxels as the words say it."""

import numpy as np

from napari_objclass.workflow.marks import Mark


def runs_of(mask):
    """Runs of a boolean volume zyx, one pixel each, in raster order."""
    return np.array([[*voxel, 1] for voxel in np.argwhere(mask)], np.int64).reshape(-1, 4)


def mark(t, cls, mask):
    return Mark("", "lane", t, cls, runs_of(mask), (0, 0, 0), 0.0)


def voxels_of(each):
    return {(z, y, x + i) for z, y, x, length in each.runs.tolist() for i in range(length)}


def by_definition(labels, marks, classes):
    """Claimed id and state of every mark."""
    claimed = []
    for each in marks:
        voxels = [v for v in voxels_of(each) if all(0 <= i < n for i, n in zip(v, labels.shape[1:], strict=True))]
        under = [int(labels[(each.t, *v)]) for v in voxels] if each.t < len(labels) else []
        size = len(voxels_of(each))
        found = [i for i in set(under) - {0} if 2 * under.count(i) > size]
        claimed.append(found[0] if found and each.cls in classes else 0)
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
