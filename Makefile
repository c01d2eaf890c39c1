# `make lab` opens the course, `make test` runs its tests; `make help` lists the rest.
# tools/setup.py sets the Python packages up, a fraction of a second once that is done, and runs
# what follows with their Python.

PYTHON ?= $(or $(shell command -v python3 2>/dev/null || command -v python 2>/dev/null),\
  $(error No Python found: install Python 3.11, 3.12 or 3.13, then run make again))
RUN = "$(PYTHON)" tools/setup.py
ARGS ?=
URL ?=
WORKERS ?= 2
# Tests run in several processes, those of one file in one: TESTS takes a file at a time.
TESTS = $(RUN) -m pytest -n $(WORKERS) --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help setup lab run test test-fast test-anywhere book pdf epub outputs sync address new-chapter homework \
  score fair mutate data results sample bench scaling lint clean

help: ## list the targets
	@echo "make TARGET [ARGS=...]   (what stands in ARGS is passed on to the command)"
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)$$/  \1|\2/p' Makefile | awk -F'|' '{printf "%-17s%s\n", $$1, $$2}'

setup: ## make the virtual environment .venv, or bring it up to date
	@$(RUN)

lab: ## open JupyterLab on chapter 0
	$(RUN) tools/lab.py $(ARGS)

run: ## execute every chapter within this machine's budget, into build/run
	$(RUN) tools/notebooks.py run $(ARGS)

test: ## run all tests, the chapters among them
	$(TESTS) $(ARGS)

test-fast: ## run the quick tests, a few minutes: no chapters, nothing marked slow
	$(TESTS) -m "not slow" tests $(ARGS)

test-anywhere: ## run what is committed as on Colab and on Binder, in environments made for it
	$(RUN) tools/anywhere.py $(ARGS)

book: ## build the web site into _build/html
	$(RUN) tools/book.py $(ARGS)

pdf: book ## print the whole site into one PDF, by Chromium
	$(RUN) tools/paper.py

epub: book ## write the whole site as an EPUB, for a reader's device
	$(RUN) tools/ebook.py

outputs: ## execute the chapters and store their outputs in chapters/*.ipynb
	$(RUN) tools/notebooks.py outputs $(ARGS)

sync: ## write chapters/*.ipynb anew from chapters/*.md, keeping outputs
	$(RUN) tools/notebooks.py sync $(ARGS)

address: ## say where the course is published: make address URL=..., else what git remote says
	$(RUN) tools/address.py $(URL)
	$(RUN) tools/notebooks.py sync
	$(RUN) -m grader build

new-chapter: ## draft a chapter: make new-chapter ARGS="20 my-family 'My family'"
	$(RUN) tools/new_chapter.py $(ARGS)

homework: ## write the student copies, then grade an example class into build/grades
	$(RUN) -m grader build
	$(RUN) -m grader score --page homework/README.md
	$(RUN) -m grader example build/class
	$(RUN) -m grader grade chapters build/class -o build/grades --seed example --accept-changes $(ARGS)

score: ## let the grader judge the wrong answers that it knows; all, or one chapter's
	$(RUN) -m grader score $(ARGS)

fair: ## let the grader judge right answers of other structure; all, or one chapter's
	$(RUN) -m grader fair $(ARGS)
mutate: ## measure which changed solutions the grader rejects; all, or some: ARGS="08 table"
	$(RUN) -m grader mutate $(ARGS)

data: ## download the whole Fashion-MNIST data set (about 30 MB)
	$(RUN) -m utils.data download $(ARGS)

results: ## record what is missing in results/ (all of it: hours without a GPU)
	$(RUN) tools/results.py $(ARGS)

sample: ## draw the bundled sample anew from the whole data set, into utils/data/sample
	$(RUN) tools/make_sample.py $(ARGS)

bench: ## measure speed beside d2l's, and growth with depth, on this machine; ten minutes
	$(RUN) -m benchmarks.speed $(ARGS)

scaling: ## measure what training in several processes gains on this machine
	$(RUN) -m benchmarks.scaling $(ARGS)

lint: ## check style, imports and types: ruff, import-linter, mypy
	$(RUN) -m ruff check $(ARGS) .
	$(RUN) -c 'from importlinter.cli import lint_imports_command as lint; lint()'
	$(RUN) -m mypy

clean: ## remove built files and caches; .venv and data stay
	rm -rf build _build .mypy_cache .pytest_cache .ruff_cache
	find benchmarks chapters grader tests tools utils -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
	find chapters tests -name .ipynb_checkpoints -type d -prune -exec rm -rf {} + 2>/dev/null || true
