from __future__ import annotations

import errno
import io
import wave
from typing import TYPE_CHECKING, BinaryIO

import pytest

from bridge.domain import MediaKind
from bridge.recording.disk import Disk
from bridge.recording.folder import Folder
from bridge.recording.payload import Unfit, UnfitError
from tests.recording.packets import LOUD, T0, packet

if TYPE_CHECKING:
    from pathlib import Path

    from bridge.rtms.media import Packet

JPEG, OTHER_JPEG = b"\xff\xd8\xff\xe0first", b"\xff\xd8\xff\xe0second"
UNIT = b"\x00\x00\x00\x01\x67"


def folder(root: Path, stream_id: str = "stream", *, opus: bool = False) -> Folder:
    return Folder(root, stream_id, Disk(root, 10_000_000), opus=opus)


def add(target: Folder, *packets: Packet) -> None:
    for each in packets:
        target.add(each, T0)


def samples(path: Path) -> bytes:
    with wave.open(str(path)) as opened:
        return opened.readframes(opened.getnframes())


def test_a_file_for_everybody(tmp_path: Path) -> None:
    """Mixed sound is one file, right after every save."""
    stream = folder(tmp_path)
    for turn in range(3):
        add(stream, *(packet(at_ms=T0 + turn * 200 + 20 * n) for n in range(10)))
        (recording,) = stream.save()
        assert samples(tmp_path / recording.path) == LOUD * 10 * (turn + 1)
        assert (recording.from_ms, recording.to_ms) == (T0, T0 + 200 * (turn + 1))
        assert recording.bytes == (tmp_path / recording.path).stat().st_size
    assert stream.save() == []


def test_a_file_for_each_speaker(tmp_path: Path) -> None:
    """Sound of several people goes into a file each, and the listing tells whose it is."""
    stream = folder(tmp_path)
    add(stream, *(packet(bytes([n, n]) * 320, user_id=str(n), speaker=f"P{n}") for n in (1, 2)))
    recordings = {each.user_id: each for each in stream.save()}

    assert {user_id: each.speaker for user_id, each in recordings.items()} == {"1": "P1", "2": "P2"}
    for user_id, each in recordings.items():
        assert samples(tmp_path / each.path) == bytes([int(user_id)] * 2) * 320


class FullDisk(io.RawIOBase):
    """A file that takes half of what it is given, and no more."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def seek(self, at: int, whence: int = 0) -> int:
        return self._file.seek(at, whence)

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._file.write(data[: len(data) // 2])
        self._file.close()
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("opus", [False, True])
def test_a_disk_that_is_full_for_a_moment(
    tmp_path: Path, opus: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was whole stays so, nothing is left of a file that was only begun, and what comes later goes into new ones."""
    sound = b"\xf8\x01" if opus else LOUD
    stream = folder(tmp_path, opus=opus)
    add(stream, packet(sound, user_id="1"))
    (first,) = stream.save()
    whole = (tmp_path / first.path).read_bytes()
    opened = Folder._open
    for fails_at in ("1", "2"):
        add(stream, *(packet(sound, at_ms=T0 + 20, user_id=user_id) for user_id in ("1", "2")))
        with monkeypatch.context() as full:
            full.setattr(
                Folder,
                "_open",
                lambda self, file, at=fails_at: (
                    FullDisk(opened(self, file)) if file.recording.user_id == at else opened(self, file)
                ),
            )
            with pytest.raises(OSError, match="No space"):
                stream.save()
        stream.leave()
    assert (tmp_path / first.path).read_bytes() == whole
    add(stream, packet(sound, at_ms=T0 + 9_000, user_id="1"))
    listed = {first.name} | {each.name for each in stream.save()}
    assert {each.name for each in (tmp_path / "stream").iterdir()} == listed
    assert len(listed) == 3  # the second try had written one of two


def test_a_long_silence_begins_a_new_file(tmp_path: Path) -> None:
    """After six minutes without sound a new file says when it goes on."""
    stream = folder(tmp_path)
    add(stream, packet(), packet(at_ms=T0 + 360_000))
    first, second = sorted(stream.save(), key=lambda each: each.from_ms)

    assert (first.to_ms, second.from_ms) == (T0 + 20, T0 + 360_000)
    assert samples(tmp_path / first.path) == samples(tmp_path / second.path) == LOUD


def test_a_packet_without_a_time_is_of_when_it_came(tmp_path: Path) -> None:
    """Where the wire tells no time, that of arrival holds."""
    stream = folder(tmp_path)
    stream.add(packet(at_ms=0), T0 + 7)

    assert [each.from_ms for each in stream.save()] == [T0 + 7]


def test_opus(tmp_path: Path) -> None:
    """Opus packets become an Ogg file, which ends when the stream does."""
    stream = folder(tmp_path, opus=True)
    add(stream, packet(b"\xf8\xff\xfe"))
    (growing,) = stream.save()
    stream.finish()
    (complete,) = stream.save()

    content = (tmp_path / complete.path).read_bytes()
    assert growing.bytes < complete.bytes == len(content)
    assert complete.name == growing.name == "audio-20251122T000005000Z.opus"
    assert content.count(b"OggS") == 4


