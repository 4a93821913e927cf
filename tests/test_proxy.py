from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import ConfigurationError
from bridge.proxy import DIRECT, read

PROXY = "http://proxy.example:3128"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:7860/api", "http://localhost:7860", "http://[::1]:7860", "ws://127.9.9.9:1/x", "wss://localhost",
        "https://LOCALHOST.:7860", "ws://[::1]:8080",
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"])
@pytest.mark.parametrize("value", [PROXY, "socks5://127.0.0.1:1080"])
def test_this_machine_is_reached_directly(url: str, name: str, value: str) -> None:
    """What goes to a loopback address goes through no proxy, whatever the environment says."""
    assert read({name: value}).to(url) is None


@pytest.mark.parametrize(
    ("environment", "url", "proxy"),
    [
        ({"HTTP_PROXY": PROXY}, "http://langflow.example", PROXY),
        ({"HTTP_PROXY": PROXY}, "https://zoom.us", None),
        ({"HTTPS_PROXY": PROXY}, "wss://a.zoom.us/x", PROXY),
        ({"HTTPS_PROXY": PROXY}, "http://langflow.example", None),
        ({"ALL_PROXY": PROXY}, "wss://a.zoom.us/x", PROXY),
        ({"ALL_PROXY": "http://other", "HTTPS_PROXY": PROXY}, "https://zoom.us", PROXY),
        ({"https_proxy": PROXY, "HTTPS_PROXY": "http://other"}, "https://zoom.us", PROXY),
        ({"HTTPS_PROXY": "proxy:3128"}, "https://zoom.us", "http://proxy:3128"),
        ({"HTTPS_PROXY": " "}, "https://zoom.us", None),
        ({}, "https://zoom.us", None),
        ({"ALL_PROXY": PROXY}, "ftp://zoom.us", None),
        ({"ALL_PROXY": PROXY}, "http://[x", None),
    ],
)
def test_the_way(environment: dict[str, str], url: str, proxy: str | None) -> None:
    """The proxy of the scheme leads there, else the one for everything; the small name wins."""
    assert read(environment).url_to(url) == proxy


@pytest.mark.parametrize(
    ("no_proxy", "url", "direct"),
    [
        ("*", "https://zoom.us", True),
        ("zoom.us", "https://zoom.us", True),
        ("zoom.us", "https://api.zoom.us", True),
        (".zoom.us", "https://api.zoom.us", True),
        ("*.zoom.us", "https://api.zoom.us", True),
        ("ZOOM.us.", "https://API.zoom.us", True),
        ("zoom.us", "https://notzoom.us", False),
        ("zoom.us:443", "https://zoom.us", True),
        ("zoom.us:8443", "https://zoom.us", False),
        ("zoom.us:8443", "https://zoom.us:8443/x", True),
        ("10.0.0.0/8", "http://10.1.2.3:7860", True),
        ("10.0.0.0/8", "http://11.1.2.3:7860", False),
        ("10.1.2.3", "http://10.1.2.3:7860", True),
        ("10.1.2.3:7860", "http://10.1.2.3:7860", True),
        ("10.1.2.3:80", "http://10.1.2.3:7860", False),
        ("[2001:db8::1]", "http://[2001:db8::1]:7860", True),
        ("[2001:db8::1]:7860", "http://[2001:db8::1]:7860", True),
        ("[2001:db8::1]:80", "http://[2001:db8::1]:7860", False),
        ("2001:db8::/32", "http://[2001:db8::7]", True),
        ("localhost,127.0.0.0/8,::1,fe80::/10", "http://langflow.example", False),
        ("[::1]", "http://langflow.example", False),
        ("a b,zoom.us  c", "https://zoom.us", True),
        ("::::,[,http://x/,@", "https://zoom.us", False),
    ],
)
def test_no_proxy(no_proxy: str, url: str, direct: bool) -> None:
    """Hosts, their sub-domains, addresses, networks and ports are understood; what is none of these is passed over."""
    proxies = read({"ALL_PROXY": PROXY, "NO_PROXY": no_proxy})
    assert (proxies.to(url) is None) is direct


@pytest.mark.parametrize(
    "value", ["http://", "http://host:port", "http://[x", "ftp://proxy", "http://ho st", "http://h:99999", "://", "http://é"]
)  # fmt: skip
def test_written_wrongly(value: str) -> None:
    """A proxy that is none is a sentence with the variable's name, never a traceback."""
    with pytest.raises(ConfigurationError, match="HTTPS_PROXY is not the address of a proxy") as error:
        read({"HTTPS_PROXY": value})
    assert "é" not in str(error.value)


def test_socks() -> None:
    """A SOCKS proxy is refused where it would be needed, with the host and the way out, and not for this machine."""
    proxies = read({"ALL_PROXY": "socks5://user:the-key@10.0.0.1:1080"})
    with pytest.raises(
        ConfigurationError, match=r"ALL_PROXY names a SOCKS proxy.*zoom.us.*NO_PROXY"
    ) as error:
        proxies.to("wss://zoom.us")
    assert "socks5://10.0.0.1:1080" in str(error.value)
    assert "the-key" not in str(error.value)


def test_credentials_do_not_show() -> None:
    """A proxy's address is told without user name and password."""
    proxy = read({"HTTPS_PROXY": "http://user:the-key@[2001:db8::1]:3128"}).to("https://zoom.us")
    assert proxy is not None
    assert proxy.shown == "http://[2001:db8::1]:3128"
    assert "the-key" not in f"{proxy!r}{proxy}"


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_any_environment(proxy: str, no_proxy: str, url: str) -> None:
    """Whatever stands in the environment, reading it gives proxies or one kind of error."""
    try:
        proxies = read({"ALL_PROXY": proxy, "NO_PROXY": no_proxy})
        proxies.to(url)
        proxies.to("https://zoom.us")
    except ConfigurationError:
        return


def test_direct() -> None:
    """By default no way leads through a proxy."""
    assert DIRECT.to("https://zoom.us") is None
