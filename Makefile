# Two commands do everything on a fresh Debian 12: `make run` and `make test`.
SHELL := /bin/bash
PYTHON := .venv/bin/python
export DATA_DIR ?= $(CURDIR)/.data

.PHONY: run test check bench lock clean

run:
	@bin/install.sh run
	@$(PYTHON) run.py || [ $$? -eq 130 ]

test:
	@bin/install.sh test
ifdef TESTS
	@$(PYTHON) bin/with_database.py .venv/bin/python -m pytest $(TESTS)
else
	@$(PYTHON) bin/with_database.py .venv/bin/python -m pytest -n 2 --reruns 1 -rR tests --ignore=tests/browser
	@$(PYTHON) bin/with_database.py .venv/bin/python -m pytest --reruns 1 -rR tests/browser
endif

check:
	@bin/install.sh test
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	.venv/bin/lint-imports

bench:
	@bin/install.sh bench
	@$(PYTHON) bin/with_database.py .venv/bin/python -m bench $(BENCH)

# Resolve the locks anew after an edit of requirements*.in.
lock:
	.venv/bin/python -m uv pip compile -q --python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command "make lock" requirements.in -o requirements.txt
	.venv/bin/python -m uv pip compile -q --python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command "make lock" requirements-dev.in -o requirements-dev.txt

clean:
	@bin/cluster.sh wipe
	rm -rf .venv .data
