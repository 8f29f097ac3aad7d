"""Tables read by others: Python's own text of numbers, the csv module, pandas, h5py and openpyxl."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import h5py
import numpy as np
import openpyxl
import pandas as pd
import pytest

from napari_objclass import kernels
from napari_objclass.io.tables import write_table

if TYPE_CHECKING:
    from pathlib import Path

WORDS = [
    "plain",
    "",
    " a, b ",
    'says "x"',
    "two\nlines",
    "cr\rhere",
    "µm é 核",
    "=1+1",
    "#N/A",
    "'",
    "0",
    "nan",
    "a;b\tc",
]


def printed(*columns: object) -> str:
    return b"".join(kernels.csv_rows(list(columns))).decode()


@pytest.mark.parametrize(("bits", "kind"), [("u4", "f4"), ("u8", "f8")])
def test_any_bits_are_printed_as_python_does(bits: str, kind: str) -> None:
    rng = np.random.default_rng(1)
    values = rng.integers(0, np.iinfo(bits).max, 30_000, bits, endpoint=True).view(kind)
    near = 10.0 ** rng.integers(-7, 19, 20_000) * rng.uniform(-1, 1, 20_000)  # where the form changes
    rounded = np.round(rng.uniform(-1, 1, 10_000) * 2.0**60).astype("i8") >> rng.integers(0, 60, 10_000)
    with np.errstate(over="ignore"):
        powers = np.concatenate([10.0 ** np.arange(-45, 39), 2.0 ** np.arange(-149, 128)]).astype(kind)
    steps = [np.nextafter(powers, np.array(toward, kind)) for toward in (0, 1e38)]
    special = np.array([0, -0.0, np.nan, np.inf, -np.inf])
    values = np.concatenate([values, near, rounded, powers, *steps, special], dtype=kind, casting="unsafe")
    expected = [repr(float(str(value))) for value in values]
    assert printed(values).split("\n")[:-1] == expected


def test_text_is_quoted_as_the_csv_module_does() -> None:
    rng = np.random.default_rng(2)
    words = [word for word in WORDS if "\r" not in word]  # not all versions of the module quote it: read back below
    columns = [[words[k] for k in rng.integers(len(words), size=400)] for _ in range(3)]
    for chosen in (columns, columns[:1]):
        expected = io.StringIO()
        csv.writer(expected, lineterminator="\n").writerows(zip(*chosen, strict=True))
        assert printed(*chosen) == expected.getvalue()
    assert list(csv.reader(io.StringIO(printed(WORDS), newline=""))) == [[word] for word in WORDS]


def test_names_of_columns_are_quoted_as_texts_are(tmp_path: Path) -> None:
    for names in (WORDS, [""]):
        table = write_table(tmp_path / "a.csv", {name: np.arange(2) for name in names}).read_bytes().decode()
        assert table.startswith(printed(*([name] for name in names)) + "0")


def test_numbers_in_any_place_of_memory_are_printed_alike() -> None:
    records = np.zeros(100, [("odd", "i1"), ("f8", "f8"), ("f4", ">f4"), ("i2", "i2"), ("u8", ">u8")])
    records["f8"] = np.random.default_rng(4).normal(size=100)
    for name in ("f4", "i2", "u8"):
        records[name] = np.arange(100)
    for name in records.dtype.names or ():
        assert printed(records[name]) == printed(records[name].astype(records[name].dtype.newbyteorder("=")))


def test_threads_change_nothing() -> None:
    values = np.random.default_rng(3).normal(size=(100_000, 3)).T
    one, three = (kernels.csv_rows(list(values), threads=n) for n in (1, 3))
    assert b"".join(one) == b"".join(three)


COLUMNS = {
    "object_id": np.arange(len(WORDS)),
    "labelimage_oid": np.arange(len(WORDS), dtype="u8") + 2**40,
    "User Label": np.array(WORDS),
    "Mean, Intensity/1": np.linspace(0, 1, len(WORDS), dtype="f4"),
    "Center of the object_0": np.array([np.nan, np.inf, -np.inf, 1e-300, *range(len(WORDS) - 4)]),
    "flags": np.arange(len(WORDS)) % 2 == 0,
}


def test_hdf5_is_read_by_h5py(tmp_path: Path) -> None:
    path = write_table(tmp_path / "a.h5", COLUMNS, about={"units": "µm"})
    with h5py.File(path) as data:
        table = data["table"]
        assert table.dtype.names == tuple(COLUMNS)
        assert table.attrs["units"] == "µm"
        for name, column in COLUMNS.items():
            if name != "User Label":
                np.testing.assert_array_equal(table[name], column)
        assert [word.decode() for word in table["User Label"]] == WORDS
        assert h5py.check_string_dtype(table.dtype["User Label"]).encoding == "utf-8"
        assert [table.dtype[name].str for name in ("object_id", "labelimage_oid")] == ["<i8", "<i8"]
        assert table.dtype["Mean, Intensity/1"] == np.float32


def test_ids_that_are_too_large_for_ilastiks_type(tmp_path: Path) -> None:
    ids = np.array([2**63, 2**64 - 1], "u8")
    path = write_table(tmp_path / "a.h5", {"labelimage_oid": ids})
    with h5py.File(path) as data:
        assert data["table"]["labelimage_oid"].tolist() == ids.tolist()


@pytest.mark.parametrize("n_columns", [900, 1300, 3000])
def test_wide_hdf5_is_read_by_name(tmp_path: Path, n_columns: int) -> None:
    columns = {f"a name of forty letters, as they may be/{k:04}": np.full(2, k, "f4") for k in range(n_columns)}
    columns["text"] = np.array(["µ", "x"])
    path = write_table(tmp_path / "a.h5", columns)
    with h5py.File(path) as data:
        assert isinstance(data["table"], h5py.Dataset if n_columns == 900 else h5py.Group)
        for name in list(columns)[:: n_columns // 7]:
            name = name if n_columns == 900 else name.replace("/", "\N{DIVISION SLASH}")
            assert data["table"][name][:].tolist() == columns[name.replace("\N{DIVISION SLASH}", "/")].tolist()
        assert data["table"]["text"][:].tolist() == ["µ".encode(), b"x"]


def test_excel_is_read_by_openpyxl_and_pandas(tmp_path: Path) -> None:
    columns = COLUMNS | {"large": np.array([2**64 - 1, 5] + [0] * (len(WORDS) - 2), "u8")}
    path = write_table(tmp_path / "a.xlsx", columns)
    header, *rows = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
    assert list(header) == list(columns)
    found = dict(zip(header, zip(*rows, strict=True), strict=True))
    assert [word or "" for word in found["User Label"]] == [word.replace("\r", "\n") for word in WORDS]
    assert found["labelimage_oid"] == tuple(COLUMNS["labelimage_oid"].tolist())
    assert found["Mean, Intensity/1"] == tuple(float(str(value)) for value in COLUMNS["Mean, Intensity/1"])
    assert found["Center of the object_0"][:5] == ("nan", "inf", "-inf", 1e-300, 0)
    assert found["large"][:2] == (str(2**64 - 1), 5)
    assert pd.read_excel(path)["object_id"].tolist() == COLUMNS["object_id"].tolist()
