# What a developer types: `make demo`, `make test`, `make lint`, `make bench`, `make bench-large`, `make docs`, `make screenshots`.
# Everything else is set up on the way.
# Needs Python ≥ 3.11, make, a C compiler and Rust ≥ 1.85.

PYTHON ?= python3
BIN    := .venv/bin
# cmake of the virtual environment first: HDF5 needs a newer one than many distributions have.
export PATH := $(CURDIR)/$(BIN):$(PATH)

# A display without a screen, and what Qt and OpenGL load at run time.
DISPLAY_PACKAGES := xvfb xauth libgl1 libegl1 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 \
	libxcb-shape0 libdbus-1-3 libfontconfig1 libglib2.0-0

SOURCES := Cargo.toml Cargo.lock pyproject.toml $(shell find src -name '*.rs')

.PHONY: demo test test-rust test-python test-widgets lint docs screenshots bench bench-large clean

demo: .venv/.built
	$(BIN)/objclass demo --out demo

test: test-rust test-python test-widgets

test-rust: .venv/.tools
	cargo test --release --locked --no-default-features

# Without the plugins of napari and Qt: nothing here may need them.
test-python: .venv/.test
	PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 $(BIN)/python -m pytest -p pytest_timeout -p _hypothesis_pytestplugin --ignore tests/widgets

# In a process of its own: should Qt abort, the other tests have had their say.
test-widgets: .venv/.test-napari
	$(BIN)/python -X faulthandler -m pytest tests/widgets

lint: .venv/.test
	cargo fmt --check
	cargo clippy --release --locked --all-targets -- -D warnings
	cargo clippy --release --locked --no-default-features --all-targets -- -D warnings
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest napari_objclass._core

# The page of all features, from the catalogue.
docs: .venv/.built
	$(BIN)/python docs/make_features_page.py

# The pictures of the README, on a screen that is not there.
screenshots: .venv/.test-napari
	xvfb-run -a -s "-screen 0 1400x800x24" $(BIN)/python docs/screenshots/make.py

bench: .venv/.bench
	$(BIN)/python tests/bench/run.py

# A volume of 1024×2048×2048, which takes 20 GB of disk for a while; smaller ones: python tests/bench/large.py --help.
bench-large: .venv/.bench
	$(BIN)/python tests/bench/large.py --shape 1024,2048,2048 --no-whole

.venv/.built: $(SOURCES) .venv/.tools
	$(BIN)/maturin develop --release --locked
	touch $@

.venv/.test: .venv/.built
	$(BIN)/maturin develop --release --locked --extras test,lint
	touch $@

.venv/.test-napari: .venv/.test
	@for package in $(DISPLAY_PACKAGES); do \
	  dpkg -s $$package >/dev/null 2>&1 || missing="$$missing $$package"; done; \
	test -z "$$missing" || ! command -v apt-get >/dev/null \
	  || { test "$$(id -u)" = 0 && apt-get update -q && apt-get install -qy --no-install-recommends $$missing; } \
	  || { echo "Windows need a display; install one with: sudo apt-get install$$missing"; exit 1; }
	$(BIN)/maturin develop --release --locked --extras test-napari
	touch $@

.venv/.bench: .venv/.built
	$(BIN)/maturin develop --release --locked --extras bench
	touch $@

# A bare Debian lacks ensurepip, which venv needs.
.venv/.tools:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; name one with: make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null \
	  || { test "$$(id -u)" = 0 && apt-get update -q && apt-get install -qy python3-venv; } \
	  || { echo "Python lacks venv; install it with: sudo apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check 'cmake>=3.26,<5' ninja 'maturin>=1.9,<2'
	touch $@

clean:
	rm -rf target .venv demo napari_objclass/_core.abi3.so
