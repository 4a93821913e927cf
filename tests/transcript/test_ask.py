from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain import Ask, Source, Utterance
from bridge.transcript.ask import (
    LONGEST_SECONDS,
    LONGEST_WORDS,
    MEETING,
    PERSON,
    SILENCE_SECONDS,
    OpenAsks,
    asking,
    call_in_chat,
    may_go_on,
)
from bridge.transcript.quota import Bucket

PHRASES = ("hey assistant", "ok assistant", "@assistant")


def said(n: int, text: str, *, by: str = "Dana", source: Source = Source.SPEECH) -> Utterance:
    return Utterance(
        stream_id="s", n=n, speaker=by, user_id=by.lower(), start_ms=0, end_ms=0, text=text, source=source
    )


def typed(n: int, text: str, *, by: str = "Dana") -> Utterance:
    return said(n, text, by=by, source=Source.CHAT)


def questions(*texts: str, phrases: tuple[str, ...] = PHRASES) -> list[str]:
    """What one person asks who says these, one a second, and then nothing."""
    asks = OpenAsks(phrases)
    for n, text in enumerate(texts, 1):
        asks.add(said(n, text), n)
    return [ask.question for ask in popped(asks, 1000)]


def popped(asks: OpenAsks, now: float) -> list[Ask]:
    found = []
    while (ask := asks.pop(now)) is not None:
        found.append(ask)
    return found


@pytest.mark.parametrize(
    "text",
    [
        "Hey assistant, who owns it?",
        "hey  ASSISTANT who owns it?",
        "Hey, assistant... who owns it?",
        "Hey, um, assistant: who owns it?",
        "Hey! Assistant, uh, who owns it?",
        "OK assistant, who owns it?",
        "Okay, assistant. Who owns it?",
        "O.K. Assistant, who owns it?",
        "So, um, hey assistant, who owns it?",
        "Thanks Eli, hey assistant, who owns it?",
        "We are done with that. Hey assistant, who owns it?",
        "Really? Hey assistant, who owns it?",
        "@assistant who owns it?",
    ],
)
def test_called(text: str) -> None:
    """A call is heard whatever its case, punctuation and hesitation, where a sentence begins."""
    assert [question.lower() for question in questions(text)] == ["who owns it?"]


@pytest.mark.parametrize(
    "text",
    [
        "The assistant is new.",
        "You can say hey assistant and it answers.",
        'He said "hey assistant" to it.',
        "We were all sitting there, hey assistant was the phrase.",
        "Hey. Assistant professors are here.",
        "Hey assistants, come here.",
        "Hey assistant's voice is nice.",
        "They assistant managed.",
        "write to me@assistant please.",
        "hey-assistantship is a word.",
    ],
)
def test_not_called(text: str) -> None:
    """Words that are like a call, or talk of one, ask nothing."""
    assert questions(text, "What is due on Friday?") == []


@pytest.mark.parametrize(
    ("phrase", "text", "question"),
    [
        ("hallo assistent", "Also, hallo Assistent, was ist offen?", "was ist offen?"),
        ("助手", "助手、金曜日の予定は？", "金曜日の予定は？"),
        ("привет ассистент", "Привет, ассистент, что решили?", "что решили?"),
    ],
)
def test_other_phrases(phrase: str, text: str, question: str) -> None:
    """Any phrase in any script can be the call."""
    assert questions(text, phrases=(phrase,)) == [question]


def test_off() -> None:
    """Without phrases nobody is heard."""
    assert questions("Hey assistant, who owns it?", phrases=()) == []


def test_chat_calls_only_at_its_start() -> None:
    """In chat a call further on asks nothing: people quote what others wrote."""
    asks = OpenAsks(PHRASES)
    asks.add(typed(1, "Dana asked. Hey assistant, who owns it?"), 0)
    asks.add(typed(2, "so hey assistant, who owns it?"), 0)
    assert not asks
    asks.add(typed(3, " @Assistant who owns it"), 0)
    assert [ask.question for ask in popped(asks, 0)] == ["who owns it"]


