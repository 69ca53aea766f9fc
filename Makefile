# A developer's day. `make` alone says what there is.

PORT ?= 8000
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin

comma := ,
# What the environment's DATABASE_URL and CACHE_URL need on top.
SERVICES := $(if $(filter postgres%,$(DATABASE_URL)),$(comma)postgres)$(if $(CACHE_URL),$(comma)redis)

.DEFAULT_GOAL := help
.PHONY: help demo demo-reset test coverage bench lint format audit guards docs reference messages screenshots wheel clean

help:
	@echo "make demo               the example site on http://127.0.0.1:$(PORT)/ (make demo PORT=8001)"
	@echo "make demo-reset         the same, with its data made anew"
	@echo "make test               the tests (make test ARGS=\"-k referrer\"); says what it did not run, and why"
	@echo "make coverage           the tests, and which lines they never reach"
	@echo "make bench              what personalisation costs a page (make bench ARGS=--quick); half an hour or more"
	@echo "make lint               style (ruff), types (mypy), what imports what (lint-imports)"
	@echo "make format             put the style right where a machine can"
	@echo "make audit              known vulnerabilities in what is installed (asks a database on the internet)"
	@echo "make guards             breaks each privacy guard in a copy, to see that the tests notice (takes a while)"
	@echo "make docs               the documentation, into var/docs"
	@echo "make reference          write the generated parts of docs/reference again"
	@echo "make messages           collect the texts to translate, and compile the translations"
	@echo "make screenshots        take the pictures in docs/images again (needs Chromium)"
	@echo "make wheel              the package as a wheel, into dist, and a look at what it holds"
	@echo "make clean              remove the environment and everything that was generated"
	@echo
	@echo "DATABASE_URL=postgres://... and CACHE_URL=redis://... put the demo and the tests on PostgreSQL and Redis."

# One stamp per set of extras: the second run goes straight to work.
$(VENV)/.with-%: pyproject.toml
	@tools/make_venv $(VENV) $*
	@touch $@

demo: $(VENV)/.with-demo$(SERVICES)
	@$(BIN)/python tools/run_demo.py --port $(PORT)

demo-reset: $(VENV)/.with-demo$(SERVICES)
	@$(BIN)/python tools/run_demo.py --port $(PORT) --reset

test: $(VENV)/.with-test$(SERVICES)
	@$(BIN)/python -m pytest $(ARGS)

coverage: $(VENV)/.with-test$(SERVICES)
	@$(BIN)/python -m pytest --cov $(ARGS)

bench: $(VENV)/.with-bench
	@$(BIN)/python -W ignore -m tests.benchmarks $(ARGS)

lint: $(VENV)/.with-test,lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.with-test,lint
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

audit: $(VENV)/.with-test,lint,audit
	@$(BIN)/python tools/audit_dependencies.py $(AUDIT_NOTES)

guards: $(VENV)/.with-test
	@$(BIN)/python tools/break_guards.py $(ARGS)

docs: $(VENV)/.with-docs
	$(BIN)/mkdocs build --strict --site-dir var/docs

reference: $(VENV)/.with-test
	@$(BIN)/python tools/write_reference.py

messages: $(VENV)/.with-test
	@$(BIN)/python tools/messages.py

screenshots: $(VENV)/.with-test
	@$(BIN)/python tools/retake_screenshots.py $(ARGS)

wheel: $(VENV)/.with-demo
	rm -rf build dist
	$(BIN)/python -m pip wheel --no-input -qq --no-deps --wheel-dir dist .
	rm -rf build
	$(BIN)/python tools/check_wheel.py dist

clean:
	rm -rf $(VENV) var build dist .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage htmlcov *.egg-info
