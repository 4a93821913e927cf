"""Puts a replay together: the meetings' windows, the flows, and a Langflow to run them on."""

from __future__ import annotations

import asyncio
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from bridge.environment import read_proxies
from bridge.flow.call import open_calls
from bridge.flow.client import LangflowClient, open_langflow
from bridge.flow.routes import read_routes
from bridge.flow.runner import Runners
from bridge.flow.turns import Turns
from bridge.publish.access import chosen_login, entered, keys
from bridge.publish.difference import differences
from bridge.publish.library import sentence, sentences
from bridge.publish.rest import LangflowRest
from bridge.replay.cut import cut
from bridge.replay.outcome import Between, Outcome, meeting_of
from bridge.replay.run import Task, replay
from bridge.replay.sides import is_call, sides

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.replay.cut import Cut
    from bridge.replay.recorded import Recorded
    from bridge.replay.run import Progress
    from bridge.replay.sides import Side
    from bridge.settings import ReplaySettings

SETTLE_SECONDS: Final = 1.0
"""Langflow writes what it has counted of a run a moment after it."""


async def replay_with_langflow(
    recorded: Sequence[Recorded],
    flows: Sequence[str],
    settings: ReplaySettings,
    *,
    progress: Progress,
    cut_as: str = "",
    api_key: str = "",
    username: str = "",
) -> Outcome:
    """Send the meetings through the flows, on the Langflow of the settings, the first of several.

    Raises:
        ConfigurationError: A flow, a route or a setting is wrong.
        LangflowError: The server cannot be asked, or refuses.
        Stuck: It cannot be gone on with.
    """
    routes = read_routes(settings.bridge_routes)
    key, *_ = keys(settings, api_key, username)
    only_calls = all(map(is_call, flows))
    login = None if key or only_calls else await asyncio.to_thread(chosen_login, settings, username)
    url, proxies = settings.langflow_urls[0], read_proxies()
    tell = partial(typer.echo, err=True)
    async with (
        entered(url, key, login, proxies, tell) as client,
        sides(flows, routes, LangflowRest(client), cut_as=cut_as) as chosen,
        open_langflow(
            url,
            client.headers.get("x-api-key"),
            proxy=proxies.url_to(url),
            sentence=sentence,
        ) as langflow,
        open_calls(
            [side.route for side in chosen],
            beside=settings.bridge_routes.parent if settings.bridge_routes else Path(),
        ) as calls,
    ):
        if not only_calls:
            await langflow.check()
            await asyncio.to_thread(sentences)
        ways = Runners([], sync=langflow, background=langflow, calls=calls)
        named = _named(recorded)
        windows = await _windows(recorded, chosen, settings.bridge_assistant_phrases)
        tasks = [
            Task(meeting=name, side=side, cuts=windows[at][side.cut_for.name])
            for at, name in enumerate(named)
            for side in chosen
        ]
        trials = await replay(
            tasks,
            ways,
            Turns(settings.bridge_langflow_runs),
            _Keeper(langflow, LangflowRest(client)),
            progress,
        )
    return Outcome(
        meetings=tuple(meeting_of(each, name) for each, name in zip(recorded, named, strict=True)),
        flows=tuple(side.flow for side in chosen),
        trials=tuple(trials),
        between=tuple(_between(chosen[0], other) for other in chosen[1:]),
    )


_Windows = dict[str, list["Cut"]]
"""By the name of their route."""


async def _windows(
    recorded: Sequence[Recorded], chosen: Sequence[Side], phrases: Sequence[str]
) -> list[_Windows]:
    """Of each meeting the windows of each route that they are cut for, once, in a thread."""
    routes = {side.cut_for.name: side.cut_for for side in chosen}

    def all_of(meeting: Recorded) -> _Windows:
        cuts = cut(meeting, list(routes.values()), phrases=phrases)
        return {name: [each for each in cuts if each.window.route == name] for name in routes}

    return [await asyncio.to_thread(all_of, meeting) for meeting in recorded]


def _named(recorded: Sequence[Recorded]) -> list[str]:
    """A name of its own for each meeting: its topic, else its stream's id, with a number where several share it."""
    names: list[str] = []
    for each in recorded:
        name = each.stream.topic or each.stream.stream_id
        numbered = (f"{name} ({n})" for n in count(2))
        names.append(name if name not in names else next(other for other in numbered if other not in names))
    return names


class _Keeper:
    """Langflow, as what keeps something of each rehearsal."""

    def __init__(self, langflow: LangflowClient, rest: LangflowRest) -> None:
        self._langflow = langflow
        self._rest = rest

    async def tokens(self, session: str) -> int:
        """As Langflow's traces tell."""
        await asyncio.sleep(SETTLE_SECONDS)
        return await self._rest.tokens(session)

    async def expect(self, meeting_uuid: str) -> None:
        """A command that is killed leaves it; nothing here outlives one."""

    async def forget(self, meeting_uuid: str, flow: str) -> None:
        """As a meeting that is deleted."""
        await self._langflow.forget(meeting_uuid, (flow,))


def _between(one: Side, other: Side) -> Between:
    """What differs between two of the flows themselves."""
    names = {"one": one.flow.name, "other": other.flow.name}
    if one.data is None or other.data is None:
        return Between(
            **names, differences=(), note="What a function or lfx serve has inside is not known here."
        )
    return Between(**names, differences=tuple(differences(one.data, other.data)))
