"""Colours of the viewer's theme, as style sheets take them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari.utils.theme import get_theme

if TYPE_CHECKING:
    from napari.components import ViewerModel


def text_color(viewer: ViewerModel) -> str:
    """Colour of text."""
    return str(get_theme(viewer.theme).text.as_hex())


def problem_color(viewer: ViewerModel) -> str:
    """The theme's red, nearer to the colour of its text: by itself it can hardly be read in the dark."""
    theme = get_theme(viewer.theme)
    pairs = zip(theme.error.as_rgb_tuple(alpha=False), theme.text.as_rgb_tuple(alpha=False), strict=True)
    red, green, blue = (round(0.55 * error + 0.45 * text) for error, text in pairs)
    return f"rgb({red}, {green}, {blue})"
