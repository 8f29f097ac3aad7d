"""Kills a process that clicks, again and again, and tells what it had acknowledged.

What is clicked on is replaceable: a *clicker* is a class, given by its dotted name, with

* ``__init__(folder)``: begin, or go on with what is in ``folder`` (which is also ``OBJCLASS_STATE_DIR``),
* ``click(number)``: one change, durable when it returns,
* ``save()``: save under ``folder / PROJECT``; may run in a thread of its own while ``click`` goes on,
* ``found(folder) -> list of numbers`` (static): what opening, or else recovery, gives back.

This module is also the server's program: it imports the clicker once and forks a child for every trial. No child
shares threads with it, since nothing computes before the fork.
"""

import contextlib
import importlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = "trial.objclass"
PERIOD = 1 / 50
DAMAGES = ("cut", "flip", "zero", "empty", "remove")


@dataclass
class Outcome:
    """What a child had said when it was killed."""

    acknowledged: list[int] = field(default_factory=list)
    in_save: bool = False
    in_click: bool = False
    saves: list[float] = field(default_factory=list)


class Server:
    """A process that forks clicking children, and the means to kill them."""

    def __init__(self, clicker):
        here = Path(__file__)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(here.parents[2]), str(here.parents[1])])}
        self._process = subprocess.Popen(
            [sys.executable, str(here), clicker],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait(timeout=10)
        self._process.stdout.close()

    def kill_one(self, folder, first, *, when, delay):
        """Let a child click on the numbers from ``first`` on, and kill it ``delay`` seconds after it says ``when``.

        ``when`` is "ready", "click" or "save", said before the child begins the thing, or "saved".
        """
        self._process.stdin.write(json.dumps({"folder": str(folder), "first": first, "saves": when != "click"}) + "\n")
        self._process.stdin.flush()
        outcome, pid, killer, save_began = Outcome(), None, None, 0.0
        for line in self._process.stdout:
            word, *rest = line.split()
            if word == "pid":
                pid = int(rest[0])
            elif word == "dead":
                assert rest == [str(-signal.SIGKILL)], f"the child died on its own: {line}"
                break
            elif word == "done":
                outcome.acknowledged.append(int(rest[0]))
                outcome.in_click = False
            elif word == "save":
                outcome.in_save, save_began = True, time.perf_counter()
            elif word == "saved":
                outcome.in_save = False
                outcome.saves.append(time.perf_counter() - save_began)
            elif word == "click":
                outcome.in_click = True
            if word == when and killer is None:
                killer = threading.Timer(delay, os.kill, (pid, signal.SIGKILL))
                killer.start()
        assert killer is not None, "the server died on its own"
        killer.join()
        return outcome


def damage(project, kind, rng):
    """Do to a project file what disks and people do."""
    size = project.stat().st_size
    if kind == "cut":
        os.truncate(project, rng.randrange(size))
    elif kind == "empty":
        os.truncate(project, 0)
    elif kind == "remove":
        project.unlink()
    else:
        position = rng.randrange(size)
        with project.open("rb+") as file:
            file.seek(position)
            old = file.read(1)[0]
            file.seek(position)
            file.write(bytes([old ^ (1 << rng.randrange(8))]) if kind == "flip" else bytes(min(4096, size - position)))


def _say(*words):
    # One write per line, straight to the pipe: what was said before a kill is read after it.
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def _click_forever(clicker, folder, first, *, saves):
    _say("pid", os.getpid())
    os.environ["OBJCLASS_STATE_DIR"] = folder
    work = clicker(Path(folder))
    rng = random.Random(first)

    def save():
        _say("save")
        try:
            work.save()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        _say("saved")

    saving = None
    _say("ready")
    number = first
    while True:
        _say("click")
        work.click(number)
        _say("done", number)
        number += 1
        if saves and rng.random() < 0.25:
            if rng.random() < 0.5:
                save()
            elif saving is None or not saving.is_alive():
                saving = threading.Thread(target=save)
                saving.start()
        time.sleep(PERIOD)


def _serve(clicker):
    module, name = clicker.split(":")
    clicker = getattr(importlib.import_module(module), name)
    for line in sys.stdin:
        trial = json.loads(line)
        pid = os.fork()
        if pid == 0:
            with contextlib.suppress(BrokenPipeError):
                _click_forever(clicker, trial["folder"], trial["first"], saves=trial["saves"])
            os._exit(1)
        _, status = os.waitpid(pid, 0)
        _say("dead", -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    _serve(sys.argv[1])
