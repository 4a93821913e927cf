"""The file of a tape."""

from __future__ import annotations

import pytest

from bridge.errors import ConfigurationError
from bridge.tape.tape import Head, Lost, Pause, Person, Said, Tape, Webhook, is_tape, read, write

TAPE = Tape(
    head=Head(words="kept", topic="Größe 🎉"),
    moments=(
        Webhook(at_ms=-5, event="meeting.rtms_started"),
        Person(at_ms=0, kind="present", user_id="1", name="Dana"),
        Said(at_ms=1, kind="chat", start_ms=1, end_ms=1, text="half \ufffd 🎉", message="message-1"),
        Lost(at_ms=2, until_ms=9, reason="reconnect"),
        Pause(at_ms=10, kind="paused"),
    ),
)


def test_written_and_read() -> None:
    """What is written is read as it was, and the file is plain ASCII."""
    text = write(TAPE)
    assert text.isascii()
    assert is_tape(text)
    assert read(text, where="it") == TAPE
    assert read(f"\n{text}\n\n", where="it") == TAPE


@pytest.mark.parametrize(
    "content", ["", "[]", "WEBVTT\n\n", '{"start": 1}\n', '{"tape": 1}', "[" * 100_000, '"zoom-tape/1"']
)
def test_other_files_are_none(content: str) -> None:
    """No other file is taken for a tape."""
    assert not is_tape(content)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('"tape": "zoom-tape/1"', '"tape": "zoom-tape/9"'), "line 1: no tape"),
        (('"kind": "present"', '"kind": "dancing"'), "line 3: no tape"),
        (('"at_ms": 2,', '"at_ms": "two",'), "line 5: no tape"),
        (("\n", "\n{\n"), "line 2: no tape"),
        (('"at_ms": 2,', '"at_ms": 99999999999999999999,'), "line 5: no tape"),
    ],
)
def test_what_is_wrong_is_told_by_line(change: tuple[str, str], words: str) -> None:
    """One line that is none makes the file none, and is told by number, without what is in it."""
    with pytest.raises(ConfigurationError, match=words) as told:
        read(write(TAPE).replace(*change, 1), where="it")
    assert str(told.value).startswith("it, ")
    assert "dancing" not in str(told.value)


def test_empty() -> None:
    """A file with nothing in it is told as that."""
    with pytest.raises(ConfigurationError, match="empty"):
        read("\n \n", where="it")
