"""Projects of ilastik, computed anew from their images: ``python tests/oracle/ilastik_projects.py FOLDER``.

Every project ``*.ilp`` below the folder is imported; features and probabilities of all objects are computed from its
images and compared with those that ilastik stored in it. This is no test, since most such projects are under the GPL
and not here: it prints a report in Markdown, with every feature and every object that differs, and what speaks for a
cause.
"""

from __future__ import annotations

import argparse
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

import napari_objclass as oc
from napari_objclass.errors import ObjClassError
from napari_objclass.io import ilp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_objclass.feature_table import FeatureTable
    from napari_objclass.io.ilp import IlpLane, IlpProject
    from napari_objclass.workflow.session import Session

    Values = NDArray[np.float32]

#: How far values may differ: absolutely, and for values above 1 relatively.
NEAR = 1e-6


class Pair(NamedTuple):
    """Values of the same objects, (n_objects, n_values), here and as ilastik stored them."""

    ours: Values
    theirs: Values

    @property
    def differs(self) -> NDArray[np.bool_]:
        """Which values do; missing ones are equal."""
        return ~np.isclose(self.ours, self.theirs, rtol=NEAR, atol=NEAR, equal_nan=True)

    @property
    def largest(self) -> float:
        """Largest difference in parts of the value, or of 1 for smaller ones; infinite if one of both is missing."""
        with np.errstate(invalid="ignore"):
            apart = np.abs(self.ours.astype(float) - self.theirs) / np.maximum(1, np.abs(self.theirs))
        only_one = np.isnan(self.ours) != np.isnan(self.theirs)
        return float(np.where(only_one, np.inf, np.nan_to_num(apart)).max(initial=0))


class Frame(NamedTuple):
    """Objects of one frame of an image, in the order of ilastik's ids."""

    title: str
    given_ids: list[int]
    features: dict[tuple[str, str], Pair]
    probabilities: Pair | None

    @property
    def differing(self) -> list[int]:
        """Rows of the objects whose probabilities differ."""
        return [] if self.probabilities is None else np.flatnonzero(self.probabilities.differs.any(axis=1)).tolist()


def main() -> None:
    """Compare every project, and print a report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    n_objects = n_differing = 0
    for path in sorted(folder.rglob("*.ilp")):
        print(f"\n## {path.relative_to(folder)}\n")
        try:
            with oc.import_ilp(path, recover=False) as session:
                project = ilp.read(path)
                frames = list(compared(project, session))
                print(*report(project, session, frames), sep="\n")
        except ObjClassError as error:
            print(f"not compared: {error}")
            continue
        n_objects += sum(len(frame.given_ids) for frame in frames if frame.probabilities)
        n_differing += sum(len(frame.differing) for frame in frames)
    print(f"\n{n_objects - n_differing} of {n_objects} objects in all have the stored probabilities to {NEAR:g}")


def compared(project: IlpProject, session: Session) -> Iterator[Frame]:
    """Frames of which ilastik stored features or probabilities, those of as many objects as there are."""
    for number, lane in enumerate(project.lanes):
        table = session.table(number)
        specs = {tuple(spec.ilastik_id.split("/", 1)): spec.id for spec in table.specs if spec.ilastik_id}
        predicted = session.predict(number, retrain=False).probabilities if project.forest else None
        for frame in sorted({*lane.features, *lane.probabilities}):
            rows = rows_as_in(lane, frame, table)
            stored = lane.features.get(frame, {})
            yield Frame(
                f"image {number + 1}, frame {frame}",
                table.ids[rows].tolist(),
                {
                    key: Pair(table[specs[key]][rows].astype(np.float32), stored[key][1:])
                    for key in project.features
                    if key in specs and len(stored.get(key, ())) == len(rows) + 1
                },
                Pair(predicted[rows], lane.probabilities[frame][1:])
                if predicted is not None and len(lane.probabilities.get(frame, ())) == len(rows) + 1
                else None,
            )


def rows_as_in(lane: IlpLane, frame: int, table: FeatureTable) -> list[int]:
    """Rows of our table in the order of ilastik's ids, which are ours but for given label images."""
    of_frame = np.flatnonzero(table.frames == frame).tolist()
    row_of = dict(zip(table.ids[of_frame].tolist(), of_frame, strict=True))
    given = dict(lane.original_ids[frame].tolist()) if frame in lane.original_ids else {id: id for id in row_of}
    if set(given.values()) != set(row_of):
        raise ObjClassError(f"the objects of frame {frame} are not those that the project has stored")
    return [row_of[given[i]] for i in sorted(given)]


