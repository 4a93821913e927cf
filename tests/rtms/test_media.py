from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bridge.domain import MediaKind, Product, Source
from bridge.rtms.conversation import Ignored, Refused
from bridge.rtms.media import MOST_EARLY, ChatChanged, Media, MediaReady, Packet, Said
from bridge.rtms.media_params import audio_params
from bridge.rtms.messages import MediaType

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "messages.json").read_text())
CONTENT = VECTORS["transcript"]["content"]
CHAT = {
    "message_id": "c-1",
    "operation_type": 1,
    "sender": {"user_id": 7, "user_name": "Eli"},
    "data": "See the link.",
    "timestamp": 1763769608000,
}


def media(media_type: MediaType = MediaType.TRANSCRIPT) -> Media:
    return Media(
        product=Product.MEETING,
        instance_id="uuid",
        stream_id="stream",
        signature="sig",
        media_type=media_type,
        now=0,
    )


@pytest.fixture
def ready() -> Media:
    """A conversation after its handshake."""
    conversation = media()
    assert say(conversation, VECTORS["media_accepted"]) == [MediaReady()]
    return conversation


def say(conversation: Media, message: Any) -> list[Any]:
    return list(conversation.receive(json.dumps(message), 1))


def heard(conversation: Media, kind: int = 17, **content: Any) -> Said:
    """What comes of one message."""
    (said,) = say(conversation, {"msg_type": kind, "content": content})
    assert isinstance(said, Said)
    return said


@pytest.mark.parametrize("media_type", [MediaType.TRANSCRIPT, MediaType.CHAT])
def test_handshake(media_type: MediaType) -> None:
    """Message 3 asks for one kind of media."""
    (text,) = media(media_type).texts_to_send()
    assert json.loads(text) == {
        "msg_type": 3,
        "protocol_version": 1,
        "sequence": 1,
        "meeting_uuid": "uuid",
        "rtms_stream_id": "stream",
        "signature": "sig",
        "media_type": int(media_type),
        "payload_encryption": False,
    }


def test_transcript(ready: Media) -> None:
    """A transcript message tells who said what, and when."""
    assert heard(ready, **CONTENT) == Said(
        text="Let's ship it on Friday.",
        user_id="16778240",
        speaker="Dana",
        start_ms=1763769605000,
        end_ms=1763769607400,
        timestamp_ms=1763769607900,
        language=9,
        source=Source.SPEECH,
    )


def test_only_words(ready: Media) -> None:
    """Any field but the words may be missing."""
    assert heard(ready, data="Yes.") == Said(
        text="Yes.",
        user_id="",
        speaker="",
        start_ms=0,
        end_ms=0,
        timestamp_ms=0,
        language=None,
        source=Source.SPEECH,
    )


@pytest.mark.parametrize(
    ("field", "value", "attribute", "expected"),
    [
        ("user_id", "16778240", "user_id", "16778240"),
        ("user_id", 0, "user_id", ""),
        ("user_id", "0", "user_id", ""),
        ("user_id", True, "user_id", ""),
        ("user_id", [1], "user_id", ""),
        ("user_name", None, "speaker", ""),
        ("user_name", 7, "speaker", ""),
        ("language", -1, "language", -1),
        ("language", "9", "language", None),
        ("language", True, "language", None),
        ("language", 10**9, "language", None),
        ("start_time", 1763769605, "start_ms", 1763769605000),
        ("start_time", -5, "start_ms", 0),
        ("start_time", float("nan"), "start_ms", 0),
        ("start_time", float("inf"), "start_ms", 0),
        ("start_time", 10**400, "start_ms", 0),
        ("start_time", "1763769605000", "start_ms", 1763769605000),
        ("start_time", "-5", "start_ms", 0),
        ("start_time", "1763769605000.5", "start_ms", 0),
        ("start_time", "9" * 16, "start_ms", 0),
        ("start_time", 253_402_300_799_999, "start_ms", 253_402_300_799_999),
        ("start_time", 253_402_300_800_000, "start_ms", 0),
        ("end_time", None, "end_ms", 0),
        ("timestamp", False, "timestamp_ms", 0),
    ],
)
def test_fields(ready: Media, field: str, value: object, attribute: str, expected: object) -> None:
    """What a field cannot mean is taken as not told; seconds are told from milliseconds by their size."""
    assert getattr(heard(ready, **{**CONTENT, field: value}), attribute) == expected


