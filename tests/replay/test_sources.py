"""Which meetings are meant: files, streams, meetings, series, or all since a time."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bridge.domain import (
    Gap,
    Happening,
    HappeningKind,
    Product,
    Run,
    RunStatus,
    Stream,
    Utterance,
    WindowKind,
)
from bridge.errors import BridgeError, ConfigurationError
from bridge.export.data import as_json
from bridge.export.meeting import told
from bridge.listener import http_listener
from bridge.proxy import DIRECT
from bridge.replay.sources import chosen, is_file, read, read_file, span
from bridge.settings import AdminSettings
from bridge.tape.tape import Head, Tape, write

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from starlette.requests import Request

BEGAN_MS = 1_795_946_400_000


def listed(stream_id: str, day: int, *, number: str = "812", state: str = "ended") -> dict[str, Any]:
    return {
        "stream_id": stream_id,
        "meeting_uuid": f"{stream_id}/uuid==",
        "meeting_id": number,
        "state": state,
        "started_at": f"2026-11-{day:02d}T10:00:00Z",
    }


STREAMS = [
    listed("d", 28, state="live"),
    listed("c", 27),
    listed("b", 20, number="999"),
    listed("a", 19, state="lost"),
]


@pytest.mark.parametrize(
    ("named", "found"),
    [
        (["c"], ["c"]),
        (["a/uuid=="], ["a"]),
        (["812"], ["a", "c", "d"]),
        (["8 1-2"], ["a", "c", "d"]),
        (["b", "812", "c"], ["b", "a", "c", "d"]),
    ],
)
def test_by_name(named: list[str], found: list[str]) -> None:
    """A stream, a meeting, or a series from its oldest on; each once."""
    assert chosen(STREAMS, named, None) == found


def test_since() -> None:
    """Without names all that are over; with a name only those of it."""
    since = datetime(2026, 11, 20, tzinfo=UTC)

    assert chosen(STREAMS, [], since) == ["b", "c"]
    assert chosen(STREAMS, ["812"], since) == ["c", "d"]
    with pytest.raises(ConfigurationError, match="no meeting a since then"):
        chosen(STREAMS, ["a"], since)
    with pytest.raises(ConfigurationError, match="no meeting nope, and there is no such file"):
        chosen(STREAMS, ["nope"], None)


def test_a_span() -> None:
    """Hours, days and weeks; nothing else."""
    assert [span(text) for text in ("12h", "7d", " 2W ")] == [
        timedelta(hours=12),
        timedelta(days=7),
        timedelta(weeks=2),
    ]
    for text in ("7", "d", "-1d", "0d", "1.5d", "7 days"):
        with pytest.raises(ConfigurationError, match="--last wants"):
            span(text)


def test_a_file_or_a_meeting(tmp_path: Path) -> None:
    """No id has a dot, whatever else it has."""
    (tmp_path / "plain").write_text("Dana: Hello.")

    assert is_file("calls/monday.vtt")
    assert is_file(str(tmp_path / "plain"))
    assert not is_file("aB3/xY+z9Q==")
    assert not is_file("81234567890")


def exported() -> str:
    """A meeting as the bridge tells it."""
    stream = Stream(
        stream_id="s1",
        product=Product.MEETING,
        meeting_uuid="aB3/xY+z9Q==",
        server_urls="",
        event_ts=BEGAN_MS,
        meeting_id="812",
        topic="Weekly",
        started_at_ms=BEGAN_MS,
        timezone="Asia/Tokyo",
    )
    utterances = [
        Utterance(
            stream_id="s1",
            n=n,
            speaker="Dana",
            user_id="7",
            start_ms=at,
            end_ms=at + 900,
            text=f"Line {n}.",
            language=9,
        )
        for n, at in ((1, BEGAN_MS + 5000), (2, BEGAN_MS + 1000))
    ]
    gap = Gap(stream_id="s1", from_ms=BEGAN_MS + 7000, to_ms=BEGAN_MS + 9000, reason="reconnect")
    happening = Happening(stream_id="s1", kind=HappeningKind.PAUSED, at_ms=BEGAN_MS, user_id="", name="")
    return as_json(told(stream, utterances=utterances, gaps=[gap], happenings=[happening]))


def test_an_exported_file_has_all_that_the_bridge_kept(tmp_path: Path) -> None:
    """Ids, order of arrival, gaps and what happened; other forms have words and times."""
    (tmp_path / "it.json").write_text(exported())
    (tmp_path / "talk.txt").write_text("Dana: Hello.\nRavi: Hi.\n")

    kept, talk = read_file(tmp_path / "it.json"), read_file(tmp_path / "talk.txt")

    assert [(each.n, each.text) for each in kept.utterances] == [(1, "Line 1."), (2, "Line 2.")]
    assert (kept.stream.topic, kept.stream.meeting_uuid, len(kept.gaps), len(kept.happenings)) == (
        "Weekly",
        "aB3/xY+z9Q==",
        1,
        1,
    )
    assert [each.speaker for each in talk.utterances] == ["Dana", "Ravi"]
    assert talk.stream.topic == "talk"
    zones = [each.within("Europe/Berlin").stream.timezone for each in (kept, talk)]
    assert zones == ["Asia/Tokyo", "Europe/Berlin"]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("it.json", '{"schema": "zoom-meeting/1"}', "exported as JSON: stream_id"),
        ("it.json", exported().replace("u-000002", "u-000001"), "an id of its own"),
        ("it.json", exported().replace("u-000002", "second"), "an id of its own"),
        ("it.json", exported().replace('"started_at": "2', '"started_at": "0'), "started_at"),
        ("it.json", exported().replace('"end_ms": ', f'"end_ms": {10**30}'), "end_ms"),
        ("it.json", exported().replace('"language": ', f'"language": {10**12}'), "language"),
        ("it.mp3", "x", "not a meeting file"),
        ("none.txt", None, "No such file"),
        ("none.json", None, "No such file"),
    ],
)
def test_a_file_that_is_no_meeting(tmp_path: Path, name: str, content: str | None, why: str) -> None:
    """It is refused with its name, and without what was said in it."""
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(BridgeError, match=why) as error:
        read_file(tmp_path / name)
    assert "Line" not in str(error.value)


@pytest.fixture
async def settings() -> AsyncIterator[AdminSettings]:
    """Of a bridge that has one meeting with words, one without, and asks for a token."""
    run = Run(
        window_id="s1:items:1",
        stream_id="s1",
        route="items",
        seq=1,
        kind=WindowKind.LIVE,
        status=RunStatus.DONE,
        attempts=1,
        output="",
        error="",
        created_ms=BEGAN_MS,
        ended_ms=BEGAN_MS + 2500,
    )

    async def answer(request: Request) -> Response:
        assert request.headers["authorization"] == "Bearer letmein"
        match request.url.path.removeprefix("/api/streams").strip("/").split("/"):
            case [""]:
                return JSONResponse([listed("s0", 2), listed("s1", 1)])
            case ["s0", "export", "json"]:
                return Response(json.dumps(json.loads(exported()) | {"stream_id": "s0", "utterances": []}))
            case ["s1", "export", "json"]:
                return Response(exported())
            case ["s0", "runs"]:
                return JSONResponse([])
            case ["s1", "runs"]:
                names = ("route", "seq", "kind", "created_ms", "ended_ms")
                return JSONResponse([{name: getattr(run, name) for name in names}])
        return JSONResponse({"detail": "no such stream"}, 404)

    async with http_listener(
        Starlette(routes=[Route("/{path:path}", answer)]), host="127.0.0.1", port=0
    ) as port:
        yield AdminSettings(bridge_admin_port=port, bridge_admin_token="letmein")  # type: ignore[arg-type]


async def test_a_running_bridges_meetings(settings: AdminSettings, tmp_path: Path) -> None:
    """Those that are named and files, each once; one in which nobody spoke is left out; how long its flows took comes along."""
    (tmp_path / "talk.txt").write_text("Dana: Hello.\n")
    named = [str(tmp_path / "talk.txt"), "812", "s1"]
    talk, stored = await read(named, last=None, settings=settings, proxies=DIRECT)

    assert (talk.stream.topic, stored.stream.stream_id) == ("talk", "s1")
    assert stored.answered == {("items", WindowKind.LIVE, 1): 2.5}
    with pytest.raises(ConfigurationError, match="nobody says anything"):
        await read(["s0"], last=None, settings=settings, proxies=DIRECT)
    with pytest.raises(ConfigurationError, match="no meeting 444"):
        await read(["444"], last=None, settings=settings, proxies=DIRECT)


@pytest.mark.timeout(60)
def test_what_is_not_read_as_it_is_is_told(tmp_path: Path) -> None:
    """Times since 1970 begin soon, as when it is played; the sentence has no words of the meeting."""
    lines = [
        {"speaker": "Dana", "text": f"Line {n}.", "start_ms": at, "end_ms": at + 900}
        for n, at in ((1, BEGAN_MS + 5000), (2, BEGAN_MS + 1000))
    ]
    (tmp_path / "m.jsonl").write_text("\n".join(map(json.dumps, lines)))
    told: list[str] = []
    recorded = read_file(tmp_path / "m.jsonl", told.append)

    assert max(each.end_ms for each in recorded.utterances) - recorded.stream.started_at_ms < 60_000
    assert [each.partition(": ")[2] for each in told] == [
        "the times go back 1 time; everything is said in the order of its times",
        "1 silence of more than three minutes made short",
    ]


def test_a_tape_is_refused_by_what_it_is(tmp_path: Path) -> None:
    """It is for simulate."""
    (tmp_path / "t.jsonl").write_text(write(Tape(head=Head(words="kept"), moments=())))
    with pytest.raises(BridgeError, match=r"t.jsonl: a tape, which simulate alone can play"):
        read_file(tmp_path / "t.jsonl")


def test_a_file_whose_name_is_no_text(tmp_path: Path) -> None:
    """A meeting is called what can be stored, sent and shown."""
    path = tmp_path / os.fsdecode(b"m\xff\n.txt")
    path.write_text("Dana: Hello.")

    assert ascii(read_file(path).stream.topic) == r"'m\ufffd'"


def test_a_stream_older_than_those_that_are_listed() -> None:
    """It is asked for by its id; what stands for a series, and what lies since a time, is listed or not there."""
    many = [listed(f"s{n}", 19) for n in range(1000)]

    assert chosen(many, ["older", "s1"], None) == ["older", "s1"]
    for name, since in (("444", None), ("older", datetime(2026, 11, 1, tzinfo=UTC))):
        with pytest.raises(ConfigurationError, match=f"no meeting {name}"):
            chosen(many, [name], since)


@pytest.fixture
async def other() -> AsyncIterator[AdminSettings]:
    """Of another service, which answers whatever it is asked."""

    async def answer(request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async with http_listener(
        Starlette(routes=[Route("/{path:path}", answer)]), host="127.0.0.1", port=0
    ) as port:
        yield AdminSettings(bridge_admin_port=port)


async def test_another_service_in_the_bridges_place(other: AdminSettings) -> None:
    """It is told."""
    with pytest.raises(BridgeError, match="is no bridge"):
        await read(["812"], last=None, settings=other, proxies=DIRECT)


async def test_a_list_that_is_not_all(settings: AdminSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a bridge lists no more, it is said that there may be older ones."""
    told: list[str] = []
    await read(["812"], last=None, settings=settings, proxies=DIRECT, tell=told.append)
    assert not told
    monkeypatch.setattr("bridge.replay.sources._MOST", 2)
    await read(["812"], last=None, settings=settings, proxies=DIRECT, tell=told.append)
    assert told == ["a bridge lists its newest 2 meetings; an older one is found by its stream's id alone"]
