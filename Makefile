# Goldpath. `make help` lists the targets.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PY := .venv/bin/python
BIN := .venv/bin
COOLDOWN ?= 7 days

.PHONY: help run test test-sqlite test-postgres test-go templates golden check lint types imports html lock base dev browser bench bench-go audit clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: base ## set everything up and run the portal on embedded defaults
	@exec $(PY) manage.py up

test: dev browser ## set everything up and run all tests, on SQLite and on PostgreSQL
	@$(PY) -m tests.run all

test-sqlite: dev ## the Python suite on SQLite
	@$(PY) -m tests.run sqlite

test-postgres: dev ## the Python suite on PostgreSQL
	@$(PY) -m tests.run postgres

test-go: dev ## the template library: compose, build, lint and test what it renders
	@$(PY) -m tests.run go

templates: dev ## the library's own gate: every set of capabilities, tested in full
	@GOLDPATH_TEST_EVERY_SET=1 $(PY) -m tests.run templates

golden: dev ## write the golden trees anew: what two sets of capabilities render
	@GOLDPATH_TEST_WRITE_GOLDEN=1 $(BIN)/pytest -q tests/golden/test_trees.py
	@git --no-pager diff --stat -- tests/golden

check: dev lint types imports html ## lint, types, import rules, migrations, templates

lint:
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(PY) manage.py check --settings portal.settings.test
	@$(PY) manage.py makemigrations --check --dry-run --settings portal.settings.test
	@$(PY) manage.py templates lint --settings portal.settings.test

types:
	@$(BIN)/mypy

imports:
	@$(BIN)/lint-imports

html:
	@$(BIN)/djlint --quiet --check --lint portal/templates

bench: dev ## measure: rendering, runs, pages, memory
	@$(PY) -m tests.bench

bench-go: dev ## measure a rendered service beside a bare one: throughput, latency, memory, cost of middleware
	@$(PY) -m tests.bench.bench_go
	@$(PY) -m tests.bench.bench_middleware

audit: dev ## known vulnerabilities in the locked packages
	@$(BIN)/pip-audit --require-hashes --disable-pip -r requirements/base.txt -r requirements/prod.txt

lock: base ## compile requirements/*.in into hashed .txt, leaving out releases of the last days
	@for set in bootstrap base prod toolchain dev; do \
		$(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-annotate --no-header \
			--exclude-newer "$(COOLDOWN)" requirements/$$set.in -o requirements/$$set.txt || exit 1; \
	done

base:
	@sh requirements/install.sh base

dev:
	@sh requirements/install.sh dev

browser: dev
	@$(PY) -m tests.browser

clean: ## remove the virtual environment and caches, keep var/
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
