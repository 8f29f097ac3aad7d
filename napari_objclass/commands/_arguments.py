"""Options that several commands have: images by role, and how results are written."""

from __future__ import annotations

import argparse
import ast
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_objclass import memory
from napari_objclass.errors import ParameterError
from napari_objclass.workflow import sources

if TYPE_CHECKING:
    from napari_objclass.workflow.export import Export

# One name a role, and the names ilastik's headless mode gives it; dashes and underscores are the same.
ROLES = {
    "raw": ("--raw-data", "--raw"),
    "labels": ("--labels", "--label-image"),
    "segmentation": ("--segmentation", "--segmentation-image"),
    "probabilities": ("--probabilities", "--prediction-maps"),
}

# Axes of ``--cutout-subregion``, where it has as many entries.
_FIVE_AXES = "txyzc"


def predict_arguments(command: argparse.ArgumentParser) -> None:
    """Options of ``objclass predict``."""
    command.add_argument("project", metavar="PROJECT")
    add_images(command, "raw", nargs="+", help="intensity images: files, patterns, or folders")
    objects_arguments(command, required=False, nargs="+")
    command.add_argument(
        "--inputs", metavar="TABLE.csv", help="one image per row: columns raw, labels …, name; others go into results"
    )
    command.add_argument("--input-axes", metavar="AXES", help="axes of the raw images, where the files do not tell")
    export_arguments(command)
    command.add_argument("--dry-run", action="store_true", help="only show what would be done")
    command.add_argument("--skip-unpaired", action="store_true", help="leave out files of folders that have no partner")
    command.add_argument("--jobs", type=int, default=1, metavar="N", help="images at a time, in as many processes (1)")
    command.add_argument("--shard", metavar="I/N", help="do only the I-th of N parts, such as 1/4")
    command.add_argument("--restart", action="store_true", help="do again what an interrupted run has done already")
    command.add_argument("--log-json", metavar="FILE", help="a JSON object per image when it is done; - for stdout")
    blocks_arguments(command)
    threads_argument(command)


def blocks_arguments(command: argparse.ArgumentParser) -> None:
    """Options for images that are larger than memory."""
    command.add_argument(
        "--memory",
        type=_memory,
        metavar="AMOUNT",
        help="classify images block by block within so much memory, such as 4GB (default: only those too large for it)",
    )
    command.add_argument(
        "--block-shape",
        type=_block_shape,
        metavar="Z,Y,X",
        help="classify images block by block, in blocks of so many voxels (default: what suits the memory)",
    )


def export_arguments(command: argparse.ArgumentParser) -> None:
    """Options that stand for fields of the export settings; those not given stay what the project says."""
    add = command.add_argument
    add("--export-source", nargs="+", action="extend", metavar="SOURCE", help=sources.HELP)
    add("--output-format", metavar="FORMAT", help=", ".join(sources.FORMATS))
    add("--output-filename-format", metavar="TEMPLATE", help=f"such as {sources.FILENAME}")
    add("--output-internal-path", metavar="NAME", help="dataset inside an HDF5 file")
    add("--export-dtype", metavar="TYPE", help="pixel type, such as uint8")
    add("--output-axis-order", metavar="AXES", help="such as tzyxc")
    add(
        "--cutout-subregion",
        metavar="REGION",
        help="such as [(0,0,0,0,0),(1,90,90,1,1)], starts and stops of t, x, y, z, c; or along --input-axes",
    )
    add("--pipeline-result-drange", type=_pair, metavar="(LOW,HIGH)", help="values that --export-drange is about")
    add("--export-drange", type=_pair, metavar="(LOW,HIGH)", help="what they become")
    add("--table-filename", metavar="TEMPLATE", help="write a table too; without {nickname}, one for all images")
    add("--table-only", action="store_true", help="write no images")
    add("--columns", choices=sources.COLUMNS, help="columns of the table")
    add("--table-features", metavar="IDS", help="features in the table, with commas between (default: the selected)")
    add("--table-margin", type=int, metavar="N", help="pixels around an object that belong to its crop in the table")
    add("--out", metavar="DIR", help="folder for all results (default: beside each image)")