def test_our_own_messages_ask_nothing() -> None:
    """What we post under somebody's name neither calls nor is the rest of that person's question."""
    asks = OpenAsks(PHRASES)
    asks.add(typed(1, "🤖 @assistant who owns it?"), 0)
    assert not asks
    asks.add(typed(2, "@assistant"), 1)
    asks.add(typed(3, "🤖 Action item: Dana - ship it"), 2)
    assert asks.pop(2) is None
    asks.add(typed(4, "who owns it"), 3)
    assert [ask.question for ask in popped(asks, 3)] == ["who owns it"]


@pytest.mark.parametrize("between", [".", ",", " ", "uh ", "... ", ".,", "hey ", "hey assistant ", "?"])
@pytest.mark.parametrize("source", Source)
def test_endless_nonsense(between: str, source: Source) -> None:
    """The longest message that somebody may write is read in no time, however it is made up."""
    asks = OpenAsks(PHRASES)
    for text in (
        f"hey{between * (20_000 // len(between))}x",
        f"{between * (20_000 // len(between))}, hey assistant, who?",
    ):
        asks.add(said(1, text[-20_000:], source=source), 0)
    assert len(popped(asks, 1000)) <= 20_000 / len("hey assistant")


def test_complete_at_once() -> None:
    """A question that ends with its utterance is asked without any wait."""
    asks = OpenAsks(PHRASES)
    assert asks.due_at() is None
    asks.add(said(1, "Hey assistant, who owns it?"), 100)
    assert asks.due_at() == 100
    ask = asks.pop(100)
    assert ask is not None
    assert (ask.question, [each.n for each in ask.utterances]) == ("who owns it?", [1])
    assert not asks
    assert asks.pop(100) is None


@pytest.mark.parametrize(
    "call", ["Hey assistant.", "Hey assistant,", "Hey assistant, what did", "Hey assistant, what did..."]
)
def test_goes_on(call: str) -> None:
    """A question that has not begun, or is not over, goes on with what the same person says, nobody else."""
    asks = OpenAsks(PHRASES)
    asks.add(said(1, call), 100)
    asks.add(said(2, "Mm-hmm.", by="Eli"), 101)
    asks.add(typed(3, "see you", by="Dana"), 101)
    assert asks.pop(101) is None
    asks.add(said(4, "Um, Omar say about it?"), 102)
    (ask,) = popped(asks, 102)
    assert ask.question.endswith("Omar say about it?")
    assert not ask.question.startswith(("Um", ",", "."))
    assert [each.n for each in ask.utterances] == [1, 4]


def test_silence() -> None:
    """What is not over is asked as it stands after a silence; later words are not part of it."""
    asks = OpenAsks(PHRASES)
    asks.add(said(1, "Hey assistant, what is the budget for"), 100)
    assert asks.due_at() == 100 + SILENCE_SECONDS
    asks.add(said(2, "the pilot and"), 102)
    assert asks.due_at() == 102 + SILENCE_SECONDS
    assert asks.pop(104.9) is None
    asks.add(said(3, "Anyway, next slide."), 105)
    assert [ask.question for ask in popped(asks, 105)] == ["what is the budget for the pilot and"]


def test_no_longer_than() -> None:
    """Somebody who never comes to an end is asked for after ten seconds, or sixty words."""
    asks = OpenAsks(PHRASES)
    asks.add(said(1, "Hey assistant, what"), 100)
    for second in range(1, 10):
        asks.add(said(1 + second, "and"), 100 + second)
    assert asks.due_at() == 100 + LONGEST_SECONDS
    many = OpenAsks(PHRASES)
    many.add(said(1, "Hey assistant, " + "word " * LONGEST_WORDS), 100)
    assert many.due_at() == 100


