# make demo   builds and verifies the examples            (needs Python 3.11+, pip and make)
# make test   every check: style, types, tests, doctests  (installs LibreOffice, Chromium and Node where missing)

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
TOOLS := tests/tools

# What has been installed is remembered in stamp files, each newer than what it was installed from.
VENV_STAMP := $(VENV)/venv.stamp
RUNTIME_STAMP := $(VENV)/runtime.stamp
DEV_STAMP := $(VENV)/dev.stamp
NODE_STAMP := $(TOOLS)/node_modules/npm.stamp
# Spark's 400 MB stay out of the way of all else.
SPARK := .venv-spark
SPARK_STAMP := $(SPARK)/spark.stamp

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo books test setup system lint types unit test-spark bench lock upgrade clean

help:
	@echo "make demo     build and verify the examples"
	@echo "make books    one ready workbook per model in dist/books"
	@echo "make test     every check: lint, types, unit"
	@echo "make setup    install all that the checks need"
	@echo "make lint     ruff: rules and format"
	@echo "make types    mypy, strict"
	@echo "make unit     pytest with doctests"
	@echo "make test-spark  bills on a local Apache Spark"
	@echo "make bench    time the engines"
	@echo "make lock     compile requirements/*.txt again (make upgrade: with the newest versions)"
	@echo "make clean    remove all that the other targets made"

demo: $(RUNTIME_STAMP)
	$(BIN)/xlroi demo

books: $(RUNTIME_STAMP)
	$(BIN)/xlroi books

test: setup lint types unit

# The system programs come first: whoever cannot install them learns it at once.
setup: $(NODE_STAMP) $(DEV_STAMP)

lint: $(DEV_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(DEV_STAMP)
	$(BIN)/mypy

unit: setup
	$(BIN)/python -m pytest

# The warning is Spark's own, of pandas 3, which is not used there.
test-spark: $(SPARK_STAMP)
	@tools/system.sh java
	$(SPARK)/bin/python -m pytest -o addopts="-ra --import-mode=importlib" \
		-W "ignore:PySpark does not yet:FutureWarning" tests/spark

bench: $(DEV_STAMP)
	$(BIN)/python -m benchmarks

lock: $(DEV_STAMP)
	tools/lock.sh $(BIN)/python

upgrade: $(DEV_STAMP)
	tools/lock.sh $(BIN)/python --upgrade

clean:
	rm -rf $(VENV) $(SPARK) $(TOOLS)/node_modules build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV_STAMP): tools/venv.sh
	tools/venv.sh "$(PYTHON)" $(VENV)
	@touch $@

# Build requirements come first and pinned, so that the project itself is installed without fetching anything unpinned.
$(RUNTIME_STAMP): $(VENV_STAMP) requirements/runtime.txt requirements/build.txt pyproject.toml
	$(PIP) install --quiet -r requirements/runtime.txt -r requirements/build.txt
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV_STAMP): $(RUNTIME_STAMP) requirements/dev.txt
	$(PIP) install --quiet -r requirements/dev.txt
	@touch $@

$(SPARK_STAMP): tools/venv.sh requirements/runtime.txt requirements/dev.txt requirements/spark.txt
	tools/venv.sh "$(PYTHON)" $(SPARK)
	$(SPARK)/bin/python -m pip --disable-pip-version-check --no-input install --quiet \
		-r requirements/runtime.txt -r requirements/spark.txt pytest -c requirements/dev.txt
	@touch $@

# Looked at each time, as that takes a moment only. After the environment, so that apt-get never runs twice at once.
system: | $(VENV_STAMP)
	@tools/system.sh

$(NODE_STAMP): $(TOOLS)/package.json $(TOOLS)/package-lock.json | system
	cd $(TOOLS) && npm ci --no-audit --no-fund
	@touch $@
