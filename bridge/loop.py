"""The event loop that a bridge runs in.

uvloop's, where it is installed: a frame through a socket costs half of what it does in asyncio's own, which serves
everywhere else, and in all tests, for its debug mode. Nothing but the price differs: a bridge works in either.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

try:
    import uvloop
except ImportError:  # there is none for Windows
    uvloop = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from contextvars import Context
    from typing import TypeVar, TypeVarTuple

    _Result = TypeVar("_Result")
    _Given = TypeVarTuple("_Given")


_ROUNDING_SECONDS: Final = 0.0005
SWITCH_SECONDS: Final = 0.001
"""After so long a thread that computes lets the loop have its turn; Python's own 5 ms would keep a keep-alive waiting."""

SEARCHES: Final = (100, 5, 5000)
"""How many objects there are more than at the last search for garbage before the youngest are searched, how many of those
searches come before a middle one, and how many of these before a full one.

With Python's own 700, 10 and 10 what meetings let go hides what they make: each search of the youngest finds what came in
one or two seconds, and stops 500 meetings for 12 to 19 ms, a middle one for 35; so small, they take 5 and 9 ms at most. A
full one stops them for half a second, and comes, by the number of middle ones, some twenty minutes after the last.
"""


def run(work: Coroutine[object, object, _Result]) -> _Result:
    """Run a bridge, or what is measured beside it, to its end."""
    before = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.set_threshold(*SEARCHES)
    settle()
    try:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            return runner.run(work)
    finally:
        sys.setswitchinterval(before[0])
        gc.set_threshold(*before[1])
        gc.unfreeze()


def settle() -> None:
    """Keep what there is by now, modules above all, out of every later search for garbage.

    It is there to stay, and most of what there is: with it a full search kept the loop for a sixth of a second and more.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def new_event_loop() -> asyncio.AbstractEventLoop:
    """The fastest loop that there is here."""
    return asyncio.new_event_loop() if uvloop is None else _PunctualLoop()


def name() -> str:
    """What it is called, and of which version, for reports."""
    return "asyncio" if uvloop is None else f"uvloop {version('uvloop')}"


if uvloop is not None:

    class _PunctualLoop(uvloop.Loop):
        """Its clock has whole milliseconds, to which it rounds; a timer that came early would be set anew, again and again."""

        def call_later(
            self,
            delay: float,
            callback: Callable[[*_Given], object],
            *args: *_Given,
            context: Context | None = None,
        ) -> asyncio.TimerHandle:
            """Not before ``delay`` is over; :meth:`call_at` comes here too."""
            return super().call_later(delay + _ROUNDING_SECONDS, callback, *args, context=context)