def test_a_call_that_nothing_follows() -> None:
    """Who only calls has ten seconds to ask, and otherwise has asked nothing."""
    asks = OpenAsks(PHRASES)
    asks.add(said(1, "Hey assistant."), 100)
    assert asks.due_at() == 100 + LONGEST_SECONDS
    assert asks.pop(100 + LONGEST_SECONDS) is None
    assert not asks


def test_several() -> None:
    """Two calls of one person are one question of two lines where both are over, those of two people are two."""
    assert questions("Hey assistant, who owns it? And, hey assistant, when is it due?") == [
        "who owns it? And,\nwhen is it due?"
    ]
    assert questions("Hey assistant, what was", "Hey assistant, what is due?") == ["what was\nwhat is due?"]
    assert questions("Hey assistant.", "Hey assistant, what is due?") == ["what is due?"]
    asks = OpenAsks(PHRASES)
    asks.add(said(1, "Hey assistant, what did"), 0)
    asks.add(said(2, "Hey assistant, who owns it?", by="Eli"), 1)
    asks.add(said(3, "we decide?"), 2)
    assert [(ask.question, ask.utterances[0].speaker) for ask in popped(asks, 2)] == [
        ("what did we decide?", "Dana"),
        ("who owns it?", "Eli"),
    ]


def test_edits() -> None:
    """A chat question that waits follows its edits, and is gone with its message or its call."""
    asks = OpenAsks(PHRASES)
    for n in (1, 2, 3, 4):
        asks.add(typed(n, f"@assistant question {n}"), 0)
    asks.amend(1, "hey assistant, another question")
    asks.amend(2, "")
    asks.amend(3, "never mind")
    asks.amend(9, "@assistant from nowhere")
    assert [ask.question for ask in popped(asks, 0)] == ["another question\nquestion 4"]


def test_edits_of_what_follows() -> None:
    """Where a message with the call alone is followed by the question, each can be edited."""
    asks = OpenAsks(PHRASES)
    asks.add(typed(1, "@assistant"), 0)
    asks.add(typed(2, "who owns it"), 1)
    asks.amend(2, "who owns that")
    assert asks.due_at() == 1
    asks.amend(1, "hey assistant, tell me")
    (ask,) = popped(asks, 1)
    assert ask.question == "tell me who owns that"
    assert [each.text for each in ask.utterances] == ["hey assistant, tell me", "who owns that"]


def test_the_end() -> None:
    """When no more will be said, an open question is asked as it stands, an empty call is not."""
    asks = OpenAsks(PHRASES)
    asks.add(said(1, "Hey assistant, what did"), 0)
    asks.add(said(2, "Hey assistant.", by="Eli"), 0)
    asks.close()
    assert [ask.question for ask in popped(asks, 0)] == ["what did"]
    assert not asks


def test_forget() -> None:
    """After a restart what was asked is not asked again, nor what is too old; of two in one utterance, the other is."""
    asks = OpenAsks(PHRASES)
    asks.add(said(1, "Hey assistant, who is first?"), 0)
    asks.add(said(2, "Hey assistant, who is second? Hey assistant, who is third?"), 100)
    asks.add(said(3, "Hey assistant, who is fourth?"), 110)
    asks.forget([2], before=50)
    assert [ask.question for ask in popped(asks, 110)] == ["who is third?\nwho is fourth?"]


def at(seconds: float, utterance: Utterance) -> Utterance:
    """The same, ending so long after the meeting began."""
    ms = int(seconds * 1000)
    return replace(utterance, start_ms=max(0, ms - 500), end_ms=ms)


