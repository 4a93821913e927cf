"""What Langflow is sent, and how its answer is read. Pure.

Sources: docs.langflow.org "Langflow API: run flow"; the shape of the window is
``flows/window.schema.json``.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from typing import TYPE_CHECKING, Any, Final

import msgspec

from bridge.domain import NO_OUTPUT, KeyedWindow, Output, Window, WindowKind
from bridge.flow.news import kept
from bridge.flow.usage import langflows_usage, spent_in
from bridge.text import storable
from bridge.times import instant

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from bridge.domain import Ask, Earlier, Gap, Picture, StillOpen, Stream, Utterance, Verdict
    from bridge.flow.routes import Route

WINDOW_SCHEMA = "zoom-window/1"
_DIGEST_DIGITS = 8
PLACEHOLDERS: Final = "ZOOM-PLACEHOLDERS-"
"""Begins the names of the global variables that tell a run what its placeholders stand for, behind it from 1."""
VARIABLE_HEADER: Final = "X-LANGFLOW-GLOBAL-VAR-"
"""Begins the headers that are global variables of one run."""
_LONGEST_VARIABLE: Final = 4_000
"""Of characters: proxies take headers of 8 KB."""


def session_id(meeting_uuid: str) -> str:
    """The Langflow session of a meeting: the same for each of its windows, on every route."""
    return "zoom-" + meeting_uuid.replace("/", "_").replace("+", "-").replace("=", "")


def compose_window(
    *,
    stream: Stream,
    route: Route,
    seq: int,
    kind: WindowKind,
    utterances: Sequence[Utterance],
    gaps: Sequence[Gap],
    participants: Sequence[tuple[str, str]],
    now_ms: int,
    share: Picture | None = None,
    asked: Collection[str] = (),
    ask: Ask | None = None,
    earlier: Sequence[Earlier] = (),
    still_open: StillOpen | None = None,
    verdict: Verdict | None = None,
    redacted: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
) -> Window:
    """A window with the exact text that will be sent, however often that may be.

    ``utterances`` stand in the order in which the flow shall read them; ``now_ms`` (UTC
    milliseconds) is the window's time where it carries none; ``share`` is what the shared screen shows.
    ``asked`` are ids of utterances that are said to the assistant; the window tells which of its own are.
    ``ask`` is what a window of that kind is for. Such a window carries the meeting so far, and its
    positions are those of the question; as plain text the question stands last, behind an empty line.
    ``earlier`` is what other meetings of the series tell of it, the newest first; ``still_open`` what the last of them
    left to do. ``verdict`` is what a window of what was approved is for, and its number stands for positions.
    ``redacted`` gives a window as it may be read by a model.
    """
    window_id = f"{stream.stream_id}:{route.name}:{seq}"
    positions = [utterance.n for utterance in (ask.utterances if ask is not None else utterances)]
    if verdict is not None:
        positions = [verdict.n]
    value = {
        "schema": WINDOW_SCHEMA,
        "window_id": window_id,
        "seq": seq,
        "kind": kind,
        "route": route.name,
        "meeting": _meeting(stream),
        "stream_id": stream.stream_id,
        "from_ms": min((utterance.start_ms for utterance in utterances), default=now_ms),
        "to_ms": max((utterance.end_ms for utterance in utterances), default=now_ms),
        "participants": [{"user_id": user_id, "name": name} for user_id, name in participants],
        "utterances": [_utterance(utterance) for utterance in utterances],
        "gaps": [{"from_ms": gap.from_ms, "to_ms": gap.to_ms, "reason": gap.reason} for gap in gaps],
    }
    if share is not None:
        value["share"] = {
            "path": share.path,
            "at_ms": share.at_ms,
            "user_id": share.user_id,
            "name": share.name,
        }
    if zone := route.timezone or stream.timezone:
        value["timezone"] = zone
    to_assistant = {*asked, *(utterance.id for utterance in (ask.utterances if ask is not None else ()))}
    if own := [utterance.id for utterance in utterances if utterance.id in to_assistant]:
        value["asked"] = own
    if earlier:
        value["earlier"] = [_earlier(each) for each in earlier]
    if still_open is not None:
        value["still_open"] = _still_open(still_open)
    if ask is not None:
        value["ask"] = _ask(ask)
    if verdict is not None:
        value["approved"] = json.loads(verdict.approved)
    elif route.approve:
        value["approve"] = True
    if redacted is not None:
        value = redacted(value)
    return Window(
        window_id=window_id,
        stream_id=stream.stream_id,
        meeting_uuid=stream.meeting_uuid,
        route=route.name,
        flow=route.target,
        seq=seq,
        kind=kind,
        first_n=min(positions, default=0),
        last_n=max(positions, default=0),
        input_value=_plain(value) if route.input == "text" else json_text(value),
    )


def _plain(value: dict[str, Any]) -> str:
    """A window as plain text."""
    text = "\n".join(f"{said['speaker']}: {said['text']}" for said in value["utterances"])
    if ask := value.get("ask"):
        text += f"\n\nQuestion by {ask['speaker']}: {ask['question']}"
    return text


def json_text(value: object) -> str:
    """Compact JSON of values whose every text is storable.

    That of a long meeting takes a millisecond: Python's own writer takes ten, and lets no other thread run meanwhile.
    """
    return msgspec.json.encode(value).decode()


def run_request(window: Window) -> dict[str, str]:
    """The body of ``POST /api/v1/run/{flow}``."""
    return {
        "input_value": window.input_value,
        "input_type": "chat",
        "output_type": "chat",
        "session_id": session_id(window.meeting_uuid),
    }


def variables(window: Window) -> dict[str, str]:
    """Global variables of the window's run: what its placeholders stand for, packed, in pieces; none without.

    Langflow hands them to components that ask for them by name, and to nothing else: they are in no prompt, message or
    trace, and stored nowhere. ``components/zoom/shared/put_back.py`` reads them.
    """
    if not isinstance(window, KeyedWindow):
        return {}
    packed = base64.b64encode(zlib.compress(window.placeholders.encode(), 9)).decode()
    pieces = [packed[at : at + _LONGEST_VARIABLE] for at in range(0, len(packed), _LONGEST_VARIABLE)]
    return {f"{PLACEHOLDERS}{n}": piece for n, piece in enumerate(pieces, 1)}


def variable_headers(window: Window) -> dict[str, str]:
    """The same for ``POST /api/v1/run/{flow}``, which takes them as headers."""
    return {f"{VARIABLE_HEADER}{name}": value for name, value in variables(window).items()}


def read_answer(answer: object) -> Output | None:
    """A run's answer, the text empty when the flow had nothing to say; ``None`` for another shape.

    The first message with a text is the answer, with the news, and what models took, that Zoom Chat Output puts into its
    ``session_metadata``, and with what Langflow 1.13 counted of its own nodes, in its ``properties``. What another node of a
    flow answers in a shape of its own is passed over: the flow was run, and is not to be run again for it.

    A flow that stops half-way, as ours do when there is nothing new, answers without a result.
    """
    try:
        results = [result for output in answer["outputs"] for result in output["outputs"] or ()]  # type: ignore[index]  # any shape may come; the except catches it
    except (KeyError, TypeError):
        return None
    messages = (_message(result) for result in results)
    told = next((message for message in messages if isinstance(message.get("text"), str)), None)
    if told is None:
        return NO_OUTPUT
    beside = told.get("session_metadata")
    known = beside if isinstance(beside, dict) else {}
    return Output(
        storable(told["text"]),
        kept(known.get("news")),
        langflows_usage(told.get("properties")),
        spent_in(known.get("spent")),
        is_put_back=known.get("put_back") is True,
    )


def _message(result: object) -> dict[str, Any]:
    """A node's message; empty where it has none."""
    found = result.get("results") if isinstance(result, dict) else None
    message = found.get("message") if isinstance(found, dict) else None
    return message if isinstance(message, dict) else {}


