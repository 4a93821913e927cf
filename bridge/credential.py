"""Keys, secrets and addresses as people paste them: what is harmless around them goes, what no header takes is refused. Pure.

Errors name the kind of character that is wrong, never the value.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final
from urllib.parse import urlsplit

_INVISIBLE: Final = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_QUOTES: Final = {
    '"': '"', "'": "'", "`": "`", "“": "”", "„": "“", "”": "”", "‘": "’", "‚": "‘", "’": "’", "«": "»", "»": "«",
}  # fmt: skip
_TYPOGRAPHIC: Final = {*"“”„‘’‚«»"}
_OF_LANGFLOW: Final = re.compile(
    r"/(api(/v\d+.*)?|flows?(/.*)?|all|components?(/.*)?|login|settings(/.*)?|playground(/.*)?|health(_check)?|docs|mcp)$"
)
"""What addresses of Langflow's own pages and API end in."""


def clean(text: str) -> str:
    """A text without blanks, invisible characters and a pair of quotation marks around it."""
    while True:
        bare = text.strip().strip(_INVISIBLE).strip()
        if len(bare) > 1 and _QUOTES.get(bare[0]) == bare[-1]:
            bare = bare[1:-1]
        if bare == text:
            return text
        text = bare


def credential(text: str) -> str:
    """A key or secret that every header and signature takes; empty where nothing is left of it.

    Raises:
        ValueError: It holds a character that no key has; says which kind.
    """
    text = clean(text)
    wrong = next((char for char in text if not "\x21" <= char <= "\x7e"), None)
    if wrong is not None:
        raise ValueError(f"has {kind_of(wrong)} in it, which no key has; copy it again")
    return text


def kind_of(char: str) -> str:
    """What sort of character it is, in words that do not tell which."""
    if char in "\r\n\x85\u2028\u2029":
        return "a line break"
    if char.isspace():
        return "a blank"
    if char in _TYPOGRAPHIC:
        return "a typographic quotation mark"
    if char in _INVISIBLE or unicodedata.category(char) == "Cf":
        return "an invisible character"
    if unicodedata.category(char).startswith("C"):
        return "a control character"
    if unicodedata.category(char).startswith("L"):
        return "a letter that only looks like one of a to z"
    return "a character beyond ASCII"


def langflow_address(text: str) -> str:
    """Langflow's address as requests are put behind it: scheme, host, a path where a gateway has one, no slash.

    Raises:
        ValueError: It is no such address; says what to write.
    """
    text = clean(text)
    example = "such as http://127.0.0.1:7860"
    if any(char.isspace() or not char.isprintable() for char in text):
        raise ValueError(f"has a blank or an invisible character in it; write the address alone, {example}")
    scheme, separator, rest = text.partition("://")
    if not separator:
        raise ValueError(f"must begin with http:// or https://, {example}")
    if scheme.lower() not in ("http", "https"):
        raise ValueError(f"must begin with http:// or https:// and nothing else, {example}")
    try:
        parts = urlsplit(f"{scheme.lower()}://{rest}")
        host, _port = parts.hostname, parts.port  # an impossible port raises here
        (host or "").encode("idna")
    except ValueError:
        raise ValueError(f"must be an address {example}") from None
    if not host:
        raise ValueError(f"must be an address {example}")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must be without user name and password; Langflow's key goes into LANGFLOW_API_KEY")
    if parts.query or parts.fragment or rest.endswith(("?", "#")):
        raise ValueError(f"must end before ? and #: write the address of Langflow alone, {example}")
    path = parts.path.rstrip("/")
    if found := _OF_LANGFLOW.search(path):
        raise ValueError(
            f"must be the address of Langflow alone: leave out /{found[1].split('/')[0]} and what follows, {example}"
        )
    return f"{parts.scheme}://{parts.netloc}{path}"
