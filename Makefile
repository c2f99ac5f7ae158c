# Every recipe sets up what it needs in .venv; nothing is installed twice (the stamps below remember what was).

BIN := .venv/bin
DEMO_DATA ?= .runreel
PYTEST_ARGS ?= -n 2 --dist worksteal

# Hundreds of tests start a process of their own, and none should compile again what another has compiled.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test lint types contracts bench lock clean

run: .venv/.ready-to-run ## start the server with the live demo agent
	@$(DASHBOARD)
	@exec $(BIN)/runreel up --data $(DEMO_DATA) --demo

test: .venv/.ready-to-develop ## run every test; says at the end what was left out
	@$(DASHBOARD)
	@$(BIN)/python dashboard/node.py run test
	$(BIN)/python -m pytest $(PYTEST_ARGS)

lint: .venv/.ready-to-develop ## check style and format
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/python dashboard/node.py run lint

types: .venv/.ready-to-develop ## check types, strictly
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/python dashboard/api_types.py --check
	$(BIN)/python dashboard/node.py run types

contracts: .venv/.ready-to-develop ## check which package imports which
	$(BIN)/lint-imports

bench: .venv/.ready-to-develop ## measure; prints machine, versions and limits
	$(BIN)/python -m bench

lock: .venv/.ready-to-develop ## pin the newest versions that pyproject.toml allows
	$(BIN)/uv pip compile pyproject.toml --extra postgres --extra s3 $(LOCK) --output-file requirements/run.txt
	$(BIN)/uv pip compile pyproject.toml --extra postgres --extra s3 --group dev --constraint requirements/run.txt \
		$(LOCK) --output-file requirements/dev.txt

# One lock for all supported versions of Python and all systems, without a word on where packages come from.
LOCK := --universal --python-version 3.11 --upgrade --no-header --no-annotate --quiet

clean: ## remove what the other recipes made, but not what was recorded
	rm -rf .venv build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage bench/out

.venv/.ready-to-run: pyproject.toml requirements/run.txt | .venv/bin/python
	@echo "Installing Runreel with its server into .venv (once; a minute or less)"
	@$(BIN)/python -m pip install $(PIP) --constraint requirements/run.txt --editable '.[server,postgres]'
	@touch $@

.venv/.ready-to-develop: .venv/.ready-to-run requirements/dev.txt
	@echo "Installing what development needs into .venv (once; a minute or two)"
	@$(BIN)/python -m pip install $(PIP) --requirement requirements/dev.txt
	@touch $@

PIP := -qq --disable-pip-version-check

# Where the dashboard was changed, installing builds it again, with a Node.js of its own if the machine has none.
DASHBOARD := $(BIN)/python dashboard/node.py check || { echo "Building the dashboard (half a minute)"; \
	$(BIN)/python -m pip install $(PIP) --no-deps --editable .; }

.venv/bin/python:
	@for python in python3 python3.14 python3.13 python3.12 python3.11; do \
		if $$python -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "Setting up .venv with $$($$python --version)"; \
			exec $$python -m venv .venv; \
		fi; \
	done; \
	echo "Runreel needs Python 3.11 or newer with its venv module (on Debian: apt install python3-venv);" >&2; \
	echo "none of python3, python3.14, python3.13, python3.12 and python3.11 on PATH is that." >&2; \
	exit 1
