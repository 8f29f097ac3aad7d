"""What values of objects are called on the screen; in files they have the names that ilastik writes.

Bins, bands and axes are counted from 1.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from napari_objclass.features import FeatureSpec
    from napari_objclass.workflow.lane import LaneRecord

#: A feature of more values than this takes one row of a list, with its values under it.
LONG = 9

_CHANNEL = re.compile(r"c(\d+)")
_COMPONENT = re.compile(r"([xyz])(\d+)")
_PERCENTILE = re.compile(r"p(\d+)")


def channels_of(image: LaneRecord | None) -> tuple[str, ...]:
    """What the user calls the channels of an image; () if nothing is known."""
    return (image.channel_names if image is not None else None) or ()


def column_names(specs: Iterable[FeatureSpec], channels: Sequence[str] = ()) -> list[str]:
    """Names of all columns, such as "Mean Intensity, DNA" and "Histogram of Intensity, bin 7".

    Parameters
    ----------
    specs
        The features that were measured.
    channels
        Names of the channels; without, they are numbered.
    """
    return [full_name(spec, name) for spec in specs for name in value_names(spec, channels)]


def full_name(spec: FeatureSpec, value_name: str) -> str:
    """Name of one value of a feature, see :func:`value_names`."""
    return f"{spec.display}, {value_name}" if value_name else spec.display


def value_names(spec: FeatureSpec, channels: Sequence[str] = ()) -> list[str]:
    """What tells the values of a feature apart: "x", "axis 1", "DNA", "bin 7", "25 %", "DNA × RNA"; "" for one."""
    parts = [[part for part in column.removeprefix(spec.id).split("_") if part] for column in spec.columns]
    if spec.per_channel and len({part[0] for part in parts}) == 1:  # of one channel nobody asks which
        parts = [part[1:] for part in parts]
    counted = _what_is_counted(spec, parts)
    return [_name(part, channels, counted) for part in parts]


def _what_is_counted(spec: FeatureSpec, parts: Sequence[Sequence[str]]) -> str:
    """What the numbers are of; those of bins and bands have leading zeros."""
    if not any(part and part[-1] == "00" for part in parts):
        return "axis"
    return "band" if spec.plugin == "Spherical Texture" else "bin"


def _name(part: Sequence[str], channels: Sequence[str], counted: str) -> str:
    words = [_word(each, channels, counted) for each in part]
    if len(part) == 2 and all(map(_CHANNEL.fullmatch, part)):
        return " × ".join(words)
    return ", ".join(words)


def _word(part: str, channels: Sequence[str], counted: str) -> str:
    if channel := _CHANNEL.fullmatch(part):
        number = int(channel[1])
        return channels[number] if number < len(channels) else f"channel {number}"
    if component := _COMPONENT.fullmatch(part):
        return f"{component[1]} of axis {int(component[2]) + 1}"
    if percentile := _PERCENTILE.fullmatch(part):
        return f"{int(percentile[1])} %"
    return f"{counted} {int(part) + 1}" if part.isdecimal() else part