def test_contact_center(ready: Media) -> None:
    """Where speakers are channels, the channel names them and the name means nothing."""
    said = heard(ready, **CONTENT, channel_id="agent-1")
    assert (said.user_id, said.speaker) == ("agent-1", "")


def test_chat(ready: Media) -> None:
    """A chat message is said by its sender at its time."""
    assert heard(ready, 18, **CHAT) == Said(
        text="See the link.",
        user_id="7",
        speaker="Eli",
        start_ms=1763769608000,
        end_ms=1763769608000,
        timestamp_ms=1763769608000,
        language=None,
        source=Source.CHAT,
        message_id="c-1",
    )


def test_nested_chat(ready: Media) -> None:
    """Chat whose fields are JSON inside ``data`` reads the same."""
    assert heard(ready, 18, data=json.dumps(CHAT)) == heard(ready, 18, **CHAT)


@pytest.mark.parametrize("text", ["{not json", '{"a": 1}', "{}"])
def test_chat_that_looks_nested(ready: Media, text: str) -> None:
    """Somebody may type a brace."""
    assert heard(ready, 18, **{**CHAT, "data": text}).text == text


@pytest.mark.parametrize(
    "typed",
    [
        {"data": "I resign.", "sender": {"user_id": 1, "user_name": "Boss"}},
        {"data": "I resign.", "user_id": 1, "user_name": "Boss"},
        {"data": "", "operation_type": 2, "message_id": "of somebody else"},
        {"data": "Approved.", "operation_type": 3, "message_id": "of somebody else"},
        {"data": "Only for you.", "chat_session": {"type": 2}},
    ],
)
@pytest.mark.parametrize(
    "told",
    [
        CHAT,
        {"user_id": 7, "user_name": "Eli", "timestamp": CHAT["timestamp"]},
        {"message_id": "c-1", "timestamp": CHAT["timestamp"]},
    ],
)
def test_typed_json(ready: Media, typed: dict[str, Any], told: dict[str, Any]) -> None:
    """Who types JSON says just that: not in another's name, and nothing of what others have said is edited or deleted."""
    text = json.dumps(typed)
    plain = heard(ready, 18, **{**told, "data": "x"})
    assert heard(ready, 18, **{**told, "data": text}) == msgspec.structs.replace(plain, text=text)


def test_chat_that_tells_whose_it_is_and_is_nested(ready: Media) -> None:
    """It is that person's, by the name that stands outside; what is for some alone is heard by nobody."""
    whose = {"user_id": 7, "user_name": "Eli", "timestamp": CHAT["timestamp"]}
    renamed = {**CHAT, "sender": {"user_id": 7, "user_name": "Boss"}}
    assert heard(ready, 18, **whose, data=json.dumps(renamed)) == heard(ready, 18, **CHAT)
    private = json.dumps({**CHAT, "chat_session": {"type": 2}})
    assert say(ready, {"msg_type": 18, "content": {**whose, "data": private}}) == [Ignored("private")]
    for other in (
        {"operation_type": 3},
        {"operation_type": 2},
        {"sender": {"user_id": 1, "user_name": "Boss"}},
    ):
        text = json.dumps({**CHAT, **other})
        told = heard(ready, 18, **whose, data=text)
        assert (told.text, told.user_id, told.speaker) == (text, "7", "Eli")


