# Two commands do everything: `make report` and `make test`; `make deep` runs the tests
# that take long. Each creates .venv when it is missing.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin

.PHONY: report test deep lint golden benchmark compare clean help

help:            ## what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 12

report: .venv/installed ## derive, verify and typeset reports/deep, with the engine that everybody has
	$(BIN)/symrnn report reports/deep/job.toml --engine typst --format pdf,tex,html

test: lint       ## lint, types, every test that is no wide sweep
	$(BIN)/python -m pytest -n auto --dist worksteal

deep: .venv/installed ## the wide sweeps: 500 fresh random cells (more by RANDOM_CELLS), every corner of the laws
	$(BIN)/python -m pytest -n auto --dist worksteal -m deep

lint: .venv/installed ## style and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

golden: .venv/installed ## rewrite the golden files after a wanted change; look at them before committing
	$(BIN)/python -m pytest tests/golden --update-golden -p no:xdist

benchmark: .venv/installed ## time deriving, certifying, typesetting, a class of students, and norms of many networks
	$(BIN)/python -m tests.benchmarks.derive
	$(BIN)/python -m tests.benchmarks.variants
	$(BIN)/python -m tests.benchmarks.norms

compare: .venv/installed ## time generated code beside torch, JAX and CasADi, and put the table into the README
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'
	$(BIN)/python -m tests.benchmarks.numeric --readme

.venv/installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "symrnn needs Python 3.11 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $@

clean:           ## remove the environment and caches
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
