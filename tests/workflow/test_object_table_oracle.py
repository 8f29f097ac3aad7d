"""The exported table of an image is, character for character, the one that ilastik writes from the same values."""

from __future__ import annotations

import csv
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from napari_objclass.io.tables import write_table
from napari_objclass.workflow.object_table import object_table

REFERENCE = Path(__file__).parents[1] / "data" / "nuclei2d" / "table.csv"
CLASSES = ["class A", "class B"]
N_LEADING = 7  # object_id ... Probability of class B


def specs(columns: list[str]) -> list[SimpleNamespace]:
    """One feature per run of columns ``name_0``, ``name_1``, ..."""
    ilastik_ids = {
        "Size in pixels": "Standard Object Features/Count",
        "Bounding Box Minimum": "Standard Object Features/Coord<Minimum>",
        "Bounding Box Maximum": "Standard Object Features/Coord<Maximum>",
        "Center of the object": "Standard Object Features/RegionCenter",
    }
    return [
        SimpleNamespace(id=name, ilastik_id=ilastik_ids.get(name), columns=group, display_columns=group)
        for name, group in ((name, list(group)) for name, group in groupby(columns, lambda c: c.split("_")[0]))
    ]


def test_table_of_ilastik(tmp_path: Path) -> None:
    with REFERENCE.open(newline="") as file:
        header, *rows = csv.reader(file)
    values = np.array([[float(cell) for cell in row[N_LEADING:-1]] for row in rows])
    table = SimpleNamespace(
        ids=np.array([int(row[2]) for row in rows], np.uint64),
        frames=np.array([int(row[1]) for row in rows]),
        values=values,
        specs=specs(header[N_LEADING:-1]),
    )
    numbers = {name: number for number, name in enumerate(["0", *CLASSES])}
    columns = object_table(
        table,
        classes=CLASSES,
        labels=[numbers[row[3]] for row in rows],
        predicted=[numbers[row[4]] for row in rows],
        probabilities=[[float(cell) for cell in row[5:7]] for row in rows],
        original_oid=True,
    )
    assert list(columns) == header
    columns["original_oid"] = np.array([int(row[-1]) for row in rows])  # ilastik numbers the objects anew, we do not
    write_table(tmp_path / "table.csv", columns)
    assert (tmp_path / "table.csv").read_bytes() == REFERENCE.read_bytes()
