"""Every number and every message of the RTMS wire (protocol version 1).

Sources: developers.zoom.us "RTMS data types", "RTMS event reference" and "Media parameters"
(2026 state), and what Zoom's own client (PyPI ``rtms`` 1.1.0) was seen to send and to need.
All messages are JSON objects; a frame may be text or binary. Numbers that Zoom adds later must
not break us, so anything read from the wire goes through :func:`named`, which keeps unknown ones.
"""

from __future__ import annotations

import hashlib
import hmac
from enum import IntEnum, IntFlag
from typing import Any, TypeVar

from bridge.domain import LIMITS
from bridge.text import bounded_id, compact_json, decode_json, line_of, storable
from bridge.times import LAST_MS

PROTOCOL_VERSION = 1

JsonObject = dict[str, Any]


class MessageType(IntEnum):
    """``msg_type`` of every message (RTMS_MESSAGE_TYPE)."""

    UNDEFINED = 0
    SIGNALING_HAND_SHAKE_REQ = 1
    SIGNALING_HAND_SHAKE_RESP = 2
    DATA_HAND_SHAKE_REQ = 3
    DATA_HAND_SHAKE_RESP = 4
    EVENT_SUBSCRIPTION = 5
    EVENT_UPDATE = 6
    CLIENT_READY_ACK = 7
    STREAM_STATE_UPDATE = 8
    SESSION_STATE_UPDATE = 9
    SESSION_STATE_REQ = 10
    SESSION_STATE_RESP = 11
    KEEP_ALIVE_REQ = 12
    KEEP_ALIVE_RESP = 13
    MEDIA_DATA_AUDIO = 14
    MEDIA_DATA_VIDEO = 15
    MEDIA_DATA_SHARE = 16
    MEDIA_DATA_TRANSCRIPT = 17
    MEDIA_DATA_CHAT = 18
    STREAM_STATE_REQ = 19
    STREAM_STATE_RESP = 20
    STREAM_CLOSE_REQ = 21
    STREAM_CLOSE_RESP = 22
    META_DATA_AUDIO = 23
    META_DATA_VIDEO = 24
    META_DATA_SHARE = 25
    META_DATA_TRANSCRIPT = 26
    META_DATA_CHAT = 27
    VIDEO_SUBSCRIPTION_REQ = 28
    VIDEO_SUBSCRIPTION_RESP = 29


