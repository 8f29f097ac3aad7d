"""``objclass train``: train the forest of a project from its labels and store it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from napari_objclass.commands._inputs import agreement, feature_set, progress_bar, say_notes
from napari_objclass.errors import ProjectError

if TYPE_CHECKING:
    import argparse


def run(args: argparse.Namespace) -> int:
    """Train, save, and say how well the forest does on objects it was not trained on."""
    from napari_objclass.cli import say
    from napari_objclass.workflow.session import Session

    with Session.open(args.project) as session, progress_bar() as progress:
        if session.read_only:
            raise ProjectError(session.notes[0])
        if args.features is not None:
            session.feature_selection = replace(session.feature_selection, features=feature_set(args.features))
        if args.margin is not None:
            session.feature_selection = replace(session.feature_selection, margin=args.margin)
        trained = session.train(threads=args.threads, progress=progress)
        session.save()
        say_notes(session)
    counts = {each.name: n for each, n in zip(trained.classes, trained.n_samples, strict=True)}
    print(f"{args.project}: trained on {sum(counts.values())} objects with {len(trained.columns)} feature columns")
    for name, n in counts.items():
        print(f"  {name}: {n}")
    print(agreement(trained))
    if sum(n > 0 for n in counts.values()) == 1:
        say("note: only one class has labelled objects, and every object will be put into it; label others, too")
    return 0
