from __future__ import annotations

from tests.fakes.loops import pytest_asyncio_loop_factories  # noqa: F401 - a hook
