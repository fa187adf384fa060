# `make` alone shows what there is to do. Everything lives in .venv; nothing is installed outside it, except that
# `make test` asks Debian for Chromium, Node.js and npm, and `make bench` for wrk, where they are missing and it may (as root).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SUM := $(shell cat pyproject.toml | sha256sum | cut -c1-16)
SDK_SUM := $(shell cat tests/sdks/package.json Makefile 2>/dev/null | sha256sum | cut -c1-16)
CORE := $(VENV)/.core-$(SUM)
FULL := $(VENV)/.full-$(SUM)
SDKS := $(VENV)/.sdks-$(SDK_SUM)
EXTRAS := postgres,nats,spark,matching
OLD_SEGMENT := 2.3.4
CODE := src tests $(wildcard bench)

.DEFAULT_GOAL := help
.PHONY: help setup demo test bench format lint types layers unit screenshots clean system

help: ## Show the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name does; do \
		printf '  make %-12s %s\n' "$$name" "$$does"; done

setup: $(CORE) ## Make the environment in .venv: what `beleef` needs to run

demo: $(CORE) ## Fill a simulated Dutch shop and open it on http://127.0.0.1:8400
	$(BIN)/beleef demo --data demo-data --serve

test: $(FULL) system $(SDKS) ## Check format, lint, types and layers, then run all tests with real services
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -r fEsR

unit: $(FULL) ## Run only the tests that need no service, no browser and no Node.js
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not service"

bench: $(FULL) ## Measure the budgets and print the ratios
	@command -v wrk >/dev/null || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends wrk >/dev/null; } || \
		echo 'wrk is missing: a slower client makes the load, so the ratios say less.'
	$(BIN)/python -m bench

screenshots: $(FULL) system ## Take a picture of every page at two widths, into docs/screenshots
	$(BIN)/python -m tests.screenshots

format: $(FULL) ## Lay out the code and mend what can be mended
	$(BIN)/ruff format $(CODE)
	$(BIN)/ruff check --fix $(CODE)

lint: $(FULL) ## Check the house rules
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)

types: $(FULL) ## Check the types
	$(BIN)/mypy $(CODE)

layers: $(FULL) ## Check that calls only go down
	$(BIN)/lint-imports --no-logo

clean: ## Remove what can be made again (the environment and the demo's data too)
	rm -rf $(VENV) demo-data dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps carry a checksum of what they were made from, so an environment that is up to date costs nothing.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Beleef needs Python 3.11 or newer; set PYTHON=…")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	@touch $@

$(CORE): | $(VENV)/.made
	$(BIN)/python -m pip install --quiet --editable .
	@rm -f $(VENV)/.core-* && touch $@

$(FULL): | $(CORE)
	$(BIN)/python -m pip install --quiet --editable '.[$(EXTRAS)]' --group test
	@rm -f $(VENV)/.full-* && touch $@

$(SDKS): | $(FULL) system
	$(BIN)/python -m pip install --quiet --no-deps --upgrade --target $(VENV)/segment-$(OLD_SEGMENT) segment-analytics-python==$(OLD_SEGMENT)
	@if command -v npm >/dev/null; then \
		rm -rf $(VENV)/node && mkdir -p $(VENV)/node && cp tests/sdks/package.json $(VENV)/node/ && cd $(VENV)/node && \
		npm install --no-package-lock --omit=optional --ignore-scripts --silent --no-audit --no-fund && \
		cd ../.. && rm -f $(VENV)/.sdks-* && touch $@; \
	else echo 'npm is missing: the tests of the JavaScript SDKs will be skipped.'; fi

system:
	@missing=''; \
	command -v chromium >/dev/null || missing="$$missing chromium"; \
	command -v node >/dev/null || missing="$$missing nodejs"; \
	command -v npm >/dev/null || missing="$$missing npm"; \
	test -x /usr/sbin/dovecot || missing="$$missing dovecot-imapd"; \
	if [ -n "$$missing" ]; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null \
				|| echo "Debian gave no$$missing: the tests that need them will be skipped."; \
		else echo "Not installed:$$missing: the tests that need them will be skipped."; fi; \
	fi
