"""The command line: what can be typed, and what comes of errors; each command's work is in ``commands/``.

Only argparse is imported here, so that ``--help`` answers at once.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

from napari_objclass import __version__
from napari_objclass.commands._arguments import (
    add_images,
    export_arguments,
    objects_arguments,
    predict_arguments,
    threads_argument,
    whole_numbers,
)
from napari_objclass.errors import Cancelled, sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

DONE, FAILED, USAGE, SOME_FAILED, INTERRUPTED = 0, 1, 2, 3, 130
TERMINATED = 128 + signal.SIGTERM

# Of commands whose name no module can have.
MODULES = {"import": "import_"}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code (0 done, 1 failed, 2 usage, 3 some inputs failed, 130 interrupted)."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    words = [_dashes(word) for word in arguments]
    args = _headless(words) if "--headless" in words else _parser(listing="--list" in words).parse_args(words)
    args.words = arguments
    if argv is None:  # the program, not a test: end in good order when a scheduler asks for it
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    try:
        name = MODULES.get(args.command, args.command)
        code = int(import_module(f"napari_objclass.commands.{name}").run(args))
        if sys.stdout is not None:
            sys.stdout.flush()
    except (KeyboardInterrupt, Cancelled):
        say("interrupted; nothing half-written was left behind")
        return INTERRUPTED
    except SystemExit as ending:
        if ending.code == TERMINATED:
            say("terminated; nothing half-written was left behind")
        raise
    except BrokenPipeError:
        # Whoever reads has enough; what is left to be written would be complained about on leaving.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:
        if args.debug:
            raise
        say(sentence(error))
        return FAILED
    return code


def _headless(words: Sequence[str]) -> argparse.Namespace:
    """Parse the flags of ilastik's headless mode."""
    from napari_objclass.commands._ilastik_flags import parse

    parser = _Parser(
        prog="objclass --headless",
        description="Classify images by the flags of ilastik's headless mode; underscores are as good as dashes.",
        conflict_handler="resolve",
    )
    parser.set_defaults(command="headless")
    return parse(parser, words)


def _parser(*, listing: bool) -> argparse.ArgumentParser:
    """All commands; with ``--list`` nothing else is required."""
    parser = _Parser(
        prog="objclass",
        description="Object classification: label a few objects, classify all of them.",
        epilog="The five-minute tour is in the README; --headless takes the flags of ilastik's headless mode.",
    )
    parser.add_argument("--version", action="version", version=f"objclass {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)

    command = _command(commands, "demo", "the main job on a generated sample: images, table, project and a picture")
    command.add_argument("--out", default="objclass-demo", metavar="DIR", help="folder for the results (%(default)s)")

    command = _command(
        commands, "threshold", "find the objects of an image of probabilities and write their label image"
    )
    command.add_argument("image", metavar="PROBS", help="probabilities; or intensities, with --value-range 0 1")
    command.add_argument("-o", "--output", required=True, metavar="LABELS", help="label image: .h5, .tif or .npy")
    _thresholding(command)
    command.add_argument("--axes", metavar="AXES", help="axes of PROBS, such as zyxc, where the file does not tell")
    command.add_argument(
        "--spacing", type=float, nargs="+", metavar="SIZE", help="size of a voxel, z y x or y x, if the file errs"
    )
    command.add_argument(
        "--value-range",
        type=float,
        nargs=2,
        metavar="VALUE",
        help="values that count as 0 and 1 (default: what the file says, or the range of an integer type)",
    )
    threads_argument(command)

    command = _command(commands, "features", "measure every object of one image and write the table")
    command.add_argument("image", nargs="?" if listing else None, metavar="RAW", help="intensity image, or - for none")
    objects_arguments(command, required=not listing, nargs=None)
    command.add_argument("-o", "--output", required=not listing, metavar="TABLE", help="file: .csv, .h5 or .xlsx")
    command.add_argument("--features", default="default", metavar="SET", help="default, all, or ids: a,b,c")
    _margin(command)
    command.add_argument("--axes", metavar="AXES", help="axes of RAW, such as zyxc, where the file does not tell")
    threads_argument(command)
    command.add_argument("--list", action="store_true", help="only say which features there are")
    command.add_argument("--dims", type=int, choices=(2, 3), default=2, help="with --list: of images in 2D or 3D (2)")
    command.add_argument("--channels", type=int, default=1, metavar="N", help="with --list: of so many channels (1)")
    command.add_argument("--advanced", action="store_true", help="with --list: also those that are offered only by id")

    command = _command(commands, "annotate", "label objects of a project from a table, an image or another project")
    command.add_argument("project", metavar="PROJECT", help="made if it does not exist and an image is given")
    command.add_argument(
        "--from",
        dest="source",
        required=True,
        metavar="FILE",
        help="CSV with a class and an id or z,y,x per line (and t); an image of class numbers; or a project",
    )
    command.add_argument(
        "--image",
        metavar="NAME",
        help="which image of the project (default: its only one), or what to call the one given here",
    )
    command.add_argument(
        "--from-image", metavar="NAME", help="which image of the project in --from (default: the same pixels or name)"
    )
    command.add_argument(
        "--conflicts",
        choices=("theirs", "mine", "both"),
        help="objects that have labels: whose count, or both (default: theirs; of projects both)",
    )
    add_images(command, "raw", help="add this image to the project first, or tell where the one of this name is now")
    objects_arguments(command, required=False, nargs=None)
    command.add_argument("--axes", metavar="AXES", help="axes of the raw image, where the file does not tell")

    command = _command(commands, "compare", "say how far the labels of two projects agree")
    command.add_argument("project", metavar="PROJECT", help="its objects are compared")
    command.add_argument("other", metavar="OTHER", help="the project of somebody else, with the same images")
    command.add_argument("--image", metavar="NAME", help="compare this image only")
    command.add_argument("--other-image", metavar="NAME", help="which image of OTHER that is")
    command.add_argument("-o", "--output", metavar="TABLE", help="write a line per object: .csv, .h5 or .xlsx")

    command = _command(commands, "train", "train the forest of a project from its labels and store it")
    command.add_argument("project", metavar="PROJECT")
    command.add_argument("--features", metavar="SET", help="also choose the features: default, all, or ids: a,b,c")
    _margin(command)
    threads_argument(command)

    command = _command(commands, "predict", "classify all objects of images with the stored forest of a project")
    predict_arguments(command)

    command = _command(commands, "export", "classify the images of a project itself and write what its settings say")
    command.add_argument("project", metavar="PROJECT")
    command.add_argument("--image", nargs="+", metavar="NAME", help="which images of the project (default: all)")
    export_arguments(command)
    threads_argument(command)

    command = _command(commands, "import", "make a project of a project of ilastik; its classifier stays in force")
    command.add_argument("project", metavar="FILE.ilp", help="a project of ilastik's object classification")
    command.add_argument("-o", "--output", required=True, metavar="PROJECT.objclass", help="the project to write")

    command = _command(commands, "gui", "open napari with the workbench, on a project or on images")
    command.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help="a project, ours or of ilastik; or images, and their labels, masks or probabilities, told by their names; "
        "or folders of such",
    )
    objects_arguments(command, required=False, nargs="+")

    command = _command(commands, "info", "say what is in a project or an image")
    command.add_argument("file", metavar="FILE")

    _command(commands, "doctor", "say what this installation is and what it may use")

    command = _command(commands, "recover", "list sessions that were not saved, and save or discard them")
    command.add_argument("id", nargs="?", metavar="ID")
    command.add_argument("-o", "--output", metavar="PROJECT", help="save the session as this project")
    command.add_argument("--discard", action="store_true", help="throw the session away")
    return parser


