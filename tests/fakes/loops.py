"""Which event loops a folder's tests run in; its ``conftest.py`` imports the hook.

All tests run in asyncio's own, for its debug mode. Those marked ``both_loops`` run once more in the one that a bridge
takes: uvloop's, where there is one.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bridge import loop

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest


def pytest_asyncio_loop_factories(item: pytest.Item) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Pytest-asyncio asks for each test; of more than one loop the name stands in the test's own."""
    of_all = {"asyncio": asyncio.new_event_loop}
    return (
        of_all if item.get_closest_marker("both_loops") is None else {**of_all, "bridge": loop.new_event_loop}
    )
