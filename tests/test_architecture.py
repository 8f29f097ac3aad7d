"""The rules the sources obey, read from the sources of both languages."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "napari_objclass"
RUST = sorted((ROOT / "src").rglob("*.rs"))
PYTHON = sorted(PACKAGE.rglob("*.py"))

# Rust folders from the bottom up; each may use those before it.
RUST_STOREYS = ["error", "task", "block", "csv", "label", "region", "feature", "learn", "project", "python"]

# Which Rust files may name a crate.
RUST_DOORS = {
    "hdf5": r"src/project/file\.rs",
    "hdf5_sys": r"src/project/file\.rs",
    "linfa": r"src/learn/forest\.rs",
    "linfa_trees": r"src/learn/forest\.rs",
    "itoa": r"src/csv\.rs",
    "zmij": r"src/csv\.rs",
    "pyo3": r"src/python/.*|src/lib\.rs",
    "numpy": r"src/python/.*",
}

# Python modules from the bottom up; each may import from its own storey and those before it.
STOREYS = [
    r"errors",
    r"axes|kernels|block_kernels|labels|memory|feature_table|features|forest|sample|splice|thresholding",
    r"io(\..*)?|workflow\.sources",
    r"workflow\.(lane|applet|classes|marks|changes)",
    r"workflow\.(objects|label_volume|blockwise(\.(?!classify|independent|outputs|drawing|predictor|job|running|check|command)\w+)?)",
    r"workflow\.(?!session|batch|script|sources|lane|applet|classes|objects|marks|changes|chain|state|events|history|journaled|exchange|results|predictor|exporting|ilastik_project|opening|blockwise(?!_))[a-z_]+",
    r"workflow\.(chain|state|events|history|journaled|lanes|exchange|results|predictor|exporting|blockwise\.(independent|outputs|drawing))",
    r"workflow\.(session|batch\w*|script|ilastik_project|opening|blockwise\.(classify|predictor|job|running|check|command))",
    r"widgets(\..*)?|cli|commands(\..*)?|__main__",
]

# Which Python modules may import a package.
PYTHON_DOORS = {
    "napari_objclass._core": r"kernels|block_kernels",
    "qtpy": r"widgets.*",
    "napari": r"widgets.*",
    "magicgui": r"widgets.*",
    "superqt": r"widgets.*",
    "PyQt5": r"-",
    "PyQt6": r"-",
    "PySide6": r"-",
}

# What needs a display.
QT = {"qtpy", "superqt", "magicgui"}
WIDGETS = [path for path in PYTHON if PACKAGE / "widgets" in path.parents]

ROOT_NAMES = {
    "Cargo.toml", "Cargo.lock", "pyproject.toml", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE",
    "Makefile", "napari.yaml", "src", "napari_objclass", "tests", "docs", "examples",
}  # fmt: skip


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path):
    """Absolute names imported by a file, at any depth, type-checking ones included."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def storey(module: str) -> int | None:
    return next((i for i, names in enumerate(STOREYS) if re.fullmatch(names, module)), None)


def own_module(name: str) -> str | None:
    """The module of ours that an imported name lives in."""
    prefix = "napari_objclass."
    if not name.startswith(prefix):
        return None
    known = {module_name(path) for path in PYTHON}
    name = name.removeprefix(prefix)
    while name and name not in known:
        name = name.rpartition(".")[0]
    return name


@pytest.mark.parametrize("path", RUST, ids=lambda p: str(p.relative_to(ROOT)))
def test_rust_depends_downward(path):
    own = path.relative_to(ROOT / "src").parts[0].removesuffix(".rs")
    if own == "lib":
        return
    used = set(re.findall(r"\bcrate::(?:\{)?(\w+)", path.read_text("utf-8")))
    rank = RUST_STOREYS.index(own)
    upward = {name for name in used & set(RUST_STOREYS) if RUST_STOREYS.index(name) > rank}
    assert not upward, f"{own} uses {upward}"


@pytest.mark.parametrize("crate", RUST_DOORS)
def test_crates_have_one_door(crate):
    allowed = re.compile(RUST_DOORS[crate])
    for path in RUST:
        name = path.relative_to(ROOT).as_posix()
        if not allowed.fullmatch(name):
            assert not re.search(rf"\b(use {crate}\b|{crate}::)", path.read_text("utf-8")), name


@pytest.mark.parametrize("path", PYTHON, ids=lambda p: str(p.relative_to(ROOT)))
def test_python_imports_go_down(path):
    module = module_name(path)
    if not module:
        return
    rank = storey(module)
    if rank is None:
        assert path.name == "__init__.py", f"{module} belongs to no storey"
        return
    for name in imports(path):
        other = own_module(name)
        if not other or other == module or storey(other) is None:
            continue
        assert storey(other) <= rank, f"{module} imports {other}"


