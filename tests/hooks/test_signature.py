from __future__ import annotations

import base64
import secrets
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from bridge.hooks.signature import read_secret, signed_headers
from tests.fakes.hook_receiver import OTHER_SECRET, SECRET

KEY = read_secret(SECRET)
EXAMPLE = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@given(st.text(st.characters(codec="utf-8")), st.binary(min_size=24, max_size=64))
def test_the_standard_takes_what_we_sign(body: str, key: bytes) -> None:
    """Whatever a body says and a key is, the standard's own library verifies the signature."""
    headers = signed_headers("msg_1", int(time.time()), body.encode(), [key])

    Webhook(key).verify(body, headers, json_parse=False)


def test_the_standards_example() -> None:
    """The signature is the one that the standard's library makes for a secret as it is written."""
    headers = signed_headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b'{"test": 2432232314}', [read_secret(EXAMPLE)]
    )

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_while_a_secret_is_replaced() -> None:
    """Signed with both, a delivery is taken by who knows the old secret and by who knows the new one; by nobody else."""
    headers = signed_headers("msg_1", int(time.time()), b"{}", [read_secret(OTHER_SECRET), KEY])

    assert Webhook(SECRET).verify(b"{}", headers) == {}
    assert Webhook(OTHER_SECRET).verify(b"{}", headers) == {}
    with pytest.raises(WebhookVerificationError, match="No matching"):
        Webhook(secrets.token_bytes(32)).verify(b"{}", headers)


@pytest.mark.parametrize("changed", ["webhook-id", "webhook-timestamp"])
def test_what_is_signed(changed: str) -> None:
    """Id and time are signed with the body: neither can be put in front of another."""
    now = int(time.time())
    headers = signed_headers("msg_1", now, b"{}", [KEY]) | {changed: str(now - 1)}

    with pytest.raises(WebhookVerificationError, match="No matching"):
        Webhook(SECRET).verify(b"{}", headers)


def test_secrets_as_people_paste_them() -> None:
    """Blanks and quotation marks around a secret, and padding that is left off, are no matter."""
    bare = SECRET.rstrip("=")
    assert read_secret(f' "{bare}"\n') == read_secret(SECRET) == b"a secret of tests, 32 bytes long"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "s3cret",
        "whsec_",
        "whsec_====",
        "whsec_not base64!",
        "whsec_" + base64.b64encode(b"x" * 23).decode(),
        "whsec_" + base64.b64encode(b"x" * 65).decode(),
        "whsec_é" + base64.b64encode(b"x" * 32).decode(),
        base64.b64encode(b"x" * 32).decode(),
    ],
)
def test_what_is_no_secret(text: str) -> None:
    """A secret of another form or length is refused, by what it has to be and not by what it is."""
    with pytest.raises(ValueError, match=r"whsec_|which no key has") as caught:
        read_secret(text)
    assert not text or text not in str(caught.value).replace("whsec_ and", "")
