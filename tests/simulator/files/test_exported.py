"""A meeting that was exported, read again; ``tests/export`` has the round trip."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.domain import Source
from bridge.simulator.files.exported import read_exported
from bridge.simulator.files.rows import UnreadableError

SAID: dict[str, Any] = {
    "id": "u-000001",
    "speaker": "Dana",
    "user_id": "16778240",
    "start_ms": 5_000,
    "end_ms": 7_000,
    "text": "Hello.",
    "language": None,
    "source": "chat",
}


def exported(*said: object, schema: str = "zoom-meeting/1") -> str:
    return json.dumps({"schema": schema, "utterances": said, "gaps": [], "new": 1})


def test_words() -> None:
    """Times count from the first word; people keep their numbers, and what was written was written."""
    first, second = read_exported(
        exported(SAID | {"start_ms": 9_000, "end_ms": 9_500, "user_id": "", "source": "speech"}, SAID)
    ).rows
    assert (second.speaker, second.text, second.user_id) == ("Dana", "Hello.", 16778240)
    assert (second.start_ms, second.end_ms, second.source) == (0, 2_000, Source.CHAT)
    for odd in ("0", "-7", "9" * 5_000, "²"):
        assert read_exported(exported(SAID | {"user_id": odd})).rows[0].user_id is None
    assert (first.start_ms, first.end_ms, first.user_id, first.source) == (4_000, 4_500, None, Source.SPEECH)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("SECRET", "Invalid JSON"),
        ("[]", "as JSON: Input should be an object"),
        (exported(SAID, schema="zoom-window/1"), "its schema is not zoom-meeting/1"),
        (exported(SAID | {"start_ms": "SECRET"}), r"utterances\.0\.start_ms"),
        (exported(SAID | {"text": ""}), r"utterances\.0\.text"),
        (exported(SAID | {"source": "SECRET"}), r"utterances\.0\.source"),
    ],
)
def test_what_is_no_such_file(content: str, why: str) -> None:
    """What is wrong is named by its place, never by what stands there."""
    with pytest.raises(UnreadableError, match=why) as caught:
        read_exported(content)
    assert "SECRET" not in str(caught.value)
