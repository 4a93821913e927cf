from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain import MediaKind
from bridge.recording.naming import bridge_of, file_name, harmless, volume_name, volume_of
from bridge.recording.volumes import own_volume
from tests.recording.packets import T0


def test_names_tell_kind_time_and_person() -> None:
    """Names sort by kind and time, and tell whose it is by id, never by name."""
    assert file_name(MediaKind.AUDIO, T0 + 42, "16778240", "wav") == "audio-20251122T000005042Z-16778240.wav"
    assert file_name(MediaKind.AUDIO, T0, "", "wav", copy=2) == "audio-20251122T000005000Z-2.wav"
    assert harmless("5f0e3c9d2b7a4416b1c80a9d7e6f5a43") == "5f0e3c9d2b7a4416b1c80a9d7e6f5a43"


@pytest.mark.parametrize(
    "name", ["..", ".", "", "a/b", "/etc/passwd", "a\x00b", "ä", "\ufffd", "x" * 300, "C:\\x"]
)
def test_no_id_leaves_the_folder(name: str) -> None:
    """An id that a file system could misunderstand becomes a digest of its own."""
    assert len(harmless(name)) == 32
    assert harmless(name) != harmless(name + "x")


@given(st.text(), st.integers(0, 10**15), st.text())
def test_any_id_and_time_make_one_harmless_name(stream_id: str, at_ms: int, user_id: str) -> None:
    """Whatever comes from the wire, the file lies right below its folder."""
    path = Path("/data") / harmless(stream_id) / file_name(MediaKind.SHARE, at_ms, user_id, "jpg")

    assert path.resolve().parent.parent == Path("/data")
    assert len(path.name.encode()) < 255


@pytest.mark.parametrize("host", ["zoom-bridge-0", "north.example", "x" * 300, "a b", "..", "a_b", "a/b", ""])
def test_a_volume_is_known_by_its_name(host: str) -> None:
    """The host can be read off a path, whatever it is called, and no stream's folder is taken for a volume."""
    volume = volume_name(host, "0123abcd")

    assert volume_of(f"{volume}/stream/audio.wav") == volume
    assert bridge_of(f"{volume}/stream/audio.wav") in (host, volume.partition("@")[0])
    assert (Path("/data") / volume).resolve().parent == Path("/data")
    assert volume_of(f"{harmless(volume)}/audio.wav") == ""
    assert volume_of("stream/audio.wav") == volume_of(volume) == ""


def test_each_host_has_a_volume_of_its_own(tmp_path: Path) -> None:
    """In a folder that several mount each goes on in its own, whatever else is there, as told where a disk is lost."""
    (tmp_path / "a-lost-host@3fa9c1d2").mkdir()
    first, second = own_volume(tmp_path, "bridge-1"), own_volume(tmp_path, "ends_in_odd characters!")

    assert bridge_of(f"{first}/") == "bridge-1"
    assert (own_volume(tmp_path, "bridge-1"), own_volume(tmp_path, "ends_in_odd characters!")) == (
        first,
        second,
    )
    assert len({*map(str, tmp_path.iterdir())}) == 3
