# Everything a reader or a maintainer runs. `make` alone lists it.
# Each target first makes its virtual environment, and makes it again only when the list of
# packages changed.

PYTHON ?= python3
VENV ?= .venv
# TensorFlow 2.19 has no wheels for Python 3.13: name another Python here if `python3` is newer.
PYTHON_OLDEST ?= $(PYTHON)
VENV_OLDEST ?= .venv-oldest
# Colab has Python 3.13. Where there is none, another one does; `make test-colab` says which.
VENV_COLAB ?= .venv-colab
PYTHON_COLAB ?= $(shell for version in 3.13 3.12 3.11; do \
  for python in python$$version $$HOME/.pyenv/versions/$$version*/bin/python; do \
    if "$$python" -c 'import venv, ensurepip' 2>/dev/null; then echo "$$python"; exit; fi; \
  done; done)
LESSON ?=

BIN := $(VENV)/bin
BIN_OLDEST := $(VENV_OLDEST)/bin
STAMP := $(VENV)/installed
STAMP_OLDEST := $(VENV_OLDEST)/installed
BIN_COLAB := $(VENV_COLAB)/bin
STAMP_COLAB := $(VENV_COLAB)/installed
STAMP_BROWSER := $(VENV)/installed-browser

# Tests and headless lessons are quick, unless the caller says otherwise.
GANBOOK_PRESET ?= quick
# What touches pictures, callbacks, widgets and data, and what only shows with other versions.
COLAB_TESTS := $(wildcard $(addprefix tests/test_,$(addsuffix .py,plots callbacks widgets data \
  originals quiet doctor hardware sampling numbers_drawn feeding keras_callbacks interrupts)))
# A dense pair, convolutions under a penalty, spectral normalization, growing: Keras 3.10 shows there.
OLDEST_LESSONS := $(foreach n,01 04 05 06,$(wildcard notebooks/$(n)_*.ipynb))
CODE := conftest.py ganbook scripts tests tests_browser benchmarks

.PHONY: help lessons test test-oldest test-colab test-browser lab lint format wheel wheel-weights \
  colab clean
.DELETE_ON_ERROR:

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

lessons: $(STAMP) ## Execute every notebook, or one with LESSON=01, into build/lessons/
	GANBOOK_PRESET=$(GANBOOK_PRESET) $(BIN)/python scripts/run_lessons.py $(LESSON)

test: $(STAMP) ## Run the unit tests, then every notebook
	$(call run_tests,$(BIN),notebooks)

test-oldest: $(STAMP_OLDEST) ## The same, but four notebooks, with the oldest TensorFlow and Keras
	$(call run_tests,$(BIN_OLDEST),$(OLDEST_LESSONS))

test-colab: $(STAMP_COLAB) colab ## Run the notebooks, each alone, and some tests, with Colab's packages
	@echo "Colab's packages on $$($(BIN_COLAB)/python --version)"
	$(BIN_COLAB)/python scripts/run_colab.py $(LESSON)
	PYTHONPATH=$(CURDIR) $(BIN_COLAB)/python -m pytest -n 2 --dist loadfile -p no:cacheprovider \
	  $(COLAB_TESTS)

test-browser: $(STAMP_BROWSER) ## Run lessons in JupyterLab in a real browser, and look at the pages
	GANBOOK_PRESET=$(GANBOOK_PRESET) $(BIN)/python -m pytest tests_browser --timeout=600

lab: $(STAMP) ## Open the lessons in JupyterLab
	$(BIN)/jupyter lab --notebook-dir=. --LabApp.default_url=/lab/tree/notebooks

lint: $(STAMP) ## Check the style of code and notebooks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/python scripts/colab_links.py --check

format: $(STAMP) ## Put the code into the style that `make lint` checks
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format $(CODE)

# Needs nothing but pip. An old build/lib would put deleted modules into the wheel.
wheel: ## Build dist/ganbook-*.whl, small enough to upload to Colab
	rm -rf build/lib build/bdist.* dist/ganbook-*.whl
	$(PYTHON) -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .
	@ls -s --block-size=KiB dist/ganbook-*.whl

wheel-weights: ## Build dist/ganbook_weights-*.whl, the trained generators that the small one lacks
	rm -rf scripts/weights_wheel/build dist/ganbook_weights-*.whl
	$(PYTHON) -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist ./scripts/weights_wheel
	@ls dist/ganbook_weights-*.whl

colab: $(STAMP) wheel ## Write dist/colab/NN_*.ipynb: each lesson in one file, for Colab or Kaggle
	rm -rf dist/colab
	$(BIN)/python scripts/colab_notebooks.py

clean: ## Remove what these commands made; environments and trained runs stay
	rm -rf build dist ganbook.egg-info .pytest_cache .ruff_cache
	find $(filter-out %.py,$(CODE)) -name __pycache__ -prune -exec rm -rf {} +

$(STAMP): requirements.txt pyproject.toml
	$(call make_environment,$(PYTHON),$(VENV),requirements.txt)

# Nothing is resolved here: Colab's versions do not all go together.
$(STAMP_COLAB): requirements-colab.txt
	@rm -f $@
	@test -n "$(PYTHON_COLAB)" || { echo "Python 3.11, 3.12 or 3.13 is missing."; exit 1; }
	@echo "Installing requirements-colab.txt into $(VENV_COLAB) by $(PYTHON_COLAB)"
	@test -x $(BIN_COLAB)/python || $(PYTHON_COLAB) -m venv $(VENV_COLAB)
	@$(BIN_COLAB)/python -m pip install --quiet --disable-pip-version-check --no-deps -r $<
	@touch $@

$(STAMP_BROWSER): $(STAMP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[browser]"
	@touch $@

$(STAMP_OLDEST): requirements-oldest.txt pyproject.toml
	$(call make_environment,$(PYTHON_OLDEST),$(VENV_OLDEST),requirements-oldest.txt)

# $(1) Python, $(2) folder, $(3) list of packages. The stamp comes last: a failed installation
# is tried again.
define make_environment
@$(1) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' \
  || { echo "The lessons need Python 3.11, 3.12 or 3.13; '$(1)' is not one. Name one: make PYTHON=python3.12 ..."; exit 1; }
@$(1) -c 'import ensurepip, venv' 2>/dev/null \
  || { echo "'$(1)' cannot make virtual environments. On Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }
@rm -f $(2)/installed
@echo "Installing $(3) into $(2) (about a gigabyte, some minutes the first time)"
@test -x $(2)/bin/python || $(1) -m venv $(2)
@$(2)/bin/python -m pip install --quiet --disable-pip-version-check -r $(3) --editable .
@touch $(2)/installed
endef

# $(1) the environment's bin folder, $(2) the notebooks. They run in the folder they lie in, two at a time,
# each in a kernel of its own, and stop at the first cell that fails.
define run_tests
GANBOOK_PRESET=$(GANBOOK_PRESET) $(1)/python -m pytest -n 2 --dist loadfile
GANBOOK_PRESET=$(GANBOOK_PRESET) $(1)/python -m pytest -n 2 --dist loadfile --nbval \
  --nbval-current-env --nbval-cell-timeout=300 --timeout=0 -p no:cacheprovider -x $(2)
endef
