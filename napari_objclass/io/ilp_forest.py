"""The random forest in an ilastik project: VIGRA's trees as the arrays of ours.

VIGRA stores each tree as two vectors. In ``topology``, after the numbers of columns and classes, a node is its type,
the place of its numbers in ``parameters``, and for a split the places of the nodes for smaller and for other values,
and the column; in ``parameters`` a weight is followed by the threshold, or by the class frequencies of a leaf.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from napari_objclass.io.ilp_values import numbered, plain

if TYPE_CHECKING:
    import h5py
    from numpy.typing import NDArray

    Addresses = NDArray[np.int64]

_SPLIT, _LEAF = 0, 1 << 30
_ROOT = 2


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
    known = _known_labels(group, forests[0])
    n_columns = {int(tree["topology"][0]) for tree in trees}
    if len(n_columns) > 1:
        raise ValueError("its trees differ in columns")
    stored = _Stored.of([tree["topology"][()] for tree in trees], [tree["parameters"][()] for tree in trees])
    return _arrays(stored, n_columns.pop(), known, max(n_classes, *known))


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

    n_nodes = len(order)
    column = np.full(n_nodes, -1, np.int32)
    column[is_split] = stored.topology[address[is_split] + 4]
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
    return {
        "nodes_per_tree": sizes[0].astype(np.uint32),
        "column": column,
        "threshold": threshold,
        "right": right,
        "leaf_frequencies": (frequencies / frequencies.sum(axis=1, keepdims=True)).astype(np.float32),
        "importances": np.zeros(n_columns),
        "oob_classes": np.empty(0, np.uint32),
        "oob_confusion": np.zeros((n_classes, n_classes), np.uint64),
        "classes": np.arange(1, n_classes + 1),
        "seed": np.array(0, np.uint64),
        "missing_last": np.False_,
    }


def _known_labels(group: h5py.Group, forest: h5py.Group) -> list[int]:
    """Class of each of the forest's columns, counted from 1."""
    known = group.get("known_labels", forest.get("_ext_param/labels"))
    labels = [int(each) for each in plain(known[()])] if known is not None else []
    n_classes = int(forest[next(name for name in forest if name.startswith("Tree"))]["topology"][1])
    labels = labels or list(range(1, n_classes + 1))
    if len(labels) != n_classes or min(labels) < 1 or len(set(labels)) != n_classes:
        raise ValueError("its classes are not those of its trees")
    return labels


def _levels(stored: _Stored) -> list[_Level]:
    """All nodes by depth."""
    tree = np.arange(len(stored.topology_starts) - 1)
    address = stored.topology_starts[:-1] + _ROOT
    levels, n_nodes = [], 0
    while len(address):
        n_nodes += len(address)
        if n_nodes > len(stored.topology):  # a node that several others point to would be counted for ever
            raise ValueError("its nodes are no trees")
        kind = stored.topology[address]
        is_split = kind == _SPLIT
        if not (is_split | (kind == _LEAF)).all():
            raise ValueError("it has nodes of an unknown kind")
        levels.append(_Level(tree, address, is_split))
        children = stored.topology[address[is_split, None] + (2, 3)]
        tree = np.repeat(tree[is_split], 2)
        address = children.ravel() + stored.topology_starts[tree]
        inside = (children.ravel() >= _ROOT) & (address + 1 < stored.topology_starts[tree + 1])
        if not inside.all():
            raise ValueError("a node is not in its tree")
    return levels


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
    return np.where(nearest < thresholds, nearest, np.maximum(np.nextafter(nearest, np.float32(-np.inf)), -limit))
