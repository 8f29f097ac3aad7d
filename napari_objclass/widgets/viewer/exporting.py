"""What the user wants exported, and exporting it: one image after another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_objclass.errors import Cancelled
from napari_objclass.workflow import export, sources

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from napari_objclass.kernels import CancelToken, Progress
    from napari_objclass.workflow.lane import LaneRecord
    from napari_objclass.workflow.session import Session


@dataclass(frozen=True)
class Outcome:
    """What came of an export.

    Attributes
    ----------
    written
        Files that were written.
    in_the_way
        Files that are there already; if there are any, nothing was written.
    """

    written: tuple[Path, ...] = ()
    in_the_way: tuple[Path, ...] = ()


@dataclass(frozen=True)
class ExportChoice:
    """What to export, and where.

    Attributes
    ----------
    images
        Some of ``sources.SOURCES``.
    table
        Whether to write the table too.
    format
        Of the images, one of ``sources.FORMATS``.
    folder
        For all files; "" for the folder of each image.
    name
        Template of the file names, with ``{nickname}`` and ``{result_type}``.
    """

    images: tuple[str, ...]
    table: bool
    format: str
    folder: str
    name: str

    @property
    def filename(self) -> str:
        """Template of the paths of images."""
        return f"{self.folder or '{dataset_dir}'}/{self.name}"

    @property
    def table_filename(self) -> str | None:
        """Template of the path of the table; None without one."""
        return export.expand_template(self.filename, {"result_type": "table"}) + ".csv" if self.table else None

    def files(self, record: LaneRecord) -> export.Files:
        """Files of an image."""
        settings = export.Export(self.images, self.filename, self.format, table=self.table_filename)
        return settings.files(record.name, record.folder)

    def example(self, record: LaneRecord) -> str:
        """Name of one of its files; looks at no disk."""
        fields = {"nickname": record.name, "result_type": self.images[0] if self.images else "table"}
        suffix = sources.FORMATS[self.format] if self.images else ".csv"
        return export.expand_template(self.name, fields) + suffix

    def write(
        self, session: Session, lanes: Sequence[str], *, overwrite: bool, progress: Progress, cancel: CancelToken
    ) -> Outcome:
        """Export images of a session, by their uuids, unless that would overwrite something.

        Raises
        ------
        ObjClassError
            When it cannot be done; images before the one that failed are written.
        """
        files = [self.files(session.lane(lane)) for lane in lanes]
        export.check_overwriting(
            [each.all for each in files], [file for record in session.lanes for file in record.files]
        )
        in_the_way = tuple(path for each in files for path in each.all if path.exists())
        if in_the_way and not overwrite:
            return Outcome(in_the_way=in_the_way)
        written: list[Path] = []
        for number, lane in enumerate(lanes, 1):
            if cancel.cancelled:
                raise Cancelled("the export was stopped")
            which = f"image {number}/{len(lanes)}: " if len(lanes) > 1 else ""

            def report(done: int, total: int, what: str, which: str = which) -> None:
                progress(done, total, which + what)

            written += session.export(
                lane,
                self.images,
                table=self.table_filename,
                filename=self.filename,
                format=self.format,
                progress=report,
                cancel=cancel,
            )
        return Outcome(written=tuple(written))
