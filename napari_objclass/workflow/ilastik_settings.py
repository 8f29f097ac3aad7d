"""Settings of an ilastik project in our terms: thresholds, features, classes, export, blocks; pure translation."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_objclass.errors import ParameterError
from napari_objclass.features import feature_catalog
from napari_objclass.thresholding import HYSTERESIS, SIMPLE
from napari_objclass.workflow import sources
from napari_objclass.workflow.blockwise_settings import Blockwise
from napari_objclass.workflow.classes import ObjectClass
from napari_objclass.workflow.export import Export
from napari_objclass.workflow.thresholding import Thresholding

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from napari_objclass.features import FeatureSpec
    from napari_objclass.io.ilp import IlpProject

#: Values of ``CurOperator``.
_SIMPLE, _HYSTERESIS, _GRAPH_CUT, _DONT_MERGE = range(4)

#: Axes of the region of an export: ilastik's workflow has all five.
_REGION_AXES = "txyzc"

_MOST_CHANNELS = 64

#: Colours that ilastik gives to classes, where a project has none.
_COLORS = (
    "#ffe119", "#0082c8", "#e6194b", "#46f0f0", "#3cb44b", "#fabebe", "#aa6e28", "#911eb4",
    "#008080", "#f58230", "#f032e6", "#d2f53c", "#ffd7b4", "#e6beff", "#808080",
)  # fmt: skip

#: The first ones in versions before 1.3.
_OLD_COLORS = ("#ff0000", "#00ff00")


def thresholding(project: IlpProject, notes: list[str]) -> Thresholding:
    """Settings of *Threshold and Size Filter*; defaults for projects without."""
    values = dict(project.thresholds)
    if not values:
        return Thresholding()
    method = int(values.get("CurOperator", _SIMPLE))
    if method not in (_SIMPLE, _HYSTERESIS, _DONT_MERGE):
        name = "graph cut" if method == _GRAPH_CUT else f"method {method}"
        notes.append(f"objects were found by {name}, which does not exist here; a simple threshold is used instead")
    channel = int(values.get("Channel", 0))
    core = int(values.get("CoreChannel", channel))
    sigma = tuple(float(values.get(f"SmootherSigma/{axis}", 1.0)) for axis in "zyx")
    settings: Thresholding = _valid(
        Thresholding,
        "thresholds",
        notes,
        method=HYSTERESIS if method in (_HYSTERESIS, _DONT_MERGE) else SIMPLE,
        channel=channel,
        core_channel=None if core == channel else core,
        sigma=sigma,
        threshold=float(values.get("LowThreshold", Thresholding.threshold)),
        core_threshold=float(values.get("HighThreshold", Thresholding.core_threshold)),
        merge=method != _DONT_MERGE,
        min_size=int(values.get("MinSize", Thresholding.min_size)),
        max_size=int(values.get("MaxSize", Thresholding.max_size)),
    )
    return settings


def object_classes(project: IlpProject, notes: list[str]) -> tuple[ObjectClass, ...]:
    """The label classes, with the colours of labels, or those that ilastik gives to classes."""
    names, colors = project.class_names or ("Label 1", "Label 2"), project.label_colors
    if project.prediction_colors and project.prediction_colors != colors:
        notes.append("predictions had other colors than labels; a class has one color here, that of its labels")
    is_old = project.version.startswith(("1.0", "1.1", "1.2"))
    palette = _OLD_COLORS + _COLORS[len(_OLD_COLORS) :] if is_old else _COLORS
    found: list[ObjectClass] = []
    for number, given in enumerate(names, 1):
        taken = {each.name for each in found}
        name = given if given.strip() not in ("", "0") and given not in taken else f"Label {number}"
        while name in taken:
            name += "'"
        spare = palette[(number - 1) % len(palette)]
        found.append(ObjectClass(name, colors[number - 1] if number <= len(colors) else spare))
    return tuple(found)


def known_features(extent: tuple[int, int]) -> dict[tuple[str, str], FeatureSpec]:
    """Our features by ilastik's plug-in and feature id, for images of so many dimensions and channels."""
    specs = feature_catalog(*extent)
    return {(plugin, name): spec for spec in specs for plugin, _, name in [(spec.ilastik_id or "").partition("/")]}


