"""The random forest in an ilastik project: VIGRA's trees as the arrays of ours.

VIGRA stores each tree as two vectors. In ``topology``, after the numbers of columns and classes, a node is its type,
the place of its numbers in ``parameters``, and for a split the places of the nodes for smaller and for other values,
and the column; in ``parameters`` a weight is followed by the threshold, or by the class frequencies of a leaf.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from napari_objclass.io.ilp_values import numbered

if TYPE_CHECKING:
    import h5py
    from numpy.typing import NDArray

    Addresses = NDArray[np.int64]

_SPLIT, _LEAF = 0, 1 << 30
_ROOT = 2

#: As many as ilastik allows.
MOST_CLASSES = 99


def read_forest(group: h5py.Group, n_classes: int) -> dict[str, NDArray[Any]]:
    """Arrays of :meth:`napari_objclass.RandomForest.from_arrays`, of all stored forests as one.

    Parameters
    ----------
    group
        ``ClassifierForests``.
    n_classes
        Number of classes of the project; those that the forest does not know have frequency 0.

    Raises
    ------
    ValueError
        If what is stored is no such forest.
    """
    forests = [group[name] for name in numbered(group).values() if name.startswith("Forest")]
    trees = [forest[name] for forest in forests for name in numbered(forest).values() if name.startswith("Tree")]
    if not trees:
        raise ValueError("it is not a random forest of VIGRA")
    stored = _Stored.of([tree["topology"][()] for tree in trees], [tree["parameters"][()] for tree in trees])
    forms = set(zip(*(stored.topology[stored.topology_starts[:-1] + i].tolist() for i in (0, 1)), strict=True))
    if len(forms) > 1:
        raise ValueError("its trees differ in columns or classes")
    ((n_columns, n_known),) = forms
    known = _known_labels(group, forests[0], n_known)
    return _arrays(stored, n_columns, known, max(n_classes, *known))


class _Stored(NamedTuple):
    """All trees, one behind the other, and where each begins; the last entry of the starts is the end."""

    topology: NDArray[np.int64]
    parameters: NDArray[np.float64]
    topology_starts: NDArray[np.int64]
    parameter_starts: NDArray[np.int64]

    @classmethod
    def of(cls, topologies: list[NDArray[Any]], parameters: list[NDArray[Any]]) -> _Stored:
        return cls(
            np.concatenate(topologies).astype(np.int64),
            np.concatenate(parameters).astype(np.float64),
            np.cumsum([0, *map(len, topologies)]),
            np.cumsum([0, *map(len, parameters)]),
        )


class _Level(NamedTuple):
    """Nodes of one depth in all trees; the next level has the left and the right child of each split in turn."""

    tree: Addresses
    address: Addresses
    is_split: NDArray[np.bool_]


def _arrays(stored: _Stored, n_columns: int, known: list[int], n_classes: int) -> dict[str, NDArray[Any]]:
    levels = _levels(stored)
    positions, sizes = _preorder(levels)
    tree, address, is_split = (np.concatenate(each) for each in zip(*levels, strict=True))
    order = np.argsort(np.concatenate(positions), kind="stable")
    tree, address, is_split = tree[order], address[order], is_split[order]
    parameters = stored.parameter_starts[tree] + stored.topology[address + 1]
    n_numbers = np.where(is_split, 2, 1 + len(known))
    if (stored.topology[address + 1] < 0).any() or (parameters + n_numbers > stored.parameter_starts[tree + 1]).any():
        raise ValueError("the numbers of a node are not in its tree")

    n_nodes = len(order)
    column = np.full(n_nodes, -1, np.int32)
    column[is_split] = stored.topology[address[is_split] + 4]
    if (column[is_split] < 0).any() or (column >= n_columns).any():
        raise ValueError("a node asks for a column that is not there")
    threshold = np.zeros(n_nodes, np.float32)
    threshold[is_split] = _largest_below(stored.parameters[parameters[is_split] + 1])
    right = np.zeros(n_nodes, np.uint32)
    # A split is followed by its left subtree, which is as long as the size of the node behind the split says.
    all_sizes = np.concatenate(sizes)[order]
    first = np.cumsum([0, *sizes[0]])[:-1]
    at = np.flatnonzero(is_split)
    right[at] = at - first[tree[at]] + 1 + all_sizes[at + 1]
    leaves = parameters[~is_split, None] + 1 + np.arange(len(known))
    frequencies = np.zeros((len(leaves), n_classes))
    frequencies[:, np.array(known) - 1] = stored.parameters[leaves]
    sums = frequencies.sum(axis=1, keepdims=True)
    if not ((frequencies >= 0).all() and (sums > 0).all() and np.isfinite(sums).all()):
        raise ValueError("a leaf has no class frequencies")
    return {
        "nodes_per_tree": sizes[0].astype(np.uint32),
        "column": column,
        "threshold": threshold,
        "right": right,
        "leaf_frequencies": (frequencies / sums).astype(np.float32),
        "importances": np.zeros(n_columns),
        "oob_classes": np.empty(0, np.uint32),
        "oob_confusion": np.zeros((n_classes, n_classes), np.uint64),
        "classes": np.arange(1, n_classes + 1),
        "seed": np.array(0, np.uint64),
        "missing_last": np.False_,
    }


def _known_labels(group: h5py.Group, forest: h5py.Group, n_known: int) -> list[int]:
    """Class of each frequency in a leaf, counted from 1."""
    stored = [place for place in (group.get("known_labels"), forest.get("_ext_param/labels")) if place is not None]
    for place in stored:
        labels = [int(label) for label in np.ravel(place[()])]
        if n_known == len(labels) == len(set(labels)) and all(1 <= label <= MOST_CLASSES for label in labels):
            return labels
    if not stored:
        return list(range(1, n_known + 1))
    raise ValueError("its classes are not those of its trees")


def _levels(stored: _Stored) -> list[_Level]:
    """All nodes by depth."""
    tree = np.arange(len(stored.topology_starts) - 1)
    address = stored.topology_starts[:-1] + _ROOT
    levels, n_nodes = [], 0
    while len(address):
        n_nodes += len(address)
        if n_nodes > len(stored.topology):  # nodes that point back would be counted for ever
            raise ValueError("its nodes are no trees")
        _refuse_unless((address >= stored.topology_starts[tree] + _ROOT) & (address < stored.topology_starts[tree + 1]))
        kind = stored.topology[address]
        is_split = kind == _SPLIT
        if not (is_split | (kind == _LEAF)).all():
            raise ValueError("it has nodes of an unknown kind")
        _refuse_unless(address + np.where(is_split, 4, 1) < stored.topology_starts[tree + 1])
        levels.append(_Level(tree, address, is_split))
        children = stored.topology[address[is_split, None] + (2, 3)].ravel()
        tree = np.repeat(tree[is_split], 2)
        address = children + stored.topology_starts[tree]
    return levels


def _refuse_unless(is_inside: NDArray[np.bool_]) -> None:
    if not is_inside.all():
        raise ValueError("a node is not in its tree")


def _preorder(levels: list[_Level]) -> tuple[list[Addresses], list[Addresses]]:
    """Position of each node when each is followed by its left, then its right subtree; and nodes in its subtree."""
    sizes = [np.ones(len(level.address), np.int64) for level in levels]
    for i in range(len(levels) - 2, -1, -1):
        sizes[i][levels[i].is_split] += sizes[i + 1].reshape(-1, 2).sum(axis=1)
    positions = [np.cumsum([0, *sizes[0]])[:-1]]
    for i in range(len(levels) - 1):
        left = positions[i][levels[i].is_split] + 1
        positions.append(np.stack([left, left + sizes[i + 1][::2]], axis=1).ravel())
    return positions, sizes


def _largest_below(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
    """Largest float32 below each: values up to it are those that VIGRA, which asks for smaller ones, sends left."""
    if np.isnan(thresholds).any():
        raise ValueError("a threshold is NaN")
    limit = np.finfo(np.float32).max
    nearest = np.clip(thresholds, -limit, limit).astype(np.float32)
    return np.where(nearest < thresholds, nearest, np.nextafter(nearest, -limit))
