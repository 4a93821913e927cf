from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain import LIMITS, Source, Utterance
from bridge.rtms.media import ChatChanged, Said
from bridge.rtms.messages import wire_id
from bridge.transcript.utterance import REMEMBERED, UNKNOWN_SPEAKER, Transcript

NOW_MS = 1763769600000
CHAT = {"source": Source.CHAT, "end_ms": NOW_MS, "message_id": "c-1"}


def said(**changes: Any) -> Said:
    fields: dict[str, Any] = {
        "text": "We ship on Friday.",
        "user_id": "7",
        "speaker": "Dana",
        "start_ms": NOW_MS,
        "end_ms": NOW_MS + 2000,
        "timestamp_ms": NOW_MS + 2500,
        "language": 9,
        "source": Source.SPEECH,
    }
    return Said(**(fields | changes))


def added(transcript: Transcript, **changes: Any) -> Utterance:
    utterance = transcript.add(said(**changes), NOW_MS)
    assert utterance is not None
    return utterance


def test_utterance() -> None:
    """What was said keeps its speaker, times and words, and gets a position."""
    assert added(Transcript("s")) == Utterance(
        stream_id="s",
        n=1,
        speaker="Dana",
        user_id="7",
        start_ms=NOW_MS,
        end_ms=NOW_MS + 2000,
        text="We ship on Friday.",
        language=9,
        source=Source.SPEECH,
    )


def test_id() -> None:
    """Positions make ids of six or more digits."""
    assert added(Transcript("s")).id == "u-000001"


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\x00", "\u2003"])
def test_no_words(text: str) -> None:
    """What holds no words is no utterance and takes no position."""
    transcript = Transcript("s")
    assert transcript.add(said(text=text), NOW_MS) is None
    assert added(transcript).n == 1


def test_duplicate() -> None:
    """The same words by the same person at the same time are one utterance."""
    transcript = Transcript("s")
    added(transcript)
    assert transcript.add(said(), NOW_MS) is None
    assert transcript.add(said(text="  We ship  on Friday.\n"), NOW_MS) is None


@pytest.mark.parametrize(
    "change",
    [{"text": "We ship on Monday."}, {"user_id": "8"}, {"start_ms": NOW_MS + 1}, {"end_ms": NOW_MS + 1}],
)
def test_no_duplicate(change: dict[str, Any]) -> None:
    """Other words, another person or another time are another utterance."""
    transcript = Transcript("s")
    added(transcript)
    assert added(transcript, **change).n == 2


def test_the_same_word_twice_without_times() -> None:
    """Without times from the wire nothing is taken for a duplicate: people do repeat themselves."""
    transcript = Transcript("s")
    bare = {"text": "Yes.", "start_ms": 0, "end_ms": 0, "timestamp_ms": 0}
    assert [added(transcript, **bare).n for _ in range(3)] == [1, 2, 3]


def test_times_that_are_missing() -> None:
    """A missing start is the server's time, else ours; an end never comes before the start."""
    transcript = Transcript("s")
    by_server = added(transcript, start_ms=0, end_ms=0)
    assert (by_server.start_ms, by_server.end_ms) == (NOW_MS + 2500, NOW_MS + 2500)
    by_us = added(transcript, start_ms=0, end_ms=0, timestamp_ms=0)
    assert (by_us.start_ms, by_us.end_ms) == (NOW_MS, NOW_MS)
    backwards = added(transcript, text="No.", end_ms=NOW_MS - 1)
    assert backwards.end_ms == backwards.start_ms


def test_nobody() -> None:
    """Where the wire names nobody, the speaker is unknown."""
    assert added(Transcript("s"), user_id="", speaker="").speaker == UNKNOWN_SPEAKER


def test_a_name_without_an_id() -> None:
    """Where the wire gives a name and no id, the name is the speaker, of that utterance only."""
    transcript = Transcript("s")
    assert added(transcript, user_id="", speaker="Dana").speaker == "Dana"
    assert added(transcript, user_id="", speaker="Eli", text="No.").speaker == "Eli"
    assert added(transcript, user_id="", speaker="", text="Yes.").speaker == UNKNOWN_SPEAKER
    assert transcript.people.participants() == []


def test_met() -> None:
    """The roster names a speaker whose messages do not."""
    transcript = Transcript("s")
    transcript.people.came("7", "Dana")
    assert added(transcript, speaker="").speaker == "Dana"


def test_renamed() -> None:
    """Who changes their name is known by the new one from then on, also where the wire names nobody."""
    transcript = Transcript("s")
    assert added(transcript).speaker == "Dana"
    assert added(transcript, text="Two.", speaker="Dana K.").speaker == "Dana K."
    assert added(transcript, text="Three.", speaker="").speaker == "Dana K."
    assert transcript.people.participants(["7"]) == [("7", "Dana K.")]


def test_the_two_sides_of_a_call() -> None:
    """A Contact Center call's channels have no names: each is told apart, also after a restart."""
    transcript = Transcript("s")
    first = added(transcript, user_id="2", speaker="", channel=True)
    other = added(transcript, user_id="0", speaker="", channel=True)
    again = added(transcript, user_id="2", speaker="", channel=True, text="And then?")
    assert [said.speaker for said in (first, other, again)] == ["Party 1", "Party 2", "Party 1"]
    assert transcript.people.participants(["2", "0"]) == [("2", "Party 1"), ("0", "Party 2")]
    after = Transcript("s", count=3, people=[("2", "Party 1"), ("0", "Party 2")])
    third = added(after, user_id="9", speaker="", channel=True)
    known = added(after, user_id="0", speaker="", channel=True, text="Hello.")
    assert (third.speaker, known.speaker) == ("Party 3", "Party 2")


