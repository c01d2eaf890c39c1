# `make lab` opens the course, `make test` runs its tests; `make help` lists the rest.
# Every target that needs Python packages sets them up first; that costs a second once it is done.

PYTHON ?= $(shell command -v python3 2>/dev/null || command -v python 2>/dev/null)
VENV := $(or $(COURSE_VENV),.venv)
ifeq ($(OS),Windows_NT)
  BIN := $(VENV)/Scripts/python.exe
else
  BIN := $(VENV)/bin/python
endif
# Quoted, because the folder may have spaces in its name.
RUN := "$(BIN)"
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup lab run test book outputs sync homework data results bench lint clean

help: ## list the targets
	@echo "make TARGET [ARGS=...]   (what stands in ARGS is passed on to the command)"
	@sed -n 's/^\([a-z][a-z]*\):.*## \(.*\)$$/  \1|\2/p' Makefile | awk -F'|' '{printf "%-12s%s\n", $$1, $$2}'

setup: ## make the virtual environment .venv, or bring it up to date
	@if [ -z "$(PYTHON)" ]; then \
	  echo "No Python found: install Python 3.11, 3.12 or 3.13, then run make again."; exit 1; fi
	@"$(PYTHON)" tools/setup.py

lab: setup ## open JupyterLab on chapter 0
	$(RUN) tools/lab.py $(ARGS)

run: setup ## execute every chapter within this machine's budget, into build/run
	$(RUN) tools/notebooks.py run $(ARGS)

test: setup ## run all tests, the chapters among them
	$(RUN) -m pytest $(ARGS)

book: setup ## build the web site into _build/html
	$(RUN) tools/book.py $(ARGS)

outputs: setup ## execute the chapters and store their outputs in chapters/*.ipynb
	$(RUN) tools/notebooks.py outputs $(ARGS)

sync: setup ## write chapters/*.ipynb anew from chapters/*.md, keeping outputs
	$(RUN) tools/notebooks.py sync $(ARGS)

homework: setup ## write the student copies, then grade an example class into build/grades
	$(RUN) -m grader build
	$(RUN) -m grader score --page homework/README.md
	$(RUN) -m grader example build/class
	$(RUN) -m grader grade chapters build/class -o build/grades --seed example $(ARGS)

data: setup ## download the whole Fashion-MNIST data set (about 30 MB)
	$(RUN) -m utils.data download $(ARGS)

results: setup ## record what is missing in results/ (all of it: hours without a GPU)
	$(RUN) tools/results.py $(ARGS)

bench: setup ## measure speed beside d2l's, and growth with depth, on this machine; ten minutes
	$(RUN) -m benchmarks.speed $(ARGS)

lint: setup ## check style, imports and types: ruff, import-linter, mypy
	$(RUN) -m ruff check $(ARGS) .
	$(RUN) -c 'from importlinter.cli import lint_imports_command as lint; lint()'
	$(RUN) -m mypy

clean: ## remove built files and caches; .venv and data stay
	rm -rf build _build .mypy_cache .pytest_cache .ruff_cache
	find chapters tests tools utils -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
	find chapters tests -name .ipynb_checkpoints -type d -prune -exec rm -rf {} + 2>/dev/null || true
