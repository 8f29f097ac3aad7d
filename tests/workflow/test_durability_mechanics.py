"""No acknowledged click is ever lost, whenever the process is killed and whatever happens to the project file then."""

import os
import random
import signal
from collections import Counter

import pytest
from workflow.durability import PROJECT, Server, damage
from workflow.store_clicker import StoreClicker

pytestmark = pytest.mark.skipif(not hasattr(os, "fork") or not hasattr(signal, "SIGKILL"), reason="needs fork, kill -9")

CHAINS = 20
TRIALS = 10


def test_two_hundred_kills_lose_no_acknowledged_click(tmp_path, monkeypatch):
    rng = random.Random(20)
    kills, damages = Counter(), Counter()
    save_times = [0.02]
    with Server("workflow.store_clicker:StoreClicker") as server:
        for chain in range(CHAINS):
            folder = tmp_path / str(chain)
            folder.mkdir()
            monkeypatch.setenv("OBJCLASS_STATE_DIR", str(folder))
            acknowledged = []
            for trial in range(TRIALS):
                when = rng.choice(["ready", "click", "save", "saved"])
                one_save = sorted(save_times)[len(save_times) // 2]
                longest = {"ready": 0.3, "click": 0.001, "save": 1.5 * one_save, "saved": 0.05}[when]
                outcome = server.kill_one(folder, 1000 * trial, when=when, delay=rng.uniform(0, longest))
                acknowledged += outcome.acknowledged
                save_times += outcome.saves
                kills["save"] += outcome.in_save
                kills["click"] += outcome.in_click
                kills["all"] += 1
                project = folder / PROJECT
                if project.exists() and project.stat().st_size > 0 and rng.random() < 0.4:
                    damages[damage(project, rng)] += 1

                found = StoreClicker.found(folder)

                assert set(acknowledged) <= set(found), (chain, trial, when, outcome, damages)
                assert len(found) == len(set(found)), "a click came back twice"
                acknowledged = found  # what came back once must stay as well
    print(dict(kills), dict(damages), f"{len(save_times)} saves")
    assert kills["all"] == CHAINS * TRIALS
    assert kills["save"] >= 20
    assert kills["click"] >= 20
    assert set(damages) == {"cut", "flip", "zero", "empty", "remove"}
