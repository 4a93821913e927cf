"""A question to a meeting from outside: by the official SDK's client and by REST, against a whole bridge and a stand-in for Langflow."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import structlog
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from pydantic import SecretStr

from bridge.archive.indexer import Indexer
from bridge.domain import StreamState, WindowKind
from bridge.flow.request import compose_window
from bridge.flow.routes import Route
from bridge.replay.question import AT_ONCE
from tests.archive.talk import begin, insight, say, tell
from tests.fakes.locked import locked
from tests.fakes.run_api import FLOW, Answer, run_answer
from tests.fakes.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import pytest

    from bridge.app import Bridge
    from tests.fakes.journey import Journey
    from tests.fakes.run_api import Run

ASSISTANT = Route(name="assistant", flow=FLOW, on=(WindowKind.START, WindowKind.ASK), memory="series")
NOTES = Route(name="notes", flow=FLOW)
TOKEN = "the-token"
HEADERS = {"authorization": f"Bearer {TOKEN}"}


def answer(text: str, *evidence: str, note: str = "dry run: nothing is posted to Zoom") -> Answer:
    """A run's answer as Zoom Chat Output gives it in a rehearsal."""
    body = run_answer(f"({note})\n\n{text}")
    told = {"key": "answer:w", "text": text, "evidence": list(evidence)}
    message = body["outputs"][0]["outputs"][0]["results"]["message"]
    message["session_metadata"] = {"news": {"schema": "zoom-news/1", "notes": [told]}}
    return Answer(body=json.dumps(body).encode())


@contextlib.asynccontextmanager
async def bridge_of(journey: Journey, *routes: Route) -> AsyncIterator[tuple[Bridge, httpx.AsyncClient]]:
    """A bridge with two meetings of a series, and a client of its private listener."""
    journey.settings_changes["bridge_admin_token"] = SecretStr(TOKEN)
    async with (
        journey.bridge(*(routes or (NOTES, ASSISTANT))) as bridge,
        httpx.AsyncClient(base_url=bridge.admin_url, headers=HEADERS, trust_env=False, timeout=60) as http,
    ):
        begin(bridge.store, "r", topic="Kick-off", ago_ms=86_400_000)
        bridge.store.stream_settled("r")  # so that nobody listens to it
        say(bridge.store, "The oven costs nine thousand.", "Fine.", stream_id="r", speaker="Otto")
        begin(bridge.store)
        bridge.store.stream_settled("s")
        say(bridge.store, "The budget is forty thousand.", "Good, then the oven is bought.", "Bye.")
        await tell(bridge.store, insight("Buy the oven.", "u-000001") | {"owner": "Otto"}, stream_id="r")
        await bridge.store.flush()
        await Indexer(bridge.store).turn()
        yield bridge, http


