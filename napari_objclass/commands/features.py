"""``objclass features``: measure every object of one image and write the table."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from napari_objclass.commands._inputs import feature_set, objects_source, progress_bar, say_notes

if TYPE_CHECKING:
    import argparse


def run(args: argparse.Namespace) -> int:
    """Measure and write; tell about values that are missing."""
    from napari_objclass.io.writers import check_table_path, write_table
    from napari_objclass.workflow.feature_selection import FeatureSelection
    from napari_objclass.workflow.object_table import object_table
    from napari_objclass.workflow.session import Session

    check_table_path(args.output)
    role, source = objects_source(args)
    with Session(recover=False) as session, progress_bar() as progress:
        session.feature_selection = FeatureSelection(feature_set(args.features))
        lane = session.add_lane(raw=None if args.image == "-" else args.image, **{role: source}, axes=args.axes)
        table = session.table_to_export(lane, threads=args.threads, progress=progress)
        say_notes(session)
    path = write_table(args.output, object_table(table, original_oid=role == "labels"))
    print(f"{len(table)} objects × {len(table.columns)} values → {path}")
    for (feature, reason), count in Counter((each.feature, each.reason) for each in table.problems).items():
        print(f"  {feature}: {count} values missing, {reason}")
    return 0
