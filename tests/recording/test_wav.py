from __future__ import annotations

import io
import wave

import pytest

from bridge.recording import wav
from bridge.recording.payload import Unfit, UnfitError
from bridge.recording.track import MAX_SILENCE_MS
from bridge.recording.wav import Wav
from tests.recording.packets import LOUD, T0


def file_of(track: Wav, *packets: tuple[bytes, int]) -> bytes:
    """The file after these packets: data and time of each."""
    content = track.begin() + b"".join(track.add(data, at_ms) for data, at_ms in packets)
    return track.head() + content[len(track.head()) :] + track.end()


def read(content: bytes) -> bytes:
    """The samples, as the standard library reads the file."""
    with wave.open(io.BytesIO(content)) as opened:
        assert (opened.getnchannels(), opened.getsampwidth(), opened.getframerate()) == (1, 2, 16_000)
        samples = opened.readframes(opened.getnframes())
        assert opened.getnframes() * 2 == len(samples)
    return samples


def test_packets_follow_each_other() -> None:
    """Samples stand in the file one behind the other, and the header tells how many."""
    track = Wav(T0)

    assert read(file_of(track, *((LOUD, T0 + 20 * n) for n in range(50)))) == LOUD * 50
    assert (track.from_ms, track.to_ms) == (T0, T0 + 1000)


def test_an_empty_file_is_a_file() -> None:
    """Before the first sound the header is right already."""
    assert read(Wav(T0).begin()) == b""


def test_a_gap_is_silence() -> None:
    """What was not received is as long in the file as it was in the meeting."""
    track = Wav(T0)
    content = file_of(track, (LOUD, T0), (LOUD, T0 + 3020))

    assert read(content) == LOUD + bytes(3000 * 32) + LOUD
    assert track.to_ms == T0 + 3040


@pytest.mark.parametrize("jitter_ms", [-100, -40, 40, 100])
def test_jitter_is_no_gap(jitter_ms: int) -> None:
    """A packet that is a little early or late follows as it is."""
    assert read(file_of(Wav(T0), (LOUD, T0), (LOUD, T0 + 20 + jitter_ms))) == LOUD * 2


def test_a_slow_clock_cannot_push_sound_away() -> None:
    """However the packets' times drift, the file stays within the tolerance of them."""
    track = Wav(T0)
    for n in range(5000):
        track.add(LOUD, T0 + n * 21)
        assert abs(track.to_ms - (T0 + n * 21 + 20)) <= 121


def test_what_was_there_is_not_added_again() -> None:
    """Sound of a time that the file holds is passed over, and the file stays as it was."""
    track = Wav(T0)
    before = file_of(track, *((LOUD, T0 + 20 * n) for n in range(50)))
    with pytest.raises(UnfitError) as caught:
        track.add(LOUD, T0 + 500)
    assert caught.value.why is Unfit.LATE
    assert track.head() == before[: len(track.head())]


@pytest.mark.parametrize("data", [b"\x01", bytes(33), bytes(32_002)])
def test_wrong_sizes_are_passed_over(data: bytes) -> None:
    """Half a sample, and more than Zoom puts into a packet, are no sound."""
    track = Wav(T0)
    with pytest.raises(UnfitError) as caught:
        track.add(data, T0)
    assert caught.value.why is Unfit.MALFORMED
    assert track.to_ms == T0


@pytest.mark.parametrize(
    ("away_ms", "takes"), [(MAX_SILENCE_MS, True), (MAX_SILENCE_MS + 1, False), (-MAX_SILENCE_MS - 1, False)]
)
def test_a_long_silence_begins_a_new_file(away_ms: int, takes: bool) -> None:
    """Silence is written out only so far."""
    assert Wav(T0).takes(T0 + away_ms) is takes


def test_a_file_ends_before_its_sizes_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """A WAV file cannot tell of more than 4 GB: a new one begins before that."""
    monkeypatch.setattr(wav, "MAX_SOUND_BYTES", 2 * len(LOUD) * 3)
    track = Wav(T0)
    for n in range(3):
        assert track.takes(T0 + 20 * n)
        track.add(LOUD, T0 + 20 * n)
    assert not track.takes(T0 + 60)
