"""Windows that are redacted before they are stored, and answers in which the words are put back before they are."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bridge.domain import NO_OUTPUT, KeyedWindow, Output, RedactionKey, Window, WindowKind
from bridge.errors import ConfigurationError, WriteRefused
from bridge.flow import request
from bridge.flow.request import compose_window, variables
from bridge.redaction.placeholders import Placeholders
from bridge.session import redaction
from bridge.session.redaction import PuttingBack, Redaction, ready
from bridge.simulator.meeting import FIRST_USER_ID, Line, Meeting
from bridge.store.store import open_store
from tests.fakes.journey import PEOPLE, ROUTE, meeting
from tests.fakes.run_api import Answer, Run, RunApi
from tests.fakes.waiting import until
from tests.store.values import STREAM, utterance

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from bridge.flow.routes import Route
    from tests.fakes.journey import Journey

MAIL = "noor.rahimi@example.org"
HIDDEN = (MAIL, *(word for name in PEOPLE for word in name.split()))
REDACTING = ROUTE.model_copy(update={"redact": ("names", "emails")})


def spoken(lines: int = 40) -> Meeting:
    """Three people in turn, who name each other."""
    return Meeting(
        title="weekly",
        lines=tuple(
            Line(
                start_ms=n * 7,
                end_ms=n * 7 + 7,
                user_id=FIRST_USER_ID + 1024 * (n % 3),
                speaker=PEOPLE[n % 3],
                text=f"Sentence {n}: {PEOPLE[(n + 1) % 3].split()[0]}, write to {MAIL}.",
            )
            for n in range(lines)
        ),
    )


def echo(run: Run) -> Answer:
    """A flow that names whoever speaks first in its window."""
    said = run.window["utterances"]
    return Answer(text=f"{said[0]['speaker']} owes a mail to EMAIL_1.")


async def test_nothing_that_is_chosen_leaves_the_bridge(journey: Journey) -> None:
    """Neither names in roster and speech nor addresses are in a window; answers are stored with the real ones."""
    journey.api.otherwise = echo
    other = REDACTING.model_copy(update={"name": "other"})
    async with journey.bridge(REDACTING, other) as bridge:
        outcome = await journey.play(bridge, spoken())
        await journey.settled(bridge.store)
        runs = await bridge.store.runs(outcome.stream_id)
        metrics = bridge.metrics.exposition().decode()
    sent = [run.input_value for run in journey.api.runs]

    assert not [word for text in sent for word in HIDDEN if word in text]
    assert {run.output for run in runs} <= {f"{name} owes a mail to {MAIL}." for name in PEOPLE}
    assert {run.route for run in runs} == {ROUTE.name, "other"}
    assert 'bridge_redacted_total{kind="emails",route="other"}' in metrics
    assert not [word for word in HIDDEN if word in metrics]


async def test_a_person_is_the_same_on_every_route(journey: Journey) -> None:
    """Whichever route was first; the key goes along with each run, beside the window."""
    async with journey.bridge(REDACTING, REDACTING.model_copy(update={"name": "other"})) as bridge:
        await journey.play(bridge, spoken())
        await journey.settled(bridge.store)
    finals = journey.api.windows("final")

    assert len(finals) == 2
    assert finals[0]["participants"] == finals[1]["participants"]
    assert {each["name"] for each in finals[0]["participants"]} == {"PERSON_1", "PERSON_2", "PERSON_3"}
    assert all(run.variables.keys() == {"ZOOM-PLACEHOLDERS-1"} for run in journey.api.runs)


async def test_a_route_that_does_not_redact_is_as_before(journey: Journey) -> None:
    """Beside one that does, in the same meeting."""
    plain = ROUTE.model_copy(update={"name": "plain"})
    async with journey.bridge(REDACTING, plain) as bridge:
        outcome = await journey.play(bridge)
        await journey.settled(bridge.store)
    own = [run for run in journey.api.runs if run.window["route"] == "plain"]

    assert {each["name"] for each in own[-1].window["participants"]} == {
        line.speaker for line in outcome.delivered
    }
    assert not [run for run in own if run.variables]


async def test_plain_lines_are_redacted_too(journey: Journey, tmp_path: Path) -> None:
    """A route of plain text."""
    journey.api.otherwise = lambda _: Answer()
    async with RunApi(windows=False).listening() as api:
        journey = type(journey)(journey.zoom, api, tmp_path / "other.db")
        async with journey.bridge(REDACTING.model_copy(update={"input": "text"})) as bridge:
            await journey.play(bridge, spoken())
            await journey.settled(bridge.store)

    assert not [word for run in api.runs for word in HIDDEN if word in run.input_value]
    assert api.runs[-1].input_value.splitlines()[0].startswith("PERSON_1: Sentence 0: PERSON_2, write to")


async def test_the_same_bytes_after_a_restart(journey: Journey, unused_tcp_port: int) -> None:
    """A window that was not answered is sent again as it was, and its answer is put back by the next bridge."""
    journey.settings_changes = {"bridge_port": unused_tcp_port}
    journey.api.otherwise = lambda _: Answer(after=asyncio.Event())
    async with journey.bridge(REDACTING) as bridge:
        outcome = await journey.play(bridge, spoken())
        await until(lambda: journey.api.runs)
    first = journey.api.runs[0]
    journey.api.otherwise = echo
    async with journey.bridge(REDACTING) as bridge:
        await journey.settled(bridge.store)
        runs = await bridge.store.runs(outcome.stream_id)
    again = next(run for run in journey.api.runs[1:] if run.window["seq"] == first.window["seq"])

    assert again.input_value == first.input_value
    assert {run.output for run in runs} <= {f"{name} owes a mail to {MAIL}." for name in PEOPLE}


async def test_the_key_goes_with_the_meeting(journey: Journey) -> None:
    """Deleted with consent, or by age, nothing tells any more what placeholders stood for."""
    async with journey.bridge(REDACTING) as bridge:
        await journey.play(bridge, meeting(), meeting_uuid="gone==")
        await journey.settled(bridge.store)
        assert await bridge.store.redaction_key("gone==") is not None
        await bridge.store.purge("gone==")
        assert await bridge.store.redaction_key("gone==") is None


async def test_a_package_that_is_missing_keeps_the_bridge_from_starting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Rather than a meeting from being heard; where nothing is redacted it is not missed."""
    monkeypatch.setitem(sys.modules, "phonenumbers", None)
    await ready([ROUTE])
    with pytest.raises(ConfigurationError, match=r"route notes: .*needs the package phonenumbers"):
        await ready([ROUTE.model_copy(update={"redact": ("phones",)})])