def picture_name(meeting_uuid: str, at_ms: int, digest: str, suffix: str) -> str:
    """What a picture is called among Langflow's files: :func:`uploaded` knows it again when it has to be deleted."""
    return f"{session_id(meeting_uuid)}-{at_ms}-{digest[:_DIGEST_DIGITS]}.{suffix}"


def uploaded(files: Iterable[dict[str, Any]], session: str) -> list[str]:
    """Ids of a session's pictures in Langflow's list of files, which leaves out what follows the dot."""
    ours = re.compile(rf"{re.escape(session)}-[0-9]+-[0-9a-f]{{{_DIGEST_DIGITS}}}( \([0-9]+\))?")
    return [str(file["id"]) for file in files if "id" in file and ours.fullmatch(str(file.get("name")))]


def _meeting(stream: Stream) -> dict[str, Any]:
    return {
        "uuid": stream.meeting_uuid,
        "id": stream.meeting_id,
        "topic": stream.topic,
        "started_at": instant(stream.started_at_ms),
    }


def _earlier(earlier: Earlier) -> dict[str, Any]:
    names = ("kind", "text", "owner", "due")
    return {
        "meeting": _meeting(earlier.stream),
        "passages": [[_utterance(utterance) for utterance in passage] for passage in earlier.passages],
        "insights": [dict(zip(names, insight, strict=True)) for insight in earlier.insights],
        "summary": earlier.summary,
    }


def _still_open(left: StillOpen) -> dict[str, Any]:
    names = ("text", "owner", "due")
    return {
        "meeting": _meeting(left.stream),
        "items": [dict(zip(names, item, strict=True)) for item in left.items],
        "more": left.more,
        "language": left.language,
    }


def _utterance(utterance: Utterance) -> dict[str, Any]:
    return {
        "id": utterance.id,
        "speaker": utterance.speaker,
        "user_id": utterance.user_id,
        "start_ms": utterance.start_ms,
        "end_ms": utterance.end_ms,
        "text": utterance.text,
        "language": utterance.language,
        "source": utterance.source,
    }


def _ask(ask: Ask) -> dict[str, Any]:
    asker = ask.utterances[0]
    return {
        "question": ask.question,
        "speaker": asker.speaker,
        "user_id": asker.user_id,
        "source": asker.source,
        "utterances": [utterance.id for utterance in ask.utterances],
    }
