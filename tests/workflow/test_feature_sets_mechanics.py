"""Named sets of features: what is in them, and that new features join by what is known about them."""

import pytest

from napari_objclass.features import choose, feature_catalog
from napari_objclass.workflow.feature_sets import NEEDS_RAW, FeatureSet, feature_sets, offered, set_of

EXTENTS = [(2, 0), (2, 1), (3, 2)]


def by_name(n_dims, n_channels):
    return {each.name: each for each in feature_sets(n_dims, n_channels)}


@pytest.mark.parametrize("extent", EXTENTS)
def test_recommended_and_everything_are_default_and_all(extent):
    sets = by_name(*extent)
    assert sets["Recommended"].features == choose("default", *extent)
    assert sets["Everything"].features == choose("all", *extent)
    slow = {spec.id for spec in feature_catalog(*extent) if spec.slow}
    assert sets["All fast"].features == tuple(each for each in sets["Everything"].features if each not in slow)


@pytest.mark.parametrize("n_dims", [2, 3])
def test_shape_needs_no_raw_and_knows_no_place(n_dims):
    shape = by_name(n_dims, 1)["Shape"].features
    assert shape == by_name(n_dims, 0)["Shape"].features
    assert "num_pixels" in shape
    assert not {"centroid", "intensity_mean"} & set(shape)


def test_intensity_is_refused_without_raw():
    refused = [each.name for each in feature_sets(2, 0) if each.refusal]
    assert refused == ["Intensity"]
    assert by_name(2, 0)["Intensity"].refusal == NEEDS_RAW
    assert not any(each.refusal for each in feature_sets(2, 1))


def test_a_list_is_a_set_whatever_its_order():
    sets = feature_sets(2, 1)
    for each in sets:
        assert set_of(each.features[::-1], sets, preferred=each.name) is each
    assert set_of(["num_pixels"], sets) is None
    assert set_of([], sets) is None
    assert set_of([], feature_sets(2, 0)) is None


def test_of_equal_sets_the_preferred_one_is_found():
    first, second, other = (FeatureSet(name, "", features) for name, features in [("A", "ab"), ("B", "ba"), ("C", "c")])
    sets = (first, second, other)
    assert set_of("ab", sets) is first
    assert set_of("ab", sets, preferred="B") is second
    assert set_of("ab", sets, preferred="C") is first


def test_new_features_join_by_what_is_known_about_them(declare):
    def grown(specs):
        shape = next(spec for spec in specs if spec["id"] == "num_pixels")
        bright = next(spec for spec in specs if spec["id"] == "intensity_mean")
        round_ = {**shape, "id": "roundness", "group": "New"}
        edge = {**bright, "id": "edge_mean", "group": "Neighborhood"}
        slow = {**bright, "id": "edge_fractal", "slow": True}
        secret = {**shape, "id": "roundness_twin", "hidden": True, "default": False}
        return [*specs, round_, edge, slow, secret]

    declare(grown)
    sets = by_name(2, 1)
    assert {name for name, each in sets.items() if "roundness" in each.features} == set(sets) - {"Intensity"}
    assert {name for name, each in sets.items() if "edge_mean" in each.features} == set(sets) - {"Shape"}
    assert {name for name, each in sets.items() if "edge_fractal" in each.features} == set(sets) - {"Shape", "All fast"}
    assert not any("roundness_twin" in each.features for each in sets.values())


def test_what_needs_raw_is_offered_with_the_reason():
    without = offered(2, 0)
    assert [spec.id for spec in without] == [spec.id for spec in feature_catalog(2, 1)]
    assert {reason for spec, reason in without.items() if spec.needs_raw} == {NEEDS_RAW}
    assert {reason for spec, reason in without.items() if not spec.needs_raw} == {""}
    assert not any(offered(2, 1).values())