def fitting_extent(project: IlpProject) -> tuple[int, int]:
    """Dimensions and channels of images that nobody knows: such that the features exist, and fit the forest."""
    n_columns = None if project.forest is None else len(project.forest["importances"])
    for extent in ((n_dims, n) for n in range(1, _MOST_CHANNELS) for n_dims in (2, 3)):
        known = known_features(extent)
        used = [known.get(each) for each in project.selected]
        if used and all(used) and n_columns in (None, sum(spec.n_values for spec in used if spec)):
            return extent
    return 2, 1


def export(project: IlpProject, known: Mapping[tuple[str, str], FeatureSpec], notes: list[str]) -> Export:
    """Settings of *Object Information Export* and of its feature table."""
    values = dict(project.export)
    chosen: dict[str, Any] = {"ilastik_names": True}
    chosen["filename"] = values.get("OutputFilenameFormat") or sources.FILENAME
    chosen["inner"] = values.get("OutputInternalPath") or sources.INNER_PATH
    form = str(values.get("OutputFormat") or Export.format)
    if form in sources.FORMATS:
        chosen["format"] = form
    else:
        notes.append(f"images cannot be exported as {form!r} here; {Export.format} is used instead")
    chosen |= {"dtype": values.get("ExportDtype") or None, "axes": values.get("OutputAxisOrder") or None}
    ranges = [values.get(f"{way}{end}") for way in ("Input", "Output") for end in ("Min", "Max")]
    if None not in ranges:
        chosen["renormalize"] = tuple(map(float, ranges))  # type: ignore[arg-type]
    chosen["region"] = _region(values.get("RegionStart"), values.get("RegionStop"), notes)
    chosen |= _table(project, known)
    settings: Export = _valid(Export, "export settings", notes, **chosen)
    return settings


def beside_images(settings: Export) -> Export:
    """Put results without a folder beside their image: a program with windows has no folder that anybody looks into."""
    table = None if settings.table is None else _beside_image(settings.table)
    return replace(settings, filename=_beside_image(settings.filename), table=table)


def _beside_image(template: str) -> str:
    has_folder = template.startswith("{dataset_dir}") or Path(template).expanduser().is_absolute()
    return template if has_folder else f"{{dataset_dir}}/{template}"


def _region(start: Any, stop: Any, notes: list[str]) -> tuple[tuple[str, int | None, int | None], ...]:
    """Part of an image to export; -1 stands for a border."""
    if start is None or stop is None:
        return ()
    if len(start) != len(_REGION_AXES) or len(stop) != len(_REGION_AXES):
        notes.append("the region of the export settings does not say its axes; whole images are exported")
        return ()
    parts = zip(_REGION_AXES, map(_border, start), map(_border, stop), strict=True)
    return tuple(part for part in parts if part[1:] != (None, None))


def _border(value: Any) -> int | None:
    return None if value is None or int(value) < 0 else int(value)


def _table(project: IlpProject, known: Mapping[tuple[str, str], FeatureSpec]) -> dict[str, Any]:
    """The feature table; nothing if none was configured."""
    values = project.table
    if not values.get("file path"):
        return {}
    wanted = set(values.get("features") or ())
    picked = [known[each] for each in project.features if each in known and each[1] in wanted]
    picked += [known[each] for each in project.features if each in known and known[each].display in wanted]
    return {
        "table": str(values["file path"]),
        "features": tuple(dict.fromkeys(spec.id for spec in picked)) if wanted else None,
        "crops": sources.IMAGE if values.get("include raw") else sources.OBJECTS,
        "margin": int(values.get("margin") or 0),
    }


def blockwise(project: IlpProject, notes: list[str]) -> Blockwise:
    """Block and halo of *Blockwise Object Classification*: those of blocks that know nothing of each other."""
    names = {"block": "ilastik_block_shape", "halo": "halo"}
    chosen = {names[theirs]: lengths for theirs, lengths in project.blockwise.items()}
    settings: Blockwise = _valid(Blockwise, "block and halo", notes, **chosen)
    return settings


def _valid(settings: Callable[..., Any], what: str, notes: list[str], **values: Any) -> Any:
    """Settings with these values; as they are at first, with a note, if they make no sense."""
    try:
        return settings(**values)
    except ParameterError as error:
        notes.append(f"the {what} of the project were left out: {error}")
        return settings()
