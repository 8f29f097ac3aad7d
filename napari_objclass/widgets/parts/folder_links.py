"""Folders as links that open them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QUrl

from napari_objclass.widgets.parts.theme import text_color

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from napari.components import ViewerModel

MOST = 3


def folder_links(folders: Sequence[Path], viewer: ViewerModel) -> str:
    """Rich text with a link to each of some folders, in the colour of the text."""
    color = text_color(viewer)
    links = [
        f'<a href="{QUrl.fromLocalFile(str(folder)).toString()}">'
        f'<span style="color: {color};">{folder.name or folder}</span></a>'
        for folder in folders
    ]
    more = f" and {len(links) - MOST} more folders" if len(links) > MOST else ""
    return f"{', '.join(links[:MOST])}{more}"
