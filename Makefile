# `make run` and `make test` do everything, from a bare checkout on.
#
#   TORCH_INDEX=https://download.pytorch.org/whl/cpu   the CPU build of torch, where the plain one brings CUDA along
#   PYTHON=python3.12                                  another interpreter (3.11 or later)
#   VENV=some/folder                                   another place for the environment
#   ARGS="..."                                         more arguments for pytest, exifact or the script behind a target

PYTHON ?= $(shell for p in python3.11 python3 python3.12 python3.13; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
TORCH_INDEX ?=
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PIP_OPTIONS := --disable-pip-version-check $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))
ARGS ?=

.PHONY: run test test-slow lint format bench screenshots picture train freeze environment system clean help bundle bundle-test deb tarball
.DEFAULT_GOAL := help

help:
	@echo "make run          open the window on the bundled example (without a display: write ./exifact-example/)"
	@echo "make test         run the tests"
	@echo "make test-slow    run the tests that take minutes"
	@echo "make lint         ruff, mypy and the import rules"
	@echo "make format       format the code"
	@echo "make bench        print the figures of speed in benchmarks/RESULTS.md"
	@echo "make screenshots  open the window in every state and save pictures to ./screenshots/"
	@echo "make picture      take the README's picture of the window"
	@echo "make train        train the compact model: ARGS='--photos FOLDER --out DIR'"
	@echo "make bundle       build the offline program: dist/exifact/exifact"
	@echo "make deb tarball  pack it: dist/exifact_*.deb, dist/exifact-*.tar.zst"
	@echo "make bundle-test  build, install into a bare Debian without a network, and try everything (as root)"
	@echo "make clean        remove the environment and everything that was made here"

system:
	@PYTHON="$(PYTHON)" .ci/system-packages

# Made once, and again when what it is made from changes.
$(READY): pyproject.toml constraints.txt | system
	@python="$(PYTHON)"; [ -n "$$python" ] || python=$$(command -v python3); \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Exifact needs Python 3.11 or later; set PYTHON=..." >&2; exit 1; }; \
	[ -x $(BIN)/python ] || "$$python" -m venv $(VENV)
	@echo "Installing into $(VENV) (some minutes the first time)"
	@$(BIN)/python -m pip install --quiet $(PIP_OPTIONS) -c constraints.txt -e '.[dev]'
	@touch $@

environment: $(READY)

run: $(READY)
	$(BIN)/exifact example $(ARGS)

test: $(READY)
	$(BIN)/python -m pytest $(ARGS)

test-slow: $(READY)
	$(BIN)/python -m pytest -m slow $(ARGS)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)
	$(BIN)/python -m benchmarks.postprocessing
	$(BIN)/python -m benchmarks.paper_speed
	$(BIN)/python -m benchmarks.compact_speed
	$(BIN)/python -m benchmarks.event_loop

screenshots: $(READY)
	$(BIN)/python -m benchmarks.screenshots screenshots $(ARGS)

# The picture of the README: the bundled example, analysed by the weights that are there now.
picture: $(READY)
	$(BIN)/python -m benchmarks.readme_picture $(ARGS)

train: $(READY)
	$(BIN)/exifact train $(ARGS)

# The same commit and the same environment give the same files: no hash seed, no clock.
BUNDLE_ENVIRONMENT := PYTHONHASHSEED=0 SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct)

bundle: $(READY)
	$(BIN)/python -m pip install --quiet $(PIP_OPTIONS) -c constraints.txt -e '.[bundle]'
	$(BUNDLE_ENVIRONMENT) $(BIN)/pyinstaller --noconfirm --log-level WARN --workpath build --distpath dist pyinstaller.spec
	$(BIN)/python packaging/finish.py

deb tarball:
	$(BUNDLE_ENVIRONMENT) $(BIN)/python packaging/packages.py $@ $(ARGS)

bundle-test: bundle deb tarball
	$(BIN)/python packaging/bundle_test.py $(ARGS)

freeze: $(READY)
	@sed -n '/^#/p' constraints.txt > constraints.new
	@$(BIN)/python -m pip freeze --all --exclude-editable --exclude pip \
		| sed 's/+cpu$$//; s/_/-/g' | tr '[:upper:]' '[:lower:]' | LC_ALL=C sort >> constraints.new
	@mv constraints.new constraints.txt

clean:
	rm -rf $(VENV) .venv-* build dist *.egg-info exifact-example screenshots
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
