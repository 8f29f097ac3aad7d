"""Choices among objects: what is chosen is allowed, is best, and everything comes once."""

import numpy as np
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as arrays

from napari_objclass.workflow import candidates

uncertainties = arrays.arrays(
    np.float32, st.integers(0, 20), elements=st.one_of(st.floats(0, 1, width=32), st.just(np.float32("nan")))
)


@given(uncertainties, st.data())
def test_most_unsure_is_the_largest_of_those_allowed(uncertainty, data):
    among = data.draw(arrays.arrays(bool, len(uncertainty)))
    allowed = [i for i in range(len(uncertainty)) if among[i] and uncertainty[i] >= 0]
    row = candidates.most_unsure(uncertainty, among)
    assert row == max(allowed, key=lambda i: (uncertainty[i], -i), default=None)


def test_unsure_ones_come_in_falling_order():
    uncertainty = np.random.default_rng(0).random(200).astype(np.float32)
    among, walked = np.ones(200, bool), []
    while (row := candidates.most_unsure(uncertainty, among)) is not None:
        walked.append(row)
        among[row] = False
    assert walked == np.argsort(-uncertainty).tolist()


@given(arrays.arrays(bool, st.integers(0, 20)), st.integers(0, 2**32))
def test_a_random_one_is_allowed_and_the_same_for_a_seed(among, seed):
    row = candidates.at_random(among, np.random.default_rng(seed))
    assert row is None if not among.any() else among[row]
    assert row == candidates.at_random(among, np.random.default_rng(seed))


@given(arrays.arrays(bool, st.integers(1, 20)), st.data())
def test_following_goes_through_all_and_begins_anew(among, data):
    row = data.draw(st.none() | st.integers(0, len(among) - 1))
    members, walked = np.flatnonzero(among).tolist(), []
    for _ in members:
        row = candidates.following(among, row)
        walked.append(row)
    if len(members) > 1:
        assert sorted(walked) == members
        assert candidates.following(among, walked[-1]) == walked[0]


def test_following_does_not_go_to_where_one_is():
    assert candidates.following(np.array([False, True]), 1) is None
    assert candidates.following(np.array([False, True]), None) == 1
