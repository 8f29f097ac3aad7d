"""``objclass train``: train the forest of a project from its labels and store it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from napari_objclass.commands._inputs import feature_set, progress_bar, say_notes
from napari_objclass.errors import ProjectError

if TYPE_CHECKING:
    import argparse


def run(args: argparse.Namespace) -> int:
    """Train, save, and say how well the forest does on objects it was not trained on."""
    from napari_objclass.workflow.session import Session

    with Session.open(args.project) as session, progress_bar() as progress:
        if session.read_only:
            raise ProjectError(session.notes[0])
        if args.features is not None:
            session.feature_selection = replace(session.feature_selection, features=feature_set(args.features))
        trained = session.train(threads=args.threads, progress=progress)
        session.save()
        say_notes(session)
    n = len(trained.samples.y)
    print(f"{args.project}: trained on {n} objects with {len(trained.columns)} feature columns")
    print(f"agreement on objects not used for training: {100 * (1 - trained.oob_error):.0f} %")
    return 0
