# make up: a whole tenancy on this machine.   make test: every test, setting up what it needs.

SHELL := /bin/bash
PYTHON := .venv/bin/python
PYTEST := $(PYTHON) -m pytest
# Each worker has servers of its own; a file's tests share them. They wait so often that two more than there are
# processors is faster. In the order given: by themselves the files of few and long tests would come last.
PARALLEL := --dist loadfile --no-loadscope-reorder --numprocesses $(shell n=$$(nproc); echo $$((n < 4 ? n + 2 : 4)))
# What failed in either run of `make test`, said once more at its end.
FAILURES := .state/logs/tests-failed.txt
export PYTHONPATH := $(CURDIR)
# Where it is set, every process would compile the modules anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: up down status destroy preview grant revoke wipe test test-unit test-engine test-cluster test-browser coverage check tools bench fuzz faults screenshots faults-on-the-node

up: .venv/made-from  ## Everything, from nothing to a hub that answers; does only what is missing
	@$(PYTHON) -m local up

down: .venv/made-from  ## Stop every process; data, images and tools stay
	@$(PYTHON) -m local down

status: .venv/made-from  ## What runs, and whether it answers
	@$(PYTHON) -m local status

preview: .venv/made-from  ## What the engine would change; make preview STACK=vis: the tenancy vis, as CI previews it; STACK=all: every one, CONCURRENCY= at a time
	@$(PYTHON) -m local$(if $(filter-out local,$(STACK)),.previews.tenancy_preview $(STACK) $(if $(PASSPHRASES),--passphrases $(PASSPHRASES)) $(if $(CONCURRENCY),--concurrency $(CONCURRENCY)), preview)

destroy: .venv/made-from  ## pulumi destroy; users' home volumes stay
	@$(PYTHON) -m local destroy

grant: .venv/made-from  ## make grant USER=alice: let her log in
	@$(PYTHON) -m local grant $(USER)

revoke: .venv/made-from  ## make revoke USER=alice
	@$(PYTHON) -m local revoke $(USER)

wipe: .venv/made-from  ## Stop and forget the cluster, the directory and all volumes; tools and images stay
	@$(PYTHON) -m local wipe

tools: .venv/made-from  ## Only the Debian packages and the Go tools
	@$(PYTHON) -m local tools

bench: up  ## Measure against the baselines, about 43 min; FIGURES="preview many": only these; WRITE=1: also update docs/measurements.md; `restart` stops the tenancy
	@$(PYTHON) -m bench $(if $(WRITE),--write) $(FIGURES)

check: .venv/made-from  ## Formatting, lint and types
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m mypy

test-unit: .venv/made-from  ## Seconds; needs nothing running
	@$(PYTEST) tests/unit -m "not engine and not cluster and not browser"

test-engine: tools  ## The real engine, API server and directory, started by the tests
	@$(PYTEST) $(PARALLEL) tests/engine

test-cluster: up  ## The running local tenancy
	@$(PYTEST) tests/cluster

test-browser: up  ## Chromium on the running local tenancy
	@$(PYTEST) tests/browser

screenshots: up  ## Refresh the screenshots in docs/images; empties the homes of alice, bob and admin on the local tenancy
	@$(PYTEST) tests/browser --screenshots-to=docs/images

test: check up  ## Everything
	@rm -f $(FAILURES)
	@$(PYTEST) $(PARALLEL) --failures-to=$(FAILURES) --durations=25 tests/engine tests/unit; first=$$?; \
		$(PYTEST) --failures-to=$(FAILURES) --durations=25 tests/cluster tests/browser; second=$$?; \
		cat $(FAILURES); exit $$((first || second))

coverage: tools  ## How much of components/ the unit and engine tiers run, the hub and the provider's process too
	@$(PYTEST) $(PARALLEL) tests/engine tests/unit --cov --cov-report=term --cov-report=html

fuzz: .venv/made-from  ## Run every parser on 20,000 generated inputs; COUNT= for another count
	@$(PYTHON) -m tests.fuzz $(if $(COUNT),--count $(COUNT))

faults: tools  ## Inject every fault five times on temporary servers; TIMES= for another count
	@$(PYTHON) -m tests.engine.faults $(if $(TIMES),--times $(TIMES))

faults-on-the-node: up  ## Kill components of the running local tenancy; interrupts its users
	@$(PYTHON) -m tests.cluster.faults $(if $(TIMES),--times $(TIMES))

# A marker below .venv, so that an interrupted installation is done again.
.venv/made-from: requirements.txt local/requirements.txt tests/requirements.txt constraints.txt
	@command -v python3 >/dev/null || (apt-get update && apt-get install --yes python3 python3-venv)
	@python3 -m venv .venv 2>/dev/null || (apt-get update && apt-get install --yes python3-venv && python3 -m venv .venv)
	@echo "… Python packages"
	@mkdir -p .state/logs
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt > .state/logs/python-packages.log 2>&1 \
		|| { tail -5 .state/logs/python-packages.log; echo "Python packages could not be installed; log: .state/logs/python-packages.log; run make again"; exit 1; }
	@touch $@
	@echo "✓ Python packages"