@pytest.mark.parametrize("operation", [4, 5, 99])
def test_chat_operations(ready: Media, operation: int) -> None:
    """Reactions are no words."""
    message = {"msg_type": 18, "content": {**CHAT, "operation_type": operation}}
    assert say(ready, message) == [Ignored("unexpected")]


def test_chat_changes(ready: Media) -> None:
    """An edited or deleted message is told by its id."""
    edited = {"msg_type": 18, "content": {**CHAT, "operation_type": 3, "data": "Another link."}}
    assert say(ready, edited) == [ChatChanged(message_id="c-1", text="Another link.")]
    deleted = {"msg_type": 18, "content": {**CHAT, "operation_type": 2}}
    assert say(ready, deleted) == [ChatChanged(message_id="c-1", text="")]


def test_a_change_of_nothing(ready: Media) -> None:
    """A deletion that does not say of what deletes nothing, and such an edit is a message."""
    unnamed = {**CHAT, "message_id": None}
    assert say(ready, {"msg_type": 18, "content": {**unnamed, "operation_type": 2}}) == [
        Ignored("unexpected")
    ]
    assert heard(ready, 18, **{**unnamed, "operation_type": 3}).text == "See the link."


@pytest.mark.parametrize("audience", [2, 3, 4, 5])
def test_private_chat(ready: Media, audience: int) -> None:
    """What some write to some is not passed on."""
    message = {"msg_type": 18, "content": {**CHAT, "chat_session": {"type": audience, "id": "x"}}}
    assert say(ready, message) == [Ignored("private")]


@pytest.mark.parametrize(
    ("kind", "media_type"), [(14, MediaType.AUDIO), (15, MediaType.VIDEO), (16, MediaType.DESKSHARE)]
)
def test_packets(kind: int, media_type: MediaType) -> None:
    """Sound and pictures come as the wire had them, on the socket that was opened for them."""
    conversation = media(media_type)
    say(conversation, VECTORS["media_accepted"])
    content = {"user_id": 7, "user_name": "Dana", "data": "AAAA", "length": 3, "timestamp": 1763769608000}
    (packet,) = say(conversation, {"msg_type": kind, "content": content})
    assert isinstance(packet, Packet)
    assert (packet.user_id, packet.speaker, packet.data, packet.length) == ("7", "Dana", "AAAA", 3)
    assert packet.timestamp_ms == 1763769608000
    assert say(conversation, {"msg_type": kind, "content": {**content, "data": ""}}) == [
        Ignored("undecodable")
    ]


@pytest.mark.parametrize("kind", [17, 18])
@pytest.mark.parametrize("content", [None, [], "x", {}, {"data": 7}, {"data": None}])
def test_without_words(ready: Media, kind: int, content: object) -> None:
    """A message without words is counted."""
    assert say(ready, {"msg_type": kind, "content": content}) == [Ignored("undecodable")]


@pytest.mark.parametrize("kind", [2, 6, 14, 15, 16, 22])
def test_not_for_us(ready: Media, kind: int) -> None:
    """Audio, video and what belongs on signaling are passed over."""
    assert say(ready, {"msg_type": kind, "content": {}}) == [Ignored("unexpected")]


def test_words_before_the_handshake() -> None:
    """Nothing is heard before the handshake is accepted; words that overtook that are heard then, in their order, once."""
    conversation = media()
    assert say(conversation, VECTORS["transcript"]) == []
    assert say(conversation, {"msg_type": 18, "content": CHAT}) == []
    ready, speech, chat = say(conversation, VECTORS["media_accepted"])
    assert (ready, speech.text, chat.text) == (MediaReady(), CONTENT["data"], CHAT["data"])
    assert say(conversation, VECTORS["media_accepted"]) == [Ignored("unexpected")]


def test_words_before_a_refusal() -> None:
    """Who does not let us in has told us nothing."""
    conversation = media()
    assert say(conversation, VECTORS["transcript"]) == []
    (refused,) = say(conversation, {**VECTORS["media_accepted"], "status_code": 3})
    assert isinstance(refused, Refused)


