# The verbs of this repository. Each sets up what it needs; `make` alone lists them.
PYTHON := .venv/bin/python
export PYTHONDONTWRITEBYTECODE ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint bench soak screenshots ui dist clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## .venv with everything in it
	@packaging/setup.sh

demo: ui ## a head, two agents and a real distributed training job; ONCE=1 ends with the job
	@.venv/bin/tensorfleet demo $(if $(ONCE),--once)

lint: ui ## ruff, mypy --strict, import contracts; for the console tsc, eslint, prettier and its unit tests
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m mypy -p tensorfleet
	@.venv/bin/lint-imports
	@packaging/ui.sh check

test: lint ## every test: pure, contract, processes, network namespaces
	@packaging/test-tools.sh
	@$(PYTHON) -m pytest

bench: setup ## measure, and write docs/benchmarks.md and a part of docs/scheduling.md; TRACES=DIR has published traces
	@$(PYTHON) tests/bench/__main__.py

soak: setup ## disturb a fleet for MINUTES (default 30), and write docs/reliability.md; then the long tests
	@$(PYTHON) tests/soak/__main__.py --minutes $(or $(MINUTES),30)
	@$(PYTHON) -m pytest -q -m soak --timeout 3600

screenshots: ui ## a picture of every page of the console in docs/screenshots, from a fleet made for it
	@packaging/test-tools.sh
	@PYTHONPATH=tests $(PYTHON) -m browser.screenshots

ui: setup ## build the web console into the package
	@packaging/ui.sh

dist: ui ## wheel and sdist in dist/
	@$(PYTHON) -m build --outdir dist .

clean: ## remove what the other verbs made
	@rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache tensorfleet.egg-info
