"""The flags of ilastik's headless mode: what can be typed after ``objclass --headless``; argparse is all it imports.

Words come with dashes for underscores. Flags that make no sense here are accepted, so that scripts run as they are,
and it is said what happens instead.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from napari_objclass.commands._arguments import blocks_arguments, export_arguments, threads_argument
from napari_objclass.workflow import sources

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

_WHOLE = "this process classifies every image, with the result of the whole image whatever the blocks"
_SOURCE = "--export-source says what is written"

#: Flags without an effect: what follows them (nothing, a word, maybe one, some), and what happens instead.
IGNORED: dict[str, tuple[int | str | None, str]] = {
    "--readonly": ("?", "projects are only read in any case"),
    "--preconvert-stacks": (0, "stacks are read as they are, nothing has to be converted first"),
    "--atlas": ("+", "columns of an atlas are not written yet"),
    "--distributed": (0, _WHOLE),
    "--distributed-block-roi": (None, _WHOLE),
    "--export-object-prediction-img": (0, _SOURCE),
    "--export-object-probability-img": (0, _SOURCE),
    "--export-pixel-probability-img": (0, _SOURCE),
    "--configfile": (None, "there is no configuration file, all settings are in the project"),
    "--redirect-output": (None, "--logfile also has what is said, and the shell redirects it"),
    "--clean-paths": (0, "paths are left as they are"),
    "--process-name": (None, "the process keeps its name"),
    "--fullscreen": (0, "there is no window"),
    "--nobatch": (0, "images are classified all the same"),
    "--fillmissing": (None, "missing slices are not filled"),
}

REFUSED = ("--new-project", "--workflow")


def parse(parser: argparse.ArgumentParser, words: Sequence[str]) -> argparse.Namespace:
    """Parse the words of a command line; ``args.ignored`` has a sentence for every flag without an effect.

    Parameters
    ----------
    parser
        Without arguments; of two with one flag the later holds (``conflict_handler="resolve"``).
    words
        Those after the name of the program.
    """
    _add_flags(parser)
    args, left = parser.parse_known_args(words)
    for word in (word.partition("=")[0] for word in left if word.startswith("-")):
        flags = re.findall(r"--[a-z-]+", parser.format_help())
        parser.error(f"there is no flag {word}; the nearest is {get_close_matches(word, flags, n=1, cutoff=0)[0]}")
    for flag in REFUSED:
        if getattr(args, _destination(flag)) is not None:
            parser.error(f"{flag} makes a project, which is done in the workbench: objclass gui")
    if args.project is None:
        parser.error("name a trained project with --project")
    if args.files and any((args.raw, args.labels, args.segmentation, args.probabilities)):
        parser.error(f"{args.files[0]!r} follows no flag; put it behind the flag of its role")
    args.raw = args.raw or args.files or None
    args.export_source = args.export_source and [args.export_source]
    args.ignored = [
        f"{flag} has no effect: {instead}"
        for flag, (_, instead) in IGNORED.items()
        if getattr(args, _destination(flag)) not in (None, False)
    ]
    return args


def _add_flags(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--headless", action="store_true", help="run without a window, with the flags of ilastik's headless mode")
    add("--project", metavar="PROJECT", help="a trained project: .objclass, or ilastik's .ilp")
    add("files", nargs="*", metavar="FILE", help="raw images, if no flag names images")
    add("--raw-data", dest="raw", nargs="+", metavar="FILE", help="raw images; a quoted pattern is a stack")
    add("--prediction-maps", dest="probabilities", nargs="+", metavar="FILE", help="images of probabilities")
    add("--segmentation-image", dest="segmentation", nargs="+", metavar="FILE", help="segmentations")
    add("--label-image", dest="labels", nargs="+", metavar="FILE", help="label images")
    export_arguments(parser)
    # One source and no more, since the words that follow it may be images.
    add("--export-source", metavar="SOURCE", help=sources.HELP)
    add("--input-axes", dest="axes", nargs="+", metavar="AXES", help="axes of all images, or of each role")
    add("--ignore-training-axistags", action="store_true", help="axes as the files say, not as in the project")
    add("--stack-along", default="z", choices=("z", "t", "c"), help="what the files of a stack are (%(default)s)")
    add("--logfile", metavar="FILE", help="write there too what is said")
    add("--exit-on-failure", action="store_true", help="stop at the first image that fails")
    add("--debug", action="store_true", help="show where an error comes from")
    blocks_arguments(parser)
    threads_argument(parser)
    parser.set_defaults(jobs=1, dry_run=False, restart=False)  # which only ``objclass predict`` asks for
    for flag in REFUSED:
        add(flag, nargs="?", const="", metavar="NAME", help="refused: projects are made in the workbench")
    for flag, (words, instead) in IGNORED.items():
        if words == 0:
            add(flag, action="store_true", help=f"no effect: {instead}")
        else:
            add(flag, nargs=words, const="true" if words == "?" else None, help=f"no effect: {instead}")


def _destination(flag: str) -> str:
    return flag.removeprefix("--").replace("-", "_")
