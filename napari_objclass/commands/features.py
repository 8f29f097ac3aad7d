"""``objclass features``: measure every object of one image and write the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_objclass.commands._inputs import objects_source, progress_bar

if TYPE_CHECKING:
    import argparse


def run(args: argparse.Namespace) -> int:
    """Measure and write."""
    from napari_objclass.features import measure
    from napari_objclass.io.writers import check_table_path, write_table
    from napari_objclass.workflow.export import object_table
    from napari_objclass.workflow.lane import Lane

    check_table_path(args.output)
    role, source = objects_source(args)
    lane = Lane.open(raw=None if args.image == "-" else args.image, **{role: source}, axes=args.axes)
    with progress_bar() as progress:
        table = measure(
            lane.label_image(),
            lane.raw(),
            axes=lane.axes,
            features=args.features if args.features in ("default", "all") else args.features.split(","),
            channel_names=lane.channel_names,
            threads=args.threads,
            progress=progress,
        )
    write_table(args.output, object_table(table))
    print(f"{len(table)} objects × {len(table.columns)} values → {args.output}")
    return 0
