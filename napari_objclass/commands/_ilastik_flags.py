"""The flags of ilastik's headless mode: what can be typed after ``objclass --headless``; argparse is all it imports.

Words come with dashes for underscores. Flags that make no sense here are accepted, so that scripts run as they are,
and it is said what happens instead.
"""

from __future__ import annotations

import os
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

#: Flags without an effect: how many words follow, and what happens instead.
IGNORED = {
    "--preconvert-stacks": (0, "stacks are read as they are, nothing has to be converted first"),
    "--atlas": ("+", "columns of an atlas are not written yet"),
    "--distributed": (0, "every image is classified as a whole, by this process"),
    "--distributed-block-roi": (1, "every image is classified as a whole, by this process"),
    "--export-object-prediction-img": (0, "--export-source says what is written"),
    "--export-object-probability-img": (0, "--export-source says what is written"),
    "--export-pixel-probability-img": (0, "--export-source says what is written"),
    "--configfile": (1, "there is no configuration file, all settings are in the project"),
    "--clean-paths": (0, "paths are left as they are"),
    "--process-name": (1, "the process keeps its name"),
    "--fullscreen": (0, "there is no window"),
    "--nobatch": (0, "images are classified all the same"),
    "--fillmissing": (1, "missing slices are not filled"),
}

REFUSED = ("--new-project", "--workflow")


def parse(parser: argparse.ArgumentParser, words: Sequence[str]) -> argparse.Namespace:
    """Parse the words of a command line; ``args.ignored`` has a sentence for every flag without an effect."""
    flags = _add_flags(parser)
    args, left = parser.parse_known_args(words)
    unknown = [word.partition("=")[0] for word in left if word.startswith("-")]
    if unknown:
        nearest = get_close_matches(unknown[0], flags, n=1, cutoff=0.0)[0]
        parser.error(f"there is no flag {unknown[0]}; the nearest is {nearest}")
    for flag in REFUSED:
        if getattr(args, _destination(flag)) is not None:
            parser.error(f"{flag} makes a project, which is done in the workbench: objclass gui")
    if args.files and any((args.raw, args.labels, args.segmentation, args.probabilities)):
        parser.error(f"{args.files[0]!r} follows no flag; put it behind the flag of its role")
    if args.export_drange is not None and args.pipeline_result_drange is None:
        parser.error("--export-drange needs --pipeline-result-drange, the range that is mapped to it")
    args.raw = args.raw or args.files or None
    args.ignored = [
        f"{flag} has no effect: {instead}"
        for flag, (_, instead) in IGNORED.items()
        if getattr(args, _destination(flag)) not in (None, False, "none")
    ]
    return args


def _add_flags(parser: argparse.ArgumentParser) -> list[str]:
    """Add all flags; return their names."""
    names = []

    def add(*flags: str, **options: object) -> None:
        names.extend(flags)
        parser.add_argument(*flags, **options)  # type: ignore[arg-type]

    add("--headless", action="store_true", help="run without a window, with the flags of ilastik's headless mode")
    add("--project", required=True, metavar="PROJECT", help="a trained project: .objclass, or ilastik's .ilp")
    add("--readonly", nargs="?", metavar="BOOL", help="projects are never written to, whatever is said here")
    _add_inputs(parser, add)
    _add_outputs(add)
    add("--logfile", metavar="FILE", help="write there too what is said")
    add("--redirect-output", metavar="FILE", help="write there, and not on the terminal, what is said")
    add("--exit-on-failure", action="store_true", help="stop at the first image that fails")
    add("--debug", action="store_true", help="show where an error comes from")
    add(
        "--threads", type=int, default=os.environ.get("LAZYFLOW_THREADS"), metavar="N",
        help="default: LAZYFLOW_THREADS, or the CPUs this process may use",
    )  # fmt: skip
    for flag in REFUSED:
        add(flag, nargs="?", const="", metavar="NAME", help="refused: projects are made in the workbench")
    for flag, (words, instead) in IGNORED.items():
        if words == 0:
            add(flag, action="store_true", help=f"no effect: {instead}")
        else:
            add(flag, nargs=None if words == 1 else words, help=f"no effect: {instead}")
    return names


def _add_inputs(parser: argparse.ArgumentParser, add: Callable[..., None]) -> None:
    """Images by role: every word is an image; a quoted pattern, or files joined by colons, is a stack."""
    parser.add_argument("files", nargs="*", metavar="FILE", help="raw images, if no flag names images")
    add("--raw-data", dest="raw", nargs="+", metavar="FILE", help="raw images")
    add("--prediction-maps", dest="probabilities", nargs="+", metavar="FILE", help="images of probabilities")
    add("--segmentation-image", dest="segmentation", nargs="+", metavar="FILE", help="segmentations")
    add("--label-image", dest="labels", nargs="+", metavar="FILE", help="label images")
    add("--input-axes", nargs="+", metavar="AXES", help="axes of all images, or of each role")
    add("--ignore-training-axistags", action="store_true", help="axes as the files say, not as in the project")
    add("--stack-along", default="z", choices=("z", "t", "c"), help="what the files of a pattern are (%(default)s)")


def _add_outputs(add: Callable[..., None]) -> None:
    """What is written; where nothing is said, the settings of the project hold."""
    add("--export-source", metavar="SOURCE", help="Object Predictions, Object Probabilities, Object Identities, …")
    add("--output-format", metavar="FORMAT", help="compressed hdf5, hdf5, multipage tiff, png, numpy, …")
    add("--output-filename-format", metavar="TEMPLATE", help="such as {dataset_dir}/{nickname}_{result_type}")
    add("--output-internal-path", metavar="NAME", help="dataset inside an HDF5 file")
    add("--export-dtype", metavar="DTYPE", help="pixel type, such as uint8")
    add("--output-axis-order", metavar="AXES", help="such as tzyxc (default: that of the raw image)")
    add("--pipeline-result-drange", metavar="(A,B)", help="values that are mapped to those of --export-drange")
    add("--export-drange", metavar="(C,D)", help="what they are mapped to")
    add("--cutout-subregion", metavar="[(…),(…)]", help="first pixel and end: t,x,y,z,c, or as --input-axes")
    add("--table-filename", metavar="TEMPLATE", help="also write a table; .csv gets _table before its suffix")
    add("--table-only", action="store_true", help="write no images")


def _destination(flag: str) -> str:
    return flag.removeprefix("--").replace("-", "_")
