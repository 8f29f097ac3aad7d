"""Objects of each class, as text in their colours."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari_objclass.workflow.classes import ObjectClass


def class_counts(counts: Mapping[str, int], classes: Sequence[ObjectClass], where: str) -> str:
    """Rich text with the number of objects somewhere, and number and share of each class that counts."""
    counted = [each for each in classes if not each.ignore]
    total = sum(counts.get(each.name, 0) for each in counted)
    lines = [f"<b>{total:,} objects</b> {where}"]
    for each in counted:
        n = counts.get(each.name, 0)
        share = f" ({100 * n / total:.1f} %)" if total else ""
        lines.append(f'<span style="color: {each.color};">■</span> {escape(each.name)}: {n:,}{share}')
    return "<br>".join(lines)
