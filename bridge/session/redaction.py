"""Redaction of a route's windows: what must not leave is replaced before they are stored, and put back in what comes.

The key of a meeting's placeholders is in the store before the window that names them, so that whatever is answered,
after a restart and by whichever bridge, can be put back. It goes to no flow but beside the text
(:func:`bridge.flow.request.variables`).
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Protocol
from weakref import WeakValueDictionary

from bridge.domain import KeyedWindow, RedactionKey
from bridge.errors import ConfigurationError, WriteRefused
from bridge.flow.request import json_text
from bridge.redaction.placeholders import Placeholders
from bridge.redaction.putting_back import put_back, put_back_value, real_texts
from bridge.redaction.sensitive import RedactionError
from bridge.store.rows import fields

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping

    from bridge.domain import Output, Stream, Window
    from bridge.flow.routes import Route
    from bridge.flow.worker import Ways
    from bridge.redaction.redactor import Redactor

    Redact = Callable[[dict[str, Any]], dict[str, Any]]

PROBE: Final = (
    "Perhaps Wendy Thompson.\n(202) 555-0143\nThen 4111 1111 1111 1111.\nDE89 3704 0044 0532 0130 00"
)
"""A text that every part of the engine has to look at."""
TRIES: Final = 8
"""How often it is begun anew where another bridge redacts the same meeting at the same time."""


class Keys(Protocol):
    """Where a meeting's key is kept; as :class:`bridge.store.store.Store`."""

    async def redaction_key(self, meeting_uuid: str) -> RedactionKey | None:
        """The newest version; ``None`` where nothing was redacted."""

    async def add_redaction_key(self, key: RedactionKey) -> None:
        """Keep a new version. Raises :class:`WriteRefused` where there is one already."""


class RedactionMetrics(Protocol):
    """What redaction reports."""

    def redacted(self, route: str, counts: Mapping[str, int]) -> None:
        """So much of each kind was replaced in a window."""


class Redaction:
    """Redacts windows. Of one meeting one at a time, so that a placeholder never stands for two things."""

    def __init__(self, keys: Keys, metrics: RedactionMetrics) -> None:
        self._keys = keys
        self._metrics = metrics
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def composed(
        self, stream: Stream, route: Route, compose: Callable[[Redact], Awaitable[Window]]
    ) -> Window:
        """A window that ``compose`` makes with what redacts its value; the key is stored on return.

        Raises:
            WriteRefused: The store does not take the key.
        """
        lock = self._locks.setdefault(stream.meeting_uuid, asyncio.Lock())
        async with lock:
            for last in (*[False] * (TRIES - 1), True):
                redactor = route.redactor()
                known = await self._keys.redaction_key(stream.meeting_uuid)
                placeholders = await asyncio.to_thread(read_key, known) if known else Placeholders()
                window = await compose(_with(redactor, placeholders))
                content = await asyncio.to_thread(_written, placeholders)
                if known is None or content != known.content:
                    key = RedactionKey(
                        meeting_uuid=stream.meeting_uuid,
                        version=known.version + 1 if known else 1,
                        content=content,
                        stream_id=stream.stream_id,
                    )
                    try:
                        await self._keys.add_redaction_key(key)
                    except WriteRefused:
                        if last:
                            raise
                        continue
                self._metrics.redacted(route.name, redactor.counts)
                break
        return window


async def ready(routes: Iterable[Route]) -> None:
    """See that all is there that redaction needs, before a meeting begins; it takes seconds.

    Raises:
        ConfigurationError: A package is missing here; says which.
    """
    for route in routes:
        if route.redact:
            try:
                await asyncio.to_thread(route.redactor().text, PROBE, Placeholders())
            except RedactionError as error:
                raise ConfigurationError(f"BRIDGE_ROUTES: route {route.name}: {error}") from None


def _with(redactor: Redactor, placeholders: Placeholders) -> Redact:
    return lambda value: redactor.window(value, placeholders)


def read_key(key: RedactionKey) -> Placeholders:
    """The placeholders of a stored key; one that is full takes tens of milliseconds."""
    return Placeholders.of(json.loads(key.content))


def _written(placeholders: Placeholders) -> str:
    return json_text(placeholders.rows())


class PuttingBack:
    """Ways to run windows, which give the flow of a redacted one its meeting's key along, and put back in its answer."""

    def __init__(self, ways: Ways, keys: Keys, routes: Collection[str] | None = None) -> None:
        """``routes`` are those that redact; of others no key is looked for. All of them without."""
        self._ways = ways
        self._keys = keys
        self._routes = routes

    async def run(self, window: Window, *, timeout_seconds: float) -> Output:
        """As of the ways."""
        redacts = self._routes is None or window.route in self._routes
        key = await self._keys.redaction_key(window.meeting_uuid) if redacts else None
        if key is None:
            return await self._ways.run(window, timeout_seconds=timeout_seconds)
        own = {name: getattr(window, name) for name in fields(type(window))}
        sent = KeyedWindow(**own, placeholders=key.content)
        output = await self._ways.run(sent, timeout_seconds=timeout_seconds)
        return await asyncio.to_thread(with_words, output, key)

    async def give_up(self, window: Window) -> None:
        """As of the ways."""
        await self._ways.give_up(window)

    async def trouble(self, window: Window) -> str:
        """As of the ways."""
        return await self._ways.trouble(window)


def with_words(output: Output, key: RedactionKey) -> Output:
    """An answer with the words that were said, in its text and in what was found.

    Where the flow has put them back it stays: what somebody has said may look like a placeholder.
    """
    if output.is_put_back:
        return output
    real = real_texts(json.loads(key.content))
    news = json_text(put_back_value(json.loads(output.news), real)) if output.news else ""
    return replace(output, text=put_back(output.text, real), news=news, is_put_back=True)
