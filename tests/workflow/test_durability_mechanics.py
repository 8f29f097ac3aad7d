"""No acknowledged click is ever lost, whenever the process is killed and whatever happens to the project file then."""

import os
import random
import signal
from collections import Counter
from itertools import cycle
from statistics import median

import pytest
from workflow.durability import DAMAGES, PROJECT, Server, damage
from workflow.session_clicker import SessionClicker
from workflow.store_clicker import StoreClicker

pytestmark = pytest.mark.skipif(not hasattr(os, "fork") or not hasattr(signal, "SIGKILL"), reason="needs fork, kill -9")

PER_PROJECT = 10


@pytest.mark.parametrize(("clicker", "n_kills"), [(SessionClicker, 100), (StoreClicker, 60)])
def test_kills_lose_no_acknowledged_click(tmp_path, monkeypatch, clicker, n_kills):
    rng = random.Random(20)
    kills, damages = Counter(), Counter()
    next_damage = cycle(DAMAGES)
    save_times = [0.02]
    moments = ["ready", "click", "save", "saved"] * (n_kills // 4)
    rng.shuffle(moments)
    with Server(f"{clicker.__module__}:{clicker.__name__}") as server:
        for number, when in enumerate(moments):
            if number % PER_PROJECT == 0:
                folder = tmp_path / str(number)
                folder.mkdir()
                monkeypatch.setenv("OBJCLASS_STATE_DIR", str(folder))
                known = []
            longest = {"ready": 0.3, "click": 0.0005, "save": 1.5 * median(save_times), "saved": 0.05}[when]
            outcome = server.kill_one(folder, 1000 * number, when=when, delay=rng.uniform(0, longest))
            known += outcome.acknowledged
            save_times += outcome.saves
            kills["all"] += 1
            kills["in a save"] += outcome.in_save
            kills["in a click"] += outcome.in_click
            project = folder / PROJECT
            if project.exists() and project.stat().st_size > 0 and rng.random() < 0.5:
                kind = next(next_damage)
                damage(project, kind, rng)
                damages[kind] += 1

            found = clicker.found(folder)

            assert set(known) <= set(found), (number, when, outcome, damages)
            assert len(found) == len(set(found)), "a click came back twice"
            known = found  # what came back once must stay as well
    print(dict(kills), dict(damages), f"{len(save_times) - 1} saves of {1e3 * median(save_times):.0f} ms")
    assert kills["all"] == n_kills
    assert kills["in a save"] >= n_kills // 10
    assert kills["in a click"] > 0
    assert set(damages) == set(DAMAGES)