class StatusCode(IntEnum):
    """``status_code`` of handshake responses (RTMS_STATUS_CODE)."""

    OK = 0
    INVALID_MESSAGE_TYPE = 1
    INVALID_RTMS_STREAM_ID = 2
    INVALID_SIGNATURE = 3
    INVALID_PAYLOAD = 4
    INVALID_EVENTS = 5
    INVALID_EVENT_TYPE = 6
    INVALID_MEDIA_TYPE = 7
    DUPLICATE_SIGNAL_REQUEST = 8
    MEDIA_TYPE_AUDIO_NOT_SUPPORT = 9
    MEDIA_TYPE_VIDEO_NOT_SUPPORT = 10
    MEDIA_TYPE_DESKSHARE_NOT_SUPPORT = 11
    MEDIA_TYPE_TRANSCRIPT_NOT_SUPPORT = 12
    MEDIA_TYPE_CHAT_NOT_SUPPORT = 13
    MEDIA_TYPE_INVALID_VALUE = 14
    MEDIA_DATA_ALL_CONNECTION_EXIST = 15
    DUPLICATE_MEDIA_DATA_CONNECTION = 16
    INVALID_MEDIA_PARAMS = 17
    INVALID_MEDIA_AUDIO_PARAMS = 18
    INVALID_MEDIA_AUDIO_CONTENT_TYPE = 19
    INVALID_MEDIA_AUDIO_SAMPLE_RATE = 20
    INVALID_MEDIA_AUDIO_CHANNEL = 21
    INVALID_MEDIA_AUDIO_CODEC = 22
    INVALID_MEDIA_AUDIO_DATA_OPT = 23
    INVALID_MEDIA_AUDIO_SEND_RATE = 24
    INVALID_MEDIA_VIDEO_PARAMS = 25
    INVALID_MEDIA_VIDEO_CONTENT_TYPE = 26
    INVALID_MEDIA_VIDEO_CODEC = 27
    INVALID_MEDIA_VIDEO_RESOLUTION = 28
    INVALID_MEDIA_VIDEO_DATA_OPT = 29
    INVALID_MEDIA_VIDEO_FPS = 30
    INVALID_MEDIA_DESKSHARE_PARAMS = 31
    INVALID_MEDIA_DESKSHARE_CONTENT_TYPE = 32
    INVALID_MEDIA_DESKSHARE_CODEC = 33
    INVALID_MEDIA_DESKSHARE_RESOLUTION = 34
    INVALID_MEDIA_DESKSHARE_FPS = 35
    INVALID_MEDIA_TRANSCRIPT_PARAMS = 36
    INVALID_MEDIA_TRANSCRIPT_CONTENT_TYPE = 37
    INVALID_MEDIA_CHAT_PARAMS = 38
    INVALID_MEDIA_CHAT_CONTENT_TYPE = 39
    INVALID_RTMS_SESSION_ID = 40
    INVALID_CLIENT_READY_ACK = 41
    INVALID_EVENT_SUBSCRIBE = 42
    INVALID_MEDIA_TRANSCRIPT_SOURCE_LANGUAGE = 43
    DUPLICATE_VIDEO_SUBSCRIPTION = 44
    INTERNAL_EXCEPTION = 45
    INVALID_MEDIA_TRANSCRIPT_TARGET_LANGUAGE = 46
    CHAT_SESSION_KEY_NOT_AVAILABLE = 47


class WireStreamState(IntEnum):
    """``state`` of message 8 and 20 (RTMS_STREAM_STATE)."""

    INACTIVE = 0
    ACTIVE = 1
    INTERRUPTED = 2
    TERMINATING = 3
    TERMINATED = 4
    PAUSED = 5
    RESUMED = 6


class WireSessionState(IntEnum):
    """``state`` of message 9 and 11 (RTMS_SESSION_STATE)."""

    INACTIVE = 0
    INITIALIZE = 1
    STARTED = 2
    PAUSED = 3
    RESUMED = 4
    STOPPED = 5


class StopReason(IntEnum):
    """Why a stream ended (RTMS_STOP_REASON): webhook ``stop_reason``, messages 8 and 9."""

    UNDEFINED = 0
    HOST_TRIGGERED = 1
    USER_TRIGGERED = 2
    USER_LEFT = 3
    USER_EJECTED = 4
    HOST_DISABLED_APP = 5
    MEETING_ENDED = 6
    STREAM_CANCELED = 7
    STREAM_REVOKED = 8
    ALL_APPS_DISABLED = 9
    INTERNAL_EXCEPTION = 10
    CONNECTION_TIMEOUT = 11
    INSTANCE_CONNECTION_INTERRUPTED = 12
    SIGNAL_CONNECTION_INTERRUPTED = 13
    DATA_CONNECTION_INTERRUPTED = 14
    SIGNAL_CONNECTION_CLOSED_ABNORMALLY = 15
    DATA_CONNECTION_CLOSED_ABNORMALLY = 16
    EXIT_SIGNAL = 17
    AUTHENTICATION_FAILURE = 18
    AWAIT_RECONNECTION_TIMEOUT = 19
    RECEIVER_REQUEST_CLOSE = 20
    CUSTOMER_DISCONNECTED = 21
    AGENT_DISCONNECTED = 22
    ADMIN_DISABLED_APP = 23
    KEEP_ALIVE_TIMEOUT = 24
    MANUAL_API_TRIGGERED = 25
    STREAMING_NOT_SUPPORTED = 26