def test_pictures_are_files_as_long_as_they_are_shown(tmp_path: Path) -> None:
    """A picture that shows nothing new makes the one before last longer; another is a file of its own."""
    stream = folder(tmp_path)
    for n, data in enumerate((JPEG, JPEG, OTHER_JPEG, JPEG)):
        add(stream, packet(data, T0 + 1000 * n, MediaKind.SHARE, user_id="7", speaker="Dana"))
    recordings = stream.save()

    assert [(each.from_ms - T0, each.to_ms - T0) for each in recordings] == [
        (0, 2000),
        (2000, 3000),
        (3000, 4000),
    ]
    assert [(tmp_path / each.path).read_bytes() for each in recordings] == [JPEG, OTHER_JPEG, JPEG]
    assert {each.speaker for each in recordings} == {"Dana"}
    add(stream, packet(JPEG, T0 + 4000, MediaKind.SHARE, user_id="7"))
    assert [each.to_ms - T0 for each in stream.save()] == [5000]


def test_a_video_file_for_each_turn(tmp_path: Path) -> None:
    """When somebody else comes into the picture, another file begins, so that each shows one person."""
    stream = folder(tmp_path)
    for n, user_id in enumerate("112211"):
        add(stream, packet(UNIT + user_id.encode(), T0 + 40 * n, MediaKind.VIDEO, user_id=user_id))
    recordings = stream.save()

    assert [
        (each.user_id, each.from_ms - T0, each.to_ms - T0)
        for each in sorted(recordings, key=lambda e: e.from_ms)
    ] == [
        ("1", 0, 80),
        ("2", 80, 160),
        ("1", 160, 240),
    ]
    assert sorted((tmp_path / each.path).read_bytes() for each in recordings) == sorted(
        [(UNIT + b"1") * 2, (UNIT + b"2") * 2, (UNIT + b"1") * 2]
    )


def test_names_are_never_used_twice(tmp_path: Path) -> None:
    """A process that starts anew at the same moment overwrites nothing."""
    names = []
    for _ in range(3):
        stream = folder(tmp_path)
        add(stream, packet(), packet(JPEG, kind=MediaKind.SHARE), packet(OTHER_JPEG, kind=MediaKind.SHARE))
        names += [each.name for each in stream.save()]

    assert len(set(names)) == 9
    assert sorted(path.name for path in (tmp_path / "stream").iterdir()) == sorted(names)


def test_only_the_owner_may_read(tmp_path: Path) -> None:
    """Recordings are nobody else's on the machine."""
    stream = folder(tmp_path)
    add(stream, packet())
    (recording,) = stream.save()

    assert (tmp_path / recording.path).stat().st_mode & 0o077 == 0
    assert (tmp_path / recording.path).parent.stat().st_mode & 0o077 == 0


def test_strange_ids_stay_inside(tmp_path: Path) -> None:
    """Ids that look like paths lead nowhere else."""
    root = tmp_path / "data"
    root.mkdir()
    stream = folder(root, "../../evil")
    add(stream, packet(user_id="../up"), packet(JPEG, kind=MediaKind.SHARE, user_id="/etc/passwd\x00"))
    for recording in stream.save():
        assert (root / recording.path).resolve().parent.parent == root
        assert (root / recording.path).is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (packet(data="?"), Unfit.UNDECODABLE),
        (packet(length=5), Unfit.UNDECODABLE),
        (packet(b"\x01"), Unfit.MALFORMED),
        (packet(b"GIF89a", kind=MediaKind.SHARE), Unfit.MALFORMED),
        (packet(at_ms=T0 - 1000), Unfit.LATE),
    ],
)
def test_unfit_packets_leave_no_trace(tmp_path: Path, bad: Packet, why: Unfit) -> None:
    """A packet that cannot be recorded changes nothing about the others."""
    stream = folder(tmp_path)
    add(stream, packet())
    with pytest.raises(UnfitError) as caught:
        add(stream, bad)
    add(stream, packet(at_ms=T0 + 20))
    (recording,) = stream.save()

    assert caught.value.why is why
    assert samples(tmp_path / recording.path) == LOUD * 2


def test_deleting_takes_everything(tmp_path: Path) -> None:
    """What this process and one before it wrote, and what was not written yet, is gone; other streams stay."""
    for stream_id in ("stream", "other"):
        earlier = folder(tmp_path, stream_id)
        add(earlier, packet())
        earlier.save()
    stream = folder(tmp_path)
    add(stream, packet(at_ms=T0 + 5000), packet(JPEG, kind=MediaKind.SHARE))
    stream.save()
    add(stream, packet(at_ms=T0 + 5020), packet(OTHER_JPEG, kind=MediaKind.SHARE))
    stream.delete()

    assert stream.save() == []
    assert [path.name for path in tmp_path.iterdir()] == ["other"]
