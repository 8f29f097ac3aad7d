"""Text with long names of files in it, that fits into a narrow page."""

from __future__ import annotations

import re

_MAY_END = re.compile(r"([/\\_.-])")
_BREAK = "\u200b"  # zero width space: a line may end here


def breakable(text: str) -> str:
    """Let lines end within paths and names, too."""
    return _MAY_END.sub(rf"\1{_BREAK}", text)