def export_settings(args: argparse.Namespace, base: Export) -> Export:
    """Export settings of a project with those in their place that the command line names.

    Raises
    ------
    ParameterError
        If an option makes no sense, alone or with another.
    """
    from dataclasses import replace

    named = {
        "images": None if args.export_source is None else tuple(args.export_source),
        "format": args.output_format,
        "filename": args.output_filename_format,
        "inner": args.output_internal_path,
        "dtype": args.export_dtype,
        "axes": args.output_axis_order,
        "region": None if args.cutout_subregion is None else _region(args),
        "renormalize": _renormalize(args),
        "table": args.table_filename,
        "columns": args.columns,
        "features": None if args.table_features is None else tuple(map(str.strip, args.table_features.split(","))),
        "margin": args.table_margin,
    }
    changes: dict[str, Any] = {field: value for field, value in named.items() if value is not None}
    settings = replace(base, **changes)
    if args.table_only:
        if settings.table is None:
            raise ParameterError("--table-only writes just the table; name it with --table-filename")
        settings = replace(settings, images=())
    return settings if args.out is None else _in_folder(settings, args.out)


def add_images(command: Any, role: str, **options: Any) -> None:
    """Option for the images of a role."""
    command.add_argument(*ROLES[role], dest=role, metavar="FILE", **options)


def objects_arguments(command: argparse.ArgumentParser, *, required: bool, nargs: str | None) -> None:
    """Options for what objects come from, of which one is given."""
    group = command.add_mutually_exclusive_group(required=required)
    add_images(group, "labels", nargs=nargs, help="label image: its ids are kept")
    add_images(group, "segmentation", nargs=nargs, help="segmentation: touching pixels of equal value are an object")
    add_images(group, "probabilities", nargs=nargs, help="probabilities: objects are found by thresholds")


def threads_argument(command: argparse.ArgumentParser) -> None:
    """Option for the number of threads."""
    command.add_argument("--threads", type=int, metavar="N", help="default: the CPUs this process may use")


def whole_numbers(text: str) -> tuple[int, ...]:
    """Whole numbers with commas between."""
    try:
        return tuple(map(int, text.split(",")))
    except ValueError:
        raise argparse.ArgumentTypeError(f"whole numbers with commas between are expected, not {text!r}") from None


def _block_shape(text: str) -> tuple[int, ...]:
    sides = whole_numbers(text)
    if len(sides) not in {2, 3} or min(sides) < 1:
        raise argparse.ArgumentTypeError(f"Z,Y,X or Y,X of whole numbers from 1 are expected, not {text!r}")
    return sides


def _memory(text: str) -> int:
    try:
        return memory.parse(text)
    except ParameterError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _pair(text: str) -> tuple[float, float]:
    try:
        low, high = map(float, text.strip("([ ])").split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"two numbers such as (0,255) are expected, not {text!r}") from None
    return low, high


def _renormalize(args: argparse.Namespace) -> tuple[float, float, float, float] | None:
    given, wanted = args.pipeline_result_drange, args.export_drange
    if (given is None) != (wanted is None):
        raise ParameterError("--pipeline-result-drange and --export-drange say together how values change; give both")
    return None if given is None else (*given, *wanted)


def _region(args: argparse.Namespace) -> tuple[tuple[str, int | None, int | None], ...]:
    text = args.cutout_subregion
    try:
        starts, stops = ast.literal_eval(text)
        entries = list(zip(starts, stops, strict=True))
    except (ValueError, SyntaxError, TypeError):
        entries = []
    if not entries or not all(bound is None or type(bound) is int for entry in entries for bound in entry):
        raise ParameterError(f"--cutout-subregion is [(starts),(stops)] of whole numbers or None, not {text}")
    axes = _FIVE_AXES if len(entries) == len(_FIVE_AXES) else getattr(args, "input_axes", None)
    if axes is None or len(axes) != len(entries):
        raise ParameterError(
            f"--cutout-subregion has {len(entries)} starts; give 5, of t, x, y, z, c, or name as many --input-axes"
        )
    return tuple((axis, start, stop) for axis, (start, stop) in zip(axes, entries, strict=True))


def _in_folder(settings: Export, folder: str) -> Export:
    """Settings whose templates name files in a folder, unless they name another by themselves."""
    from dataclasses import replace

    def placed(template: str) -> str:
        within = template.replace("{dataset_dir}", ".")
        return (Path(folder).expanduser() / Path(within).expanduser()).as_posix()

    table = None if settings.table is None else placed(settings.table)
    return replace(settings, filename=placed(settings.filename), table=table)
