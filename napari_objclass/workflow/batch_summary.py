"""What a batch found in all: objects of each class, by image and by what a table of inputs says of the images.

Classes that are ignored are not counted, nor are their objects.
"""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_objclass.io.whole_files import replacing
from napari_objclass.workflow.batch_image import Outcome, Status
from napari_objclass.workflow.batch_plan import IMAGE_COLUMN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from napari_objclass.workflow.classes import Classes

#: Images that are printed one by one.
SHOWN = 20

Row = list[str | int | float]


@dataclass(frozen=True)
class Counts:
    """Objects of some images.

    Attributes
    ----------
    n_objects
        Number of objects that count.
    of_class
        Number of objects of each class that counts, by name.
    """

    n_objects: int
    of_class: Mapping[str, int]

    @property
    def cells(self) -> Row:
        """Number of objects, then number and share of each class; no share of nothing."""
        shares = (f"{number / self.n_objects:.6g}" if self.n_objects else "" for number in self.of_class.values())
        return [self.n_objects, *(cell for pair in zip(self.of_class.values(), shares, strict=True) for cell in pair)]

    @property
    def text(self) -> str:
        """In words."""
        return f"{self.n_objects} objects: " + ", ".join(f"{n} {name}" for name, n in self.of_class.items())


class Summary:
    """Objects of each class in the images of a batch, in the order of the images given.

    Parameters
    ----------
    outcomes
        What came of each image.
    classes
        The classes of the predictor.
    """

    def __init__(self, outcomes: Iterable[Outcome], classes: Classes) -> None:
        self._outcomes = list(outcomes)
        self._names = [each.name for each in classes if not each.ignore]
        self._ignored = [each.name for each in classes if each.ignore]
        self._columns = list(dict.fromkeys(name for each in self._outcomes for name in each.image.columns))

    def counts(self, outcomes: Sequence[Outcome]) -> Counts:
        """Objects of some images."""
        found: Counter[str] = Counter()
        for each in outcomes:
            found.update(each.counts)
        total = sum(each.n_objects for each in outcomes) - sum(found[name] for name in self._ignored)
        return Counts(total, {name: found[name] for name in self._names})

    @property
    def images(self) -> list[Row]:
        """Header, and a row per image; of one that failed, no numbers."""
        rows: list[Row] = [[IMAGE_COLUMN, *self._columns, "status", *self._titles]]
        for each in self._outcomes:
            failed = each.status is Status.FAILED
            numbers: Row = [""] * len(self._titles) if failed else self.counts([each]).cells
            told = [each.image.columns.get(name, "") for name in self._columns]
            rows.append([each.image.title, *told, str(Status.FAILED if failed else Status.DONE), *numbers])
        return rows

    @property
    def groups(self) -> list[Row]:
        """Header, and a row for each value of each column of the inputs; images that failed are left out."""
        rows: list[Row] = [["column", "value", "images", *self._titles]]
        for column in self._columns:
            groups: dict[str, list[Outcome]] = {}
            for each in self._done:
                groups.setdefault(each.image.columns.get(column, ""), []).append(each)
            rows += [[column, value, len(group), *self.counts(group).cells] for value, group in groups.items()]
        return rows

    @property
    def lines(self) -> list[str]:
        """What is printed: the first images, and all."""
        done = self._done
        lines = [f"{each.image.title}: {self.counts([each]).text}" for each in done[:SHOWN]]
        if len(done) > SHOWN:
            lines.append(f"… and {len(done) - SHOWN} images more")
        if len(done) > 1:
            lines.append(f"all {len(done)} images: {self.counts(done).text}")
        return lines

    def write(self, images: Path, groups: Path) -> list[Path]:
        """Write both tables as CSV, that of groups only if there are some; return what was written.

        Raises
        ------
        FileError
            If that fails.
        """
        tables = {images: self.images} | ({groups: self.groups} if self._columns else {})
        for path, rows in tables.items():
            with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
                csv.writer(file, lineterminator="\n").writerows(rows)
        return list(tables)

    @property
    def _done(self) -> list[Outcome]:
        return [each for each in self._outcomes if each.status is not Status.FAILED]

    @property
    def _titles(self) -> list[str]:
        return ["objects", *(title for name in self._names for title in (f"Number of {name}", f"Share of {name}"))]
