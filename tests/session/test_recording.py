"""Sound and pictures of whole meetings: simulated Zoom, bridge, files."""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
import wave
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import structlog

from bridge.domain import MediaKind
from bridge.recording.folder import Folder
from bridge.rtms.messages import MediaType, MessageType, StopReason
from bridge.simulator.door import Obstacle
from bridge.simulator.faults import FaultScript
from bridge.simulator.handshake import Socket
from tests.fakes.journey import Journey, admin_json, meeting, simulator
from tests.fakes.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.app import Bridge
    from bridge.domain import Recording
    from bridge.simulator.outcome import Outcome

EVERYTHING = MediaType.TRANSCRIPT | MediaType.AUDIO | MediaType.DESKSHARE | MediaType.VIDEO
SPOKEN = meeting(40, every_ms=500)
"""Three people for 20 seconds, half a second each."""
SPEED = 20


@pytest.fixture(autouse=True)
def _quick_saves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.recording.recorder.SAVE_SECONDS", 0.02)


@pytest.fixture
async def heard(journey: Journey, tmp_path: Path) -> AsyncIterator[Journey]:
    """The journey with a Zoom that gives sound and pictures, and bridges that record the mixed sound."""
    # Asked so that a busy machine has answered one question before the next.
    async with simulator(granted=EVERYTHING, keep_alive_seconds=0.15) as zoom:
        listening = Journey(zoom, journey.api, tmp_path / "recorded.db")
        listening.settings_changes = {"bridge_record": "audio", "bridge_data_dir": str(tmp_path / "data")}
        yield listening


async def recorded(journey: Journey, bridge: Bridge, outcome: Outcome) -> list[Recording]:
    """What is listed of a meeting that is over, each checked against its file."""
    await journey.settled(bridge.store)

    async def complete() -> list[Recording] | None:
        found = await bridge.store.recordings(outcome.stream_id)
        sizes = [size(journey, each) for each in found]
        return found if found and sizes == [each.bytes for each in found] else None

    found = await until(complete)
    assert found is not None
    return found


def file(journey: Journey, recording: Recording) -> Path:
    return Path(journey.settings_changes["bridge_data_dir"]) / recording.path


def size(journey: Journey, recording: Recording) -> int:
    path = file(journey, recording)
    return path.stat().st_size if path.exists() else 0


def sound(path: Path) -> bytes:
    with wave.open(str(path)) as opened:
        assert (opened.getnchannels(), opened.getsampwidth(), opened.getframerate()) == (1, 2, 16_000)
        return opened.readframes(opened.getnframes())


def silent(samples: bytes, from_ms: int, to_ms: int) -> bool:
    return not any(samples[from_ms * 32 : to_ms * 32])


def metric(bridge: Bridge, name: str) -> dict[str, float]:
    """A counter's values, by their labels as they are written."""
    lines = bridge.metrics.exposition().decode().splitlines()
    return {
        line.partition("{")[2].partition("}")[0]: float(line.rpartition(" ")[2])
        for line in lines
        if line.startswith(f"bridge_{name}_total{{")
    }


