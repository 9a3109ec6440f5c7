# Two commands set everything up: `make demo` and `make test`. Both make .venv on first use.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
VENV ?= .venv
BIN = $(VENV)/bin
STAMP = $(VENV)/.mlpy-installed
WORKERS ?= 2

.PHONY: demo test lint types bench smoke wheel test-wheel format clean

demo: $(STAMP)
	$(BIN)/mlpy run examples/tour.ml

test: $(STAMP)
	$(BIN)/python -m pytest -q -n $(WORKERS) $(ARGS)

lint: $(STAMP)
	$(BIN)/ruff check .

format: $(STAMP)
	$(BIN)/ruff format .

# Checked as shipped: mlpy.stdlib, mlpy.extensions and mlpy.repl exist only in the installed layout.
types: $(STAMP)
	rm -rf build/types
	$(BIN)/python -m pip install -q --no-deps --target build/types .
	cd build/types && "$(abspath $(BIN))/python" -m mypy --config-file ../../pyproject.toml -p mlpy

bench: $(STAMP)
	$(BIN)/python benchmarks/kernels.py
	$(BIN)/python benchmarks/startup.py

smoke: $(STAMP)
	$(BIN)/python benchmarks/kernels.py --smoke

wheel: $(STAMP)
	rm -rf dist
	$(BIN)/python -m pip wheel -q --no-deps --wheel-dir dist .

# The second proof: what users get is the wheel, away from the checkout.
test-wheel: wheel
	rm -rf build/wheel-venv build/elsewhere
	$(BIN)/python -m venv build/wheel-venv
	build/wheel-venv/bin/python -m pip install -q "$$(echo dist/mlpy-*.whl)[dev]"
	mkdir -p build/elsewhere
	cd build/elsewhere && ../wheel-venv/bin/python -m pytest -q -n $(WORKERS) -c ../../pyproject.toml --rootdir ../.. $(ARGS) ../../tests

$(STAMP): pyproject.toml mlpy/cli/command
	@test -n "$(PYTHON)" || { echo "mlpy needs Python 3.11 or newer; name one with PYTHON=/path/to/python3"; exit 2; }
	test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV)
	$(BIN)/python -m pip install -q -e ".[dev]"
	touch $(STAMP)

clean:
	rm -rf build dist
