"""What values of objects are called on the screen; in files they have the names that ilastik writes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from napari_objclass.features import FeatureSpec
    from napari_objclass.workflow.lane import LaneRecord

_CHANNEL = re.compile(r"c(\d+)")


def channels_of(image: LaneRecord | None) -> tuple[str, ...]:
    """What the user calls the channels of an image; () if nothing is known."""
    return (image.channel_names if image is not None else None) or ()


def column_names(specs: Iterable[FeatureSpec], channels: Sequence[str] = ()) -> list[str]:
    """Names of all columns, such as "Mean Intensity, DNA" and "Center of the object, x".

    Parameters
    ----------
    specs
        The features that were measured.
    channels
        Names of the channels; without, they are numbered.
    """
    return [_name(spec, part, channels) for spec in specs for part in parts(spec)]


def parts(spec: FeatureSpec) -> list[tuple[str, ...]]:
    """What tells the values of a feature apart, from the ids of its columns: ("x",), ("c1",), ("c1", "07")."""
    found = [tuple(filter(None, column.removeprefix(spec.id).split("_"))) for column in spec.columns]
    if spec.per_channel and len({part[0] for part in found}) == 1:  # of one channel nobody asks which
        return [part[1:] for part in found]
    return found


def _name(spec: FeatureSpec, part: tuple[str, ...], channels: Sequence[str]) -> str:
    return ", ".join((spec.display, part_name(part, channels))) if part else spec.display


def part_name(part: tuple[str, ...], channels: Sequence[str]) -> str:
    """Name of one of :func:`parts`, with the channel's own name."""
    channel = _CHANNEL.fullmatch(part[0])
    if channel is None:
        return " ".join(part)
    number = int(channel[1])
    name = channels[number] if number < len(channels) else f"channel {number}"
    return " ".join((name, *part[1:]))
