from __future__ import annotations

from bridge.pages.edition import OPERATOR, Edition


def test_addresses() -> None:
    """A stream's id may hold anything, and is one part of an address; an edition's base stands before it."""
    assert OPERATOR.url_of("a/b c", "words") == "/meetings/a%2Fb%20c/words"
    assert Edition(base="/panel").url_of("a/b c") == "/panel/meetings/a%2Fb%20c"
