"""Sets of features that have a name: what they hold for an image, and which of them a list of features is.

Sets are told by what is known about every feature, so that a new feature is in the right ones by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from napari_objclass.features import LOCATION, FeatureSpec, choose, feature_catalog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

#: What a list of features is called that equals no set.
CUSTOM = "Custom"

NEEDS_RAW = "Needs intensities: add an image to the objects."


@dataclass(frozen=True)
class FeatureSet:
    """A set of features, for images of some number of dimensions and channels.

    Attributes
    ----------
    name
        Shown to the user.
    doc
        What it is good for, in one sentence.
    features
        Ids, in the order of the catalogue.
    refusal
        Why it cannot be chosen, in one sentence; "" if it can.
    """

    name: str
    doc: str
    features: tuple[str, ...]
    refusal: str = ""


@lru_cache
def feature_sets(n_dims: int, n_channels: int) -> tuple[FeatureSet, ...]:
    """All sets, for images of ``n_dims`` spatial dimensions and ``n_channels`` channels (0 without raw)."""
    made = []
    for rule in _RULES:
        chosen = set(choose(rule.among, n_dims, n_channels))
        catalog = feature_catalog(n_dims, n_channels)
        ids = tuple(spec.id for spec in catalog if spec.id in chosen and rule.takes(spec))
        made.append(FeatureSet(rule.name, rule.doc, ids, "" if ids else NEEDS_RAW))
    return tuple(made)


def set_of(features: Iterable[str], sets: Sequence[FeatureSet], preferred: str = "") -> FeatureSet | None:
    """Find the set that a list of features is, in whatever order; of several equal ones the ``preferred``."""
    wanted = set(features)
    equal = [each for each in sets if each.features and set(each.features) == wanted]
    return next((each for each in equal if each.name == preferred), equal[0] if equal else None)


def offered(n_dims: int, n_channels: int) -> dict[FeatureSpec, str]:
    """Features that a user may choose from, each with the reason why it cannot be measured, "" if it can."""
    catalog = feature_catalog(n_dims, max(n_channels, 1))
    return {spec: NEEDS_RAW if spec.needs_raw and not n_channels else "" for spec in catalog}


class _Rule(NamedTuple):
    """What a set holds: those features ``among`` the default or all ones that it ``takes``."""

    name: str
    doc: str
    among: str
    takes: Callable[[FeatureSpec], bool]


def _of_shape(spec: FeatureSpec) -> bool:
    return not spec.needs_raw and spec.group != LOCATION


def _of_intensity(spec: FeatureSpec) -> bool:
    return spec.needs_raw


def _fast(spec: FeatureSpec) -> bool:
    return not spec.slow


def _any(_: FeatureSpec) -> bool:
    return True


_RULES = (
    _Rule("Recommended", "Size, shape and intensities: a good start for most images.", "default", _any),
    _Rule("Shape", "Size and shape only, whatever the intensities are.", "all", _of_shape),
    _Rule("Intensity", "Intensities only, whatever size and shape are.", "all", _of_intensity),
    _Rule("All fast", "Everything that takes little time, where an object lies included.", "all", _fast),
    _Rule("Everything", "All features, where an object lies included.", "all", _any),
)