def test_who_is_spoken_to() -> None:
    """Calls and what goes on with a question are said to the assistant, and nothing that others say meanwhile."""
    lines = [
        at(1, said(1, "Fine.")),
        at(2, said(2, "So, hey assistant, when is the draft due?")),
        at(3, said(3, "It is not done.")),
        at(4, said(4, "Hey assistant.", by="Eli")),
        at(5, said(5, "Mm-hmm.", by="Omar")),
        at(6, typed(6, "see you", by="Eli")),
        at(7, said(7, "When is the", by="Eli")),
        at(8, said(8, "draft due?", by="Eli")),
        at(9, said(9, "Next slide.", by="Eli")),
        at(10, typed(10, "@assistant")),
        at(11, typed(11, "who owns it")),
        at(12, typed(12, "🤖 @assistant who owns it")),
        at(13, said(13, "You can say hey assistant to it.")),
    ]
    spoken_to = ["u-000002", "u-000004", "u-000007", "u-000008", "u-000010", "u-000011"]
    assert asking(lines, PHRASES) == spoken_to
    assert asking(reversed(lines), PHRASES) == spoken_to
    assert asking(lines, ("mm hmm",)) == ["u-000005"]
    assert asking(lines, ()) == []


def test_who_was_spoken_to_is_a_matter_of_time() -> None:
    """What comes after a silence, or when nothing was asked for ten seconds, is said to the others again."""
    lines = [
        at(1, said(1, "Hey assistant, what is the budget for")),
        at(1.5 + SILENCE_SECONDS, said(2, "the pilot and")),
        at(20, said(3, "Hey assistant.")),
        at(20 + LONGEST_SECONDS, said(4, "When is it due?")),
    ]
    assert asking(lines, PHRASES) == ["u-000001", "u-000003"]


def test_how_far_back_a_question_can_begin() -> None:
    """What is said goes on with no question that began longer ago than a question may last."""
    lines = [at(seconds, said(seconds, "Fine.")) for seconds in (1, 2, 11, 12)]
    assert [each.n for each in may_go_on(lines)] == [11, 12]
    assert may_go_on([]) == []


talk = st.lists(
    st.tuples(
        st.floats(0, 6),
        st.sampled_from(["Dana", "Eli"]),
        st.sampled_from(Source),
        st.sampled_from(
            ["Hey assistant", "Hey assistant, what", "and so on", "who is it?", "@assistant why", "Fine."]
        ),
    ),
    max_size=30,
)


@given(talk)
def test_whatever_is_said(lines: list[tuple[float, str, Source, str]]) -> None:
    """Each call is asked at most once, in words of its speaker, and never later than its time, or its turn among many."""
    asks, now, found, calls = OpenAsks(PHRASES), 0.0, [], 0
    for n, (seconds, by, source, text) in enumerate(lines, 1):
        now += seconds
        found += popped(asks, now)
        asks.add(said(n, text, by=by, source=source), now)
        calls += "assistant" in text
        due_at = asks.due_at()
        waits = sum(
            each.seconds * max(0, calls + 1 - each.most) for each in (Bucket(*PERSON), Bucket(*MEETING))
        )
        assert due_at is None or due_at <= now + LONGEST_SECONDS + waits
    while asks:
        due_at = asks.due_at()
        assert due_at is not None
        found += popped(asks, due_at)
    assert len({ask.utterances[0].n for ask in found}) == len(found) <= calls
    for ask in found:
        assert ask.question
        assert len({(each.speaker, each.source) for each in ask.utterances}) == 1
        assert [each.n for each in ask.utterances] == sorted(each.n for each in ask.utterances)


@given(talk, st.integers(0, 30))
def test_who_is_spoken_to_however_it_is_cut(lines: list[tuple[float, str, Source, str]], cut: int) -> None:
    """Heard once more at the same times, exactly what questions are made of is said to the assistant, in parts too."""
    asks, now, utterances, joined = OpenAsks(PHRASES), 0, [], set()
    for n, (seconds, by, source, text) in enumerate(lines, 1):
        now += int(seconds * 1000)
        utterances.append(replace(said(n, text, by=by, source=source), start_ms=now, end_ms=now))
        joined |= {each.id for ask in popped(asks, now / 1000) for each in ask.utterances}
        asks.add(utterances[-1], now / 1000)
    joined |= {each.id for ask in popped(asks, now / 1000 + LONGEST_SECONDS) for each in ask.utterances}
    whole = asking(utterances, PHRASES)
    calls = {each.id for each in utterances if "assistant" in each.text}
    assert set(whole) - calls == joined - calls
    assert joined <= set(whole) <= joined | calls

    first, second = utterances[:cut], utterances[cut:]
    later = asking([*may_go_on(first), *second], PHRASES)
    assert [name for name in later if name in {each.id for each in second}] == [
        name for name in whole if name in {each.id for each in second}
    ]


