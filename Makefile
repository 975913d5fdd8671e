# Two commands: `make run` starts the lab, `make test` tests it. Each does its own set-up.

PYTHON ?= python3
PORT ?= $(or $(LAB_PORT),3000)
HOST = $(or $(LAB_HOST),127.0.0.1)
FLAGS =
UV ?= uv

# What is compiled is kept beside the code, also where the environment says otherwise: hundreds of processes here start
# with the same modules, and the tests' own take longest.
unexport PYTHONDONTWRITEBYTECODE

# Two environments, so that running the lab never needs what only its tests need. An environment is made anew when
# its requirements change: their checksum is in the name of its stamp.
RUN := .venv
TEST := .venv-test
stamp = $(1)/.made-$(shell cat requirements/$(2).txt scripts/make-venv | cksum | tr ' ' -)
RUN_READY := $(call stamp,$(RUN),run)
TEST_READY := $(call stamp,$(TEST),test)

.PHONY: help run class new step redis cluster test compiled check check-python check-javascript fix map unit browser search contract proxies some-mutants mutants bench bench-quick fallback storm \
	fanout torture torture-proof deliveries attacks goals heap picture screenshots npm lock lock-js clean
.DEFAULT_GOAL := help

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(RUN_READY) $(if $(LOG),$(RUN)/.redis) ## start the lab: PORT=3000 HOST=127.0.0.1 FLAGS="--allow-host NAME" LOG=redis://…
	@$(if $(LOG),LAB_LOG='$(LOG)') $(RUN)/bin/python app.py --host $(HOST) --port $(PORT) $(FLAGS)

class: $(RUN_READY) ## start the lab for everybody on your network: prints its addresses and a code to scan
	@$(RUN)/bin/python app.py --class --port $(PORT) $(FLAGS)

new: $(RUN_READY) ## write a chat of your own, with a page: APP=folder
	@PYTHON='$(CURDIR)/$(RUN)/bin/python' scripts/new '$(APP)'

step: $(RUN_READY) ## one step of the chat room in ten, with its page: N=4 PORT=3000
	@STEP='$(or $(N),1)' PORT='$(PORT)' $(RUN)/bin/python scripts/step.py

redis: ## start a Redis on a free port of the loopback, in the foreground (as root, gets it): KEEP=folder
	@PYTHON='$(PYTHON)' scripts/start-redis $(if $(KEEP),'$(KEEP)')

cluster: $(RUN_READY) $(RUN)/.redis ## start three servers that share a log, behind HAProxy, to kill one (as root, gets Redis and HAProxy): PORT=3000
	@PYTHON='$(CURDIR)/$(RUN)/bin/python' scripts/cluster --port $(PORT) $(FLAGS)

test: $(TEST_READY) ## check, unit, browser and some-mutants, with a summary (LAB_REQUIRE=all: nothing skipped)
	@scripts/test

# The tests are rewritten while they are compiled, which keeps one core busy for half a minute the first time.
compiled: $(TEST_READY)
	@$(TEST)/bin/python -m pytest --collect-only -qq tests > /dev/null 2>&1 || true

check: $(TEST_READY) ## format, lint and types, of the Python and of the JavaScript
	$(TEST)/bin/python -m ruff format --check .
	$(TEST)/bin/python -m ruff check .
	@$(MAKE) --no-print-directory -j2 --output-sync=target check-python check-javascript

# Beside each other: each of them has one core busy.
check-python: $(TEST_READY)
	$(TEST)/bin/python -m mypy

check-javascript:
	@scripts/check-js

fix: $(TEST_READY) ## format, and mend what ruff and ESLint can
	$(TEST)/bin/python -m ruff check --fix .
	$(TEST)/bin/python -m ruff format .
	@scripts/check-js --fix

map: $(TEST_READY) ## write the tree of docs/map.md anew, in the words of the code
	$(TEST)/bin/python -m tests.docs.tree

