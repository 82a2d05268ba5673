.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEV_READY := $(VENV)/.dev-ready
# As many at once as there are processors, within reason: each brings a PostgreSQL and a browser of its own.
TESTS := -n logical --maxprocesses 4 --dist loadfile

.PHONY: help run test check bench soak lock format clean browser screens

help: ## What can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(READY): requirements.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV_READY): requirements-dev.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@ $(READY)

run: $(READY) ## Start the service with the phone simulator on 127.0.0.1:8000
	@$(BIN)/ivr serve

check: $(DEV_READY) ## Format, lint, types, import rules, YAML and the quick tests: may I push?
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/ivr check
	$(BIN)/python -m pytest -q -m "not slow" $(TESTS)

test: $(DEV_READY) browser ## The whole test suite, from nothing
	$(BIN)/python -m pytest $(TESTS)

browser: ## Install the system's Chromium, for the tests of the web desk (needs root, once)
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
		|| { test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
			&& apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; } \
		|| { echo "The web desk is tested in Chromium. Install it: sudo apt-get install chromium" >&2; exit 1; }

screens: $(DEV_READY) browser ## Take the pictures in docs/screens anew
	SCREENS=1 $(BIN)/python -m pytest -q tests/browser

bench: $(DEV_READY) ## The benchmarks, beside the floor they are compared to
	$(BIN)/python -m tests.bench

SEEDS ?= 1..170

soak: $(DEV_READY) ## Many simulated worlds in which everything breaks: SEEDS=1..500
	$(BIN)/python -m tests.simulation $(SEEDS)

format: $(DEV_READY) ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(DEV_READY) ## Renew the lock files from pyproject.toml
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links -q pyproject.toml --extra build -o requirements.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links -q pyproject.toml --extra build --extra dev -o requirements-dev.lock

clean: ## Remove what was made, the database included
	rm -rf $(VENV) instance build dist
