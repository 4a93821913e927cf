from __future__ import annotations

from pydantic import SecretStr

from bridge.zoom.video_sdk import VideoSdkTokens, signed


def test_a_known_token() -> None:
    """The signature is that of the well-known example of RFC 7519's algorithm."""
    claims = {"sub": "1234567890", "name": "John Doe", "iat": 1516239022}
    assert signed(claims, "your-256-bit-secret") == (
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
        ".eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ"
        ".SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"
    )


async def test_a_token_is_of_now() -> None:
    """Each call gets one that has just begun, and is good for an hour."""
    now = 1000.0
    tokens = VideoSdkTokens(api_key="k", api_secret=SecretStr("s"), clock=lambda: now)
    first = await tokens.access()
    now = 2000.0
    second = await tokens.access()
    assert first.token == signed({"iss": "k", "iat": 970, "exp": 4570}, "s")
    assert second.expires_at - first.expires_at == 1000
