# Everything below sets up what it needs by itself: a virtual environment in .venv, from the package index.

SHELL := /bin/sh
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
# The first Python on the PATH that is new enough; `make PYTHON=…` names another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$p; break; }; done)
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
WORKERS ?= 2
CONTEXTS ?=
REGISTRY ?=

.PHONY: help demo test e2e browser lint format bench golden record testbed clean

help: ## show this help
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

demo: $(VENV)/.runtime ## run the main job on the sample fleet, in a scratch copy
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh sample-fleet/demo.sh

test: $(VENV)/.dev $(VENV)/.registry ## run every test that needs no control plane
	$(BIN)/pytest -n $(WORKERS) --dist worksteal

e2e: $(VENV)/.dev $(if $(CONTEXTS),,testbed) ## run the tests on real control planes; CONTEXTS=a,b REGISTRY=http://host:port for existing clusters
	$(BIN)/pytest tests/e2e -n $(if $(CONTEXTS),0,$(WORKERS)) --dist loadfile $(if $(CONTEXTS),--contexts=$(CONTEXTS)) $(if $(REGISTRY),--registry=$(REGISTRY))

browser: $(VENV)/.dev ## open the HTML report in headless Chromium, where there is one, and use it
	$(BIN)/pytest tests/browser -n $(WORKERS)

lint: $(VENV)/.dev ## run ruff, mypy --strict and the import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev ## format the code
	$(BIN)/ruff check --fix --exit-zero .
	$(BIN)/ruff format .

bench: $(VENV)/.dev ## measure speed and memory beside references, in one run
	$(BIN)/python -m tests.benchmarks

golden: $(VENV)/.dev ## write the golden trees and generated pages anew; read the diff before you commit
	$(BIN)/pytest -q tests/unit/render tests/unit/test_docs.py tests/unit/test_docs_guardrails.py tests/unit/test_docs_reports.py tests/integration/test_demo.py tests/integration/test_howtos.py --update-golden

record: $(VENV)/.dev ## record the snapshots of sample-fleet anew, from a run on real control planes
	$(BIN)/python -m tests.testbed.sample

testbed: $(VENV)/.dev ## build the control plane's binaries, once, into a cache outside the tree
	@$(BIN)/python -m tests.testbed.binaries

clean: ## remove the virtual environment and what tools left
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "gitops-golden needs Python 3.11 or later with venv (on Debian: apt install python3-venv)" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: $(VENV)/bin/python pyproject.toml requirements-dev.txt
	@echo "installing gitops-golden into $(VENV) (once)" >&2
	@$(PIP) install --constraint requirements-dev.txt --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python pyproject.toml requirements-dev.txt
	@echo "installing gitops-golden and what its tests need into $(VENV) (once)" >&2
	@$(PIP) install --requirement requirements-dev.txt --editable .
	@touch $@ $(VENV)/.runtime

# The registry that tests talk to is real: it is built once, as a part of the installation.
$(VENV)/.registry: $(VENV)/.dev $(wildcard tests/testbed/modules/registry/*)
	@$(BIN)/python -m tests.testbed.binaries registry >/dev/null
	@touch $@
