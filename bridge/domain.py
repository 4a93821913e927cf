"""What travels through the bridge: frozen values, no behaviour beyond naming themselves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Longest texts in characters (code points), the same for the edge and for the store's columns."""

    id: int = 255
    """Of a stream, a meeting, a message, a flow."""
    window_id: int = 400
    """A stream's id, a route's name and a number."""
    user_id: int = 64
    """Of a person in a meeting."""
    name: int = 200
    """Of a person."""
    topic: int = 300
    """Of a meeting."""
    text: int = 20_000
    """Of one utterance: no person says that much in one piece."""
    route: int = 64
    """Name of a route, and of a webhook endpoint."""
    delivery_id: int = 64
    reason: int = 200
    """Why something was not received, ended or is deleted, in words."""


LIMITS: Final = Limits()


class Product(StrEnum):
    """The Zoom product a stream belongs to; it decides names and ids on the wire."""

    MEETING = "meeting"
    WEBINAR = "webinar"
    VIDEO_SDK = "session"
    CONTACT_CENTER = "contact_center"


class StreamState(StrEnum):
    """Where our handling of a stream stands."""

    STARTING = "starting"
    """Announced by a webhook; sockets not ready yet."""
    LIVE = "live"
    """Both sockets are ready and words can arrive."""
    PAUSED = "paused"
    """Zoom paused the stream; no words are expected until it resumes."""
    INTERRUPTED = "interrupted"
    """Nobody hears it now; it is being dialled again."""
    LOST = "lost"
    """Given up by us. Zoom has not ended it, and may start it anew."""
    ENDED = "ended"
    """Over. A tombstone, never revived."""


OVER: Final = frozenset({StreamState.ENDED, StreamState.LOST})
"""States in which nobody listens any more. Only what Zoom ended is final; what we gave up Zoom may start anew."""


class Source(StrEnum):
    """How an utterance was made."""

    SPEECH = "speech"
    CHAT = "chat"


class HappeningKind(StrEnum):
    """What happened besides talk."""

    PRESENT = "present"
    """Was there already when the bridge came."""
    JOINED = "joined"
    LEFT = "left"
    SHARING_STARTED = "sharing_started"
    SHARING_STOPPED = "sharing_stopped"
    PAUSED = "paused"
    """Zoom paused the stream; nobody is named."""
    RESUMED = "resumed"
    """A pause of the stream is over."""


class MediaKind(StrEnum):
    """What a stream carries besides text."""

    AUDIO = "audio"
    SHARE = "share"
    """Pictures of a shared screen."""
    VIDEO = "video"


class WindowKind(StrEnum):
    """Why a window is sent; a route chooses the kinds it wants."""

    START = "start"
    """The stream began; carries no utterances."""
    LIVE = "live"
    """What was said since the route's previous live window."""
    ASK = "ask"
    """Somebody asked the assistant."""
    FINAL = "final"
    """The stream ended; carries the whole meeting."""
    APPROVED = "approved"
    """Somebody approved what the flow had found; carries that, and no utterances. It comes by itself, with ``approve``."""


class RunStatus(StrEnum):
    """What became of a window."""

    PENDING = "pending"
    """Stored, not answered yet: sent again after a crash."""
    DONE = "done"
    """Answered; the answer is stored."""
    FAILED = "failed"
    """Given up, with the reason stored; nobody will send it again unasked."""


class Decision(StrEnum):
    """What somebody decided about a finding that waited."""

    POST = "post"
    """It goes out, in the words of the verdict."""
    NO = "no"
    """It does not."""


class EndpointEvent(StrEnum):
    """What a webhook endpoint can be told of, as Standard Webhooks wants types to be named."""

    MEETING_STARTED = "meeting.started"
    MEETING_ENDED = "meeting.ended"
    FINDING_CREATED = "finding.created"
    FINDING_UPDATED = "finding.updated"
    """What was told before reads differently now."""
    SUMMARY_CREATED = "summary.created"


class DeliveryStatus(StrEnum):
    """What became of a delivery."""

    WAITING = "waiting"
    """Stored, not taken yet: sent until it is."""
    DELIVERED = "delivered"
    """The endpoint has taken it."""
    FAILED = "failed"
    """Given up, with the reason stored."""


