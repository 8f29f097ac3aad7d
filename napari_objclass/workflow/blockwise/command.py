"""The command line that classifies an image of a session elsewhere."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from napari_objclass import memory
from napari_objclass.errors import ObjClassError
from napari_objclass.workflow.blockwise.job import by_blocks

if TYPE_CHECKING:
    from napari_objclass.workflow.session import Session


def cluster_command(session: Session, lane: int | str) -> str:
    """``objclass predict`` for an image, with the project's settings of blocks and of export.

    Raises
    ------
    ObjClassError
        While the project or the image is in no file.
    """
    record, settings = session.lane(lane), session.blockwise_settings
    places = record.places
    if session.path is None:
        raise ObjClassError("save the project first: the command reads classifier and settings from its file")
    if places is None:
        raise ObjClassError(f"{record.name!r} is only in memory; save the project, which stores it beside itself")
    words = ["objclass", "predict", str(session.path)]
    for role, files in places.items():
        words += [f"--{role}", *files]
    words += ["--memory", _amount(memory.parse("4GB") if settings.memory is None else settings.memory)]
    if settings.block_shape is not None:
        words += ["--block-shape", ",".join(map(str, settings.block_shape))]
    written = by_blocks(session.export_settings)
    if written.format != session.export_settings.format:
        words += ["--output-format", written.format]
    return shlex.join(words)


def _amount(n_bytes: int) -> str:
    """Bytes as people write them, if that is all of them."""
    text = memory.text(n_bytes).replace(" ", "").replace(".0", "")
    return text if memory.parse(text) == n_bytes else str(n_bytes)
