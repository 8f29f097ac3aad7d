"""What a project store gives back is what it was given, whatever that is and however it went on in between."""

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as hnp
from workflow import project_samples

from napari_objclass.workflow.project import ProjectStore

DTYPES = [np.dtype(code) for code in ("?", "u1", "<u2", ">u4", "u8", "i1", ">i2", "i4", "<i8", "f4", ">f8")]
QUIET = settings(derandomize=True, deadline=None, max_examples=60)

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    # HDF5 and JSON hold any text but surrogates; a NUL is escaped in JSON.
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)


@QUIET
@given(
    values=st.dictionaries(st.from_regex(r"\A[a-z_]{1,12}[a-z]\Z"), json_values, max_size=4),
    array=st.sampled_from(DTYPES).flatmap(
        lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5))
    ),
    fortran=st.booleans(),
)
def test_any_json_and_any_array_come_back(values, array, fortran):
    document = {**project_samples.document([1, 2]), "settings": values, "extra_of_mine": values}
    given_array = np.asfortranarray(array) if fortran else array[..., ::-1] if array.ndim else array
    arrays = {**project_samples.arrays([1, 2]), "samples/any": given_array}
    with tempfile.TemporaryDirectory() as folder:
        store = ProjectStore.new(recover=False)
        store.save(Path(folder) / "a.objclass", document, arrays)
        store.close()
        store, opened = ProjectStore.open(Path(folder) / "a.objclass", read_only=True)
        store.close()
    assert {key: opened.document[key] for key in document} == document
    assert opened.arrays.keys() == arrays.keys()
    for name, expected in arrays.items():
        found = opened.arrays[name]
        assert found.dtype == expected.dtype.newbyteorder("=")
        assert found.shape == expected.shape
        assert np.ascontiguousarray(expected).astype(found.dtype).tobytes() == found.tobytes(), "not bit by bit"


steps = st.lists(
    st.one_of(
        st.tuples(st.just("click"), st.integers(1, 3)),
        st.tuples(st.sampled_from(["save", "save late", "save as", "reopen", "crash", "revert", "damage", "recover"])),
    ),
    max_size=25,
)


@settings(QUIET, max_examples=150)
@given(steps)
def test_clicks_survive_any_sequence_of_saves_crashes_and_damage(steps):
    with tempfile.TemporaryDirectory() as folder:
        _Walk(Path(folder)).run(steps)


class _Walk:
    """One user, and what should be there."""

    def __init__(self, folder):
        self.folder = folder
        self.patch = None
        self.n_projects = 0
        self.next = 0
        self.path = None
        self.saved, self.clicks = [], []

    def run(self, steps):
        import pytest

        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("OBJCLASS_STATE_DIR", str(self.folder / "state"))
            self.store = ProjectStore.new()
            for step, *arguments in steps:
                getattr(self, step.replace(" ", "_"))(*arguments)
            self.reopen()
            self.store.close()

    def click(self, n):
        numbers = list(range(self.next, self.next + n))
        self.next += n
        self.store.append(*map(project_samples.click, numbers))
        self.clicks += numbers

    def save(self):
        if self.path is not None:
            self._save(self.path, self.clicks, self.store.seq)

    def save_late(self):
        """Click during the save."""
        if self.path is not None:
            before, seq = list(self.clicks), self.store.seq
            self.click(1)
            self._save(self.path, before, seq)

    def save_as(self):
        self.n_projects += 1
        self.path = self.folder / f"{self.n_projects}.objclass"
        self._save(self.path, self.clicks, self.store.seq)

    def reopen(self):
        self.store.close()
        self.recover() if self.path is None else self._open()

    def crash(self):
        del self.store  # the lock goes with it, and nothing else happens
        self.recover() if self.path is None else self._open()

    def revert(self):
        self.store.revert()
        self.clicks = list(self.saved)
        if self.path is not None:
            self.store.close()
            self._open()

    def damage(self):
        if self.path is not None:
            self.path.write_bytes(b"damaged")
            self.reopen()

    def recover(self):
        if self.path is not None:
            return
        if hasattr(self, "store"):
            self.store.close()
        left = ProjectStore.recoverable()
        assert len(left) == (1 if self.clicks else 0)
        if not left:
            self.store = ProjectStore.new()
            return
        assert (left[0].path, left[0].n_changes) == (None, len(self.clicks))
        self.store, opened = ProjectStore.recover(left[0].id)
        assert project_samples.clicks_of(opened) == self.clicks

    def _open(self):
        self.store, opened = ProjectStore.open(self.path, exclusive=True)
        assert project_samples.clicks_of(opened) == self.clicks
        assert ProjectStore.recoverable() == []

    def _save(self, path, clicks, seq):
        self.store.save(path, project_samples.document(clicks), project_samples.arrays(clicks), seq=seq)
        self.saved = list(clicks)