class EventType(IntEnum):
    """``event_type`` of message 6 for meetings, webinars and Video SDK (RTMS_EVENT_TYPE)."""

    UNDEFINED = 0
    FIRST_PACKET_TIMESTAMP = 1
    ACTIVE_SPEAKER_CHANGE = 2
    PARTICIPANT_JOIN = 3
    PARTICIPANT_LEAVE = 4
    SHARING_START = 5
    SHARING_STOP = 6
    MEDIA_CONNECTION_INTERRUPTED = 7
    PARTICIPANT_VIDEO_ON = 8
    PARTICIPANT_VIDEO_OFF = 9
    CHAT_GROUP_CREATE = 10
    CHAT_GROUP_DELETE = 11
    CHAT_GROUP_MEMBERS_ADD = 12
    CHAT_GROUP_MEMBERS_DELETE = 13
    CHAT_GROUP_MEMBER_STATUS_UPDATE = 14


class MediaType(IntFlag):
    """``media_type`` of message 3; bits can be combined."""

    AUDIO = 1
    VIDEO = 2
    DESKSHARE = 4
    TRANSCRIPT = 8
    CHAT = 16
    ALL = 32


class MediaContentType(IntEnum):
    """``content_type`` of media parameters."""

    UNDEFINED = 0
    RTP = 1
    RAW_AUDIO = 2
    RAW_VIDEO = 3
    FILE_STREAM = 4
    TEXT = 5


class MediaCodec(IntEnum):
    """``codec`` of media parameters (RTMS_MEDIA_PAYLOAD_TYPE)."""

    L16 = 1
    """16-bit samples, the low byte first."""
    G711 = 2
    G722 = 3
    OPUS = 4
    JPG = 5
    PNG = 6
    H264 = 7


class SampleRate(IntEnum):
    """``sample_rate`` of audio parameters."""

    KHZ_8 = 0
    KHZ_16 = 1
    KHZ_32 = 2
    KHZ_48 = 3


class Channels(IntEnum):
    """``channel`` of audio parameters."""

    MONO = 1
    STEREO = 2
    """With Opus only."""


class MediaDataOption(IntEnum):
    """``data_opt`` of media parameters: whose sound or picture comes."""

    AUDIO_MIXED = 1
    AUDIO_MULTI_STREAMS = 2
    """One stream for each person who speaks."""
    VIDEO_SINGLE_ACTIVE = 3
    VIDEO_SINGLE_INDIVIDUAL = 4
    VIDEO_MIXED_GALLERY = 5


class Resolution(IntEnum):
    """``resolution`` of video and screen share parameters."""

    SD = 1
    HD = 2
    FHD = 3
    QHD = 4


class ChatAudience(IntEnum):
    """``chat_session.type`` of chat messages (18)."""

    EVERYONE = 1
    INDIVIDUAL = 2
    CHAT_GROUP = 3
    HOSTS_AND_PANELISTS = 4
    INDIVIDUAL_CC_HOSTS_AND_PANELISTS = 5


class TranscriptLanguage(IntEnum):
    """``src_language`` and the language of utterances (RTMS_TRANSCRIPT_LANGUAGE)."""

    NONE = -1
    ARABIC = 0
    BENGALI = 1
    CANTONESE = 2
    CATALAN = 3
    CHINESE_SIMPLIFIED = 4
    CHINESE_TRADITIONAL = 5
    CZECH = 6
    DANISH = 7
    DUTCH = 8
    ENGLISH = 9
    ESTONIAN = 10
    FINNISH = 11
    FRENCH_CANADA = 12
    FRENCH_FRANCE = 13
    GERMAN = 14
    HEBREW = 15
    HINDI = 16
    HUNGARIAN = 17
    INDONESIAN = 18
    ITALIAN = 19
    JAPANESE = 20
    KOREAN = 21
    MALAY = 22
    PERSIAN = 23
    POLISH = 24
    PORTUGUESE = 25
    ROMANIAN = 26
    RUSSIAN = 27
    SPANISH = 28
    SWEDISH = 29
    TAGALOG = 30
    TAMIL = 31
    TELUGU = 32
    THAI = 33
    TURKISH = 34
    UKRAINIAN = 35
    VIETNAMESE = 36


