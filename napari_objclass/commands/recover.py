"""``objclass recover``: list sessions that were not saved, and save or discard them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_objclass.errors import ParameterError

if TYPE_CHECKING:
    import argparse


def run(args: argparse.Namespace) -> int:
    """List all, or save or discard one."""
    from napari_objclass.workflow.session import Session

    if args.id is None:
        found = Session.recoverable()
        for each in found:
            project = each.path or "never saved"
            print(f"{each.id}  {each.time:%Y-%m-%d %H:%M}  {each.n_changes} changes  {project}")
        if not found:
            print("every session was saved")
        return 0
    if args.discard:
        Session.discard(args.id)
        print(f"discarded {args.id}")
        return 0
    if args.output is None:
        raise ParameterError("say where the session is to be saved with -o PROJECT, or throw it away with --discard")
    with Session.recover(args.id) as session:
        session.save(args.output)
        print(f"{args.output}: {len(session.annotations)} labels of {len(session.lanes)} images recovered")
    return 0
