from __future__ import annotations

import base64
import itertools
import math
import struct
from typing import Any

import pytest

from bridge.domain import Source
from bridge.recording.ogg_opus import packet_ticks
from bridge.recording.picture import picture_suffix
from bridge.rtms.messages import JsonObject, MediaType, MessageType
from bridge.simulator.media_checks import check_media_data
from bridge.simulator.media_data import BUFFER_MS, MediaFeed, media_feeds
from bridge.simulator.meeting import Line, Meeting

STARTED_MS = 1_763_769_600_000
DANA, ELI = 16778240, 16779264
MEETING = Meeting(
    title="m",
    lines=(
        Line(start_ms=100, end_ms=1000, user_id=DANA, speaker="Dana", text="One."),
        Line(start_ms=500, end_ms=1500, user_id=ELI, speaker="Eli", text="Two."),
        Line(start_ms=1600, end_ms=1900, user_id=ELI, speaker="Eli", text="Typed.", source=Source.CHAT),
        Line(start_ms=2000, end_ms=3000, user_id=DANA, speaker="Dana", text="Three."),
    ),
)


def feed(kind: MediaType, **params: Any) -> MediaFeed:
    names = {MediaType.AUDIO: "audio", MediaType.DESKSHARE: "deskshare", MediaType.VIDEO: "video"}
    checked = check_media_data({names[kind]: params}, kind)
    (only,) = media_feeds(kind, checked, MEETING, STARTED_MS).values()
    return only


def samples(message: JsonObject) -> tuple[int, ...]:
    data = base64.b64decode(message["content"]["data"])
    assert message["content"]["length"] == len(data)
    return struct.unpack(f"<{len(data) // 2}h", data)


def test_mixed_sound_comes_fifty_times_a_second() -> None:
    """Packets of 20 ms, of nobody in particular, sound while somebody speaks and are silent otherwise."""
    audio = feed(MediaType.AUDIO)
    messages = [message for ms in range(0, 3040, 10) for message in audio.until(ms)]

    assert [each["content"]["timestamp"] - STARTED_MS for each in messages] == list(range(0, 3020, 20))
    assert {each["msg_type"] for each in messages} == {MessageType.MEDIA_DATA_AUDIO}
    assert all(each["content"]["user_id"] == 0 and "user_name" not in each["content"] for each in messages)
    assert all(len(samples(each)) == 320 for each in messages)
    heard = [any(samples(each)) for each in messages]
    assert heard == [100 <= 20 * n < 1500 or 2000 <= 20 * n < 3000 for n in range(151)]


def test_each_speaker_has_a_tone() -> None:
    """Of several streams each carries one person while they speak, and two people never sound the same."""
    messages = feed(MediaType.AUDIO, data_opt=2).until(3100)
    by_person = {who: [each for each in messages if each["content"]["user_id"] == who] for who in (DANA, ELI)}

    assert len(by_person[DANA]) == 45 + 50
    assert len(by_person[ELI]) == 50
    assert {each["content"]["user_name"] for each in by_person[ELI]} == {"Eli"}
    assert len({samples(each) for each in by_person[DANA]}) == 1
    assert samples(by_person[DANA][0]) != samples(by_person[ELI][0])


def test_the_tone_does_not_click() -> None:
    """A tone goes on smoothly from packet to packet."""
    first, second = feed(MediaType.AUDIO).until(240)[10:12]
    wave = samples(first) + samples(second)
    steps = [abs(b - a) for a, b in itertools.pairwise(wave)]

    assert max(steps) <= math.ceil(6000 * 2 * math.pi * 300 / 16_000) + 2


@pytest.mark.parametrize(
    ("params", "sizes"),
    [({"send_rate": 100}, 3200), ({"sample_rate": 3}, 1920), ({"codec": 2}, 160), ({"codec": 3}, 160)],
)
def test_packets_are_of_the_size_that_was_asked_for(params: dict[str, int], sizes: int) -> None:
    """Rate, codec and send rate decide how many bytes a packet has."""
    assert {each["content"]["length"] for each in feed(MediaType.AUDIO, **params).until(1000)} == {sizes}


def test_opus() -> None:
    """Opus packets are real ones, of 20 ms."""
    messages = feed(MediaType.AUDIO, codec=4).until(1000)

    assert len(messages) == 50
    assert {packet_ticks(base64.b64decode(each["content"]["data"])) for each in messages} == {960}


@pytest.mark.parametrize(("codec", "suffix"), [(5, "jpg"), (6, "png")])
def test_the_shared_screen(codec: int, suffix: str) -> None:
    """A picture a second, of the person who is listed first; a new one every five seconds."""
    messages = feed(MediaType.DESKSHARE, codec=codec).until(11_000)
    pictures = [base64.b64decode(each["content"]["data"]) for each in messages]

    assert len(messages) == 11
    assert {each["content"]["user_id"] for each in messages} == {DANA}
    assert {picture_suffix(picture) for picture in pictures} == {suffix}
    assert [len(set(pictures[n : n + 5])) for n in (0, 5)] == [1, 1]
    assert len(set(pictures)) == 3


def test_video_shows_who_speaks() -> None:
    """Of two who speak at once, the video keeps to the one who began."""
    messages = feed(MediaType.VIDEO, codec=7, fps=25).until(3000)
    times = [(each["content"]["timestamp"] - STARTED_MS, each["content"]["user_id"]) for each in messages]

    assert all(base64.b64decode(each["content"]["data"]).startswith(b"\x00\x00\x00\x01") for each in messages)
    assert {who for at, who in times if at < 1000} == {DANA}
    assert {who for at, who in times if 1000 <= at < 1500} == {ELI}
    assert not [at for at, _ in times if 1500 <= at < 2000]


def test_sound_is_kept_for_a_minute() -> None:
    """What nobody took is sent late, but not what is older than a minute; pictures are not kept at all."""
    audio, share = feed(MediaType.AUDIO), feed(MediaType.DESKSHARE)
    for each in (audio, share):
        each.until(10_000)
        each.forget(100_000)

    late, pictures = audio.until(100_000), share.until(101_000)
    assert late[0]["content"]["timestamp"] == STARTED_MS + 100_000 - BUFFER_MS
    assert len(late) == BUFFER_MS // 20
    assert [each["content"]["timestamp"] for each in pictures] == [STARTED_MS + 100_000]


def test_text_has_no_feed() -> None:
    """A socket for words gets nothing else."""
    assert media_feeds(MediaType.TRANSCRIPT | MediaType.CHAT, {}, MEETING, STARTED_MS) == {}
