# One command each: everything is set up in .venv from requirements.lock, with uv.
.PHONY: help demo test test-langflow-1.12 test-python-3.10 test-python-3.12 test-python-3.13 check fix lock bench mutants
.DEFAULT_GOAL := help

UV ?= $(shell command -v uv || echo .uv/bin/uv)
PYTHON := .venv/bin/python
PYENV = PATH="$$PATH:$$(echo $$HOME/.pyenv/versions/*/bin | tr ' ' :)"

help: ## what there is
	@sed -n 's/^\([a-z][a-z0-9.-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 22

demo: .venv/.ready ## Langflow, a stand-in for Zoom and the bridge: no account, no key
	$(PYTHON) -m bridge demo $(ARGS)

test: .venv/.ready ## all tests, three at a time; MEETINGS_DIR names a folder of real meetings to replay
	$(PYTHON) -m pytest -n 3 --dist loadgroup $(ARGS)

test-langflow-1.12: .venv/.ready .venv-1.12/.ready ## flows, commands and editor on Langflow 1.12
	LANGFLOW_PYTHON=$(CURDIR)/.venv-1.12/bin/python $(PYTHON) -m pytest -m "langflow or browser" tests/flow tests/flows tests/browser $(ARGS)

# On Python 3.10 Langflow runs, and no bridge: the one that asks it is of .venv. Pythons of pyenv are found too.
test-python-3.10: .venv/.ready .venv-3.10/.ready ## components on Python 3.10, and all flows in its lfx
	.venv-3.10/bin/python $(UNITS) tests/components $(ARGS)
	LANGFLOW_PYTHON=$(CURDIR)/.venv-3.10/bin/python $(PYTHON) $(SERVED)

test-python-3.12: .venv-3.12/.ready ## bridge and components on Python 3.12, and all flows in its lfx
	.venv-3.12/bin/python $(UNITS) $(ON_EVERY_PYTHON) $(ARGS)
	.venv-3.12/bin/python $(SERVED)

test-python-3.13: .venv-3.13/.ready ## bridge and components on Python 3.13, and all flows in its lfx
	.venv-3.13/bin/python $(UNITS) $(ON_EVERY_PYTHON) $(ARGS)
	.venv-3.13/bin/python $(SERVED)

test-lfx-%: .venv/.ready .venv-lfx-%/.ready ## with lfx alone, in half a minute: test-lfx-3.10, -3.12, -3.13
	LANGFLOW_PYTHON=$(CURDIR)/.venv-lfx-$*/bin/python $(PYTHON) $(SERVED) -k "not memory"

test-lfx: $(foreach version,3.10 3.12 3.13,$(if $(shell $(PYENV) command -v python$(version)),test-lfx-$(version))) ## on each Python that is here

UNITS = -m pytest -n 2 --dist loadgroup -m "not langflow and not browser and not scenario"
SERVED = -m pytest -m langflow tests/flow/test_lfx_serve.py
ON_EVERY_PYTHON = $(addprefix tests/,admin approval archive components export flow hooks pages panel recording redaction \
	remote replay rtms session simulator store tape transcript webhook zoom)

check: .venv/.ready ## style, types, import rules, flows and docs up to date
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	$(PYTHON) -m bridge flows build --check
	$(PYTHON) docs/generate.py --check

fix: .venv/.ready ## let the tools mend what they can
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .
	$(PYTHON) -m bridge flows build
	$(PYTHON) docs/generate.py

bench: .venv/.ready ## measure delay, CPU and memory beside the machine's limit
	$(PYTHON) -m benchmarks --write $(ARGS)

mutants: .venv/.ready ## break the pure code in two thousand places, one at a time, and see which of them the tests notice
	.venv/bin/mutmut run --max-children 2 $(ARGS)
	.venv/bin/mutmut export-cicd-stats
	cat mutants/mutmut-cicd-stats.json

EXPORT = $(UV) export --quiet --no-emit-project --no-annotate --no-header

lock: ## renew requirements.lock, and the image's part of it, from pyproject.toml
	$(UV) lock --upgrade
	$(EXPORT) --all-extras --group dev -o requirements.lock
	$(EXPORT) --no-dev --extra postgres -o deploy/requirements.txt
	$(EXPORT) --only-group build -o deploy/requirements-build.txt

.venv/.ready: requirements.lock pyproject.toml
	command -v $(UV) >/dev/null || { python3 -m venv .uv && .uv/bin/pip install --quiet uv; }
	$(UV) venv --quiet --allow-existing --python '>=3.11,<3.14' .venv
	$(UV) pip install --quiet --python $(PYTHON) --require-hashes -r requirements.lock
	$(UV) pip install --quiet --python $(PYTHON) --no-deps --editable .
	touch $@

.venv-1.12/.ready:
	$(UV) venv --quiet --allow-existing --python '>=3.11,<3.14' .venv-1.12
	$(UV) pip install --quiet --python .venv-1.12/bin/python 'langflow>=1.12.3,<1.13' anthropic
	touch $@

# Langflow, Claude and what Zoom Redactor needs, as requirements.lock has them.
pinned = $$(grep -oE '^($(1)|anthropic|faker|phonenumbers|pyspellchecker|python-stdnum)==[^ ]+' requirements.lock)

# Some of what requirements.lock pins is not made for Python 3.10 any more; Langflow itself is the same.
.venv-3.10/.ready: requirements.lock | .venv/.ready
	$(PYENV) $(UV) venv --quiet --allow-existing --python 3.10 .venv-3.10
	$(UV) pip install --quiet --python .venv-3.10/bin/python $(call pinned,langflow) \
		hypothesis jsonschema pytest pytest-asyncio pytest-timeout pytest-xdist
	touch $@

.PRECIOUS: .venv-%/.ready .venv-lfx-%/.ready
.venv-lfx-%/.ready: requirements.lock | .venv/.ready
	$(PYENV) $(UV) venv --quiet --allow-existing --python '$*' .venv-lfx-$*
	$(UV) pip install --quiet --python .venv-lfx-$*/bin/python $(call pinned,lfx)
	touch $@

.venv-%/.ready: requirements.lock | .venv/.ready
	$(PYENV) $(UV) venv --quiet --allow-existing --python '$*' .venv-$*
	$(UV) pip install --quiet --python .venv-$*/bin/python --require-hashes -r requirements.lock
	$(UV) pip install --quiet --python .venv-$*/bin/python --no-deps --editable .
	touch $@
