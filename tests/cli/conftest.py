"""A small annotated project and its images, as files."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from napari_objclass import sample
from napari_objclass.cli import main
from napari_objclass.io.writers import write_image


@pytest.fixture
def objclass(capsys):
    """Run a command; return its exit code, output and errors."""

    def run(*words):
        try:
            code = main([str(word) for word in words])
        except SystemExit as stop:
            code = stop.code
        said = capsys.readouterr()
        return SimpleNamespace(code=code, out=said.out, err=said.err)

    return run


@pytest.fixture(scope="session")
def images(tmp_path_factory) -> Path:
    """Folder with raw.tif, labels.tif, probabilities.h5, table.csv (12 labelled nuclei), other.tif of another size."""
    folder = tmp_path_factory.mktemp("images")
    nuclei = sample.nuclei_2d()
    write_image(folder / "raw.tif", nuclei.raw, "yx")
    write_image(folder / "labels.tif", nuclei.labels, "yx")
    write_image(folder / "other.tif", nuclei.raw[:100], "yx")
    write_image(folder / "floats.npy", nuclei.raw / 3.0, "yx")
    write_image(folder / "probabilities.h5", sample.probabilities(nuclei), "yxc")
    write_image(folder / "both.h5/raw", nuclei.raw, "yx")
    examples = sample.labelled_examples(nuclei)
    lines = [f"{object_id},{nuclei.class_names[cls - 1]}" for object_id, cls in examples.items()]
    (folder / "table.csv").write_text("\n".join(["id,class", *lines]), "utf-8")
    classes = np.zeros(nuclei.labels.shape, np.uint8)
    for object_id, cls in examples.items():
        classes[nuclei.labels == object_id] = cls
    write_image(folder / "classes.tif", classes, "yx")
    return folder


@pytest.fixture
def project(images, tmp_path, objclass) -> Path:
    """A trained project."""
    path = tmp_path / "nuclei.objclass"
    made = objclass(
        "annotate", path, "--raw", images / "raw.tif", "--labels", images / "labels.tif", "--from", images / "table.csv"
    )
    assert made.code == 0, made.err
    assert objclass("train", path).code == 0
    return path
