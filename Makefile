# make demo, make test and make check each make .venv first; Python >= 3.11 is all they need.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test test-lowest check

$(BIN)/python:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip

# A stamp an extra, so that nothing is installed twice.
.venv/.plain: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet -e .
	@touch $@

.venv/.test: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet -e ".[test]"
	@touch $@

.venv/.check: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet -e ".[test,check]"
	@touch $@

demo: .venv/.plain
	$(BIN)/python -m automl_kit.image demo

test: .venv/.test
	$(BIN)/python -m pytest -n 2 --dist worksteal

# The tests on the lowest versions in pyproject.toml, which only uv finds, in a .venv of their own.
LOWEST := .venv-lowest
$(LOWEST)/.test: pyproject.toml
	$(PYTHON) -m venv $(LOWEST)
	$(LOWEST)/bin/python -m pip install --quiet uv
	$(LOWEST)/bin/uv pip install --quiet --python $(LOWEST)/bin/python --native-tls \
		--resolution lowest-direct -e ".[test]"
	@touch $@

test-lowest: $(LOWEST)/.test
	$(LOWEST)/bin/python -m pytest -n 2 --dist worksteal

# The tests run the README's code blocks too: tests/test_readme.py.
check: .venv/.check
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 2 --dist worksteal