class _Parser(argparse.ArgumentParser):
    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        """Say in one line what is wrong with the command line."""
        self.exit(USAGE, f"{self.prog}: {message}; see {self.prog} --help\n")


def _command(commands: Any, name: str, summary: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=summary, description=summary)
    command.add_argument("--debug", action="store_true", help="show where an error comes from")
    return command


def _thresholding(command: argparse.ArgumentParser) -> None:
    """Options as the settings are called; those that are not given stay what they are by default."""
    add = partial(command.add_argument, default=argparse.SUPPRESS)
    add("--method", choices=("simple", "hysteresis"), help="hysteresis: objects need a core (default: simple)")
    add("--channel", type=int, metavar="N", help="channel, counted from 0 (default: 0)")
    add("--core-channel", type=int, metavar="N", help="channel of the cores, if another")
    add("--sigma", type=float, nargs="+", metavar="PIXELS", help="smoothing: one number, z y x, or y x (default: 1)")
    add("--threshold", type=float, metavar="P", help="pixels of at least this are objects (default: 0.5)")
    add("--core-threshold", type=float, metavar="P", help="pixels of at least this are cores (default: 0.8)")
    add("--no-merge", dest="merge", action="store_false", help="every core becomes an object of its own")
    add("--min-size", type=float, metavar="SIZE", help="smallest object in pixels (default: 10)")
    add("--max-size", type=float, metavar="SIZE", help="largest object in pixels (default: 1000000)")
    add("--physical-sizes", action="store_true", help="both sizes are in the unit of the voxel size")
    add("--fill-holes", action="store_true", help="background that is enclosed belongs to the object")


def _margin(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--margin",
        type=whole_numbers,
        metavar="Z,Y,X",
        help="pixels around an object that are its neighborhood, or one number for all axes (default: 1,30,30)",
    )


def _dashes(word: str) -> str:
    """``--raw_data=x_y`` is ``--raw-data=x_y``."""
    if not word.startswith("--"):
        return word
    flag, equals, value = word.partition("=")
    return flag.replace("_", "-") + equals + value


def say(message: str) -> None:
    """Put one line on stderr."""
    print(f"objclass: {' '.join(message.split())}", file=sys.stderr)
