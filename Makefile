# Needs Python 3.11 or newer, git and make; everything else is set up below, into .venv, every download checked by its hash.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
UV := $(BIN)/uv
COMPILE := $(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header
PROJECT := $(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
IN_CONTAINERS := $(addprefix tests/integration/, topology shared contacts/test_intake.py notifier/test_due.py)
# Test files run side by side, each worker with servers of its own: most of the time a test waits.
WORKERS ?= 2
TYPED := shared services cli deploy bench

.DEFAULT_GOAL := help
.PHONY: help up down test test-containers unit check format contract bench screenshots secrets image lock clean

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: $(STAMPS)/run ## Start Hobnob here, the first time with a sample network; Ctrl-C stops it
	@$(BIN)/hobnob up --sample

down: $(STAMPS)/run ## Stop what runs in the background
	@$(BIN)/hobnob down

test: $(STAMPS)/dev ## Run every test
	$(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile

test-containers: $(STAMPS)/dev ## Run a part of the tests once more, against servers in containers
	HOBNOB_TEST_SERVERS=containers $(BIN)/pytest $(IN_CONTAINERS)

unit: $(STAMPS)/dev ## Run the fast tests
	$(BIN)/pytest tests/unit

check: $(STAMPS)/dev ## Lint, types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(TYPED)
	$(BIN)/lint-imports

format: $(STAMPS)/dev ## Format the code and mend what the linter can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

contract: $(STAMPS)/dev ## Write the documents of the contract anew, unless that would break old messages
	$(BIN)/python -m shared.contract

bench: $(STAMPS)/dev ## Measure speed and memory beside the raw limit
	$(BIN)/python -m bench
	$(BIN)/python -m bench.containers

screenshots: $(STAMPS)/dev ## Take the pictures of the pages anew; needs Chromium
	$(BIN)/python -m tests.e2e.browser.screenshots

secrets: $(STAMPS)/run ## Make the secrets of the Compose stack that are missing, in deploy/secrets
	@$(BIN)/python -m deploy.secret_files deploy/secrets

image: ## Build the image of all services with Docker
	docker build --file deploy/Dockerfile --tag $${HOBNOB_IMAGE:-hobnob:latest} --network $${HOBNOB_BUILD_NETWORK:-default} \
	  --build-arg PYTHON_IMAGE=$${PYTHON_IMAGE:-python:3.11-slim} --build-arg REVISION=$$(git rev-parse HEAD) .

lock: $(STAMPS)/bootstrap ## Compile the hash-pinned requirements anew
	$(COMPILE) pyproject.toml --extra local --output-file requirements.lock
	$(COMPILE) pyproject.toml --extra local --extra otel --extra dev --constraints requirements.lock --output-file requirements-dev.lock
	$(COMPILE) .ci/bootstrap.in --constraints requirements-dev.lock --output-file .ci/bootstrap.lock
	$(COMPILE) pyproject.toml --extra otel --constraints requirements-dev.lock --output-file deploy/requirements.lock

clean: ## Remove the virtual environment and the caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# Set-up. Each step leaves a stamp, so that it is done again only when what it depends on has changed.

$(STAMPS)/bootstrap: .ci/bootstrap.lock
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Hobnob needs Python 3.11 or newer; name one with: make PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "make: Python cannot make virtual environments; on Debian: apt install python3-venv" >&2; exit 1; }
	@echo "Setting up $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement .ci/bootstrap.lock
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/run: $(STAMPS)/bootstrap requirements.lock pyproject.toml
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes --requirement requirements.lock
	@$(PROJECT)
	@touch $@

$(STAMPS)/dev: $(STAMPS)/bootstrap requirements-dev.lock pyproject.toml
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes --requirement requirements-dev.lock
	@$(PROJECT)
	@touch $@