async def test_the_loop_waits_for_no_key(journey: Journey, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read, written, packed for a run and put back in threads: one that is full takes a tenth of a second."""
    threads: dict[str, set[int]] = {}

    def watched(owner: Any, name: str) -> None:
        real = getattr(owner, name)

        def watching(*args: Any, **kwargs: Any) -> Any:
            threads.setdefault(name, set()).add(threading.get_ident())
            return real(*args, **kwargs)

        monkeypatch.setattr(owner, name, watching)

    watched(Placeholders, "of")
    watched(Placeholders, "rows")
    watched(redaction, "put_back")
    watched(request.zlib, "compress")
    journey.api.otherwise = echo
    async with journey.bridge(REDACTING) as bridge:
        await journey.play(bridge, spoken())
        await journey.settled(bridge.store)

    assert threads.keys() == {"of", "rows", "put_back", "compress"}
    assert threading.get_ident() not in set().union(*threads.values())


# By itself


class Counts:
    def redacted(self, route: str, counts: Any) -> None:
        """Counted elsewhere."""


def composing(speaker: str, route: Route) -> Callable[[Any], Awaitable[Window]]:
    async def compose(redacted: Any) -> Window:
        return await asyncio.to_thread(
            compose_window,
            stream=STREAM,
            route=route,
            seq=1,
            kind=WindowKind.LIVE,
            utterances=[utterance(1, speaker=speaker)],
            gaps=[],
            participants=[("7", speaker)],
            now_ms=5,
            redacted=redacted,
        )

    return compose


@pytest.fixture
async def store() -> Any:
    async with open_store("memory://") as opened:
        yield opened


async def test_two_bridges_at_once(store: Any) -> None:
    """Each with a stream of one meeting and somebody new in it: whoever is second looks again, and takes the next number."""
    bridges = [Redaction(store, Counts()) for _ in range(4)]
    names = [f"{name} Voss" for name in ("Ada", "Bert", "Cleo", "Dina")]
    windows = await asyncio.gather(
        *(
            each.composed(STREAM, REDACTING, composing(name, REDACTING))
            for each, name in zip(bridges, names, strict=True)
        )
    )
    told = [json.loads(window.input_value)["participants"][0]["name"] for window in windows]
    back = PuttingBack(_Saying(" ".join(told)), store)

    assert len({*told}) == 4
    assert (await back.run(windows[0], timeout_seconds=1)).text == " ".join(names)


async def test_nothing_leaves_without_its_key(store: Any) -> None:
    """Where the store does not take it there is no window; the delivery is made anew from the store."""

    class Refusing:
        async def redaction_key(self, meeting_uuid: str) -> RedactionKey | None:
            return None

        async def add_redaction_key(self, key: RedactionKey) -> None:
            raise WriteRefused("no")

    with pytest.raises(WriteRefused):
        await Redaction(Refusing(), Counts()).composed(STREAM, REDACTING, composing("Ada Voss", REDACTING))


async def test_what_was_found_is_put_back(store: Any) -> None:
    """In the news beside an answer as in its text, and the flow is told what placeholders stand for."""
    window = await Redaction(store, Counts()).composed(STREAM, REDACTING, composing("Ada Voss", REDACTING))
    news = json.dumps(
        {"schema": "zoom-news/1", "insights": [{"id": "1", "text": "Ask PERSON_1.", "owner": "PERSON_1"}]}
    )
    flow = _Saying("Person_1 asks.", news)
    output = await PuttingBack(flow, store, {REDACTING.name}).run(window, timeout_seconds=1)

    assert output.text == "Ada Voss asks."
    assert json.loads(output.news)["insights"][0] == {"id": "1", "text": "Ask Ada Voss.", "owner": "Ada Voss"}
    [sent] = flow.windows
    assert isinstance(sent, KeyedWindow)
    assert variables(sent)
    assert sent.input_value == window.input_value
    other = replace(window, route="other")
    assert (await PuttingBack(flow, store, {REDACTING.name}).run(other, timeout_seconds=1)).text == (
        "Person_1 asks."
    )


class _Saying:
    """A way that answers always the same."""

    def __init__(self, text: str, news: str = "") -> None:
        self._output = replace(NO_OUTPUT, text=text, news=news)
        self.windows: list[Window] = []

    async def run(self, window: Window, *, timeout_seconds: float) -> Output:
        self.windows.append(window)
        return self._output

    async def give_up(self, window: Window) -> None:
        """Nothing to do."""

    async def trouble(self, window: Window) -> str:
        return ""