def test_a_flood_of_words_before_the_handshake() -> None:
    """So many are kept and no more; sound and pictures, which weigh more, never are."""
    conversation = media(MediaType.AUDIO)
    told = [say(conversation, VECTORS["transcript"]) for _ in range(MOST_EARLY + 1)]
    assert told == [[]] * MOST_EARLY + [[Ignored("unexpected")]]
    assert say(media(MediaType.AUDIO), {"msg_type": 14, "content": SOUND}) == [Ignored("unexpected")]


SOUND = {"user_id": 7, "user_name": "Dana", "data": "AAAA", "length": 3, "timestamp": 1763769605000}
CARRIED = [
    (MediaType.AUDIO, 14, MediaKind.AUDIO),
    (MediaType.VIDEO, 15, MediaKind.VIDEO),
    (MediaType.DESKSHARE, 16, MediaKind.SHARE),
]


def carrying(media_type: MediaType) -> Media:
    """A conversation of another kind, after its handshake."""
    conversation = media(media_type)
    assert say(conversation, VECTORS["media_accepted"]) == [MediaReady()]
    return conversation


@pytest.mark.parametrize(("media_type", "number", "kind"), CARRIED)
def test_sound_and_pictures(media_type: MediaType, number: int, kind: MediaKind) -> None:
    """A packet tells whose it is and when, and keeps its text form."""
    assert say(carrying(media_type), {"msg_type": number, "content": SOUND}) == [
        Packet(kind=kind, user_id="7", speaker="Dana", timestamp_ms=1763769605000, data="AAAA", length=3)
    ]


def test_mixed_sound_is_nobodys() -> None:
    """User id 0 stands for everybody; times in seconds and missing fields are understood."""
    (packet,) = say(
        carrying(MediaType.AUDIO),
        {"msg_type": 14, "content": {"user_id": 0, "data": "AAAA", "timestamp": 1763769605}},
    )
    assert packet == Packet(
        kind=MediaKind.AUDIO, user_id="", speaker="", timestamp_ms=1763769605000, data="AAAA", length=None
    )


def test_a_channel_stands_for_a_person() -> None:
    """Contact center sound is told apart by channel; the name there means nothing."""
    (packet,) = say(carrying(MediaType.AUDIO), {"msg_type": 14, "content": SOUND | {"channel_id": "ch-2"}})
    assert (packet.user_id, packet.speaker) == ("ch-2", "")


@pytest.mark.parametrize("content", [None, [], "AAAA", {}, {"data": None}, {"data": ""}, {"data": 5}])
def test_packets_without_data(content: Any) -> None:
    """A packet that holds nothing is passed over."""
    assert say(carrying(MediaType.AUDIO), {"msg_type": 14, "content": content}) == [Ignored("undecodable")]


@pytest.mark.parametrize(("media_type", "number", "kind"), CARRIED)
def test_packets_on_the_wrong_socket(media_type: MediaType, number: int, kind: MediaKind) -> None:
    """Nothing is taken that was not asked for on this socket, nor before the handshake."""
    packet = {"msg_type": number, "content": SOUND}
    assert say(carrying(MediaType.TRANSCRIPT), packet) == [Ignored("unexpected")]
    assert say(media(media_type), packet) == [Ignored("unexpected")]


def test_parameters_go_into_the_handshake() -> None:
    """What is asked for stands in message 3."""
    conversation = Media(
        product=Product.MEETING,
        instance_id="uuid",
        stream_id="stream",
        signature="sig",
        media_type=MediaType.AUDIO,
        now=0,
        params=audio_params(per_speaker=True, opus=False),
    )
    (text,) = conversation.texts_to_send()
    assert json.loads(text)["media_params"] == {
        "audio": {
            "content_type": 2,
            "sample_rate": 1,
            "channel": 1,
            "codec": 1,
            "data_opt": 2,
            "send_rate": 20,
        }
    }
