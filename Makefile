# make up: a complete tenancy on this machine.   make test: every test.   make help: all targets.

SHELL := /bin/bash
PYTHON := .venv/bin/python
PYTEST := $(PYTHON) -m pytest
# Each worker has its own servers, which the tests of a file share. Tests often wait, so that two more workers than
# processors are faster. The order of the files is kept: by default xdist would run files with few, long tests last.
PARALLEL := --dist loadfile --no-loadscope-reorder --numprocesses $(shell n=$$(nproc); echo $$((n < 4 ? n + 2 : 4)))
# The failures of both test runs of `make test`, printed again at its end.
FAILURES := .state/logs/tests-failed.txt
export PYTHONPATH := $(CURDIR)
# If it is set, every process compiles the modules again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: up running image help down status shell verify destroy preview grant revoke wipe test test-unit test-engine test-cluster test-browser coverage check tools bench fuzz faults screenshots faults-on-the-node

up: running  ## Build and start everything that is missing, then verify the tenancy; if a check fails, the tenancy stays for a closer look
	@$(PYTHON) -m local verify

running: .venv/made-from  ## The same without the verification, which takes up to two minutes; for targets that only need the tenancy
	@$(PYTHON) -m local up

help:  ## List the targets
	@sed -nE 's/^([a-z-]+):.*  ## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

down: .venv/made-from  ## Stop every process; data, images and tools stay
	@$(PYTHON) -m local down

status: .venv/made-from  ## Show every process, and whether cluster, directory and hub answer
	@$(PYTHON) -m local status

preview: .venv/made-from  ## Show what the engine would change; STACK=vis: the tenancy vis, as CI previews it; STACK=all: every tenancy, CONCURRENCY= at a time
	@$(PYTHON) -m local$(if $(filter-out local,$(STACK)),.previews.tenancy_preview $(STACK) $(if $(PASSPHRASES),--passphrases $(PASSPHRASES)) $(if $(CONCURRENCY),--concurrency $(CONCURRENCY)), preview)

# COMMAND is the text as it was typed, in which make must not replace $HOME; a variable of the environment is not meant.
ifeq ($(origin COMMAND),command line)
override COMMAND := $(value COMMAND)
export COMMAND
endif
shell: .venv/made-from  ## Open a shell for kubectl, pulumi and python -m components on the local tenancy; COMMAND="kubectl get pods": run one command
	@$(PYTHON) -m local shell $(if $(filter override,$(origin COMMAND)),$(if $(COMMAND),-- bash -c "$$COMMAND"))

verify: .venv/made-from  ## Verify the running tenancy as its users would notice: a server, a notebook, Dask, uploads, and what must be blocked
	@$(PYTHON) -m local verify

destroy: .venv/made-from  ## Run pulumi destroy; users' home volumes stay
	@$(PYTHON) -m local destroy

grant: .venv/made-from  ## Let a user log in: make grant USER=alice
	@$(PYTHON) -m local grant $(USER)

revoke: .venv/made-from  ## Take away a user's right to log in: make revoke USER=alice
	@$(PYTHON) -m local revoke $(USER)

wipe: .venv/made-from  ## Stop everything and delete the cluster, the directory, all volumes and backups; tools and images stay
	@$(PYTHON) -m local wipe

tools: .venv/made-from  ## Install the Debian packages and build all Go tools, also those that only tests use
	@$(PYTHON) -m local tools

image: .venv/made-from  ## Build the image of images/pangeo and run its example notebooks; UPDATE=1: with the newest packages
	@$(if $(UPDATE),/usr/bin/python3 images/pangeo/lock.py)
	@$(PYTHON) -m local image

bench: running  ## Compare with the baselines, about 40 min; FIGURES="preview many": only these; WRITE=1: update docs/measurements.md; `restart` stops the tenancy
	@$(PYTHON) -m bench $(if $(WRITE),--write) $(FIGURES)

check: .venv/made-from  ## Check formatting, lint and types
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m mypy

test-unit: .venv/made-from  ## Run the unit tests: seconds, nothing needs to run
	@$(PYTEST) tests/unit -m "not engine and not cluster and not browser"

test-engine: tools  ## Run the engine tests: the real engine, API server and directory, started by the tests
	@$(PYTEST) $(PARALLEL) tests/engine

test-cluster: running  ## Run the tests on the running local tenancy
	@$(PYTEST) tests/cluster

test-browser: running  ## Run the tests in Chromium on the running local tenancy
	@$(PYTEST) tests/browser

screenshots: running  ## Refresh the screenshots in docs/images; empties the homes of alice, bob and admin on the local tenancy
	@$(PYTEST) tests/browser tests/engine/hub/test_options_page.py tests/engine/server/test_usage.py --screenshots-to=docs/images

# A test runs the verification of `make up`. Tests on the tenancy mostly wait, so that the unit tests run beside them,
# with a low priority; the shell would let programs in its background ignore Ctrl-C.
UNIT_LOG := .state/logs/tests-unit.log
test: check running  ## Run every check and test
	@rm -f $(FAILURES)
	@$(PYTEST) $(PARALLEL) --failures-to=$(FAILURES) --durations=25 tests/engine; engine=$$?; \
		nice -n 15 env --default-signal $(PYTEST) --dist loadfile --numprocesses 2 --failures-to=$(FAILURES) tests/unit > $(UNIT_LOG) 2>&1 & unit=$$!; \
		$(PYTEST) --failures-to=$(FAILURES) --durations=25 tests/cluster tests/browser; tenancy=$$?; \
		wait $$unit; unit=$$?; cat $(UNIT_LOG); \
		test ! -e $(FAILURES) || cat $(FAILURES); exit $$((engine || unit || tenancy))

coverage: tools  ## Measure how much of components/ the unit and engine tests run, including the hub's and the provider's processes
	@$(PYTEST) $(PARALLEL) tests/engine tests/unit --cov --cov-report=term --cov-report=html

fuzz: .venv/made-from  ## Run every parser on 20,000 generated inputs; COUNT= for another count
	@$(PYTHON) -m tests.fuzz $(if $(COUNT),--count $(COUNT))

faults: tools  ## Inject every fault five times on temporary servers; TIMES= for another count
	@$(PYTHON) -m tests.engine.faults $(if $(TIMES),--times $(TIMES))

faults-on-the-node: running  ## Kill components of the running local tenancy; interrupts its users
	@$(PYTHON) -m tests.cluster.faults $(if $(TIMES),--times $(TIMES))

# The marker in .venv is written last, so that an interrupted installation is repeated.
.venv/made-from: requirements.txt local/requirements.txt tests/requirements.txt constraints.txt
	@command -v python3 >/dev/null || (apt-get update && apt-get install --yes python3 python3-venv)
	@python3 -m venv .venv 2>/dev/null || (apt-get update && apt-get install --yes python3-venv && python3 -m venv .venv)
	@echo "… Python packages"
	@mkdir -p .state/logs
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt > .state/logs/python-packages.log 2>&1 \
		|| { tail -5 .state/logs/python-packages.log; echo "Python packages could not be installed; log: .state/logs/python-packages.log; run make again"; exit 1; }
	@touch $@
	@echo "✓ Python packages"