class PassageKind(StrEnum):
    """What is found by a search."""

    WORDS = "words"
    """What people said or wrote."""
    FINDING = "finding"
    """What a flow found in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One RTMS feed of a meeting, as Zoom announced it."""

    stream_id: str
    """Zoom's ``rtms_stream_id``, opaque."""
    product: Product
    meeting_uuid: str
    """The id that signs handshakes: meeting or webinar UUID, session id or engagement id, verbatim."""
    server_urls: str
    """Signaling URLs as the newest start event gave them, comma-separated."""
    event_ts: int
    """Time of that event, UTC milliseconds."""
    meeting_id: str = ""
    """The number people dial, as text; empty where Zoom did not tell."""
    topic: str = ""
    started_at_ms: int = 0
    """Time of the first start event, UTC milliseconds."""
    state: StreamState = StreamState.STARTING
    end_reason: str = ""
    """Why the stream ended, in words; empty while it lives."""
    timezone: str = ""
    """Where its people are, as ``America/Los_Angeles``; empty where nobody told."""

    @property
    def is_tombstone(self) -> bool:
        """Whether only its id is left, as of a deleted meeting: it has no servers, as every stream has that was announced."""
        return not self.server_urls


_UTTERANCE_ID = re.compile(r"u-0*([1-9][0-9]{0,8})")
"""Nine digits: what a column of four bytes holds."""


def utterance_id(n: int) -> str:
    """The name flows use for the utterance at a position: ``u-`` and six or more digits."""
    return f"u-{n:06d}"


def utterance_position(name: str) -> int:
    """The position that :func:`utterance_id` has named; 0 for any other text.

    More zeros in front than it writes are passed over: models count them badly.
    """
    named = _UTTERANCE_ID.fullmatch(name)
    return int(named[1]) if named and len(name) >= len(utterance_id(0)) else 0


_REHEARSAL = "rehearsal-"


def rehearsal_uuid(token: str) -> str:
    """The meeting UUID of a rehearsal, which is nobody's meeting; ``token`` is of letters and digits and of no other one.

    Its session in Langflow begins with ``zoom-rehearsal-``: so our components know one that has no window.
    """
    return f"{_REHEARSAL}{token}"


