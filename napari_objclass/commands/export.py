"""``objclass export``: classify the images of a project itself, and write what its export settings say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_objclass.commands._arguments import export_settings
from napari_objclass.commands._inputs import find_lane, progress_bar, say_notes
from napari_objclass.errors import ParameterError, ProjectError

if TYPE_CHECKING:
    import argparse

    from napari_objclass.workflow.applet import RunOptions
    from napari_objclass.workflow.session import Session


def run(args: argparse.Namespace) -> int:
    """Write the results of image after image; nothing is computed before all their places are known to be free."""
    from napari_objclass.cli import DONE
    from napari_objclass.commands._stopping import stopping
    from napari_objclass.workflow.export import check_overwriting
    from napari_objclass.workflow.opening import open_project

    args.input_axes = None
    with open_project(args.project, read_only=True) as session, progress_bar() as progress:
        if session.forest is None:
            raise ProjectError(f"{args.project} has no trained forest; run: objclass train {args.project}")
        session.export_settings = settings = export_settings(args, session.export_settings)
        chosen = _chosen(session, args.image)
        lanes = [session.lanes[number] for number in chosen]
        check_overwriting(
            [settings.files(lane.name, lane.folder).all for lane in lanes],
            [file for lane in session.lanes for file in lane.files],
        )
        with stopping() as cancel:
            for number in chosen:
                run: RunOptions = {"threads": args.threads, "progress": progress, "cancel": cancel}
                print(*session.export(number, retrain=False, **run), sep="\n")
        say_notes(session)
    return DONE


def _chosen(session: Session, names: list[str] | None) -> list[int]:
    """Positions of the images of these names; of all without names."""
    if not session.lanes:
        raise ParameterError("the project has no images; classify others with objclass predict")
    if names is None or names == ["all"]:
        return list(range(len(session.lanes)))
    return list(dict.fromkeys(find_lane(session, name) for name in names))
