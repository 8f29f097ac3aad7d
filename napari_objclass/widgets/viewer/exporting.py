"""Exporting images of a session, one after another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_objclass.errors import Cancelled
from napari_objclass.workflow import export
from napari_objclass.workflow.export import Export

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from napari_objclass.kernels import CancelToken, Progress
    from napari_objclass.workflow.session import Session

#: What a session that begins in the workbench writes: files that everything opens.
DEFAULT = Export(format="tif", table="{dataset_dir}/{nickname}_table.csv")


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

    @property
    def folders(self) -> list[Path]:
        """Where files were written."""
        return list(dict.fromkeys(path.resolve().parent for path in self.written))


def begin(session: Session) -> None:
    """Give a session the workbench's settings, unless somebody gave it others."""
    if session.export_settings == Export():
        session.export_settings = DEFAULT


def write(
    session: Session, lanes: Sequence[str], *, overwrite: bool, progress: Progress, cancel: CancelToken
) -> Outcome:
    """Export images of a session, by their uuids, as its settings say, unless that would overwrite something.

    Raises
    ------
    ObjClassError
        When it cannot be done; images before the one that failed are written.
    """
    records = [session.lane(lane) for lane in lanes]
    files = [session.export_settings.files(record.name, record.folder) for record in records]
    export.check_overwriting([each.all for each in files], [file for record in session.lanes for file in record.files])
    in_the_way = tuple(path for each in files for path in each.existing)
    if in_the_way and not overwrite:
        return Outcome(in_the_way=in_the_way)
    written: list[Path] = []
    for number, lane in enumerate(lanes, 1):
        if cancel.cancelled:
            raise Cancelled("the export was stopped")
        which = f"image {number}/{len(lanes)}: " if len(lanes) > 1 else ""

        def report(done: int, total: int, what: str, which: str = which) -> None:
            progress(done, total, which + what)

        written += session.export(lane, progress=report, cancel=cancel)
    return Outcome(written=tuple(written))