def is_rehearsal(meeting_uuid: str) -> bool:
    """Whether a meeting UUID is of :func:`rehearsal_uuid`; Zoom's have no hyphen in Base64."""
    return meeting_uuid.startswith(_REHEARSAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """One piece of transcript or chat by one person."""

    stream_id: str
    n: int
    """Position in the stream in order of arrival, from 1, without holes."""
    speaker: str
    user_id: str
    start_ms: int
    """UTC milliseconds."""
    end_ms: int
    """UTC milliseconds."""
    text: str
    language: int | None = None
    """Zoom's language id; ``None`` where the wire did not tell."""
    source: Source = Source.SPEECH
    message_id: str = ""
    """Zoom's id of a chat message, by which it can be edited or deleted; empty for speech."""

    @property
    def id(self) -> str:
        """The name flows use for it, as :func:`utterance_id`."""
        return utterance_id(self.n)

    @property
    def who(self) -> str:
        """What tells its speaker from others in the stream: the user id, or the name where the wire gave none."""
        return self.user_id or self.speaker


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A question that somebody put to the assistant."""

    question: str
    """In the words that were said, without the call."""
    utterances: tuple[Utterance, ...]
    """Those that hold the call and the question, in order; all by one person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A stretch of the meeting that was not received."""

    stream_id: str
    from_ms: int
    """UTC milliseconds, when the last frame was seen."""
    to_ms: int
    """UTC milliseconds, when words could arrive again."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Somebody came, left, or shared a screen, or the stream was paused."""

    stream_id: str
    kind: HappeningKind
    at_ms: int
    """UTC milliseconds."""
    user_id: str
    """Empty where the wire names nobody."""
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldEvent:
    """A webhook event that came, without what it told."""

    event: str
    """Zoom's name for it."""
    event_ts: int
    """UTC milliseconds, as Zoom told."""
    received_ms: int
    """UTC milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One file of sound or pictures."""

    stream_id: str
    name: str
    """Of the file, unique in its stream; tells kind, time and user id."""
    kind: MediaKind
    user_id: str
    """Whose sound or picture it is; empty for everybody's."""
    speaker: str
    """Empty where the wire named nobody."""
    path: str
    """Below the data folder, with ``/``."""
    from_ms: int
    """UTC milliseconds, as Zoom's server told."""
    to_ms: int
    """UTC milliseconds, where the last sound or picture ends so far."""
    bytes: int
    """Of the file, so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What a shared screen showed, as Langflow keeps it."""

    path: str
    """By which a flow reads it."""
    at_ms: int
    """UTC milliseconds; 0 where the wire did not tell."""
    user_id: str
    """Who shares."""
    name: str
    """Empty where the wire named nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """What an earlier meeting of the same series tells of a question."""

    stream: Stream
    passages: tuple[tuple[Utterance, ...], ...]
    """Places where it was talked of, each in order."""
    insights: tuple[tuple[str, str, str, str], ...]
    """What was found in it: kind, text, owner and when it is due, the last two empty where nothing was said."""
    summary: str
    """Its minutes; empty without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One thing that an answer rests on: words, or what a flow had found in an earlier meeting."""

    stream: Stream
    n: int
    """Position of the utterance; 0 of what a flow had found."""
    at_ms: int
    """When it was said, UTC milliseconds; 0 of what a flow had found."""
    speaker: str
    """Who said it, or who is to do it; empty where nobody was named."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What a flow answered to a question that was put from outside the meeting."""

    text: str
    """For people, with speaker and time, or meeting and day, in each line of an answer of ours; empty where the flow said nothing."""
    evidence: tuple[Evidence, ...]
    """In the order of the answer; none where the flow told none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StillOpen:
    """What the last meeting of a series left to do."""

    stream: Stream
    items: tuple[tuple[str, str, str], ...]
    """Each one's text, owner and when it is due, the last two empty where nothing was said; in order of appearance."""
    more: int
    """How many there are besides."""
    language: str
    """In which people were told then, as a code; empty where that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Ordered utterances sent together to one route's flow, with the exact text that is sent."""

    window_id: str
    stream_id: str
    meeting_uuid: str
    route: str
    flow: str
    """Endpoint name or id of the flow it is for; ``call:`` and the function's name where a route calls one."""
    seq: int
    """Position among the stream's windows on this route, from 1."""
    kind: WindowKind
    first_n: int
    """First utterance position it carries; with ``last_n`` 0 and 0 when it carries none. One that was approved has the
    number of its verdict in both."""
    last_n: int
    input_value: str
    """What the flow receives, byte for byte the same each time it is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyedWindow(Window):
    """A redacted window on its way, and what its placeholders stand for: beside its text, where no model reads it."""

    placeholders: str
    """Rows of the meeting's key, as JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RedactionKey:
    """What the placeholders in a meeting's redacted windows stand for, as stored."""

    meeting_uuid: str
    version: int
    """From 1; each has all placeholders of those before, with the same meanings."""
    content: str
    """JSON, as :meth:`bridge.redaction.placeholders.Placeholders.rows` gives it."""
    stream_id: str
    """Of the stream in which something was said that was not known before: the key goes with the meeting's streams."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What models took for a run, or for several."""

    input_tokens: int
    """Of prompts, those read from a cache included."""
    output_tokens: int
    cost_micros: int
    """Millionths of a US dollar; -1 where a price is not known."""

    @property
    def cost_usd(self) -> float | None:
        """In US dollars; ``None`` where a price is not known."""
        return None if self.cost_micros < 0 else self.cost_micros / 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A window's way through Langflow, as stored."""

    window_id: str
    stream_id: str
    route: str
    seq: int
    kind: WindowKind
    status: RunStatus
    attempts: int
    output: str
    """The flow's answer; empty until done, or when the flow had nothing to say."""
    error: str
    """Why the last attempt failed, in words without meeting content; empty when none did."""
    failures: int = 0
    """How often the flow itself failed on it, over all restarts; what was wrong with the way there does not count."""
    meeting_uuid: str = ""
    news: str = ""
    """What the flow found, as :mod:`bridge.flow.news` reads it; empty where it told none."""
    created_ms: int = 0
    """When the window was stored, UTC milliseconds."""
    ended_ms: int = 0
    """When it was answered or given up, UTC milliseconds; 0 before."""
    input_tokens: int = -1
    """What models took for it; -1 where that is not known, as with the next two."""
    output_tokens: int = -1
    cost_micros: int = -1

    @property
    def usage(self) -> Usage | None:
        """What models took for it; ``None`` where nobody told."""
        if self.input_tokens < 0:
            return None
        return Usage(self.input_tokens, self.output_tokens, self.cost_micros)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What somebody decided about one thing that a flow had found."""

    stream_id: str
    n: int
    """Position among the verdicts of its stream, from 1, without holes."""
    route: str
    item: str
    """The finding's name in its stream and route, as :mod:`bridge.approval.item` gives it."""
    digest: str
    """Of the wording that was decided on."""
    decision: Decision
    text: str
    """What goes out, or what was declined."""
    owner: str
    due: str
    who: str
    at_ms: int
    """UTC milliseconds."""
    approved: str = ""
    """What the flow is given, as JSON of the window's ``approved``; empty where nothing is."""
    window_id: str = ""
    """The window that takes it to the flow; empty until there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An event on its way to a webhook endpoint, as stored."""

    delivery_id: str
    """Sent as ``webhook-id``, the same with each attempt and after each restart."""
    endpoint: str
    """The endpoint's name."""
    stream_id: str
    event: EndpointEvent
    body: str
    """What the endpoint receives, byte for byte the same each time; empty once it is settled, and where it was not read."""
    created_ms: int
    """UTC milliseconds."""
    status: DeliveryStatus = DeliveryStatus.WAITING
    attempts: int = 0
    """Made so far, over all restarts."""
    due_ms: int = 0
    """When it is sent again, UTC milliseconds."""
    ended_ms: int = 0
    """When it was taken or given up, UTC milliseconds; 0 before."""
    answer: str = ""
    """How the last attempt was answered, or why the delivery was given up: in our own words. Empty before the first."""


@dataclass(frozen=True, slots=True)
class Output:
    """What a run gives back."""

    text: str
    """The flow's answer; empty where it had nothing to say."""
    news: str = ""
    """What it found beside that, as JSON that :mod:`bridge.flow.news` keeps; empty where it told none."""
    usage: Usage | None = None
    """What Langflow's own nodes took of models, as Langflow counted it; ``None`` where it tells nothing."""
    spent: tuple[tuple[str, Usage], ...] = ()
    """What our components took, by window: of this run's and of earlier ones, which may have had nothing to tell it with."""
    is_put_back: bool = False
    """Whether the flow has put real words back in both already."""


NO_OUTPUT: Final = Output("")


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingWindow:
    """A window that is stored and not answered yet."""

    window: Window
    attempts: int
    """Made so far, over all restarts."""
    failures: int
    """How often the flow itself failed on it, over all restarts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumePoint:
    """Where a stream's transcript stands: all that is needed to go on with it after a restart."""

    count: int
    """Highest position; 0 before the first utterance."""
    people: tuple[tuple[str, str], ...]
    """User id and latest name of everybody who said something, in order of appearance."""
    recent: tuple[Utterance, ...]
    """The last ones in order, deleted chat messages (without text) included."""
    chat: Mapping[str, int]
    """Position by message id, of the chat messages that are not deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Something that is found as one: utterances of one stream that follow one another, or a finding."""

    stream_id: str
    kind: PassageKind
    first_n: int
    """Position of its first utterance; of a finding, of the first that bears it out, and 0 where none is named."""
    last_n: int
    """Position of its last utterance, included."""
    item: str
    """A finding's own name in its stream; empty for words."""
    label: str
    """What sort of finding it is, such as ``decision`` or ``summary``; empty for words."""
    text: str
    """What a finding says, as it is shown; empty for words, which are read from their utterances."""
    terms: str
    """By which it is found, one blank apart, each as often as it is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """A meeting that is to be deleted everywhere, as work that waits until all of it is done."""

    meeting_uuid: str
    why: str
    requested_ms: int
    """From when on, UTC milliseconds."""
    attempts: int
    error: str
    """Why the last attempt failed, in words without meeting content; empty when none did."""
