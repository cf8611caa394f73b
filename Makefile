# Everything here does its own set-up on a machine that has only python3 and make; see .ci/setup.
# PYTHON=/path/to/python3 chooses the interpreter.

VENV := .venv
BIN := $(VENV)/bin
# A file's tests stay together, since they share what they set up, and in order: the last folders have the quick ones, so that no core waits.
# More than two processes help little: many tests start two workers of their own.
PYTEST := pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder
export PYTHON

.PHONY: help demo demo-index test check format schema readme screenshots test-wheel test-lowest clean

help:
	@echo "make demo         install into $(VENV) and match the samples against the fictional demo register"
	@echo "make test         install what the tests need and run every check"
	@echo "make check        the checks alone: format, lint, types, import rules, tests"
	@echo "make format       put the code into its form"
	@echo "make schema       write docs/report.schema.json anew from the report's types"
	@echo "make demo-index   build the index of the demo register's reference photographs anew"
	@echo "make readme       write the output of the README's examples anew"
	@echo "make screenshots  draw the pictures of the README anew, where Chromium is installed"
	@echo "make test-wheel   build the wheel, install it into an empty environment elsewhere and run it there"
	@echo "make test-lowest  run the tests with the oldest libraries that pyproject.toml allows"
	@echo "make clean        remove what these targets made"

demo:
	@.ci/setup $(VENV) -e .
	$(BIN)/geoverify match samples/media --sites demo

test:
	@.ci/setup $(VENV) -e . --group dev
	@$(MAKE) --no-print-directory check

check:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --strict
	$(BIN)/lint-imports
	$(BIN)/$(PYTEST)

format:
	@.ci/setup $(VENV) -e . --group dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

schema:
	$(BIN)/python -c 'import msgspec; from geoverify.report import report_schema as schema; print(msgspec.json.format(msgspec.json.encode(schema()), indent=2).decode())' > docs/report.schema.json

demo-index:
	$(BIN)/geoverify refs build --sites reference_sites/demo.geojson --afresh

readme:
	$(BIN)/python .ci/readme.py

screenshots:
	@.ci/setup $(VENV) -e . --group dev
	$(BIN)/python .ci/screenshots.py

test-wheel:
	@.ci/setup $(VENV) -e . --group dev
	@.ci/test-wheel $(BIN)/python

test-lowest:
	@.ci/setup $(VENV) -e . --group dev
	$(BIN)/python .ci/lowest.py pyproject.toml > $(VENV)/lowest.txt
	@.ci/setup $(VENV)-lowest -e . --group dev --constraint $(VENV)/lowest.txt
	$(VENV)-lowest/bin/$(PYTEST)

clean:
	rm -rf $(VENV) $(VENV)-lowest dist .mypy_cache .ruff_cache .import_linter_cache .hypothesis
