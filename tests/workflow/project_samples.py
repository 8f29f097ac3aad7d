"""Small projects for the tests of the project store: one annotation per click."""

import numpy as np

from napari_objclass.workflow.project import ProjectStore


def click(number):
    """One change: a click on an object."""
    return {"kind": "annotate", "uuid": f"click-{number}", "runs": [[0, number, 2, 3], [0, number + 1, 2, 4]]}


def document(clicks):
    """Document that contains the clicks of these numbers."""
    return {
        "settings": {"thresholding": {"sigma": [1.0, 0.1 + 0.2], "unit": "µm"}, "input_data": None},
        "lanes": [
            {
                "uuid": "lane-0",
                "name": "nuclei ✓",
                "spacing": [1.0, 0.5, 0.5],
                "offset": None,
                "roles": {
                    "raw": {"path": "a.tif", "inner": None, "axes": "yx", "fingerprint": "f00d", "stored": False}
                },
                "pyramid_level": 2,
            }
        ],
        "classes": [
            {"uuid": "class-0", "name": "round", "color": "#ff8000", "ignore": False},
            {"uuid": "class-1", "name": "débris", "color": "#0080ff", "ignore": True, "shortcut": "d"},
        ],
        "annotations": [
            {
                "uuid": f"click-{number}",
                "lane": "lane-0",
                "t": 0,
                "class": "class-0",
                "anchor": [0, number, 2],
                "time": 1.7e9 + number / 7,
                **({"source": "table"} if number % 3 == 0 else {}),
            }
            for number in clicks
        ],
        "samples": {"features": ["count"], "hash": "beef"},
        "forest": {"seed": 7, "classes": ["class-0", "class-1"]},
        "from_a_newer_minor_version": {"kept": [1, 2.5, "three"]},
    }


def arrays(clicks):
    """Arrays of the same."""
    n = len(clicks)
    runs = np.array([row for number in clicks for row in click(number)["runs"]], np.int64).reshape(2 * n, 4)
    return {
        "annotations/runs": runs,
        "annotations/run_offsets": 2 * np.arange(n + 1),
        "samples/X": np.random.default_rng(n).random((n, 6), dtype=np.float32),
        "forest/threshold": np.linspace(0, 1, 5),
    }


def clicks_of(opened):
    """Numbers of all clicks that an opened project holds, in order."""
    saved = [] if opened.document is None else opened.document["annotations"]
    return [int(change["uuid"].removeprefix("click-")) for change in [*saved, *opened.events]]


def save(store, path, clicks, **keywords):
    """Save a project that contains the clicks."""
    store.save(path, document(clicks), arrays(clicks), **keywords)


def saved(path, clicks):
    """Store of a project that was just saved with these clicks."""
    store = ProjectStore.new()
    store.append(*map(click, clicks))
    save(store, path, clicks)
    return store


def names(folder):
    """Names of the files in a folder, sorted."""
    return sorted(entry.name for entry in folder.iterdir())


def reopened(path, **keywords):
    """Open and close; return what was found."""
    store, opened = ProjectStore.open(path, **keywords)
    store.close()
    return opened
