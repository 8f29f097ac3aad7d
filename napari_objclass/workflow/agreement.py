"""How far two people agree on the classes of objects: object by object, as a matrix, and as one number."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from napari_objclass.io.tables import write_table
from napari_objclass.workflow.annotations import middle
from napari_objclass.workflow.marks import AnnotationState

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from napari_objclass.workflow.claims import Claims
    from napari_objclass.workflow.classes import ObjectClass
    from napari_objclass.workflow.objects import Objects


class View(NamedTuple):
    """One image, with what the marks of two people claim of its objects.

    Attributes
    ----------
    name, uuid
        Of the image.
    objects
        Its objects.
    claims
        Of A, and of B.
    names
        Name of each class by its uuid: those of A, and of B.
    """

    name: str
    uuid: str
    objects: Objects
    claims: tuple[Claims, Claims]
    names: tuple[Mapping[str, str], Mapping[str, str]]


class Judged(NamedTuple):
    """An object that A or B labelled.

    Attributes
    ----------
    image, uuid
        Name and uuid of its image.
    t, object_id
        Which object.
    voxel
        A voxel (z, y, x) of it, in pixels of the image.
    a, b
        Name of the class that each says; "" for none.
    state_a, state_b
        What is between them and a class: active for those who have said one, None for those who have not labelled it.
    """

    image: str
    uuid: str
    t: int
    object_id: int
    voxel: tuple[int, int, int]
    a: str
    b: str
    state_a: AnnotationState | None
    state_b: AnnotationState | None


@dataclass(frozen=True, eq=False)
class Agreement:
    """Two people's annotations of the same images.

    Attributes
    ----------
    classes
        Those of A, then those that only B has; matched by name.
    objects
        Every object that A or B labelled, by image, frame and id.
    n_parked
        Number of annotations of A and of B that are of no object here.
    """

    classes: tuple[ObjectClass, ...]
    objects: tuple[Judged, ...]
    n_parked: tuple[int, int]

    @cached_property
    def confusion(self) -> NDArray[np.int64]:
        """(k, k) number of objects that A says to be of the class of the row, and B of that of the column."""
        row = {each.name: number for number, each in enumerate(self.classes)}
        counts = np.zeros((len(row), len(row)), np.int64)
        for each in self.objects:
            if each.a and each.b:
                counts[row[each.a], row[each.b]] += 1
        return counts

    @property
    def n_both(self) -> int:
        """Number of objects of which both say a class."""
        return int(self.confusion.sum())

    @property
    def n_alike(self) -> int:
        """Number of objects of which both say the same class."""
        return int(self.confusion.trace())

    @property
    def n_only(self) -> tuple[int, int]:
        """Number of objects that only A labelled, and that only B did."""
        return sum(each.state_b is None for each in self.objects), sum(each.state_a is None for each in self.objects)

    @property
    def n_undecided(self) -> int:
        """Number of objects that both labelled, one of them in a way that waits to be confirmed or decided."""
        return len(self.objects) - self.n_both - sum(self.n_only)

    @property
    def percent(self) -> float:
        """Share of objects of which both say the same, in percent; NaN if there is no object that both labelled."""
        return 100 * self.n_alike / self.n_both if self.n_both else float("nan")

    @property
    def kappa(self) -> float:
        r"""Cohen's kappa: agreement beyond what chance gives.

        .. math:: \kappa = \frac{p_o - p_e}{1 - p_e}, \quad p_o = \sum_i p_{ii}, \quad p_e = \sum_i p_{i.} \, p_{.i}

        with :math:`p_{ij}` the share of objects of class i for A and j for B (J. Cohen, A coefficient of agreement for
        nominal scales, Educational and Psychological Measurement 20 (1960) 37-46). NaN where it is not defined: no
        object was labelled by both, or all of them are of one class for both.
        """
        n = self.n_both
        # In whole numbers: an expected agreement of 1 is 1.
        expected = int(self.confusion.sum(axis=0) @ self.confusion.sum(axis=1))
        return (n * self.n_alike - expected) / (n * n - expected) if n * n > expected else float("nan")

    def __str__(self) -> str:
        if not self.n_both:
            return "no object is labelled in both"
        kappa = "not defined, as there is one class only" if np.isnan(self.kappa) else f"{self.kappa:.2f}"
        objects = "1 object is" if self.n_both == 1 else f"{self.n_both} objects are"
        return f"{objects} labelled in both, {self.n_alike} alike ({self.percent:.0f} %); Cohen's kappa {kappa}"

    @property
    def columns(self) -> dict[str, NDArray[np.generic]]:
        """The objects as a table; classes that wait to be confirmed or decided are empty, their state says why."""
        rows = self.objects
        voxels = np.array([each.voxel for each in rows], np.int64).reshape(-1, 3)
        return {
            "image": np.array([each.image for each in rows], object),
            "t": np.array([each.t for each in rows], np.int64),
            "id": np.array([each.object_id for each in rows], np.uint64),
            **dict(zip("zyx", voxels.T, strict=True)),
            "class_a": np.array([each.a for each in rows], object),
            "class_b": np.array([each.b for each in rows], object),
            "state_a": np.array([each.state_a or "" for each in rows], object),
            "state_b": np.array([each.state_b or "" for each in rows], object),
        }

    def write(self, path: str | os.PathLike[str]) -> Path:
        """Write :attr:`columns` as a table: CSV, HDF5 or Excel, by suffix."""
        return write_table(Path(path).expanduser(), self.columns)


def compare(classes: Sequence[ObjectClass], views: Sequence[View]) -> Agreement:
    """Compare what two people say of the objects of images."""
    objects = tuple(each for view in views for each in _judged(view))
    parked = (
        sum(state is AnnotationState.PARKED for view in views for state in view.claims[person].states)
        for person in range(2)
    )
    return Agreement(tuple(classes), objects, (next(parked), next(parked)))


def _judged(view: View) -> list[Judged]:
    a, b = (_said(claims, names) for claims, names in zip(view.claims, view.names, strict=True))
    keys = sorted(a.keys() | b.keys())
    judged = []
    for (t, object_id), runs in zip(keys, view.objects.masks(keys), strict=True):
        (class_a, state_a), (class_b, state_b) = a.get((t, object_id), _NOTHING), b.get((t, object_id), _NOTHING)
        voxel = middle(runs)
        judged.append(Judged(view.name, view.uuid, t, object_id, voxel, class_a, class_b, state_a, state_b))
    return judged


_NOTHING = ("", None)


def _said(claims: Claims, names: Mapping[str, str]) -> dict[tuple[int, int], tuple[str, AnnotationState]]:
    """Class name, "" unless it is active, and state of every object that is claimed."""
    return {
        (mark.t, object_id): (names[mark.cls] if state is AnnotationState.ACTIVE else "", state)
        for mark, object_id, state, _ in claims.rows()
        if object_id
    }
