"""Every feature of the catalogue is compared with an independent source.

Files named ``test_*_oracle.py`` declare the features they compare in a table ``ORACLES``, from which their tests
are generated; a feature in no table has no such test.
"""

import importlib.util
from pathlib import Path

from napari_objclass.features import feature_catalog

TESTS = Path(__file__).parent


def declared():
    """Ids in the tables of all oracle tests."""
    found = set()
    for path in TESTS.rglob("test_*_oracle.py"):
        if "ORACLES" not in path.read_text(encoding="utf-8"):
            continue
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found |= set(module.ORACLES)
    return found


def catalogue():
    """Ids of all features: some exist for one channel only, others for several."""
    return {spec.id for n_dims in (2, 3) for channels in (1, 2) for spec in feature_catalog(n_dims, channels)}


def test_every_feature_has_an_oracle():
    assert catalogue() - declared() == set()


def test_no_oracle_is_left_over():
    assert declared() - catalogue() == set()