# In more processes than there are cores: these tests mostly wait for what a person would wait for.
SHARED = --dist worksteal --durations 10 --durations-min 3
unit: $(TEST_READY) ## the tests that need no browser, and which were slow
	$(TEST)/bin/python -m pytest -n 6 $(SHARED) tests --ignore=tests/browser

# In processes of their own: the loop that Playwright keeps running is in the way of every other async test. Three: a
# browser keeps two cores busy, and a fourth would only make each of them late.
browser: $(TEST_READY) ## the tests in Chromium
	LAB_CHROMIUM="$$(scripts/get-chromium)" && export LAB_CHROMIUM && $(TEST)/bin/python -m pytest -n 3 $(SHARED) tests/browser

search: $(TEST_READY) ## what the tests try with the same cases each time, with new ones (EXAMPLES=10000 of each model)
	LAB_EXAMPLES=$(or $(EXAMPLES),10000) $(TEST)/bin/python -m pytest -n 2 -m hypothesis --hypothesis-profile search tests

contract: $(TEST_READY) ## hold a transport of your own to the suite of the four: TRANSPORT=file.py ONLY="gap or silence"
	@$(TEST)/bin/python -m tests.contract '$(TRANSPORT)' '$(ONLY)'

proxies: $(TEST_READY) ## the tests behind real nginx and HAProxy (as root, gets them)
	@scripts/get-proxies > /dev/null
	$(TEST)/bin/python -m pytest tests/lab/test_proxies.py
	LAB_CHROMIUM="$$(scripts/get-chromium)" && export LAB_CHROMIUM && \
		$(TEST)/bin/python -m pytest tests/browser/test_proxies.py

bench: $(TEST_READY) ## the comparison: every experiment, about an hour; adds a run to those in OUT=folder
	LAB_CHROMIUM="$$(scripts/get-chromium)"; export LAB_CHROMIUM; $(TEST)/bin/python -m bench $(if $(OUT),--out $(OUT))

bench-quick: $(TEST_READY) ## a smoke test of it in two minutes, which settles nothing
	$(TEST)/bin/python -m bench --quick $(if $(OUT),--out $(OUT))

fallback: $(TEST_READY) ## the fallback tables, ours and six others, into docs/fallback.md (50 minutes; SEEDS=3: each row three times)
	$(TEST)/bin/python -m bench.fallback --seeds $(or $(SEEDS),1) --docs

storm: $(TEST_READY) ## 10,000 clients dropped at once: how hard they knock, ours and others, into docs/fallback.md
	$(TEST)/bin/python -m bench.storm --docs

fanout: $(TEST_READY) ## what a delivery costs the server, ours and others beside it, into docs/speed.md (ROUNDS=15: an hour)
	$(TEST)/bin/python -m bench.fanout --all --rounds $(or $(ROUNDS),15) --docs

torture: $(TEST_READY) ## a million deliveries under faults: is one lost, doubled, leaked, a gap told twice? (FOR=150 SEED=1)
	$(TEST)/bin/python -m tests.torture --seconds $(or $(FOR),150) $(if $(SEED),--seed $(SEED))

torture-proof: $(TEST_READY) ## break the server on purpose: the torture must find it each time
	$(TEST)/bin/python -m tests.torture --prove

.PHONY: cluster-storm
cluster-storm: $(TEST_READY) ## three servers on one log, all that can be struck is: is one lost, twice, out of order? (FOR=60 SEED=1)
	$(TEST)/bin/python -m tests.scale --seconds $(or $(FOR),60) $(if $(SEED),--seed $(SEED))

deliveries: $(TEST_READY) ## random programs over the running server: does each reader hear what it must? (SEEDS=600 FIRST=0)
	$(TEST)/bin/python -m tests.delivery --seeds $(or $(SEEDS),600) --first $(or $(FIRST),0)

attacks: $(TEST_READY) ## hostile clients, one way after another: what do a neighbour and the memory feel? (FOR=10)
	$(TEST)/bin/python -m tests.attacks --seconds $(or $(FOR),10)

