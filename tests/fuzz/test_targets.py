"""Hostile input: whatever it is, it is an event, a refusal or passed over."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS

ROOT = Path(__file__).parents[2]
KEYS = st.sampled_from(
    [
        "msg_type", "content", "event", "event_type", "payload", "object", "data", "user_id", "user_name", "participants",
        "chat_session", "type", "operation_type", "message_id", "sender", "timestamp", "start_time", "end_time", "language",
        "state", "reason", "status_code", "media_server", "server_urls", "plainToken", "rtms_stream_id", "meeting_uuid",
        "event_ts", "stop_reason", "module", "success", "outputs", "results", "message", "text", "channel_id", "length",
    ]
)  # fmt: skip
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-2, 40)
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        [
            "\ud800",
            "Dana \ud83d",
            "\x00",
            "a\u202eb",
            "x" * 300,
            "0",
            "v0:1:{}",
            "meeting.rtms_started",
            "wss://a.zoom.us",
            "{",
            "[" * 50,
        ]
    )
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=25,
)
MESSAGES = st.dictionaries(KEYS, JSON, max_size=8)


@pytest.mark.parametrize("target", TARGETS)
@given(message=MESSAGES)
def test_any_message(target: str, message: dict[str, Any]) -> None:
    """JSON of the right words in the wrong places."""
    TARGETS[target](json.dumps(message).encode())


@pytest.mark.parametrize("target", TARGETS)
@given(data=st.binary(max_size=400))
def test_any_bytes(target: str, data: bytes) -> None:
    """Bytes that mean nothing."""
    TARGETS[target](data)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    "data",
    [
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"msg_type":' + b"9" * 10_000 + b"}",
        b'{"msg_type":17,"content":{"data":"' + b"x" * 900_000 + b'"}}',
        b'{"msg_type":17,"content":{"data":"\\ud800","user_id":"\\u0000"}}',
        b"\xff\xfe" * 1000,
        b"",
    ],
    ids=["deep lists", "deep objects", "a huge number", "a huge text", "half a pair", "no text", "nothing"],
)
def test_extremes(target: str, data: bytes) -> None:
    """Deep, huge, truncated."""
    TARGETS[target](data)


@pytest.mark.timeout(120)
@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is not to be had for this platform")
@pytest.mark.parametrize("target", TARGETS)
def test_guided_by_coverage(target: str, tmp_path: Path) -> None:
    """A few seconds of atheris; ``python -m tests.fuzz`` runs it for longer."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", target, "--seconds", "3"],
        cwd=tmp_path, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert "found nothing" in done.stdout
