"""Small images and a predictor for them."""

from pathlib import Path

import numpy as np

from napari_objclass.io.writers import write_image
from napari_objclass.workflow.batch import ImageSet
from napari_objclass.workflow.export import Export
from napari_objclass.workflow.session import Session

#: Classes of the predictor.
LARGE, SMALL, DIRT = "large", "small", "dirt"


def scene(seed: int):
    """Raw, and label image with squares of two sizes and single pixels."""
    rng = np.random.default_rng(seed)
    labels = np.zeros((64, 64), np.uint8)
    for number, (y, x) in enumerate(np.ndindex(4, 4), 1):
        size = rng.choice([9, 4, 1])
        labels[16 * y : 16 * y + size, 16 * x : 16 * x + size] = number
    return rng.integers(0, 200, labels.shape).astype(np.uint8), labels


def project(path: Path) -> Path:
    """A trained project; images are not needed any more."""
    raw, labels = scene(0)
    with Session(recover=False) as session:
        session.rename_class(1, LARGE)
        session.rename_class(2, SMALL)
        session.add_class(DIRT, ignore=True)
        session.feature_selection = type(session.feature_selection)(("num_pixels",))
        session.add_lane(raw=raw, labels=labels)
        for object_id, n in zip(*np.unique(labels[labels > 0], return_counts=True), strict=True):
            session.annotate(0, int(object_id), cls={81: LARGE, 16: SMALL, 1: DIRT}[int(n)])
        session.train()
        session.save(path)
    return path


def predictor(path: Path):
    """The predictor of a project."""
    with Session.open(path, read_only=True) as session:
        return session.predictor()


def image_sets(folder: Path, n: int, *, columns=None) -> list[ImageSet]:
    """Images in ``folder/raw`` and ``folder/labels``."""
    found = []
    for number in range(n):
        files = {}
        for role, array in zip(("raw", "labels"), scene(number), strict=True):
            (folder / role).mkdir(exist_ok=True)
            files[role] = str(write_image(folder / role / f"i{number:03}.tif", array, "yx"))
        found.append(ImageSet(files, columns={} if columns is None else columns(number)))
    return found


def settings(folder: Path, table: str | None = "all.csv") -> Export:
    """Class images and a table in a folder."""
    return Export(filename=f"{folder}/{{nickname}}", format="tif", table=table and f"{folder}/{table}")


def sizes(number: int):
    """Objects of each class in an image, counted from its pixels."""
    counts = np.bincount(scene(number)[1].ravel())[1:]
    return {name: int((counts == size).sum()) for name, size in ((LARGE, 81), (SMALL, 16), (DIRT, 1))}
