"""The Langflows of ``LANGFLOW_URL``, each with its own turns, and which of them a meeting's runs go to.

What our components remember of a meeting is in the database of the Langflow that ran them. So a meeting has one server
(:mod:`bridge.flow.placement`), and waits for it where that is away. Only servers that share one database can stand in for
each other: there a meeting whose server is away goes on at the next, which finds every row, also the claim of a run that
may still be under way on the first.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bridge.errors import LangflowError
from bridge.flow.admission import Ticket
from bridge.flow.client import open_langflow
from bridge.flow.placement import order
from bridge.flow.turns import Turn, Turns

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence

    from bridge.domain import WindowKind
    from bridge.flow.client import LangflowClient
    from bridge.flow.runner import Runner


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One Langflow."""

    url: str
    """As the setting has it, which has neither name nor password; two may differ in the path alone."""
    client: LangflowClient
    ways: Runner
    """By which windows get to it, and to functions."""
    turns: Turns


class Servers:
    """One Langflow or several, to whoever wants a turn, has something to keep or to delete, or asks how it stands."""

    def __init__(
        self, servers: Sequence[Server], *, shared: bool = False, stay: Collection[str] = ()
    ) -> None:
        """Any number of them.

        Args:
            servers: At least one.
            shared: They have one database, so that each can run what is another's.
            stay: Routes whose runs wait for the meeting's own server all the same: those that run as jobs, as a job that
                was under way on a server that died is under way for all others until that one is started again.
        """
        self.all = tuple(servers)
        self._urls = [server.url for server in servers]
        self._shared = shared and len(servers) > 1
        self._stay = frozenset(stay)
        if self._shared:
            for server in servers:
                server.turns.on_news = self._send_on

    # Who has a meeting

    def home(self, meeting_uuid: str) -> LangflowClient:
        """The Langflow that has a meeting."""
        return self._order(meeting_uuid)[0].client

    def _order(self, meeting_uuid: str) -> Sequence[Server]:
        if len(self.all) == 1:
            return self.all
        return [self.all[n] for n in order(meeting_uuid, self._urls)]

    async def forget(self, meeting_uuid: str, flows: Collection[str] = ()) -> None:
        """As :meth:`LangflowClient.forget`, at each: a meeting may have been another's before the list was changed.

        Raises:
            LangflowError: That of the first that has not confirmed; its message tells of each. All were asked.
        """
        asked = [server.client.forget(meeting_uuid, flows) for server in self._order(meeting_uuid)]
        faults = [each for each in await asyncio.gather(*asked, return_exceptions=True) if each is not None]
        if len(faults) > 1 and all(isinstance(each, LangflowError) for each in faults):
            faults[0].args = ("; ".join(dict.fromkeys(map(str, faults))),)
        if faults:
            raise min(faults, key=lambda each: isinstance(each, LangflowError))  # a fault of ours comes first

    # Turns

    def turn(self, meeting: str, route: str, kind: Callable[[], WindowKind | None]) -> Turn:
        """As :meth:`Turns.turn`, at the meeting's server; taken anew it may be at another, where they stand in."""
        ordered = [server.turns for server in self._order(meeting)]

        def where() -> Turns:
            moves = self._shared and route not in self._stay
            return next((turns for turns in ordered if turns.open), ordered[0]) if moves else ordered[0]

        return Turn(where, Ticket(meeting, route, kind, ordered[0].now))

    def wake(self) -> None:
        """Look at once whether what is wrong is mended."""
        for server in self.all:
            server.turns.wake()
        if self._shared:
            self._send_on()

    def _send_on(self) -> None:
        """Where a server is away or is back, those who wait at one that is away may have another to go to."""
        for server in self.all:
            if not server.turns.open:
                server.turns.send_on()

    # What is told of it

    @property
    def away(self) -> str:
        """Why Langflow cannot be reached, of each that cannot; empty while all can."""
        return "; ".join(server.client.away for server in self.all if server.client.away)

    @property
    def limit(self) -> int:
        """How many runs may be under way."""
        return sum(server.turns.limit for server in self.all)

    @property
    def under_way(self) -> int:
        """How many are."""
        return sum(server.turns.under_way for server in self.all)

    @property
    def waiting(self) -> int:
        """How many windows wait for a turn."""
        return sum(server.turns.waiting for server in self.all)

    @property
    def waiting_seconds(self) -> float:
        """How long the one who has waited longest has waited; 0 where nobody waits."""
        return max(server.turns.waiting_seconds for server in self.all)

    def parked(self) -> Mapping[str, str]:
        """As :meth:`Turns.parked`; where there are several servers, with the address of each where it is so."""
        if len(self.all) == 1:
            return self.all[0].turns.parked()
        told: dict[str, list[str]] = {}
        for server in self.all:
            for route, reason in server.turns.parked().items():
                at = "" if server.url in reason else f"{server.url}: "
                told.setdefault(route, []).append(f"{at}{reason}")
        return {route: "; ".join(reasons) for route, reasons in told.items()}


@asynccontextmanager
async def open_servers(
    urls: Sequence[str],
    keys: Sequence[str],
    *,
    ways: Callable[[LangflowClient], Runner],
    proxy: Callable[[str], str | None],
    most: int | None = None,
    shared: bool = False,
    stay: Collection[str] = (),
    **options: Any,
) -> AsyncIterator[Servers]:
    """Each Langflow with a client and turns of its own.

    Args:
        urls: Their addresses, at least one.
        keys: The API key of each; empty where there is none.
        ways: Makes those to one.
        proxy: The proxy on the way to an address.
        most: Runs at once on each.
        shared: Whether they have one database.
        stay: As of :class:`Servers`.
        options: Those of :class:`LangflowClient`.
    """
    async with AsyncExitStack() as stack:
        servers = []
        for url, key in zip(urls, keys, strict=True):
            client = await stack.enter_async_context(open_langflow(url, key, proxy=proxy(url), **options))
            to_it = ways(client)
            servers.append(Server(url=url, client=client, ways=to_it, turns=Turns(most, ways=to_it)))
        yield Servers(servers, shared=shared, stay=stay)