class ChatOperation(IntEnum):
    """``operation_type`` of chat messages (18)."""

    NEW = 1
    DELETE = 2
    UPDATE = 3
    ADD_EMOJI_REACTION = 4
    REMOVE_EMOJI_REACTION = 5


class ContactCenterEventType(IntEnum):
    """``event_type`` of message 6 for Contact Center voice (RTMS_ZCC_VOICE_EVENT_TYPE).

    The numbers from 8 on mean something else than in :class:`EventType`.
    """

    CONSUMER_ANSWERED = 8
    CONSUMER_END = 9
    USER_ANSWERED = 10
    USER_END = 11
    USER_HOLD = 12
    USER_UNHOLD = 13
    MONITOR_STARTED = 14
    MONITOR_TRANSITIONED = 15
    MONITOR_ENDED = 16
    TAKEOVER_STARTED = 17
    TRANSFER_INITIATED = 18
    TRANSFER_CANCELED = 19
    TRANSFER_ACCEPTED = 20
    TRANSFER_COMPLETED = 21
    TRANSFER_REJECTED = 22
    TRANSFER_TIMEOUT = 23
    CONFERENCE_CANCELED = 24
    CONFERENCE_PARTICIPANT_CANCELED = 25
    CONFERENCE_PARTICIPANT_INVITED = 26
    CONFERENCE_PARTICIPANT_REJECTED = 27
    CONFERENCE_PARTICIPANT_TIMEOUT = 28
    CONFERENCE_PARTICIPANT_LEFT = 29


_Named = TypeVar("_Named", bound=IntEnum)


def named(enum: type[_Named], value: object) -> _Named | int | None:
    """The enum member for a wire value; the bare number where Zoom has added one; else ``None``."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    try:
        return enum(value)
    except ValueError:
        return value


def decode(frame: str | bytes) -> JsonObject | None:
    """The message in a frame, or ``None`` where it is not a JSON object with a numeric ``msg_type``.

    Zoom sends JSON in text or in binary frames.
    """
    message = decode_json_object(frame)
    if message is None:
        return None
    kind = message.get("msg_type")
    return message if isinstance(kind, int) and not isinstance(kind, bool) else None


def decode_json_object(text: str | bytes) -> JsonObject | None:
    """A JSON object whose every text can be stored, or ``None`` for anything else, however malformed or deep."""
    try:
        value = decode_json(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def encode(message: JsonObject) -> str:
    """A message as compact JSON text; half a surrogate pair, which no frame can carry, becomes U+FFFD."""
    return storable(compact_json(message))


def handshake_signature(*, client_id: str, client_secret: str, instance_id: str, stream_id: str) -> str:
    """Signature of messages 1 and 3: HMAC-SHA256 over the three ids joined by commas, lowercase hex."""
    signed = f"{client_id},{instance_id},{stream_id}"
    return hmac.new(client_secret.encode(), signed.encode(), hashlib.sha256).hexdigest()


def wire_id(value: object, *, longest: int = LIMITS.user_id) -> str:
    """An id as text, a person's by default: Zoom sends numbers or texts, and 0 or -1 for nobody."""
    text = wire_key(value, longest=longest)
    return "" if text in ("0", "-1") else text


def wire_key(value: object, *, longest: int = LIMITS.user_id) -> str:
    """A number or text as text, whatever it is; empty for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return ""
    return bounded_id(str(value), longest)


def wire_name(person: JsonObject) -> str:
    """A person's name in one line; empty where there is none."""
    return line_of(person.get("user_name"), LIMITS.name)


_TIME_DIGITS = 15


def milliseconds(value: object) -> int:
    """A wire time in UTC milliseconds, 0 for what is none: some of Zoom's messages carry seconds, told apart by size.

    Text of digits is a number, too: so JSON that is made of protocol buffers writes 64 bits ("ProtoJSON Format").
    A time that no calendar has is none: whoever gets it could not write it down.
    """
    if isinstance(value, str) and len(value) <= _TIME_DIGITS and value.isascii() and value.isdigit():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= LAST_MS:
        return 0
    return int(value * 1000) if value < 1e11 else int(value)
