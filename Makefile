# agent-lifecycle: every target sets up what it needs.

SHELL := /bin/sh
BIN := .venv/bin
READY := .venv/.ready

.DEFAULT_GOAL := help
.PHONY: help install demo up down test check lint docs pictures bench lock clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(READY) ## set up .venv from requirements.lock (two minutes or so, once)

demo: $(READY) ## play the loop from drift to promotion, simulated, no key; YES=1, KEEP=1 leaves it up, KEEP_DATA=1 its folder
	@exec $(BIN)/lifecycle demo $(if $(YES),--yes) $(if $(KEEP),--keep) $(if $(KEEP_DATA),--keep-data)

up: $(READY) ## serve for real: Prefect server, API on port 3001, hourly watch; Ctrl-C ends it
	@exec $(BIN)/lifecycle serve

down: $(READY) ## end what `make up` started
	@$(BIN)/lifecycle down

test: $(READY) ## run all tests, four at a time: some wait for processes
	@$(BIN)/python -m pytest -n 4

check: $(READY) ## run the fast tests, under 90 seconds
	@$(BIN)/python -m pytest -n 2 -m "not slow and not prefect and not browser and not postgres and not data"

lint: $(READY) ## style, types, import contracts, stale documents
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports .importlinter
	@$(BIN)/python -m deployments.cli.reference --check

docs: $(READY) ## rewrite the generated parts of README.md, the API's examples, and openapi.json
	@$(BIN)/python -m deployments.cli.reference
	@$(BIN)/python -m tests.contract.recording
	@$(BIN)/python -m deployments.http.openapi

pictures: $(READY) ## play the demo, and take the pictures of README.md anew (needs Chromium)
	@$(BIN)/python -m deployments.demo.pictures

bench: $(READY) ## run every benchmark; each ends with one JSON line
	@$(BIN)/python -m benchmarks all

lock: $(READY) ## resolve requirements.lock anew from pyproject.toml (needs uv)
	@uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --quiet --extra dev --python-version 3.11 pyproject.toml -o requirements.lock

clean: ## remove .venv and the caches; data folders stay
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache *.egg-info

$(READY): requirements.lock pyproject.toml
	@python=$$(for it in $(PYTHON) python3.13 python3.12 python3.11 python3 python; do \
		"$$it" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && { echo "$$it"; break; }; done); \
	if [ -z "$$python" ]; then \
		echo "agent-lifecycle needs Python 3.11, 3.12 or 3.13, and finds $$(python3 --version 2>/dev/null || echo none); install one, or name it: make PYTHON=/path/to/python3.12 install" >&2; exit 2; fi; \
	echo "Setting up .venv with $$("$$python" --version): about 160 packages, two minutes or so"; \
	"$$python" -m venv .venv || { echo "no virtual environment could be made; on Debian: apt-get install python3-venv" >&2; exit 2; }; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock 2>.venv/install.log && \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --config-settings editable_mode=compat -e . 2>>.venv/install.log || { \
		grep -v '^WARNING' .venv/install.log | tail -n 5 >&2; \
		echo "A package could not be had (above; all of it in .venv/install.log): check the network and pip's index, then run the same command again" >&2; exit 2; }
	@touch $(READY)
