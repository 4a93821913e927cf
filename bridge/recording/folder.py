"""One stream's files. Used by the recorder's thread alone: everything here may wait for the disk."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, BinaryIO

from bridge.domain import MediaKind, Recording
from bridge.recording.annex_b import AnnexB
from bridge.recording.disk import BLOCK_BYTES
from bridge.recording.naming import file_name, harmless
from bridge.recording.ogg_opus import OggOpus
from bridge.recording.payload import decode
from bridge.recording.picture import PICTURE_MS, picture_suffix
from bridge.recording.volumes import volumes
from bridge.recording.wav import Wav

if TYPE_CHECKING:
    from pathlib import Path

    from bridge.recording.disk import Disk
    from bridge.recording.track import Track
    from bridge.rtms.media import Packet


@dataclass(slots=True)
class _File:
    """A file that grows."""

    recording: Recording
    track: Track
    pending: bytearray = field(default_factory=bytearray)
    written: int = 0
    """Bytes in the file so far."""


class Folder:
    """What is recorded of one stream.

    :meth:`add` decides and :meth:`save` writes: between two calls no file is open and each is whole,
    so that a killed process leaves nothing broken behind.
    """

    def __init__(self, root: Path, stream_id: str, disk: Disk, *, opus: bool, volume: str = "") -> None:
        self._root = root
        self._below = f"{volume}/{harmless(stream_id)}" if volume else harmless(stream_id)
        self._path = root / self._below
        self._stream_id = stream_id
        self._disk = disk
        self._sound: type[Track] = OggOpus if opus else Wav
        self._files: dict[tuple[MediaKind, str], _File] = {}
        self._complete: list[_File] = []
        self._picture: tuple[Recording, bytes] | None = None
        self._pictures: dict[str, tuple[Recording, bytes]] = {}
        self._changed: dict[str, Recording] = {}
        self._names: set[str] = set()
        """Names of files that are not there yet."""
        self.pending_bytes = 0
        """What :meth:`save` would write: silence, too, of which a small packet can bring minutes."""

    def add(self, packet: Packet, arrived_ms: int) -> None:
        """Take a packet; ``arrived_ms`` (UTC) is its time where the wire told none.

        Raises:
            UnfitError: It cannot be recorded; says why.
        """
        self._disk.check()
        data = decode(packet)
        at_ms = packet.timestamp_ms or arrived_ms
        if packet.kind is MediaKind.SHARE:
            self._show(packet, data, at_ms)
            return
        key = (packet.kind, packet.user_id)
        file = self._files.get(key)
        goes_on = file is not None and file.track.takes(at_ms)
        track = file.track if file is not None and goes_on else self._track(packet.kind)(at_ms)
        added = track.add(data, at_ms)
        if file is None or not goes_on:
            file = self._begin(packet, track)
        self._disk.count(len(added))
        self.pending_bytes += len(added)
        file.pending += added

    def save(self) -> list[Recording]:
        """Write everything down; the recordings that are new or have grown since the last time.

        Raises:
            OSError: The disk does not take it.
        """
        self.pending_bytes = 0
        pictures, self._pictures = self._pictures, {}
        for name, (recording, data) in pictures.items():
            with self._create(name) as file:
                file.write(data)
            self._changed[name] = recording
        for each in self._complete:
            self._grow(each, last=True)
        for each in self._files.values():
            self._grow(each, last=False)
        self._complete = []
        self._names.clear()
        return self.changed()

    def changed(self) -> list[Recording]:
        """The recordings that are new or have grown since the last time, as far as they are written."""
        changed, self._changed = list(self._changed.values()), {}
        return changed

    def finish(self) -> None:
        """Complete every file with the next :meth:`save`."""
        self._complete += self._files.values()
        self._files.clear()

    def leave(self) -> None:
        """Give up what could not be written: every file stays as it was whole last, and what comes next begins others."""
        for each in (*self._files.values(), *self._complete):
            if each.written:
                with suppress(OSError):
                    os.truncate(self._path / each.recording.name, each.written)
        for name in self._names - self._changed.keys():
            with suppress(OSError):
                (self._path / name).unlink()
        self._names.clear()
        self._files.clear()
        self._complete.clear()
        self._pictures.clear()
        self.pending_bytes = 0
        self._picture = None

    def delete(self) -> None:
        """Remove everything that was recorded of the stream, by this process or one before it, in every volume that is here.

        Raises:
            OSError: Something cannot be removed.
        """
        self.leave()
        self._changed.clear()
        for volume in volumes(self._root):
            path = self._root / volume / self._path.name
            if path.exists():
                shutil.rmtree(path)

    def _show(self, packet: Packet, data: bytes, at_ms: int) -> None:
        """A picture of the screen; one that shows nothing new makes the one before last longer."""
        suffix = picture_suffix(data)
        if self._picture is not None and self._picture[1] == data:
            recording = self._picture[0]
        else:
            recording = replace(self._new(packet, at_ms, suffix), bytes=len(data))
            self._disk.count(len(data))
            self.pending_bytes += len(data)
            self._pictures[recording.name] = recording, data
        recording = replace(recording, to_ms=at_ms + PICTURE_MS)
        self._picture = recording, data
        if recording.name in self._pictures:
            self._pictures[recording.name] = self._picture
        else:
            self._changed[recording.name] = recording

    def _track(self, kind: MediaKind) -> type[Track]:
        return AnnexB if kind is MediaKind.VIDEO else self._sound

    def _begin(self, packet: Packet, track: Track) -> _File:
        """A new file: one for each person or for all, and one for each turn of a video."""
        key = (packet.kind, packet.user_id)
        for other in [
            other for other in self._files if other == key or other[0] is key[0] is MediaKind.VIDEO
        ]:
            self._complete.append(self._files.pop(other))
        file = _File(self._new(packet, track.from_ms, track.suffix), track, bytearray(track.begin()))
        self._files[key] = file
        return file

    def _new(self, packet: Packet, at_ms: int, suffix: str) -> Recording:
        copy = 1
        name = file_name(packet.kind, at_ms, packet.user_id, suffix)
        while name in self._names or (self._path / name).exists():
            copy += 1
            name = file_name(packet.kind, at_ms, packet.user_id, suffix, copy=copy)
        self._names.add(name)
        self._disk.count(BLOCK_BYTES)
        return Recording(
            stream_id=self._stream_id,
            name=name,
            kind=packet.kind,
            user_id=packet.user_id,
            speaker=packet.speaker,
            path=f"{self._below}/{name}",
            from_ms=at_ms,
            to_ms=at_ms,
            bytes=0,
        )

    def _grow(self, file: _File, *, last: bool) -> None:
        added = file.pending + (file.track.end() if last else file.track.flush())
        file.pending = bytearray()
        if not added:
            return
        with self._open(file) as opened:
            opened.seek(file.written)
            opened.write(added)
            # The beginning last: it never tells of more than is there.
            opened.seek(0)
            opened.write(file.track.head())
        file.written += len(added)
        file.recording = replace(file.recording, to_ms=file.track.to_ms, bytes=file.written)
        self._changed[file.recording.name] = file.recording

    def _open(self, file: _File) -> BinaryIO:
        if not file.written:
            return self._create(file.recording.name)
        return (self._path / file.recording.name).open("r+b")

    def _create(self, name: str) -> BinaryIO:
        self._path.mkdir(mode=0o700, exist_ok=True)
        return open(self._path / name, "xb", opener=_for_the_owner)  # the caller closes it


def _for_the_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