@contextlib.asynccontextmanager
async def assistant(http: httpx.AsyncClient) -> AsyncIterator[ClientSession]:
    async with (
        streamable_http_client(f"{http.base_url}/mcp", http_client=http) as (read, write, _),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        yield session


async def ask(
    http: httpx.AsyncClient, question: str = "What does the oven cost?", meeting: str = "s"
) -> httpx.Response:
    return await http.post(f"/api/streams/{meeting}/ask", json={"question": question})


async def forgotten(bridge: Bridge) -> None:
    """Wait until nothing is left to delete."""

    async def done() -> bool:
        return not await bridge.store.deletions()

    await until(done)


async def test_an_answer_in_another_language(journey: Journey) -> None:
    """Chat Output's note of a rehearsal is no part of the answer, whichever language it is in."""
    journey.api.answers.append(answer("Neuntausend.", note="Probelauf: In Zoom wird nichts gepostet"))
    async with bridge_of(journey) as (_, http):
        told = await ask(http)
    assert told.json()["answer"] == "Neuntausend."


async def test_an_answer_to_the_asker_alone(journey: Journey) -> None:
    """The flow gets the meeting and what earlier ones tell, as a rehearsal; the client gets the answer with its words; nothing is kept."""
    journey.api.answers.append(
        answer(
            "Otto (Kick-off): “nine thousand”", "e1-u-000001", "e1-i1", "u-000002", "u-000099", "e7-i1", "x"
        )
    )
    async with bridge_of(journey) as (bridge, http), assistant(http) as session:
        before = [run.window_id for run in await bridge.store.runs("s")]
        result = await session.call_tool("ask", {"meeting": "s", "question": "What does the oven cost?"})
        assert not result.isError, result.content
        told: Any = result.structuredContent
        assert [run.window_id for run in await bridge.store.runs("s")] == before
        await forgotten(bridge)
        summaries = await bridge.store.stream_summaries(limit=10)

    assert told["answer"] == "Otto (Kick-off): “nine thousand”"
    assert (told["meeting"]["meeting"], told["meeting"]["topic"]) == ("s", "Weekly")
    assert [
        (one["meeting"]["topic"], one["meeting"]["began"], one["position"], one["speaker"], one["text"])
        for one in told["evidence"]
    ] == [
        ("Kick-off", "2025-11-21T10:00:00Z", 1, "Otto", "The oven costs nine thousand."),
        ("Kick-off", "2025-11-21T10:00:00Z", None, "Otto", "Buy the oven."),
        ("Weekly", "2025-11-22T10:00:00Z", 2, "Dana", "Good, then the oven is bought."),
    ]  # fmt: skip
    assert told["evidence"][2]["at"] == "2025-11-22T10:00:02Z"
    [run] = journey.api.runs
    window = run.window
    assert (window["kind"], window["rehearsal"], window["route"]) == ("ask", True, "assistant")
    assert run.session_id.startswith("zoom-rehearsal-")
    assert [said["text"] for said in window["utterances"]][-1] == "What does the oven cost?"
    assert window["ask"]["utterances"] == window["asked"] == ["u-000004"]
    assert window["earlier"][0]["meeting"]["topic"] == "Kick-off"
    assert {each.stream.stream_id for each in summaries} == {"r", "s"}
    assert not journey.api.faults


async def test_by_rest_of_a_live_meeting(journey: Journey) -> None:
    """A program gets the same; a meeting that is not over is asked as far as it goes."""
    journey.api.answers.append(answer("Dana: forty thousand", "u-000001"))
    async with bridge_of(journey) as (bridge, http):
        stream = await bridge.store.stream("s")
        assert stream is not None
        assert stream.state is not StreamState.ENDED
        told = (await ask(http, "What is the budget?")).json()
        assert told["answer"] == "Dana: forty thousand"
        assert [(one["stream_id"], one["id"], one["speaker"]) for one in told["evidence"]] == [
            ("s", "u-000001", "Dana")
        ]
        assert (await ask(http, meeting="nobody")).status_code == 404
        assert (await ask(http, "x" * 2001)).status_code == 422
        assert (await ask(http, " \n\t")).status_code == 422
        anonymous = httpx.AsyncClient(base_url=bridge.admin_url, trust_env=False)
        async with anonymous:
            assert (await ask(anonymous)).status_code == 401


async def test_a_flow_that_takes_words(journey: Journey) -> None:
    """A route in words gets the question as a window all the same, for only that says that it is a rehearsal, and of which session."""
    words = Route(name="words", flow=FLOW, on=(WindowKind.ASK,), input="text")
    journey.api.answers.append(answer("nine thousand"))
    async with bridge_of(journey, NOTES, words) as (_, http):
        assert (await ask(http)).json()["answer"] == "nine thousand"
    [run] = journey.api.runs
    assert (run.window["rehearsal"], run.window["route"]) == (True, "words")
    meeting = run.window["meeting"]["uuid"]
    assert f"zoom-{meeting}" == run.session_id
    assert (run.window["stream_id"], run.window["window_id"]) == (meeting, f"{meeting}:words:1")
    assert "s==" not in run.input_value


async def test_what_is_redacted_stays_so(journey: Journey) -> None:
    """A route that redacts sends placeholders, with what the question names too; who asks reads the words; the meeting's key is as it was."""
    redacting = ASSISTANT.model_copy(update={"redact": ("names",)})

    def echo(run: Run) -> Answer:
        [question] = [said for said in run.window["utterances"] if said["id"] in run.window["asked"]]
        return answer(f"asked: {question['text']}")

    journey.api.otherwise = echo
    async with bridge_of(journey, NOTES, redacting) as (bridge, http):
        say(bridge.store, "Ask me.", first_n=4, speaker="Wendy Thompson")
        await bridge.store.flush()
        told = (await ask(http, "What did Wendy Thompson say to Imogen Clarke?")).json()
        assert await bridge.store.redaction_key("s==") is None
    [run] = journey.api.runs
    assert "Thompson" not in run.input_value
    assert "Dana" not in run.input_value
    assert told["answer"] == "asked: What did Wendy Thompson say to Imogen Clarke?"


async def test_faults_in_words(journey: Journey) -> None:
    """A flow that broke, one that is not there, and a Langflow that is gone: each is told, and tried once."""
    async with bridge_of(journey) as (bridge, http), assistant(http) as session:
        journey.api.answers.append(Answer(status=500, text='{"message": "secret words"}'))
        broken = await session.call_tool("ask", {"meeting": "s", "question": "secret question"})
        assert broken.isError
        assert "the flow did not answer" in broken.content[0].text  # type: ignore[union-attr]
        assert "secret" not in broken.content[0].text  # type: ignore[union-attr]
        assert len(journey.api.runs) == 1
        journey.api.flows.clear()
        missing = await ask(http)
        assert (missing.status_code, "has no flow" in missing.text) == (503, True)
        await forgotten(bridge)  # whose answers would tell that Langflow is back
        journey.api.health_status = 503
        told: list[httpx.Response] = []

        async def is_away() -> bool:
            told.append(await ask(http))
            return "Langflow cannot be asked" in told[-1].text

        await until(
            is_away
        )  # no later: what is deleted of these questions is answered, and tells that it is back
        assert told[-1].status_code == 503


async def test_nobody_answers(journey: Journey) -> None:
    """Where no route takes questions, that is told."""
    async with bridge_of(journey, NOTES) as (_, http):
        refused = await ask(http)
    assert (refused.status_code, "none has 'ask'" in refused.text) == (422, True)
    assert journey.api.runs == []


async def test_how_many_and_how_long(journey: Journey, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two questions at once; a third is told to come again. Who waits too long is told so, and the run is ended."""
    monkeypatch.setattr("bridge.replay.question.SECONDS", 3.0)
    never = asyncio.Event()
    journey.api.otherwise = lambda _: Answer(after=never)
    async with bridge_of(journey) as (bridge, http):
        first, second = (asyncio.create_task(ask(http)) for _ in range(2))
        await until(lambda: len(journey.api.runs) == 2)
        third = await ask(http)
        assert (third.status_code, "ask again in a moment" in third.text) == (503, True)
        for waiting in (first, second):
            answered = await waiting
            assert (answered.status_code, "no answer within" in answered.text) == (503, True)
        journey.api.otherwise = lambda _: answer("now")
        assert (await ask(http)).json()["answer"] == "now"
        await forgotten(bridge)


async def test_a_store_that_does_not_answer(journey: Journey, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for ever for a meeting that cannot be read, and the place is free again."""
    monkeypatch.setattr("bridge.replay.question.READING_SECONDS", 0.2)
    async with bridge_of(journey) as (bridge, http):
        with monkeypatch.context() as away:
            never = asyncio.Event()
            away.setattr(bridge.store, "gaps", lambda _: never.wait())
            for _ in range(3):
                late = await ask(http)
                assert (late.status_code, "could not be read" in late.text) == (503, True)
        journey.api.answers.append(answer("now"))
        monkeypatch.setattr("bridge.replay.question.READING_SECONDS", 10.0)
        assert (await ask(http)).json()["answer"] == "now"


async def test_a_database_that_is_away(
    journey: Journey, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An answer does not wait for the database; what could not be deleted is not asked, and Langflow forgets the rest once it is back."""
    monkeypatch.setattr("bridge.replay.question.WISH_SECONDS", 0.2)
    answered = asyncio.Event()
    async with bridge_of(journey) as (bridge, http):
        journey.api.answers.append(replace(answer("first"), after=answered))
        first = asyncio.create_task(ask(http))
        await until(lambda: journey.api.runs)
        async with locked(tmp_path / "bridge.db"):
            answered.set()
            async with asyncio.timeout(20):
                assert (await first).json()["answer"] == "first"
                refused = await ask(http)
                assert (refused.status_code, "the database takes no writes" in refused.text) == (503, True)
        assert len(journey.api.runs) == 1
        await forgotten(bridge)


async def test_a_bridge_that_ends_before_the_answer(journey: Journey) -> None:
    """What a question leaves in Langflow is forgotten by the next bridge, as that was stored before anything was asked."""
    journey.api.otherwise = lambda _: replace(answer("late"), after=asyncio.Event())
    async with bridge_of(journey) as (_, http):
        asking = asyncio.create_task(ask(http))
        await until(lambda: journey.api.runs)
        asking.cancel()
    [run] = journey.api.runs
    async with journey.bridge(NOTES, ASSISTANT) as bridge:
        left = [each.meeting_uuid for each in await bridge.store.deletions()]
        assert [f"zoom-{each}" for each in left] == [run.session_id]
        bridge.deletions.hasten(left[0])
        await forgotten(bridge)


async def test_threads_that_nobody_waits_for(journey: Journey, monkeypatch: pytest.MonkeyPatch) -> None:
    """A window that takes too long to compose has its place until its thread has ended, so that threads do not pile up."""
    monkeypatch.setattr("bridge.replay.question.READING_SECONDS", 2.0)
    gate, composing = threading.Event(), list[str]()

    def slow(**options: Any) -> Any:
        composing.append("a thread")
        gate.wait(60)
        return compose_window(**options)

    async with bridge_of(journey) as (_, http):
        with monkeypatch.context() as crowded:
            crowded.setattr("bridge.replay.question.compose_window", slow)
            try:
                for _ in range(AT_ONCE):
                    late = await ask(http)
                    assert (late.status_code, "could not be read" in late.text) == (503, True)
                refused = await ask(http)
                assert (refused.status_code, "ask again in a moment" in refused.text) == (503, True)
                assert len(composing) == AT_ONCE
            finally:
                gate.set()
        monkeypatch.setattr("bridge.replay.question.READING_SECONDS", 10.0)
        journey.api.otherwise = lambda _: answer("now")

        async def is_answered() -> bool:
            return (await ask(http)).status_code == 200

        await until(is_answered)
        assert [each.status_code for each in await asyncio.gather(ask(http), ask(http))] == [200, 200]


async def test_a_rehearsals_end_is_no_warning(journey: Journey) -> None:
    """Who reads the log is warned of meetings that were deleted, not of sessions of questions."""
    journey.api.answers.append(answer("now"))
    async with bridge_of(journey) as (bridge, http):
        with structlog.testing.capture_logs() as logs:
            assert (await ask(http)).status_code == 200
            await until(lambda: [each for each in logs if each["event"] == "rehearsal.deleted"])
            await bridge.deletions.forget("r==", "somebody asked for it")
            await until(lambda: [each for each in logs if each["event"] == "meeting.deleted"])
    [run] = journey.api.runs
    assert [
        (each["log_level"], f"zoom-{each['meeting_uuid']}")
        for each in logs
        if each["event"] == "rehearsal.deleted"
    ] == [("info", run.session_id)]
    assert [
        (each["log_level"], each["meeting_uuid"]) for each in logs if each["event"] == "meeting.deleted"
    ] == [("warning", "r==")]