def test_a_name_cannot_forge_a_line() -> None:
    """A name is one line: nobody puts words into somebody's mouth by what they call themselves."""
    assert added(Transcript("s"), speaker="Dana\nEli: I agree.\n").speaker == "Dana Eli: I agree."


def test_long() -> None:
    """A text without end is cut."""
    assert len(added(Transcript("s"), text="x" * 10**6).text) == LIMITS.text


def test_goes_on() -> None:
    """After a restart numbering goes on, names are known, and what was said before is a duplicate."""
    before = Transcript("s")
    earlier = [added(before, text=f"Word {n}.", start_ms=NOW_MS + n) for n in range(5)]
    after = Transcript("s", count=5, people=[("7", "Dana")], recent=earlier)
    assert after.add(said(text="Word 4.", start_ms=NOW_MS + 4), NOW_MS) is None
    new = added(after, text="More.", speaker="")
    assert (new.n, new.speaker) == (6, "Dana")


def test_memory_is_bounded() -> None:
    """A duplicate is known as far back as Zoom can repeat itself, and not forever."""
    transcript = Transcript("s")
    for n in range(REMEMBERED + 1):
        added(transcript, start_ms=NOW_MS + n, end_ms=0)
    assert transcript.add(said(start_ms=NOW_MS + 1, end_ms=0), NOW_MS) is None
    assert transcript.add(said(start_ms=NOW_MS, end_ms=0), NOW_MS) is not None


wild = st.text(st.characters(codec=None), max_size=20)
sayings = st.builds(
    Said,
    text=wild,
    user_id=wild.map(wire_id),
    speaker=wild,
    start_ms=st.integers(0, 5),
    end_ms=st.integers(0, 5),
    timestamp_ms=st.integers(0, 5),
    language=st.none() | st.integers(-1, 36),
    source=st.sampled_from(Source),
)


@given(st.lists(sayings), st.integers(0, 10))
def test_numbered_without_holes(everything: list[Said], restart: int) -> None:
    """Whatever is said, and wherever the process is restarted: positions have no hole and nothing comes twice."""
    transcript = Transcript("s")
    utterances: list[Utterance] = []
    for n, each in enumerate(everything):
        if n == restart:
            transcript = Transcript("s", count=len(utterances), recent=utterances)
        utterance = transcript.add(each, NOW_MS)
        if utterance is not None:
            utterances.append(utterance)
    assert [utterance.n for utterance in utterances] == list(range(1, len(utterances) + 1))
    told = [u for u in utterances if u.start_ms != NOW_MS]
    assert len({(u.user_id, u.start_ms, u.end_ms, u.text) for u in told}) == len(told)


@given(sayings)
def test_everything_can_be_kept(each: Said) -> None:
    """Every text of an utterance is one that databases and JSON readers take."""
    transcript = Transcript("s")
    utterance = transcript.add(each, NOW_MS)
    people = [text for person in transcript.people.participants([each.user_id]) for text in person]
    texts = [utterance.text, utterance.speaker, utterance.user_id] if utterance else []
    for text in texts + people:
        assert "\x00" not in text
        assert text.encode("utf-8").decode("utf-8") == text
    assert utterance is None or (utterance.text and utterance.speaker)


def test_edited_and_deleted_messages() -> None:
    """A chat message is known by its id until it is deleted; its new text is cleaned like any other."""
    transcript = Transcript("s")
    added(transcript)
    first = added(transcript, source=Source.CHAT, message_id="a", text="before")
    again = {
        "source": Source.CHAT,
        "message_id": "a",
        "text": "before",
        "start_ms": NOW_MS + 1,
        "end_ms": NOW_MS + 1,
    }
    assert transcript.add(said(**again), now_ms=NOW_MS) is None
    second = added(transcript, source=Source.CHAT, message_id="b", text="another")
    assert transcript.amend(ChatChanged(message_id="a", text=" behind\n it\x00")) == (first.n, "behind it")
    assert transcript.amend(ChatChanged(message_id="a", text="again")) == (first.n, "again")
    assert transcript.amend(ChatChanged(message_id="a", text="")) == (first.n, "")
    assert transcript.amend(ChatChanged(message_id="a", text="")) is None
    assert transcript.amend(ChatChanged(message_id="a", text="late")) is None
    assert transcript.amend(ChatChanged(message_id="never heard of", text="x")) is None
    assert transcript.amend(ChatChanged(message_id="b", text="x" * (LIMITS.text + 9))) == (
        second.n,
        "x" * LIMITS.text,
    )


@pytest.mark.parametrize("text", ["Edited since.", ""])
def test_chat_that_is_told_again_after_a_restart(text: str) -> None:
    """A message is known by its id, though it reads otherwise by now; one that was deleted does not come back."""
    before = added(Transcript("s"), **CHAT)
    chat = {"c-1": before.n} if text else {}
    after = Transcript("s", count=1, recent=[replace(before, text=text)], chat=chat)
    assert after.add(said(**CHAT), NOW_MS) is None
    assert added(after, **CHAT | {"message_id": "c-2"}).n == 2
