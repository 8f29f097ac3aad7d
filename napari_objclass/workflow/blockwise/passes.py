"""The two passes over an image that is worked on block by block: its objects are found, then they are measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_objclass.block_kernels import smoothing_halo
from napari_objclass.features import choose, feature_catalog, neighbourhood
from napari_objclass.workflow.blockwise import flooding, given, measuring, thresholding
from napari_objclass.workflow.blockwise.labelling import LABELS, OBJECTS, Labelled
from napari_objclass.workflow.blockwise.measuring import Measuring
from napari_objclass.workflow.blockwise.rows import Rows
from napari_objclass.workflow.blockwise.stitching import FACES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from napari_objclass.feature_table import FeatureSpec
    from napari_objclass.workflow.blockwise.parts import Parts
    from napari_objclass.workflow.blockwise.plan import BlockPlan, Triple
    from napari_objclass.workflow.blockwise.sources import Reads, Volume
    from napari_objclass.workflow.blockwise.thresholding import Rule
    from napari_objclass.workflow.blockwise.workers import Step, Workers

#: How much of the work the steps of measuring are.
MEASURING = {measuring.REGIONS: 25.0, measuring.RANGES: 1.0, measuring.VALUES: 40.0}


@dataclass(frozen=True)
class Origin:
    """What the objects of an image are found in, and how.

    Attributes
    ----------
    volume
        The pixels.
    rule
        How objects are found by thresholding; None where they are given.
    connected
        Whether given objects are the connected components of a segmentation; if not, the ids of a label image.
    """

    volume: Volume
    rule: Rule | None = None
    connected: bool = False

    @property
    def halo(self) -> Triple | None:
        """How far beyond its block a task reads along z, y, x; None where objects are given."""
        if self.rule is None:
            return None
        z, y, x = smoothing_halo(self.rule.how["sigma"], self.volume.shape[1:])
        return z, y, x

    @property
    def shares(self) -> dict[str, float]:
        """The steps in turn, and how much of the work each is; the first one reads the pixels."""
        end = {LABELS: 2.0, LABELS + FACES: 2.0, OBJECTS: 5.0}
        if self.rule is None:
            return end | {LABELS: 20.0}
        return (flooding.SHARES if self.rule.floods else {thresholding.FOREGROUND: 40.0}) | end

    def n_read(self, plan: BlockPlan, parts: Parts) -> int:
        """Number of blocks whose pixels need not be read any more."""
        if not parts.missing(OBJECTS, range(plan.shape[0])):
            return len(plan)
        return len(plan) - len(parts.missing(next(iter(self.shares)), range(len(plan))))

    def planned_reads(self, plan: BlockPlan, parts: Parts, reads: Reads) -> None:
        """Add what all steps read of the pixels to ``reads``, once they are done."""
        if self.rule is None:
            given.planned_reads(plan, self.volume, reads)
        else:
            thresholding.planned_reads(parts, plan, self.volume, self.rule, reads)

    def steps(self, plan: BlockPlan, parts: Parts, room: int) -> Iterator[Step]:
        """Yield what is to be done, in turn, by tasks of at most ``room`` bytes; what is there is left out."""
        if self.rule is None:
            return given.tasks(parts, plan, self.volume, connected=self.connected)
        return thresholding.steps(parts, plan, self.volume, self.rule, room)


def find(origin: Origin, plan: BlockPlan, parts: Parts, room: int, workers: Workers) -> Labelled:
    """Find the objects of an image.

    Parameters
    ----------
    parts
        Where the steps leave their files; what is there is not done again.
    room
        Bytes that a task may use.

    Raises
    ------
    ObjClassError
        If the pixels cannot be read, or a task cannot be done with its memory.
    """
    workers.do(origin.steps(plan, parts, room))
    return Labelled.load(plan, parts)


def measure(
    labelled: Labelled,
    raw: Volume | None,
    features: str | Sequence[str],
    margin: int | Sequence[int] | None,
    room: int,
    workers: Workers,
    planned: Reads | None = None,
    *,
    any_raw: bool = False,
) -> Rows:
    """Measure the objects that :func:`find` found; what is there is not done again.

    Parameters
    ----------
    features, margin
        As :func:`napari_objclass.measure` takes them.
    room
        Bytes that a task may use.
    planned
        What all steps read of raw is added to it.
    any_raw
        Whether these objects may have been measured in another raw, which the key of the run does not tell.

    Raises
    ------
    ObjClassError
        If the pixels cannot be read.
    """
    specs, reach = _specs(labelled.plan.shape, raw, features, margin)
    asked = Measuring.of(labelled.plan, labelled.parts, raw, specs, reach, room, any_raw=any_raw)
    groups = asked.groups(labelled)
    if planned is not None:
        measuring.planned_reads(asked, labelled, groups, planned)
    workers.do(measuring.steps(asked, groups))
    return Rows.of(asked.parts, labelled, groups, specs)


def around(
    volume: Volume, raw: Volume | None, features: str | Sequence[str], margin: int | Sequence[int] | None
) -> Triple | None:
    """How far around objects raw is read once they are known, z, y, x; None if it is not."""
    specs, reach = _specs(volume.shape, raw, features, margin)
    return reach if measuring.reads_around(specs) else None


def _specs(
    shape: Sequence[int], raw: Volume | None, features: str | Sequence[str], margin: int | Sequence[int] | None
) -> tuple[list[FeatureSpec], Triple]:
    """Features, and the neighbourhood along z, y, x, of an image ``tzyx``."""
    n_dims, n_channels = 3 if shape[1] > 1 else 2, 0 if raw is None else raw.n_channels
    catalog = {spec.id: spec for spec in feature_catalog(n_dims, n_channels)}
    return [catalog[each] for each in choose(features, n_dims, n_channels)], neighbourhood(margin, n_dims)


def too_large(n: int, name: str) -> str:
    """What is said of ``n`` objects that were too large to be looked at as a whole."""
    return (
        f"{n} objects of {name!r} are too large for the memory to be looked at as a whole, and lack the features that "
        "need it; allow more memory"
    )
