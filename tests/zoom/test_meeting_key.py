from __future__ import annotations

from urllib.parse import unquote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import NotAMeeting
from bridge.zoom.meeting_key import meeting_key, path_segment


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("81234567890", "81234567890"),
        ("812 3456 7890", "81234567890"),
        (" 812-345-67890\n", "81234567890"),
        ("812\u00a03456\u00a07890", "81234567890"),
        ("https://us02web.zoom.us/j/81234567890?pwd=abc.1", "81234567890"),
        ("https://zoom.us/s/81234567890", "81234567890"),
        ("https://zoom.us/w/81234567890?tk=x", "81234567890"),
        ("https://app.zoom.us/wc/join/81234567890", "81234567890"),
        ("https://app.zoom.us/wc/81234567890/join", "81234567890"),
        ("/aB3//xY+z9Q==", "/aB3//xY+z9Q=="),
    ],
)
def test_a_meeting_as_people_give_it(text: str, key: str) -> None:
    """A number with separators, any kind of link, or a UUID as it is."""
    assert meeting_key(text) == key


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "my meeting",
        "https://zoom.us/my/dana?pwd=s3cret",
        "https://[zoom/j/1",
        "x" * 256,
        "a\x00b",
        ".",
        "..",
        "\ud800",
    ],
)
def test_what_is_no_meeting(text: str) -> None:
    """Is refused without being repeated."""
    with pytest.raises(NotAMeeting) as caught:
        meeting_key(text)
    assert "s3cret" not in str(caught.value)


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_a_segment_stays_one_segment(key: str) -> None:
    """Decoded twice it is the id again, and httpx sends it as it was written."""
    try:
        segment = path_segment(meeting_key(key))
    except NotAMeeting:
        return
    key = meeting_key(key)
    assert unquote(unquote(segment)) == key
    assert (
        httpx.URL(f"https://api.zoom.us/v2/meetings/{segment}").raw_path.decode() == f"/v2/meetings/{segment}"
    )


def test_a_uuid_is_encoded_twice() -> None:
    """As Zoom documents it for UUIDs with slashes."""
    assert path_segment("/abc==") == "%252Fabc%253D%253D"
    assert path_segment("81234567890") == "81234567890"
