"""``objclass import``: make a project of a project of ilastik."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from napari_objclass.commands._inputs import say_notes
from napari_objclass.errors import ParameterError
from napari_objclass.io.formats import PROJECT_SUFFIX

if TYPE_CHECKING:
    import argparse

    from napari_objclass.workflow.session import Session


def run(args: argparse.Namespace) -> int:
    """Import, save, and say what came over."""
    from napari_objclass.workflow.ilastik_project import import_ilp

    if Path(args.output).suffix != PROJECT_SUFFIX:
        raise ParameterError(f"{args.output} is no name of a project; let it end in {PROJECT_SUFFIX}")
    with import_ilp(args.project, recover=False) as session:
        session.save(args.output)
        print(f"{args.output}: {_summary(session)}")
        say_notes(session)
    return 0


def _summary(session: Session) -> str:
    """What the project holds, in one line."""
    annotations = session.annotations
    per_class = Counter(each.cls for each in annotations)
    classes = ", ".join(f"{each.name} {per_class[number]}" for number, each in enumerate(session.classes, 1))
    forest = session.forest
    return "; ".join(
        [
            _counted(len(session.lanes), "image"),
            f"{_counted(len(annotations), 'label')} ({classes})",
            _counted(len(session.feature_selection.features), "feature"),
            "no classifier" if forest is None else f"classifier of {_counted(forest.forest.n_trees, 'tree')} in force",
        ]
    )


def _counted(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"