def test_whether_anything_is_asked() -> None:
    """A call opens a question, and its answer's way closes it."""
    asks = OpenAsks(PHRASES)
    assert not asks
    asks.add(said(1, "Hey assistant, when do we ship?"), 0)
    assert asks
    assert popped(asks, 100)
    assert not asks


@pytest.mark.parametrize("mark", [",", ";", ":", "–", "—", "-"])
def test_a_call_behind_a_mark(mark: str) -> None:
    """A few words and a pause may stand before the call; the same words without a pause only speak of it."""
    assert questions(f"Fine with me{mark} hey assistant, when do we ship?") == ["when do we ship?"]
    assert questions("Fine with me hey assistant, when do we ship?") == []


def test_a_call_that_is_asked_too_often_is_held() -> None:
    """A question that is over and waits for its turn is held, exactly until it may go; at the end nothing waits."""
    asks = OpenAsks(PHRASES)
    most, _ = PERSON
    for n in range(1, most + 2):
        asks.add(typed(n, f"Hey assistant, number {n}?"), 0)
        assert not asks.held(0) or n == most + 1
        popped(asks, 0)
    free_at = asks.due_at()
    assert free_at is not None
    assert asks.held(free_at - 0.01)
    assert not asks.held(free_at)
    asks.close()
    assert asks.due_at() == 0
    assert not asks.held(1)
    assert [ask.question for ask in popped(asks, 0)] == [f"number {most + 1}?"]


def test_three_calls_in_one_breath() -> None:
    """Each call begins a question of its own."""
    text = "Hey assistant, who? Hey assistant, when? Hey assistant, where?"
    assert questions(text) == ["who?\nwhen?\nwhere?"]


def test_the_longest_phrase_wins() -> None:
    """A phrase that begins with another is heard as a whole."""
    phrases = ("hey zoom", "hey zoom assistant")
    assert questions("Hey zoom assistant, who?", phrases=phrases) == ["who?"]
    assert questions("Hey zoom assistant, who?", phrases=phrases[::-1]) == ["who?"]


def test_a_phrase_in_a_script_without_spaces() -> None:
    """Where words are not parted, what follows may follow at once; elsewhere a longer word is another word."""
    assert questions("助手いつ出荷しますか", phrases=("助手",)) == ["いつ出荷しますか"]
    assert questions("Hey assistants, when do we ship?") == []
    assert questions("Okay assistant, when?", phrases=("okay assistant",)) == ["when?"]
    assert questions("OK. Assistant, when?", phrases=("okay assistant",)) == ["when?"]


def test_a_message_that_calls_no_more() -> None:
    """A question whose call is edited away is none; one whose later piece is deleted keeps the rest."""
    asks = OpenAsks(PHRASES)
    asks.add(typed(1, "Hey assistant, when do we ship?"), 0)
    asks.amend(1, "when do we ship?")
    assert not asks
    asks.add(typed(2, "Hey assistant,"), 10)
    asks.add(typed(3, "when do we ship?"), 11)
    asks.amend(3, "")
    assert popped(asks, 1000) == []


def test_a_call_in_chat() -> None:
    """Who types a question calls as in a mention, where there is such a phrase, and it is heard as a call."""
    assert call_in_chat(PHRASES) == "@assistant"
    assert call_in_chat(("hey ada", "ok ada")) == "hey ada"
    assert call_in_chat(()) == ""
    for phrases in (PHRASES, ("hey ada", "ok ada")):
        asks = OpenAsks(phrases)
        assert asks.add(said(1, f"{call_in_chat(phrases)} what did we decide?", source=Source.CHAT), 0.0)
