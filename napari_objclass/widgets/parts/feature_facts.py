"""What is known about a feature, in the words of the screen."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from napari_objclass.widgets.viewer.column_names import value_names

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from napari_objclass.features import FeatureSpec

#: Why features of a plug-in take long.
_SLOW = {
    "2D Skeleton Features": "Slow: the object is thinned to its skeleton, pixel by pixel.",
    "Spherical Texture": "Slow: the object is resampled, and looked at from its center in all directions.",
}


def values_per_object(specs: Collection[FeatureSpec]) -> str:
    """How many values features have, and how many are slow, such as "171 values per object, 6 slow features"."""
    n_values, n_slow = sum(spec.n_values for spec in specs), sum(spec.slow for spec in specs)
    values = "1 value" if n_values == 1 else f"{n_values:,} values"
    slow = {0: "", 1: ", 1 slow feature"}.get(n_slow, f", {n_slow} slow features")
    return f"{values} per object{slow}"


def why_slow(spec: FeatureSpec) -> str:
    """What takes the time of a slow feature, in one sentence; "" for others."""
    if not spec.slow:
        return ""
    if spec.id.endswith("_neighborhood"):
        return "Slow: all pixels around the object are looked at; a smaller neighborhood takes less time."
    return _SLOW.get(spec.plugin, "Slow: it takes much longer than most.")


def description(spec: FeatureSpec, reason: str = "", channels: Sequence[str] = ()) -> str:
    """What a feature means, as rich text.

    Parameters
    ----------
    spec
        The feature.
    reason
        Why it cannot be measured, "" if it can.
    channels
        Names of the channels.
    """
    names = value_names(spec, channels)
    facts = {
        "Unit": spec.unit or "none",
        "Values": f"{spec.n_values}: {_list(names)}" if spec.n_values > 1 else "1",
        "Columns": _list(spec.columns),
        "Images": " and ".join(f"{n}D" for n in spec.dims),
        "Depends on": "neighborhood size" if spec.uses_margin else "",
        "In ilastik": spec.ilastik_id,
        "Compared with": spec.verified,
        "Id": spec.id,
    }
    remarks = [reason, why_slow(spec), "Advanced: few need it." if spec.hidden else ""]
    rows = "".join(
        f"<tr><td style='white-space: nowrap'>{name}&nbsp;&nbsp;</td><td>{escape(fact)}</td></tr>"
        for name, fact in facts.items()
        if fact
    )
    return "".join(
        (
            f"<h3>{escape(spec.display)}</h3>",
            f"<p>{escape(spec.doc)}</p>",
            f"<p style='margin-left: 12px'><i>{escape(spec.formula)}</i></p>" if spec.formula else "",
            *(f"<p>{escape(remark)}</p>" for remark in remarks if remark),
            f"<table>{rows}</table>",
        )
    )


def _list(names: Sequence[str]) -> str:
    """Some names; of many, the first and the last."""
    return ", ".join(names) if len(names) <= 4 else f"{names[0]} … {names[-1]}"