async def test_mixed_sound(heard: Journey) -> None:
    """Everybody's sound is one WAV file as long as the meeting, and the transcript is as complete as without."""
    async with heard.bridge() as bridge:
        began = time.monotonic()
        outcome = await heard.play(bridge, SPOKEN, speed=SPEED)
        took_ms = (time.monotonic() - began) * 1000 * SPEED
        (recording,) = await recorded(heard, bridge, outcome)
    samples = sound(file(heard, recording))

    heard.check(outcome)
    assert not outcome.refusals
    assert outcome.media_connections == 2
    assert (recording.kind, recording.user_id, recording.from_ms) == (MediaKind.AUDIO, "", outcome.started_ms)
    assert 20_000 <= len(samples) / 32 <= took_ms  # sound goes on until Zoom has ended the stream
    assert not any(silent(samples, n * 500, n * 500 + 500) for n in range(40))
    assert silent(samples, 20_000, len(samples) // 32)


@pytest.mark.parametrize("form", ["wav", "opus"])
async def test_sound_of_each_speaker(heard: Journey, form: str) -> None:
    """Each speaker has a file, which begins when they first speak and is silent while others do."""
    heard.settings_changes |= {"bridge_record": "audio-per-speaker", "bridge_record_audio_as": form}
    async with heard.bridge() as bridge:
        outcome = await heard.play(bridge, SPOKEN, speed=SPEED)
        recordings = await recorded(heard, bridge, outcome)

    assert not outcome.refusals
    assert {each.user_id: each.speaker for each in recordings} == {
        str(user_id): name for user_id, name in SPOKEN.participants.items()
    }
    for n, each in enumerate(recordings):
        assert each.from_ms - outcome.started_ms == n * 500
        assert abs((each.to_ms - each.from_ms) - (20_000 if n == 0 else 18_500)) <= 20
        if form == "wav":
            samples = sound(file(heard, each))
            assert not silent(samples, 0, 500)
            assert silent(samples, 500, 1500)
            assert not silent(samples, 1500, 2000)
        else:
            assert file(heard, each).read_bytes().startswith(b"OggS")


async def test_shared_screen_and_video(heard: Journey) -> None:
    """Pictures of the screen and turns of video are files of their own, with their times and people."""
    heard.settings_changes["bridge_record"] = "share,video"
    async with heard.bridge() as bridge:
        outcome = await heard.play(bridge, SPOKEN, speed=SPEED)
        recordings = await recorded(heard, bridge, outcome)
    pictures = [each for each in recordings if each.kind is MediaKind.SHARE]
    turns = [each for each in recordings if each.kind is MediaKind.VIDEO]

    assert not outcome.refusals
    assert outcome.media_connections == 3
    assert 4 <= len(pictures) <= 5
    # Pictures are not kept: what was shown before the sockets stood is lost.
    first, *others = (each.from_ms - outcome.started_ms for each in pictures)
    assert 0 <= first < 5000
    assert others == [5000, 10_000, 15_000, 20_000][: len(others)]
    assert all(file(heard, each).read_bytes().startswith(b"\xff\xd8\xff") for each in pictures)
    assert len(turns) > 30
    assert [each.speaker for each in turns] == [line.speaker for line in SPOKEN.lines][-len(turns) :]
    assert all(file(heard, each).read_bytes().startswith(b"\x00\x00\x00\x01\x67") for each in turns)


async def test_what_the_app_has_no_scope_for(heard: Journey) -> None:
    """Media that Zoom does not offer is not asked for, and the transcript goes on."""
    heard.settings_changes["bridge_record"] = "audio,share"
    async with heard.bridge() as bridge:
        outcome = await heard.play(bridge, SPOKEN, speed=SPEED, granted=MediaType.TRANSCRIPT)
        await heard.settled(bridge.store)
        assert await bridge.store.recordings(outcome.stream_id) == []

    heard.check(outcome)
    assert not outcome.refusals
    assert outcome.media_connections == 1


async def test_a_restart_in_the_middle(heard: Journey, unused_tcp_port: int) -> None:
    """The next process goes on in a file of its own; nothing that was written is lost or written over."""
    heard.settings_changes["bridge_port"] = unused_tcp_port
    async with heard.bridge() as bridge:
        playing = asyncio.create_task(heard.play(bridge, SPOKEN, speed=10, hold_before=30))
        await heard.said(12)
    playback = await heard.said(24)
    async with heard.bridge() as bridge:
        await heard.ready(bridge, 2)
        playback.go_on()
        outcome = await playing
        first, second = await recorded(heard, bridge, outcome)

    assert first.to_ms <= second.from_ms + 100
    assert first.to_ms - first.from_ms > 4000
    # Zoom keeps sound for a minute while nobody takes it, so the second file begins where the first ends, but
    # for what was on its way then; not six seconds later, when there was a bridge again.
    lost_ms = max(0, second.from_ms - first.to_ms)
    assert lost_ms <= 3000
    assert lost_ms + (len(sound(file(heard, first))) + len(sound(file(heard, second)))) / 32 >= 20_000


async def test_a_lost_audio_socket_comes_back(heard: Journey) -> None:
    """Sound that Zoom kept meanwhile follows without a gap, and no word waits for it."""
    async with heard.bridge() as bridge:
        playing = asyncio.create_task(heard.play(bridge, SPOKEN, speed=10))
        playback = await heard.said(10)
        playback.door.obstruct(Socket.MEDIA, Obstacle(delay_seconds=0.3), 1)  # three seconds of the meeting
        playback.sockets.media[MediaType.AUDIO].abort()
        outcome = await playing
        (recording,) = await recorded(heard, bridge, outcome)
    samples = sound(file(heard, recording))

    assert outcome.media_connections == 3
    heard.check(outcome)
    # What is on its way when a socket breaks can be lost.
    assert sum(silent(samples, n * 500, n * 500 + 500) for n in range(40)) <= 1


async def test_the_disk_hangs(heard: Journey, monkeypatch: pytest.MonkeyPatch) -> None:
    """While nothing can be written, words reach the flow and keep-alives are answered as ever."""
    gate = threading.Event()
    save = Folder.save

    def hangs(self: Folder) -> list[Recording]:
        gate.wait(60)
        return save(self)

    monkeypatch.setattr(Folder, "save", hangs)
    async with heard.bridge() as bridge:
        outcome = await heard.play(bridge, SPOKEN, speed=SPEED)
        await heard.settled(bridge.store)
        windows = heard.check(outcome)
        gate.set()
        (recording,) = await recorded(heard, bridge, outcome)

    assert len(windows) >= 3
    assert outcome.keep_alives_answered >= outcome.keep_alives_sent - 3 > 4, (
        "one on each socket may be on its way"
    )
    assert len(sound(file(heard, recording))) / 32 >= 20_000


async def test_the_disk_is_full(heard: Journey) -> None:
    """At the limit recording stops, which is told once; every word is delivered."""
    heard.settings_changes["bridge_data_max_mb"] = 1
    data = Path(heard.settings_changes["bridge_data_dir"])
    older = data / "older.wav"
    await asyncio.to_thread(data.mkdir)
    older.write_bytes(bytes(1024 * 1024 - 100_000))
    with structlog.testing.capture_logs() as logs:
        async with heard.bridge() as bridge:
            outcome = await heard.play(bridge, SPOKEN, speed=SPEED)
            (recording,) = await recorded(heard, bridge, outcome)
            dropped = metric(bridge, "packets_dropped")

    heard.check(outcome)
    assert len(sound(file(heard, recording))) < 100_000
    assert dropped.keys() == {'kind="audio",why="disk full"'}
    assert [log["event"] for log in logs].count("recording.stopped") == 1


def frames(number: MessageType, *contents: Any) -> list[str]:
    return [json.dumps({"msg_type": number, "content": content}) for content in contents]


async def test_hostile_media(heard: Journey) -> None:
    """Nonsense on the media sockets is counted and passed over; sound and words around it are whole."""
    async with heard.bridge() as bridge:
        playing = asyncio.create_task(heard.play(bridge, SPOKEN, speed=10))
        playback = await heard.said(5)
        audio = frames(
            MessageType.MEDIA_DATA_AUDIO,
            None,
            [],
            {"data": 5},
            {"data": ""},
            {"data": "*", "timestamp": 1},
            {"data": "AAAA", "length": 77},
            {"data": "AAA=", "timestamp": -1, "user_id": "../../../etc/passwd"},
            {"data": "A" * 4_000_000, "user_id": 2**70, "timestamp": 1e300},
            {"data": "AAAAAAAA", "length": True, "timestamp": "now", "user_id": {"a": 1}, "user_name": []},
        )
        strange = [*frames(MessageType.MEDIA_DATA_VIDEO, {"data": "AAAA"}), "{", "[]", "\x00", "7"]
        await playback.sockets.media[MediaType.AUDIO].send_frames([*audio, *strange])
        await playback.sockets.send(Socket.MEDIA, frames(MessageType.MEDIA_DATA_AUDIO, {"data": "AAA=" * 3}))
        outcome = await playing
        recordings = await recorded(heard, bridge, outcome)
        dropped, ignored = metric(bridge, "packets_dropped"), metric(bridge, "frames_ignored")

    heard.check(outcome)
    assert outcome.media_connections == 2, "no socket was lost over it"
    assert dropped['kind="audio",why="undecodable"'] >= 2
    assert dropped['kind="audio",why="malformed"'] >= 1
    assert ignored['socket="audio",why="undecodable"'] == 8
    assert ignored['socket="audio",why="unexpected"'] == 1
    assert ignored['socket="transcript",why="unexpected"'] == 1
    assert all(
        file(heard, each).resolve().is_relative_to(Path(heard.settings_changes["bridge_data_dir"]))
        for each in recordings
    )
    assert all(sound(file(heard, each)) for each in recordings)


async def test_the_api_lists_and_gives_them(heard: Journey) -> None:
    """Recordings are listed with their times and people, and can be had as they are on the disk, and nothing else."""
    async with heard.bridge() as bridge:
        outcome = await heard.play(bridge, SPOKEN, speed=SPEED)
        (recording,) = await recorded(heard, bridge, outcome)
        where = f"/api/streams/{outcome.stream_id}/recordings"
        (listed,) = await admin_json(bridge, where)
        async with httpx.AsyncClient(base_url=bridge.admin_url, trust_env=False) as http:
            answer = await http.get(f"{where}/{recording.name}")
            names = [
                "nothing.wav",
                "..%2f..%2frecorded.db",
                "%2e%2e",
                f"..%2f{outcome.stream_id}%2f{recording.name}",
            ]
            others = [(await http.get(f"{where}/{name}")).status_code for name in names]
            unknown = (await http.get(f"/api/streams/none/recordings/{recording.name}")).status_code
            file(heard, recording).unlink()
            gone = (await http.get(f"{where}/{recording.name}")).status_code

    assert listed == {
        "name": recording.name,
        "kind": "audio",
        "user_id": "",
        "speaker": "",
        "from_ms": recording.from_ms,
        "to_ms": recording.to_ms,
        "bytes": recording.bytes,
        "path": f"{outcome.stream_id}/{recording.name}",
        "bridge": "",
        "here": True,
    }
    assert answer.headers["content-type"] == "audio/wav"
    assert int(answer.headers["content-length"]) == len(answer.content) == recording.bytes
    assert set(others) == {404}
    assert (unknown, gone) == (404, 404)


async def test_revoked_consent_takes_the_recordings_too(heard: Journey, unused_tcp_port: int) -> None:
    """When consent is revoked, files and listing are gone, those of an earlier bridge included; other meetings stay."""
    heard.settings_changes |= {"bridge_record": "audio,share", "bridge_port": unused_tcp_port}
    script = FaultScript.model_validate(
        {"fault": [{"kind": "end", "at_line": 35, "reason": int(StopReason.STREAM_REVOKED)}]}
    )
    data = Path(heard.settings_changes["bridge_data_dir"])
    async with heard.bridge() as bridge:
        kept = await heard.play(bridge, meeting(10, every_ms=100), speed=10)
        playing = asyncio.create_task(heard.play(bridge, SPOKEN, speed=8, faults=script, stream_id="revoked"))
        await until(lambda: list(data.glob("revoked/*.wav")))
    heard.settings_changes["bridge_record"] = ""
    async with heard.bridge() as bridge:
        outcome = await playing
        await until(lambda: not (data / "revoked").exists())

        async def unlisted() -> bool:
            return not await bridge.store.recordings("revoked")

        await until(unlisted)
        assert await bridge.store.recordings(kept.stream_id)

    assert outcome.stop_reason is StopReason.STREAM_REVOKED
    assert os.listdir(data) == [kept.stream_id]
