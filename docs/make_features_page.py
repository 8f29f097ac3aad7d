"""Writes features.md, the page of all features, from the catalogue: ``make docs``."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from napari_objclass.features import feature_catalog

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from napari_objclass.features import FeatureSpec

PAGE = Path(__file__).with_name("features.md")

#: Dimensions and channels of images that together have every feature, the usual ones first.
EXTENTS = ((2, 1), (3, 1), (2, 2), (3, 2))

Layouts = dict[tuple[int, int], "FeatureSpec"]
"""One feature as it is laid out for each of :data:`EXTENTS` that has it."""

INTRODUCTION = """# Features

Written by `make docs` from the catalogue in the code. `napari_objclass.feature_catalog()` gives the same in Python,
`objclass features --list` on the terminal.

**Pixels.** Lengths, areas and places are in pixels and intensities as they are in the raw image, whatever the voxel
size. Pixel centers have whole coordinates. In formulas *r* is the place of a pixel, *v* its intensity, *n* the number
of pixels of the object and *m* its mean intensity.

**Columns.** A feature has one column or several, in the order x, y, z, channel after channel. A column is called by
the id of its feature and what it stands for: `centroid_x`, `axis_radii_0` (of the longest axis),
`intensity_mean_dapi`; channels without names are `c0`, `c1`, … In exported tables columns are called as in ilastik, by
the name of the feature, numbered if it has several.

**Missing values.** What cannot be computed, such as the skewness of a single pixel, is missing: NaN, with its reason in
`FeatureTable.problems`. Where raw is NaN or infinite, intensities of the object and of neighborhoods that hold such a
pixel are missing, of this channel alone. Where ilastik stores a number for a degenerate object, the same number stands
here.

**Neighborhood.** What lies around an object without the object: the pixels that are nearer to it than the largest
margin, other objects included. The margins are ilastik's, 30 pixels in the plane and 1 across, unless the project or
the call says otherwise. Along an axis with a smaller margin distances count more: as many times as its margin goes into
the largest, rounded down.

**Defaults** are those of ilastik. *Advanced* features are those that few need: the dialog shows them when asked,
everywhere else they are chosen by id. *Slow* ones take much longer than most.

**Two differences from ilastik are meant to be:**

* The convex hull is the true one: through the centers of the object's pixels, and a pixel belongs to it if its center
  is inside or on it. ilastik's values are those of the bounding box; they are here as advanced features, "(bounding
  box)".
* Histograms and quantiles exist for any number of channels, in ilastik for one only.

Where a feature has ilastik's values, its id in ilastik stands beside it.
"""


def page() -> str:
    """Text of the page."""
    branches: defaultdict[str, defaultdict[str, list[Layouts]]] = defaultdict(lambda: defaultdict(list))
    for layouts in _features():
        branches[_plugin(layouts)][_any(layouts).group].append(layouts)
    return "\n".join([INTRODUCTION, *(line for plugin in branches for line in _section(plugin, branches[plugin]))])


def _features() -> Iterable[Layouts]:
    """Every feature, in the order of the catalogue."""
    found: defaultdict[str, Layouts] = defaultdict(dict)
    for extent in EXTENTS:
        for spec in feature_catalog(*extent):
            found[spec.id][extent] = spec
    return found.values()


def _any(layouts: Layouts) -> FeatureSpec:
    return next(iter(layouts.values()))


def _plugin(layouts: Layouts) -> str:
    """Name of the plug-in; one for both where they differ by the dimensions only."""
    names = {spec.plugin for spec in layouts.values()}
    return min(names) if len(names) == 1 else f"2D and {max(names)}"


def _section(plugin: str, groups: dict[str, list[Layouts]]) -> Iterator[str]:
    yield f"## {plugin}\n"
    for group, features in groups.items():
        yield f"### {group}\n"
        yield "| id, name | in ilastik | what it measures | unit | columns | exists for | | compared with |"
        yield "|---|---|---|---|---|---|---|---|"
        yield from (f"| {' | '.join(map(_cell, _row(layouts)))} |" for layouts in features)
        yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _row(layouts: Layouts) -> tuple[str, ...]:
    spec = _any(layouts)
    ilastik = f"`{spec.ilastik_id.partition('/')[2]}`" if spec.ilastik_id else ""
    formula = f"<br>`{spec.formula}`" if spec.formula else ""
    return (
        f"`{spec.id}`<br>{spec.display}",
        ilastik,
        spec.doc + formula,
        spec.unit,
        _columns(layouts),
        _images(layouts),
        _marks(layouts),
        spec.verified,
    )


def _columns(layouts: Layouts) -> str:
    """How many columns there are and what they are called, in 2D and in 3D where that is not the same."""
    n_channels = 1 if any(channels == 1 for _, channels in layouts) else 2
    planes, volumes = ((layouts[each].columns if (each := (n, n_channels)) in layouts else ()) for n in (2, 3))
    shown = [planes or volumes] if planes == volumes or not (planes and volumes) else [planes, volumes]
    numbers = " / ".join(str(len(columns)) for columns in shown)
    spec = _any(layouts)
    if not spec.needs_raw:
        each = ""
    elif n_channels == 2:
        each = " for two channels"
    else:
        each = " per channel" if spec.per_channel else ""
    names = " / ".join(_ends(spec.id, columns) for columns in shown)
    return f"{numbers}{each}{names and ': '}{names}"


def _ends(feature: str, columns: tuple[str, ...]) -> str:
    """What columns are called after the id of their feature."""
    ends = [f"`{column.removeprefix(feature)}`" for column in columns if column != feature]
    return ", ".join(ends) if len(ends) <= 4 else f"{ends[0]} … {ends[-1]}"


def _images(layouts: Layouts) -> str:
    dims = ", ".join(f"{n}D" for n in (2, 3) if any(n == n_dims for n_dims, _ in layouts))
    channels = {n for _, n in layouts}
    return dims if len(channels) == 2 else f"{dims}; {'one channel' if channels == {1} else 'several channels'}"


def _marks(layouts: Layouts) -> str:
    """Whether it is a default, slow or an advanced feature."""
    spec, default = _any(layouts), {n for (_, n), each in layouts.items() if each.default}
    marks = []
    if default:
        marks.append("default" if default == {n for _, n in layouts} else "default for one channel")
    marks += ["slow"] * spec.slow + ["advanced"] * spec.hidden
    return ", ".join(marks)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    print(PAGE)
