# `make run` serves the dashboard, `make test` runs every check; both set up what they need.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
BIN    := $(VENV)/bin
HOST   ?= 127.0.0.1
PORT   ?= 8501
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# Three processes on two cores: some of the time is spent waiting for servers and browsers.
PYTEST := $(BIN)/python -m pytest -n 3 --dist worksteal --quiet

.PHONY: run check test lint bench clean help
.DEFAULT_GOAL := run

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.txt | $(BIN)/python
	@echo "Installing what Paperlens needs (a few minutes the first time) ..."
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements.txt $(wildcard requirements-*.txt) | $(VENV)/.runtime
	@echo "Installing what the tests need ..."
	@$(PIP) -r requirements-dev.txt
	@touch $@

# A Chromium on the PATH serves as it is. Root on Debian takes the system's package without a window,
# everybody else Playwright's own.
$(VENV)/.browser: | $(VENV)/.dev
	@{ command -v chromium-headless-shell || command -v chromium || command -v chromium-browser \
	   || command -v google-chrome; } >/dev/null \
	  || { [ "$$(id -u)" = 0 ] && apt-get update -qq \
	       && apt-get install -y -qq --no-install-recommends chromium-headless-shell >/dev/null; } \
	  || $(BIN)/playwright install --only-shell chromium
	@touch $@

run: $(VENV)/.runtime ## serve the dashboard at http://127.0.0.1:8501 (HOST=, PORT=)
	@$(BIN)/streamlit run app.py --server.address $(HOST) --server.port $(PORT)

lint: $(VENV)/.dev ## style, layers, the README's commands, translations
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/lint-imports --no-cache --no-logo
	@$(BIN)/python -m docs.command_reference --check
	@$(BIN)/python -m docs.translations --check

check: lint ## while you work: lint, and the tests that are quick and need no browser
	@$(PYTEST) -m "not slow" tests/core

test: lint $(VENV)/.browser ## every check, a real browser included
	@$(PYTEST)

bench: $(VENV)/.dev ## speeds and figures, into BENCHMARKS.md
	@$(BIN)/python -m benchmarks

clean: ## remove the virtual environment
	rm -rf $(VENV)

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 14
