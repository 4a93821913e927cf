"""What the bridge does with every number of the wire, in words. Pure.

``docs/protocol.md`` is made from these tables; tests hold them against the enums and against what
:mod:`bridge.rtms.signaling` and :mod:`bridge.rtms.media` really do.
"""

from __future__ import annotations

from typing import Final

from bridge.rtms.messages import (
    ContactCenterEventType,
    EventType,
    MessageType,
    WireSessionState,
    WireStreamState,
)

PASSED_OVER: Final = "counted and passed over"

SENT: Final = {
    MessageType.SIGNALING_HAND_SHAKE_REQ: "first on every signaling socket, signed",
    MessageType.DATA_HAND_SHAKE_REQ: "first on every media socket, signed, with the media type and its parameters",
    MessageType.EVENT_SUBSCRIPTION: "after the signaling handshake: joins, leaves, active speaker, sharing "
    "(not for Contact Center, whose events have numbers of their own)",
    MessageType.CLIENT_READY_ACK: "on signaling, after each media handshake",
    MessageType.KEEP_ALIVE_RESP: "at once, with every field of the request",
}
"""Messages that the bridge sends, and when."""

RECEIVED: Final = {
    MessageType.SIGNALING_HAND_SHAKE_RESP: "names the media servers, or refuses: see the status codes",
    MessageType.DATA_HAND_SHAKE_RESP: "opens the media socket, or refuses: see the status codes",
    MessageType.EVENT_UPDATE: "see the events",
    MessageType.STREAM_STATE_UPDATE: "see the stream states",
    MessageType.SESSION_STATE_UPDATE: "see the session states",
    MessageType.KEEP_ALIVE_REQ: "answered before anything else is done with a message",
    MessageType.MEDIA_DATA_AUDIO: "written to a file where `BRIDGE_RECORD` asks for audio",
    MessageType.MEDIA_DATA_VIDEO: "written to a file where `BRIDGE_RECORD` asks for video",
    MessageType.MEDIA_DATA_SHARE: "written to a file where `BRIDGE_RECORD` or a route asks for the shared screen",
    MessageType.MEDIA_DATA_TRANSCRIPT: "an utterance",
    MessageType.MEDIA_DATA_CHAT: "an utterance with source `chat`; edits and deletions are followed; "
    "what was written to some only is passed over, and so are reactions",
}
"""Messages that mean something to the bridge, and what."""

NOT_USED: Final = {
    MessageType.UNDEFINED: PASSED_OVER,
    MessageType.SESSION_STATE_REQ: "never sent: Zoom tells of changes unasked",
    MessageType.SESSION_STATE_RESP: PASSED_OVER,
    MessageType.STREAM_STATE_REQ: "never sent: Zoom tells of changes unasked",
    MessageType.STREAM_STATE_RESP: PASSED_OVER,
    MessageType.STREAM_CLOSE_REQ: "never sent: it would end the stream, not only our connection",
    MessageType.STREAM_CLOSE_RESP: PASSED_OVER,
    MessageType.META_DATA_AUDIO: PASSED_OVER,
    MessageType.META_DATA_VIDEO: PASSED_OVER,
    MessageType.META_DATA_SHARE: PASSED_OVER,
    MessageType.META_DATA_TRANSCRIPT: PASSED_OVER,
    MessageType.META_DATA_CHAT: PASSED_OVER,
    MessageType.VIDEO_SUBSCRIPTION_REQ: "never sent: video is that of the active speaker",
    MessageType.VIDEO_SUBSCRIPTION_RESP: PASSED_OVER,
}
"""The rest of Zoom's numbers."""

EVENTS: Final = {
    EventType.UNDEFINED: "passed over",
    EventType.FIRST_PACKET_TIMESTAMP: "passed over: utterances carry their own times",
    EventType.ACTIVE_SPEAKER_CHANGE: "shown in the API while the stream lives; every utterance names its speaker itself",
    EventType.PARTICIPANT_JOIN: "kept; the first after a handshake tells who was there already",
    EventType.PARTICIPANT_LEAVE: "kept",
    EventType.SHARING_START: "kept",
    EventType.SHARING_STOP: "kept",
    EventType.MEDIA_CONNECTION_INTERRUPTED: "drops the media sockets and dials them again; signaling stays",
    EventType.PARTICIPANT_VIDEO_ON: "not asked for",
    EventType.PARTICIPANT_VIDEO_OFF: "not asked for",
    EventType.CHAT_GROUP_CREATE: "not asked for: private chat is not used",
    EventType.CHAT_GROUP_DELETE: "not asked for: private chat is not used",
    EventType.CHAT_GROUP_MEMBERS_ADD: "not asked for: private chat is not used",
    EventType.CHAT_GROUP_MEMBERS_DELETE: "not asked for: private chat is not used",
    EventType.CHAT_GROUP_MEMBER_STATUS_UPDATE: "not asked for: private chat is not used",
}
"""Events of meetings, webinars and Video SDK sessions."""

CONTACT_CENTER_EVENTS: Final = dict.fromkeys(ContactCenterEventType, "not asked for; passed over")
"""Events of Contact Center calls; their transcript and their end come as everywhere."""

STREAM_STATES: Final = {
    WireStreamState.INACTIVE: "passed over",
    WireStreamState.ACTIVE: "passed over: the stream is live when the transcript's handshake has succeeded",
    WireStreamState.INTERRUPTED: "with reason 14 the media sockets are dialled again; "
    "with any other the socket's closing or the webhook `rtms_interrupted` follows",
    WireStreamState.TERMINATING: "passed over: TERMINATED follows",
    WireStreamState.TERMINATED: "ends the stream; closes all windows and then the final one",
    WireStreamState.PAUSED: "the stream is shown as `paused`, and open windows wait; not an outage",
    WireStreamState.RESUMED: "the stream is `live` again",
}
"""States of message 8."""

SESSION_STATES: Final = dict.fromkeys(
    WireSessionState, "passed over: a session is one user's part in the stream, which others may go on with"
)
"""States of message 9."""
