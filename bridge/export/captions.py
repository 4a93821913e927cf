"""A meeting as captions: WebVTT with who speaks (w3.org/TR/webvtt1, voice spans) and SubRip. Pure."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Final

from bridge.export.meeting import is_chat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.domain import Utterance
    from bridge.export.meeting import Told

SHOWN_MS: Final = 2_000
"""How long words without a length of their own are shown, as those of a chat message."""

_JOINER: Final = "\u2060"
"""Takes no place and parts nothing; what stands before it begins no more what it would."""
_ACTS: Final = re.compile(r"<(?=[/a-z])|\{(?=[\\a-z])|-(?=->)", re.IGNORECASE)


def web_vtt(told: Told) -> str:
    """One cue for each utterance, with its id and a voice span; chat messages have the class ``chat``."""
    cues = [
        f"{said.id}\n{_time(start, '.')} --> {_time(end, '.')}\n"
        f"<v{'.chat' if is_chat(said) else ''} {_escaped(said.speaker)}>{_escaped(said.text)}</v>"
        for said, start, end in _timed(told)
    ]
    return "\n\n".join([f"WEBVTT - {_header(told.title)}", *cues]) + "\n"


def sub_rip(told: Told) -> str:
    """One numbered cue for each utterance, with the name in front."""
    cues = [
        f"{n}\n{_time(start, ',')} --> {_time(end, ',')}\n{_literally(f'{said.speaker}: {said.text}')}"
        for n, (said, start, end) in enumerate(_timed(told), start=1)
    ]
    return "\n\n".join(cues) + "\n"


def _timed(told: Told) -> Iterator[tuple[Utterance, int, int]]:
    """Each utterance with its beginning and end in the meeting's milliseconds, from 0 on; the end is behind the beginning."""
    zero = told.zero_ms
    for said in told.utterances:
        start = max(said.start_ms - zero, 0)
        yield said, start, said.end_ms - zero if said.end_ms - zero > start else start + SHOWN_MS


def _time(ms: int, point: str) -> str:
    seconds, rest = divmod(ms, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{point}{rest:03d}"


def _escaped(text: str) -> str:
    """Words, and no tag, entity or arrow; nor what SubRip's players, who read WebVTT too, take for a command."""
    return html.escape(text, quote=False).replace("{\\", "&#123;\\")


def _literally(text: str) -> str:
    """Words in which a player of SubRip, which has no way to escape anything, sees no tag, command or times of another cue."""
    return _ACTS.sub(rf"\g<0>{_JOINER}", text)


def _header(title: str) -> str:
    """What may stand behind ``WEBVTT``: anything but an arrow."""
    return title.replace("-->", "→")
