"""The page of all features says what the catalogue says."""

import importlib.util
from pathlib import Path

from napari_objclass.features import feature_catalog

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_is_that_of_the_catalogue():
    spec = importlib.util.spec_from_file_location("make_features_page", DOCS / "make_features_page.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    page = script.PAGE.read_text("utf-8")
    assert page == script.page(), "the catalogue has changed: run make docs"
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    everything = {spec.id for n_dims in (2, 3) for n in (1, 2) for spec in feature_catalog(n_dims, n)}
    assert {row.split("`")[1] for row in rows} == everything
    assert len(rows) == len(everything)
    assert len({row.replace("\\|", "").count("|") for row in rows}) == 1
