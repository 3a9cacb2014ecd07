# Everything a newcomer needs: `make run` shows a live show, `make test` proves it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test drills screenshots lint types imports vendor requirements clean browser

run: $(VENV)/.ready
	$(BIN)/stream-jobs demo

# In the order of the folders: the long browser files begin first. What is compiled is kept, whatever the environment
# says: tests start many programs. Three at once on two processors, because tests wait for a quarter of their time.
test: export PYTHONDONTWRITEBYTECODE =
test: $(VENV)/.ready-dev browser lint types imports
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

# The tests that are too long for `make test`; then every fault there is a drill for, one after the other, each with a
# control that must fail (docs/drills.md). The last line says what was kept, broken and skipped.
drills: $(VENV)/.ready-dev
	$(BIN)/python -m pytest -m drill; tested=$$?; $(BIN)/python -m tests.drills && exit $$tested

# Pictures of every state of every page, into artefacts/.
screenshots: $(VENV)/.ready-dev browser
	SCREENSHOTS=1 $(BIN)/python -m pytest -n 2 --dist loadfile -m "not drill" tests/e2e

lint: $(VENV)/.ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.ready-dev
	$(BIN)/mypy

imports: $(VENV)/.ready-dev
	$(BIN)/lint-imports

$(VENV)/.ready: requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-build.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.ready-dev: requirements-dev.txt $(VENV)/.ready
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	touch $@

# The pages are tested in a real Chromium; on Debian as root it is installed, elsewhere set CHROMIUM to yours.
browser:
	scripts/find-browser

# Builds the vendored browser files anew from pinned npm packages (needs npm).
vendor: $(VENV)/.ready
	$(BIN)/python scripts/vendor

# Writes the pinned requirements anew from pyproject.toml (needs uv).
requirements:
	scripts/pin-requirements

clean:
	rm -rf $(VENV) .data artefacts
