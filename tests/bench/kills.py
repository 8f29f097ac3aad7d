"""Runs of ``objclass predict`` that are killed again and again, and go on: what is done twice, and what comes of it.

Every run is a process of its own. In the end all files must be those of a run that was left alone, and nothing else may
be left in their folder.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import zarr
from large import make_volume

from napari_objclass import Thresholding
from napari_objclass.workflow.session import Session

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)

#: How objects are found, and what they are found in.
SCENES = {
    "labels": ("labels", None),
    "probabilities": ("probabilities", Thresholding(threshold=0.5, min_size=10)),
    "hysteresis": ("probabilities", Thresholding(method="hysteresis", threshold=0.4, core_threshold=0.7, min_size=10)),
    "apart": (
        "probabilities",
        Thresholding(method="hysteresis", threshold=0.4, core_threshold=0.7, merge=False, min_size=10),
    ),
    "filled": (
        "probabilities",
        Thresholding(method="hysteresis", threshold=0.4, core_threshold=0.7, fill_holes=True, min_size=10),
    ),
}


class Took(NamedTuple):
    """Seconds of wall clock and of all CPUs, what was said, and how long it went on after a signal."""

    wall: float
    cpu: float
    code: int
    said: str
    ending: float


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", default="256,512,512", help="lengths along z, y, x (%(default)s)")
    parser.add_argument("--folder", type=Path, help="where the volume is kept for the next time")
    parser.add_argument("--memory", default="250MB", help="memory limit (%(default)s)")
    parser.add_argument("--scenes", default=",".join(SCENES), help="how objects are found (%(default)s)")
    parser.add_argument("--format", default="multi-scale OME-Zarr", help="format of images (%(default)s)")
    parser.add_argument("--kills", type=int, default=10, help="how often a run is killed (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the times of the kills (%(default)s)")
    args = parser.parse_args()
    with TemporaryDirectory() as temporary:
        folder = args.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        make_volume(folder, tuple(map(int, args.shape.split(","))))
        print("| objects | kills | one run: s, CPU s | all runs: s, CPU s | ratio | files | left |")
        print("|---|---:|---:|---:|---:|---|---|")
        for scene in args.scenes.split(","):
            train(folder, scene)
            print(line(folder, scene, args), flush=True)


def train(folder: Path, scene: str) -> None:
    """Save a project that was trained on a corner of the volume."""
    source, rule = SCENES[scene]
    if (folder / f"{scene}.objclass").exists():
        return
    with Session(recover=False) as session:
        corner = {name: zarr.open_array(folder / f"{name}.zarr", mode="r")[:64, :256, :256] for name in ("raw", source)}
        if rule is not None:
            session.thresholding = rule
        session.add_lane(**corner, axes="zyx")
        ids = session.table(0).ids[:60].tolist()
        session.annotate_many(0, ids=ids, classes=[1 + number % 2 for number in range(len(ids))])
        session.train()
        session.save(folder / f"{scene}.objclass")


def line(folder: Path, scene: str, args: argparse.Namespace) -> str:
    """Row of the table."""
    words, chance = command(folder, scene, args), random.Random(args.seed)
    start = run([*words, "--out", str(folder / "none"), "--dry-run"])
    left = folder / f"{scene}-killed"
    for results in (left, folder / f"{scene}-once"):
        shutil.rmtree(results, ignore_errors=True)
    once = run([*words, "--out", str(folder / f"{scene}-once")])
    if once.code:
        raise SystemExit(f"{scene}: code {once.code}: {once.said}")
    runs, kills = [], 0
    work = once.cpu - start.cpu
    while not runs or runs[-1].code:
        due = chance.uniform(0, 2 * work / args.kills) if kills < args.kills else None
        number = SIGNALS[kills % len(SIGNALS)]
        runs.append(run([*words, "--out", str(left)], due, number))
        if runs[-1].code:
            kills += 1
            if runs[-1].code not in {-signal.SIGKILL, 143, 130, -signal.SIGTERM, -signal.SIGINT}:
                raise SystemExit(f"{scene}: code {runs[-1].code}: {runs[-1].said}")
            told = [each for each in runs[-1].said.splitlines() if "done before" in each or "goes on" in each]
            parts = sorted({each.name.split("-")[0] for each in left.glob(".*.parts/*.bin")})
            print(
                f"{scene}: {number.name} after {runs[-1].wall:.1f} s, ended in {runs[-1].ending:.2f} s, {parts} {told}",
                file=sys.stderr,
            )
    print(runs[-1].said, file=sys.stderr)
    n = len(runs) - 1  # a run that was killed pays for its start, but does not say how much of it
    wall = sum(each.wall for each in runs) - n * start.wall
    cpu = sum(each.cpu for each in runs) - n * start.cpu
    expected, found = content(folder / f"{scene}-once"), content(left)
    same = "equal" if found == expected else "DIFFERENT"
    for name in sorted(expected.keys() | found.keys()):
        if found.get(name) != expected.get(name):
            print(f"{scene}: {name} differs", file=sys.stderr)
    strange = [each.name for each in left.iterdir() if each.name.startswith(".")]
    whole = f"{sum(each.wall for each in runs):.1f}, {sum(each.cpu for each in runs):.1f}"
    return (
        f"| {scene} | {kills} | {once.wall:.1f}, {once.cpu:.1f} (start {start.wall:.1f}, {start.cpu:.1f}) | {whole} "
        f"| {wall / once.wall:.2f}, {cpu / once.cpu:.2f} | {same} | {', '.join(strange) or 'nothing'} |"
    )


def command(folder: Path, scene: str, args: argparse.Namespace) -> list[str]:
    """The command but for where results go."""
    source = SCENES[scene][0]
    return [
        sys.executable, "-m", "napari_objclass", "predict", str(folder / f"{scene}.objclass"),
        "--raw", str(folder / "raw.zarr"), f"--{source}", str(folder / f"{source}.zarr"), "--memory", args.memory,
        "--export-source", "Object Predictions", "Object Probabilities", "--output-format", args.format,
        "--table-filename", "table.csv",
    ]  # fmt: skip


def run(words: list[str], due: float | None = None, number: int = signal.SIGKILL) -> Took:
    """Run a command, and send it a signal so many CPU seconds after it has said its plan."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    began = time.perf_counter()
    with TemporaryDirectory() as folder, (Path(folder) / "said").open("w+") as said:
        process = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=said)
        done, status, usage, first, sent = 0, 0, None, None, None
        while not done:
            done, status, usage = os.wait4(process.pid, 0 if due is None else os.WNOHANG)
            if due is None or done:
                continue
            if first is None and "voxels in" in Path(said.name).read_text():
                first = cpu_seconds(process.pid)
            if first is not None and cpu_seconds(process.pid) >= first + due:
                process.send_signal(number)
                due, sent = None, time.perf_counter()
            time.sleep(0.005)
        took = 0.0 if sent is None else time.perf_counter() - sent
        said.seek(0)
        code = process.returncode = os.waitstatus_to_exitcode(status)
        return Took(time.perf_counter() - began, usage.ru_utime + usage.ru_stime, code, said.read(), took)


def cpu_seconds(pid: int) -> float:
    """What a process took so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def content(folder: Path) -> dict[str, bytes]:
    """Files but for the reports, which tell times."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("run."))
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


if __name__ == "__main__":
    main()