def report(project: IlpProject, session: Session, frames: list[Frame]) -> Iterator[str]:
    """Lines about a project."""
    yield from (f"- note: {note}" for note in session.notes)
    yield from feature_lines(frames)
    predicted = [frame for frame in frames if frame.probabilities]
    n_objects = sum(len(frame.given_ids) for frame in predicted)
    n_differing = sum(len(frame.differing) for frame in predicted)
    if not n_objects:
        yield "- no stored probabilities"
        return
    largest = max(frame.probabilities.largest for frame in predicted)
    share = 100 * (1 - n_differing / n_objects)
    yield f"- {n_objects} objects, {share:.1f} % with the stored probabilities; largest difference {largest:.2g}"
    if n_differing:
        yield f"- {likely_cause(project, session, predicted)}"
    yield from (line for frame in predicted for line in object_lines(project, frame))


def feature_lines(frames: list[Frame]) -> Iterator[str]:
    """How many features are equal everywhere, and each that is not."""
    keys = sorted({key for frame in frames for key in frame.features})
    if not keys:
        yield "- no stored features"
        return
    pooled = {key: Pair(*map(np.vstack, zip(*(frame.features[key] for frame in frames), strict=True))) for key in keys}
    differing = {key: pair for key, pair in pooled.items() if pair.differs.any()}
    yield f"- {len(keys) - len(differing)} of {len(keys)} features equal in every object and column"
    for (plugin, feature), pair in differing.items():
        n_cells, n_rows = np.count_nonzero(pair.differs), np.count_nonzero(pair.differs.any(axis=1))
        yield (
            f"    - {plugin} / {feature}: {n_cells} of {pair.ours.size} values, of {n_rows} objects, differ by up to "
            f"{pair.largest:.2g}"
        )


def object_lines(project: IlpProject, frame: Frame) -> Iterator[str]:
    """A line for each object whose probabilities differ."""
    for row in frame.differing:
        ours, theirs = frame.probabilities.ours[row], frame.probabilities.theirs[row]
        apart = [
            f"{feature} by {Pair(pair.ours[row], pair.theirs[row]).largest:.2g}"
            for (plugin, feature), pair in frame.features.items()
            if (plugin, feature) in project.selected and pair.differs[row].any()
        ]
        yield (
            f"    - {frame.title}, object {frame.given_ids[row]}: {numbers(ours)}, stored {numbers(theirs)}; differing "
            f"features: {', '.join(apart) or 'none that is stored'}"
        )


def numbers(values: Values) -> str:
    """Probabilities in short."""
    return " ".join(f"{value:.3g}" for value in values)


def likely_cause(project: IlpProject, session: Session, frames: list[Frame]) -> str:
    """Why probabilities differ."""
    rows = [frame.differing for frame in frames]
    if all(
        any(frame.features[key].differs[row].any() for key in project.selected if key in frame.features)
        for frame, of_frame in zip(frames, rows, strict=True)
        for row in of_frame
    ):
        return "likely cause: features that differ"
    if all(in_another_order(frame.probabilities) for frame in frames if frame.differing):
        return "likely cause: objects in another order"
    n_between, n_thresholds = thresholds_between(project, session)
    where = f"{n_between} of {n_thresholds} thresholds lie midway between two labelled objects as measured here"
    if n_between == n_thresholds:
        return (
            f"likely cause: the stored probabilities are those of an earlier forest, since {where}, and no order of "
            "the objects has them"
        )
    return f"likely cause: the forest was grown on other values, since only {where}"


def in_another_order(pair: Pair) -> bool:
    """Whether the rows are those that are stored, but for their order."""
    ours, theirs = (values[np.lexsort(values.T.round(6))] for values in pair)
    return not Pair(ours, theirs).differs.any()


def thresholds_between(project: IlpProject, session: Session) -> tuple[int, int]:
    """How many thresholds could come from the labelled objects as they are measured here, and how many there are."""
    labelled = []
    for number, lane in enumerate(project.lanes):
        table = session.table(number)
        for frame, classes in lane.labels.items():
            rows = rows_as_in(lane, frame, table) if classes.any() else []
            labelled += [table.float32[rows[i - 1]] for i in np.flatnonzero(classes)]
    values = np.nan_to_num(np.array(labelled, float), nan=0, posinf=0, neginf=0)
    middles = [(values[i] + values[j]) / 2 for i, j in combinations(range(len(values)), 2)]
    column, threshold = project.forest["column"], project.forest["threshold"]
    is_split = column >= 0
    offered = np.array(middles)[:, column[is_split]]
    is_between = np.isclose(offered, threshold[is_split], rtol=NEAR, atol=NEAR).any(axis=0)
    return int(np.count_nonzero(is_between)), len(is_between)


if __name__ == "__main__":
    main()
