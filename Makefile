# Two commands do everything from a fresh clone: `make up` and `make test`. They need Python >= 3.11 and the package
# registries, and work as root and as a user.

.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
# The system's own Python first: distributions build theirs with optimizations, version managers often do not, and then an
# import takes a fifth longer (docs/measurements.md). Each candidate is asked for its version and for what
# makes a virtual environment; some are too old or only pretend to run. Another one: make up PYTHON=/path/to/python3
PYTHON := $(shell for p in /usr/bin/python3 python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)

.PHONY: up test lint bench lock schema conformance access browser office npm help clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

up: $(VENV)/run.stamp ## start Sekali with its database and demo city on http://127.0.0.1:8080
	@$(BIN)/sekali up $(if $(POPULATION),--population $(POPULATION))

test: $(VENV)/test.stamp browser office npm ## all tests, the browser ones too
	@$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(VENV)/test.stamp ## style and import contracts
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports

bench: $(VENV)/test.stamp ## measure, side by side with the limit, and print ratios
	@$(BIN)/python bench/run.py && $(BIN)/python bench/exchange.py && $(BIN)/python bench/telling.py && $(BIN)/python bench/panel.py

schema: $(VENV)/test.stamp ## write schema.sql anew from the migrations
	@$(BIN)/python -m pytest -q tests/migration --write-schema

conformance: $(VENV)/test.stamp ## write the table of docs/conformance.md anew from the tests
	@$(BIN)/python -m pytest -q tests/conformance/test_conformance_page.py --write-conformance

access: $(VENV)/test.stamp ## write docs/access.md anew from the access table
	@$(BIN)/python -m pytest -q tests/spec/policy/test_access_page.py --write-access

lock: $(VENV)/test.stamp ## resolve the dependencies anew; names, versions and hashes, no addresses
	@$(BIN)/uv pip compile pyproject.toml --extra build --universal --python-version 3.11 --generate-hashes \
		--no-annotate --no-header --no-emit-index-url --upgrade --quiet -o requirements.txt
	@$(BIN)/uv pip compile pyproject.toml --extra build --extra test --universal --python-version 3.11 --generate-hashes \
		--no-annotate --no-header --no-emit-index-url --upgrade --quiet -c requirements.txt -o requirements-test.txt

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Sekali needs Python 3.11 or newer. Install it, then try again."; exit 1; }
	@echo "Making .venv with $(PYTHON) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing the locked dependencies ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/test.stamp: requirements-test.txt $(VENV)/run.stamp
	@echo "Installing the locked test dependencies ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-test.txt
	@touch $@

browser:
	@sh bin/need-browser $(BIN)

office:
	@sh bin/need-office

npm:
	@sh bin/need-npm

clean: ## remove the virtual environment
	rm -rf $(VENV)
