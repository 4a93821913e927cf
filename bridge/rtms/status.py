"""What Zoom's status codes and stop reasons mean for us, in words an operator can act on. Pure.

Sources: developers.zoom.us "RTMS data types" (RTMS_STATUS_CODE, RTMS_STOP_REASON) and
"Failover and reconnection"; which codes pass by themselves was seen in Zoom's samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bridge.rtms.messages import StatusCode, StopReason, named

if TYPE_CHECKING:
    from bridge.rtms.messages import JsonObject

TRANSIENT_STATUS: Final = frozenset(
    {
        StatusCode.DUPLICATE_SIGNAL_REQUEST,
        StatusCode.MEDIA_DATA_ALL_CONNECTION_EXIST,
        StatusCode.DUPLICATE_MEDIA_DATA_CONNECTION,
        StatusCode.INTERNAL_EXCEPTION,
    }
)
"""Codes that pass by themselves: Zoom still holds the socket we lost, or had a fault of its own."""

_ADVICE: Final = {
    StatusCode.INVALID_RTMS_STREAM_ID: "Zoom does not know the stream any more; it has probably ended",
    StatusCode.INVALID_SIGNATURE: "ZOOM_CLIENT_ID and ZOOM_CLIENT_SECRET must be those of the app that has RTMS",
    StatusCode.DUPLICATE_SIGNAL_REQUEST: "Zoom still holds an earlier connection of this stream",
    StatusCode.MEDIA_TYPE_TRANSCRIPT_NOT_SUPPORT: "add the scope meeting:read:meeting_transcript to the Zoom app",
    StatusCode.MEDIA_TYPE_CHAT_NOT_SUPPORT: "add the scope meeting:read:meeting_chat to the Zoom app",
    StatusCode.MEDIA_DATA_ALL_CONNECTION_EXIST: "Zoom still holds an earlier media connection",
    StatusCode.DUPLICATE_MEDIA_DATA_CONNECTION: "Zoom still holds an earlier media connection",
    StatusCode.INTERNAL_EXCEPTION: "a fault on Zoom's side",
}


@dataclass(frozen=True, slots=True)
class HandshakeFault:
    """Why a handshake was refused."""

    status: int
    """RTMS_STATUS_CODE; -1 where the response had none."""
    advice: str
    retryable: bool


def status_advice(code: StatusCode) -> str:
    """What a status code asks of the operator; its name in words where there is nothing to do."""
    return _ADVICE.get(code, code.name.replace("_", " ").lower())


def handshake_fault(message: JsonObject) -> HandshakeFault | None:
    """What is wrong with a handshake response (2 or 4), or ``None`` for a good one.

    Codes that are not in the table are taken for passing ones: Zoom adds finer codes over time.
    """
    code = named(StatusCode, message.get("status_code", message.get("status")))
    if code == StatusCode.OK:
        return None
    if code is None:
        return HandshakeFault(-1, "the response carries no status code", retryable=True)
    if not isinstance(code, StatusCode):
        return HandshakeFault(code, "a code that this version does not know", retryable=True)
    return HandshakeFault(int(code), status_advice(code), retryable=code in TRANSIENT_STATUS)


_ENDED_BECAUSE: Final = {
    StopReason.HOST_TRIGGERED: "the host stopped the stream",
    StopReason.USER_TRIGGERED: "the app's user stopped the stream",
    StopReason.USER_LEFT: "the app's user left the meeting",
    StopReason.USER_EJECTED: "the host removed the app's user",
    StopReason.HOST_DISABLED_APP: "the host turned the app off",
    StopReason.MEETING_ENDED: "the meeting ended",
    StopReason.STREAM_CANCELED: "a participant cancelled the stream",
    StopReason.STREAM_REVOKED: "consent was revoked",
    StopReason.ALL_APPS_DISABLED: "the host turned all apps off",
    StopReason.INTERNAL_EXCEPTION: "a fault on Zoom's side",
    StopReason.CONNECTION_TIMEOUT: "nobody connected to the stream in time",
    StopReason.INSTANCE_CONNECTION_INTERRUPTED: "Zoom's link to the meeting broke",
    StopReason.SIGNAL_CONNECTION_INTERRUPTED: "the signaling connection broke",
    StopReason.DATA_CONNECTION_INTERRUPTED: "the media connection broke",
    StopReason.SIGNAL_CONNECTION_CLOSED_ABNORMALLY: "the signaling connection was closed abnormally",
    StopReason.DATA_CONNECTION_CLOSED_ABNORMALLY: "the media connection was closed abnormally",
    StopReason.EXIT_SIGNAL: "Zoom's server was told to exit",
    StopReason.AUTHENTICATION_FAILURE: "Zoom did not accept the credentials",
    StopReason.AWAIT_RECONNECTION_TIMEOUT: "nobody reconnected in time",
    StopReason.RECEIVER_REQUEST_CLOSE: "the bridge asked for the end",
    StopReason.CUSTOMER_DISCONNECTED: "the customer hung up",
    StopReason.AGENT_DISCONNECTED: "the agent hung up",
    StopReason.ADMIN_DISABLED_APP: "an administrator turned the app off",
    StopReason.KEEP_ALIVE_TIMEOUT: "three keep-alives went unanswered",
    StopReason.MANUAL_API_TRIGGERED: "the stream was stopped through Zoom's API",
    StopReason.STREAMING_NOT_SUPPORTED: "the contact center queue does not stream",
}


RESTART_CANDIDATES: Final = frozenset(
    {
        StopReason.INTERNAL_EXCEPTION,
        StopReason.CONNECTION_TIMEOUT,
        StopReason.INSTANCE_CONNECTION_INTERRUPTED,
        StopReason.SIGNAL_CONNECTION_INTERRUPTED,
        StopReason.DATA_CONNECTION_INTERRUPTED,
        StopReason.SIGNAL_CONNECTION_CLOSED_ABNORMALLY,
        StopReason.DATA_CONNECTION_CLOSED_ABNORMALLY,
        StopReason.EXIT_SIGNAL,
        StopReason.AUTHENTICATION_FAILURE,
        StopReason.AWAIT_RECONNECTION_TIMEOUT,
        StopReason.KEEP_ALIVE_TIMEOUT,
    }
)
"""Ends that nobody wanted: the stream is gone, but Zoom can be asked for a new one ("Failover and reconnection")."""


def stop_words(reason: object) -> str:
    """A stop reason in words."""
    code = named(StopReason, reason)
    if isinstance(code, StopReason) and code in _ENDED_BECAUSE:
        return _ENDED_BECAUSE[code]
    return "Zoom ended the stream" if not code else f"Zoom ended the stream for reason {int(code)}"