picture: $(TEST_READY) ## take the picture of the page that the README shows
	LAB_CHROMIUM="$$(scripts/get-chromium)" && export LAB_CHROMIUM && $(TEST)/bin/python -m tests.browser.picture

screenshots: $(TEST_READY) ## pictures of every part of the page, into .cache/screenshots
	LAB_CHROMIUM="$$(scripts/get-chromium)" && export LAB_CHROMIUM && $(TEST)/bin/python -m tests.browser.screenshots

heap: $(TEST_READY) ## what five minutes of the race leave in the browser's memory
	LAB_CHROMIUM="$$(scripts/get-chromium)" && export LAB_CHROMIUM && $(TEST)/bin/python -m tests.browser.heap --minutes 5

goals: $(TEST_READY) ## what the page promises, measured: its weight, its first message, its frames
	LAB_CHROMIUM="$$(scripts/get-chromium)" && export LAB_CHROMIUM && $(TEST)/bin/python -m tests.browser.goals

some-mutants: $(TEST_READY) ## five of the mutants, other ones each day
	$(TEST)/bin/python -m tests.mutants --some 5

mutants: $(TEST_READY) ## break the code on purpose, one way after another: a test must notice each time
	$(TEST)/bin/python -m tests.mutants

npm: ## pack the JavaScript client for npm, into .cache (needs npm)
	@scripts/pack-client

LOCK := --universal --python-version 3.11 --generate-hashes --quiet \
	--no-header --no-annotate --no-emit-index-url

lock: ## pin the dependencies of pyproject.toml, with hashes (needs uv; UPGRADE=1: newer ones)
	@command -v $(UV) > /dev/null || { echo "uv is missing: pip install uv, or UV=path/to/uv" >&2; exit 1; }
	$(UV) pip compile pyproject.toml $(LOCK) $(if $(UPGRADE),--upgrade) -o requirements/run.txt
	$(UV) pip compile --group redis $(LOCK) $(if $(UPGRADE),--upgrade) --constraint requirements/run.txt -o requirements/redis.txt
	$(UV) pip compile pyproject.toml $(LOCK) $(if $(UPGRADE),--upgrade) \
		--constraint requirements/run.txt --constraint requirements/redis.txt \
		--group test --group browser --group bench --group lint --group redis -o requirements/test.txt
	@for name in run redis test; do \
		{ echo '# Made by `make lock` from pyproject.toml: change that, not this.'; cat requirements/$$name.txt; } \
			> requirements/$$name.new && mv requirements/$$name.new requirements/$$name.txt; \
	done
	@! grep -n '://' requirements/*.txt

# npm can leave the registry's address out of a lock, but not the addresses where its packages ask for money.
WITHOUT_FUNDING := const fs = require("fs"), lock = JSON.parse(fs.readFileSync("package-lock.json")); \
	for (const one of Object.values(lock.packages)) delete one.funding; \
	fs.writeFileSync("package-lock.json", JSON.stringify(lock, null, 2) + "\n")

lock-js: ## pin what requirements/js/package.json asks for, with hashes (needs npm; UPGRADE=1: newer ones)
	cd requirements/js && npm $(if $(UPGRADE),update,install) --package-lock-only --omit-lockfile-registry-resolved
	@cd requirements/js && node -e '$(WITHOUT_FUNDING)'
	@! grep -rn '://' requirements/js

clean: ## remove the environments, all caches, and what was built or reported
	rm -rf $(RUN) $(TEST)
	rm -rf .cache build bench-report *.egg-info
	find . \( -name __pycache__ -o -name '.*_cache' -o -name .hypothesis \) -prune -exec rm -rf {} +

$(RUN_READY): requirements/run.txt
	@PYTHON='$(PYTHON)' scripts/make-venv $(RUN) $<
	@touch $@

$(RUN)/.redis: requirements/redis.txt $(RUN_READY)
	@$(RUN)/bin/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r $<
	@touch $@

$(TEST_READY): requirements/test.txt
	@PYTHON='$(PYTHON)' scripts/make-venv $(TEST) $<
	@touch $@
