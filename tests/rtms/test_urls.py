from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import UntrustedUrl
from bridge.rtms.messages import MediaType
from bridge.rtms.urls import MediaServers, choose_signaling_url, is_allowed, is_loopback, kind_name, url_here

ZOOM = ("*.zoom.us", "*.zoomgov.com")
HERE = ("127.0.0.1", "::1", "localhost")


@pytest.mark.parametrize(
    "url",
    [
        "wss://rtms-sjc1.zoom.us:443",
        "wss://a.b.zoom.us/path?query=1",
        "wss://RTMS.ZOOM.US",
        "WSS://x.zoom.us",
        "wss://x.zoomgov.com",
    ],
)
def test_allowed(url: str) -> None:
    """Sub-domains of Zoom are dialled over TLS, however they are spelled."""
    assert choose_signaling_url(url, ZOOM) == url


@pytest.mark.parametrize(
    "url",
    [
        "wss://zoom.us",
        "wss://.zoom.us",
        "wss://evilzoom.us",
        "wss://x.zoom.us.evil.com",
        "wss://x.zoom.us.",
        "wss://evil.com/x.zoom.us",
        "wss://evil.com?x.zoom.us",
        "wss://evil.com#.zoom.us",
        "wss://x.zoom.us@evil.com",
        "wss://user@x.zoom.us",
        "wss://user:password@x.zoom.us",
        "wss://:@x.zoom.us",
        "wss://evil.com\\@x.zoom.us",
        "wss://x.zoom.us:99999",
        "wss://x.zoom.us:port",
        "wss://[x.zoom.us",
        "wss://x.zoom。us",
        "wss://x.ｚoom.us",
        "ws://x.zoom.us",
        "http://x.zoom.us",
        "https://x.zoom.us",
        "srt://x.zoom.us",
        "x.zoom.us",
        "//x.zoom.us",
        "wss:x.zoom.us",
        "wss://",
        "wss:///x.zoom.us",
        "wss://127.0.0.1",
        "wss://[::1]",
        "",
    ],
)
def test_refused(url: str) -> None:
    """Look-alikes, credentials, odd ports, other schemes and other hosts are never dialled."""
    with pytest.raises(UntrustedUrl) as refused:
        choose_signaling_url(url, ZOOM)
    assert not refused.value.retryable
    assert "evil" not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["ws://127.0.0.1:9092", "ws://localhost:1", "ws://[::1]:5", "wss://127.0.0.1"]
)
def test_plain_on_loopback(url: str) -> None:
    """Plain WebSockets are for loopback hosts that are listed."""
    assert choose_signaling_url(url, HERE) == url
    with pytest.raises(UntrustedUrl):
        choose_signaling_url(url, ZOOM)


def test_plain_elsewhere() -> None:
    """A listed host that is not loopback still needs TLS."""
    with pytest.raises(UntrustedUrl):
        choose_signaling_url("ws://10.0.0.1", ("10.0.0.1",))


def test_first_that_may_be_dialled() -> None:
    """Of several URLs the first WebSocket one is taken; other transports are passed over."""
    offered = "srt://x.zoom.us:9000, wss://a.zoom.us:443 ,wss://b.zoom.us"
    assert choose_signaling_url(offered, ZOOM) == "wss://a.zoom.us:443"


def test_no_star_inside() -> None:
    """An exact pattern means exactly that host."""
    assert choose_signaling_url("wss://media.example.org", ("media.example.org",))
    with pytest.raises(UntrustedUrl):
        choose_signaling_url("wss://x.media.example.org", ("media.example.org",))


@given(st.text(), st.lists(st.sampled_from([*ZOOM, *HERE, "*"])))
def test_any_text(text: str, allowed: list[str]) -> None:
    """Any text is refused or yields one of its own URLs."""
    try:
        url = choose_signaling_url(text, allowed)
    except UntrustedUrl:
        return
    assert url in text


@pytest.mark.parametrize(
    ("offered", "url"),
    [
        ({"transcript": "wss://t.zoom.us", "all": "wss://a.zoom.us"}, "wss://t.zoom.us"),
        ({"all": "wss://a.zoom.us", "audio": "wss://b.zoom.us"}, "wss://a.zoom.us"),
        ({"transcript": "", "all": "wss://a.zoom.us"}, "wss://a.zoom.us"),
        ({"transcript": 7, "all": "wss://a.zoom.us"}, "wss://a.zoom.us"),
        ("wss://a.zoom.us", "wss://a.zoom.us"),
    ],
)
def test_media_url(offered: object, url: str) -> None:
    """The transcript's own server is preferred, then the one for everything."""
    assert MediaServers.read(offered).url(MediaType.TRANSCRIPT, ZOOM) == url


@pytest.mark.parametrize("offered", [None, {}, [], 7, {"audio": "wss://a.zoom.us"}, {"transcript": None}, ""])
def test_no_media_url(offered: object) -> None:
    """A signaling answer without a server for the transcript says what may be missing."""
    with pytest.raises(UntrustedUrl, match="scope"):
        MediaServers.read(offered).url(MediaType.TRANSCRIPT, ZOOM)


def test_a_stranger_as_media_server() -> None:
    """A media server is checked as the signaling server was."""
    with pytest.raises(UntrustedUrl):
        MediaServers.read({"transcript": "wss://evil.com"}).url(MediaType.TRANSCRIPT, ZOOM)


@pytest.mark.parametrize(
    ("offered", "recorded", "sockets"),
    [
        ({"all": "wss://a"}, [], ["transcript"]),
        ({"all": "wss://a"}, ["audio"], ["transcript", "audio"]),
        ({"transcript": "wss://t", "chat": "wss://c"}, ["audio"], ["transcript", "chat"]),
        ({"transcript": "wss://t", "audio": "wss://b"}, ["audio", "video"], ["transcript", "audio"]),
        ({"chat": 7, "audio": ""}, [], ["transcript"]),
        ("wss://a", ["deskshare"], ["transcript", "deskshare"]),
        (None, [], ["transcript"]),
    ],
)
def test_sockets(offered: object, recorded: list[str], sockets: list[str]) -> None:
    """The transcript always has a socket, chat where it is offered, what is recorded where it can be had."""
    wanted = [MediaType[name.upper()] for name in recorded]
    found = MediaServers.read(offered).sockets(wanted)
    assert [kind_name(kind) for kind in found] == sockets


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "::1", "[::1]", "localhost", "LOCALHOST"])
def test_loopback(host: str) -> None:
    """Addresses that only this machine can reach."""
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["0.0.0.0", "::", "10.0.0.1", "localhost.evil.com", "127.0.0.1.evil.com", ""],  # noqa: S104
)
def test_not_loopback(host: str) -> None:
    """Addresses that others can reach, all of them included."""
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "url",
    ["wss:/\n/a.zoom.us", "wss://a.zoom.us/\t", "wss://a.zo\rom.us", "wss://a.zoom.us/ x", "wss://ä.zoom.us"],
)
def test_only_plain_characters(url: str) -> None:
    """Parsers differ over line breaks, blanks and other scripts, so none of them may be in an address."""
    assert not is_allowed(url, ("*.zoom.us",))


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),  # noqa: S104 - only asked
        ("::", "http://[::1]:80"),
        ("fd00::1", "http://[fd00::1]:80"),
        ("bridge.local", "http://bridge.local:80"),
    ],
)
def test_where_a_listener_of_this_machine_is_asked(host: str, url: str) -> None:
    """One that listens on every address answers on loopback."""
    assert url_here(host, 80) == url
