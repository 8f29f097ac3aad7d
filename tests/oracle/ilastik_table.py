"""Every feature against ilastik's own reference run in 3D: ``python tests/oracle/ilastik_table.py FOLDER``.

The folder holds ilastik's test data: ``3d.h5``, ``3d_Probabilities.h5`` and, anywhere below, the exported table
``*_table.csv``. They are under the GPL, so they are not here, and this is no test: it prints one row per feature, and
every cell that differs by more than one unit in the last place of float32; spectra, which are sums over many rays, by
more than a thousandth of the object's largest value.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

import napari_objclass as oc
from napari_objclass.io.readers import open_image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_objclass.features import FeatureSpec, FeatureTable

#: How the reference run found its objects; sigma along z, y, x.
THRESHOLDS = {"channel": 0, "sigma": (1.9, 2.1, 2.0), "threshold": 0.7, "min_size": 10, "max_size": 1_000_000}
MARGIN = (3, 3, 3)

#: Columns of the table that are not features: what was annotated and predicted there.
NO_FEATURES = 7

#: Features that are compared with the object's largest value, and how near they have to be.
SPECTRA = ("texture_spectrum",)
NEAR = 1e-3

#: What our variants with ilastik's values are called beside ilastik's name.
VARIANT = " (bounding box)"


class Compared(NamedTuple):
    """Values of one feature, (n_objects, n_values) in float32, and the objects' ids in the reference."""

    spec: FeatureSpec
    ours: NDArray[np.float32]
    theirs: NDArray[np.float32]
    ids: list[str]

    @property
    def ulps(self) -> NDArray[np.float64]:
        """Differences in units of the last place of the reference; infinite where one of both is missing."""
        one_missing = np.isnan(self.ours) != np.isnan(self.theirs)
        steps = np.abs(self._difference / np.spacing(np.abs(self.theirs)).astype(np.float64))
        return np.where(one_missing, np.inf, np.nan_to_num(steps, posinf=np.inf))

    @property
    def of_largest(self) -> NDArray[np.float64]:
        """Differences in parts of the object's largest value of this feature."""
        largest = np.abs(self.theirs).max(axis=1, keepdims=True).astype(np.float64)
        return np.abs(self._difference) / np.where(largest > 0, largest, 1)

    @property
    def _difference(self) -> NDArray[np.float64]:
        return self.ours.astype(np.float64) - self.theirs.astype(np.float64)

    def row(self) -> str:
        """The feature in the table."""
        relative = np.abs(self._difference) / np.where(self.theirs != 0, np.abs(self.theirs), 1)
        equal = np.count_nonzero(self.ulps == 0)
        return (
            f"| {self.spec.display} | `{self.spec.id}` | {self.ours.shape[1]} | {equal} of {self.ours.size} "
            f"| {self.ulps.max():.3g} | {np.nanmax(relative):.1e} | {np.nanmax(self.of_largest):.1e} |"
        )

    def differing(self) -> Iterator[str]:
        """One line for each cell that differs by more than rounding."""
        differs = self.of_largest > NEAR if self.spec.id in SPECTRA else self.ulps > 1
        for row, column in np.argwhere(differs):
            yield (
                f"- object {self.ids[row]}, `{self.spec.columns[column]}`: {self.ours[row, column]:.9g}, in ilastik "
                f"{self.theirs[row, column]:.9g} ({self.of_largest[row, column]:.1e} of the object's largest value)"
            )


def main() -> None:
    """Compare, and print a report in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    reference = read(next(folder.rglob("*_table.csv")))
    table = measured(folder)
    order = rows_as_in(reference, table)
    found = list(compared(reference, table, order))
    n_columns = sum(each.ours.shape[1] for each in found)
    print(f"{len(order)} objects, {n_columns} of {len(reference) - NO_FEATURES} feature columns compared\n")
    print("| feature | id | columns | equal cells | largest difference in float32 ulp | relative | of the largest |")
    print("|---|---|---:|---:|---:|---:|---:|")
    for each in found:
        print(each.row())
    n_cells = sum(each.ours.size for each in found)
    differing = [line for each in found for line in each.differing()]
    print(
        f"\n{len(differing)} of {n_cells} cells differ by more than one ulp, or {NEAR:g} of the largest in spectra:\n"
    )
    print(*differing, sep="\n")


def read(path: Path) -> dict[str, list[str]]:
    """Columns of a table by name."""
    with path.open(newline="", encoding="utf-8") as file:
        names, *rows = csv.reader(file)
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


def measured(folder: Path) -> FeatureTable:
    """Every feature of the objects that the reference run found."""
    probabilities = np.asarray(open_image(str(folder / "3d_Probabilities.h5")).data)
    raw = np.asarray(open_image(str(folder / "3d.h5"), axes="zyx").data)
    labels = oc.threshold(probabilities, axes="zyxc", **THRESHOLDS)
    everything = [spec.id for spec in oc.feature_catalog(3, 1)]
    return oc.measure(labels, raw, axes="zyx", features=everything, margin=MARGIN)


def rows_as_in(reference: dict[str, list[str]], table: FeatureTable) -> list[int]:
    """Rows of our table in the order of the reference, in which objects are told by box and size."""
    names = [f"Bounding Box {end}_{axis}" for end in ("Minimum", "Maximum") for axis in range(3)]
    theirs = zip(*(map(float, reference[name]) for name in [*names, "Size in pixels"]), strict=True)
    ours = np.hstack([table["bbox_min"], table["bbox_max"], table["num_pixels"]]).tolist()
    if len(ours) != len(reference["Size in pixels"]):
        raise SystemExit(f"{len(ours)} objects were found, {len(reference['Size in pixels'])} in the reference")
    return [ours.index(list(each)) for each in theirs]


def compared(reference: dict[str, list[str]], table: FeatureTable, order: list[int]) -> Iterator[Compared]:
    """Features that both have, in the order of our table."""
    for spec in table.specs:
        name = spec.display.removesuffix(VARIANT)
        columns = [name] if spec.n_values == 1 else [f"{name}_{i}" for i in range(spec.n_values)]
        if spec.ilastik_id is not None and all(column in reference for column in columns):
            theirs = np.array([reference[column] for column in columns], np.float32).T
            yield Compared(spec, table[spec.id][order].astype(np.float32), theirs, reference["labelimage_oid"])


if __name__ == "__main__":
    main()
