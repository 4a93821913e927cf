"""One target under atheris: ``python -m tests.fuzz.one TARGET [libFuzzer options]``; never returns."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["bridge", "tests.fuzz.targets"]):
    from tests.fuzz.targets import TARGETS

atheris.Setup([sys.argv[0], *sys.argv[2:]], TARGETS[sys.argv[1]])
atheris.Fuzz()
