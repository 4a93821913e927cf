"""Which meeting somebody means, and how its id stands in a path. Pure.

Source: developers.zoom.us "Using Zoom APIs", meeting ids and UUIDs: an id is a long number; a UUID that begins
with ``/`` or holds ``//`` is encoded twice. Zoom's own sample app encodes every UUID twice, and so do we.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, urlsplit

from bridge.domain import LIMITS
from bridge.errors import NotAMeeting

LONGEST_KEY: Final = LIMITS.id

_JOIN_PATH: Final = re.compile(r"/(?:j|s|w|wc(?:/join)?)/(\d+)(?:/|$)")
"""Join, start and webinar links, and those of the web client."""
_SEPARATORS: Final = re.compile(r"[\s-]+")
_NO_KEY: Final = re.compile(r"\.*|.*[\s\x00-\x1f\x7f\ud800-\udfff].*", re.DOTALL)
"""Dots alone would climb out of the path; the rest is in no id."""


def meeting_key(text: str) -> str:
    """The number or UUID in what somebody typed or pasted: a number with spaces or dashes, a join link, a UUID.

    Raises:
        NotAMeeting: It is none of these. The message does not repeat it, for a link holds a passcode.
    """
    text = text.strip()
    if "://" in text:
        text = _number_of_link(text)
    bare = _SEPARATORS.sub("", text)
    if bare.isascii() and bare.isdigit():
        return bare
    return _as_id(text, "not a meeting: give its number, its join link or its UUID")


def meeting_uuid(text: str) -> str:
    """The UUID that somebody typed or pasted, with nothing changed in it: one of digits and dashes is no number.

    Raises:
        NotAMeeting: It is a link, or nothing that an id can be.
    """
    text = "" if "://" in text else text.strip()
    return _as_id(text, "not a meeting's UUID: give it as /api/streams lists it")


def _as_id(text: str, what_is_wanted: str) -> str:
    if len(text) > LONGEST_KEY or _NO_KEY.fullmatch(text):
        raise NotAMeeting(what_is_wanted)
    return text


def path_segment(key: str) -> str:
    """A meeting's number as it is; any other id percent-encoded twice."""
    return key if key.isascii() and key.isdigit() else quote(quote(key, safe=""), safe="")


def _number_of_link(link: str) -> str:
    try:
        found = _JOIN_PATH.search(urlsplit(link).path)
    except ValueError:
        found = None
    if found is None:
        raise NotAMeeting("no meeting number in this link: personal links do not tell it; give the number")
    return found[1]