def test_applets_do_not_know_each_other():
    """An applet is a module with an ID; but for types, it gets what others computed as plain data."""
    applets = {path for path in PYTHON if re.search(r"^ID = ", path.read_text("utf-8"), re.MULTILINE)}
    names = {module_name(path) for path in applets}
    assert len(applets) > 4
    for path in applets:
        at_run_time = [n for n in ast.parse(path.read_text("utf-8")).body if isinstance(n, ast.ImportFrom)]
        used = {own_module(f"{node.module}.{alias.name}") for node in at_run_time for alias in node.names}
        assert not used & names, f"{module_name(path)} imports {used & names}"


@pytest.mark.parametrize("package", PYTHON_DOORS)
def test_packages_have_one_door(package):
    allowed = re.compile(PYTHON_DOORS[package])
    for path in PYTHON:
        if not allowed.fullmatch(module_name(path)):
            used = [name for name in imports(path) if name == package or name.startswith(package + ".")]
            assert not used, f"{path.relative_to(ROOT)} imports {used}"


@pytest.mark.parametrize("path", WIDGETS, ids=lambda p: str(p.relative_to(ROOT)))
def test_what_a_viewer_shares_needs_no_qt(path):
    if module_name(path).startswith("widgets.viewer"):
        used = {name for name in imports(path) if name.partition(".")[0] in QT}
        assert not used, f"{path.relative_to(ROOT)} imports {used}"


@pytest.mark.parametrize("path", WIDGETS, ids=lambda p: str(p.relative_to(ROOT)))
def test_widgets_keep_to_what_others_offer(path):
    """What begins with an underscore belongs to its object alone, be it ours or napari's."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Attribute) and re.match("_(?!_|replace$)", node.attr):  # named tuples have _replace
            owner = node.value.id if isinstance(node.value, ast.Name) else None
            assert owner in {"self", "cls"}, f"{path.relative_to(ROOT)}:{node.lineno} uses {ast.unparse(node)}"


def test_one_ndarray():
    locked = tomllib.loads((ROOT / "Cargo.lock").read_text("utf-8"))["package"]
    assert [p["version"] for p in locked if p["name"] == "ndarray"] == ["0.16.1"]


@pytest.mark.parametrize("path", RUST + PYTHON, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_file_says_what_it_is_for(path):
    text = path.read_text("utf-8")
    assert text.startswith("//! " if path.suffix == ".rs" else '"""')
    assert len(text.splitlines()) <= 600


@pytest.mark.parametrize("path", RUST, ids=lambda p: str(p.relative_to(ROOT)))
def test_unsafe_is_explained(path):
    lines = path.read_text("utf-8").splitlines()
    for i, line in enumerate(lines):
        if re.search(r"\bunsafe\b", line.split("//")[0]):
            assert any("SAFETY:" in before for before in lines[max(0, i - 4) : i]), f"{path.name}:{i + 1}"


def test_nothing_strange_at_the_root():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("this is no clone: only git knows which files at the root belong to the project")
    names = {name.partition("/")[0] for name in listed.stdout.splitlines()}
    assert {name for name in names if not name.startswith(".")} <= ROOT_NAMES


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import napari_objclass", ["numpy", "h5py", "pandas", "napari", "qtpy", "dask", "psygnal"]),
        ("import napari_objclass.cli", ["numpy", "h5py", "pandas", "napari", "qtpy", "dask", "psygnal"]),
        ("import napari_objclass as oc; oc.Session(recover=False)", ["pandas", "napari", "qtpy", "dask"]),
        (
            "import napari_objclass.commands.predict, napari_objclass.workflow.batch, napari_objclass.workflow.opening"
            ", napari_objclass.workflow.blockwise.predictor",
            ["pandas", "tifffile", "zarr", "openpyxl", "multiprocessing", "napari", "qtpy", "dask"],
        ),
        ("import napari_objclass.commands.gui", ["napari", "qtpy"]),
        ("import napari_objclass.widgets", ["napari", "qtpy"]),
    ],
)
def test_imports_are_lazy(code, absent):
    report = f"{code}\nimport sys\nprint(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True).stdout.split()
    assert not set(absent) & set(loaded)


def test_public_names_and_their_stub_agree():
    import napari_objclass as oc

    stub = (PACKAGE / "__init__.pyi").read_text("utf-8")
    assert set(re.findall(r"(\w+) as \1\b", stub)) == set(oc.__all__)
    assert all(getattr(oc, name) is not None for name in oc.__all__)
