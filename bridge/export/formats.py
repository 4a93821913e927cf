"""The forms of a meeting's file, and what each is called. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from bridge.export.captions import sub_rip, web_vtt
from bridge.export.data import as_json
from bridge.export.document import markdown, plain_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.export.meeting import Told

_LONGEST_NAME: Final = 60


class Form(StrEnum):
    """Forms of a meeting's file, as commands, addresses and file names have them."""

    VTT = "vtt"
    SRT = "srt"
    MARKDOWN = "md"
    TEXT = "txt"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One form."""

    media_type: str
    write: Callable[[Told], str]


FORMATS: Final = {
    Form.VTT: Format(media_type="text/vtt", write=web_vtt),
    Form.SRT: Format(media_type="application/x-subrip", write=sub_rip),
    Form.MARKDOWN: Format(media_type="text/markdown", write=markdown),
    Form.TEXT: Format(media_type="text/plain", write=plain_text),
    Form.JSON: Format(media_type="application/json", write=as_json),
}


def file_name(told: Told, form: Form) -> str:
    """Day and topic in letters, digits and hyphens of ASCII, which every header and file system takes."""
    topic = re.sub(r"[^a-z0-9]+", "-", told.title.lower()[:_LONGEST_NAME]).strip("-") or "meeting"
    return f"{told.started_at:%Y-%m-%d}-{topic}.{form}"
