"""Questions and the places that answer them: the same for each kind of store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.archive.search import LONGEST_QUESTION, MOST_HITS, Archive
from bridge.domain import PassageKind
from bridge.errors import QuestionRefused
from tests.archive.talk import BEGAN_MS, begin, insight, say, tell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.archive.indexer import Indexer
    from bridge.archive.search import Hit
    from bridge.store.store import Store

FILLER = [f"This is sentence {n} about the weather outside and nothing else at all." for n in range(60)]
LONG = [*FILLER, "How much is the new battery?", "It costs twelve euros.", *FILLER]


def said(hits: Sequence[Hit]) -> list[str]:
    """What the marked words of hits are."""
    return [
        line.utterance.text[first:last] for hit in hits for line in hit.lines for first, last in line.marks
    ]


async def test_a_question(any_store: Store, indexer: Indexer, archive: Archive) -> None:
    """A question is answered by the place where it was told, with the words around and where they stand."""
    begin(any_store)
    say(any_store, *LONG)
    await indexer.turn()
    [hit] = await archive.search("What does the BATTERY cost?", limit=1)
    assert (hit.stream.stream_id, hit.stream.topic, hit.kind) == ("s", "Weekly", PassageKind.WORDS)
    assert said([hit]) == ["battery", "costs"]
    told = [line.utterance.text for line in hit.lines]
    assert {"How much is the new battery?", "It costs twelve euros."} < set(told)
    assert len(told) < 20
    assert hit.at_ms == hit.lines[0].utterance.start_ms > BEGAN_MS
    assert hit.score > 0


async def test_who_said_it(any_store: Store, indexer: Indexer, archive: Archive) -> None:
    """A question that names a speaker is answered first by what that one said, whatever the name ends in."""
    begin(any_store)
    say(any_store, *FILLER, "The budget is fine.", *FILLER, speaker="Elif")
    say(any_store, "The budget is too small.", first_n=200, speaker="Kirsty Williams")
    say(any_store, *FILLER, first_n=201, speaker="Elif")
    await indexer.turn()
    [hit] = await archive.search("What did Kirsty Williams think of the budget?", limit=1)
    assert "Kirsty Williams" in {line.utterance.speaker for line in hit.lines}


async def test_nothing_crosses(any_store: Store, indexer: Indexer, archive: Archive) -> None:
    """Within a scope nothing of any other meeting is told: not its words, not its findings, not that it exists."""
    for stream_id, number in (("s", "812"), ("t", "812"), ("other", "813"), ("nameless", "")):
        begin(any_store, stream_id, meeting_id=number)
        say(any_store, f"The budget of {stream_id} is secret.", stream_id=stream_id)
        await tell(any_store, insight(f"Budget of {stream_id}."), stream_id=stream_id)
    await indexer.turn()

    async def seen(**scope: object) -> set[str]:
        hits = await archive.search("secret budget", limit=50, **scope)  # type: ignore[arg-type]
        return {hit.stream.stream_id for hit in hits}

    assert await seen() == {"s", "t", "other", "nameless"}
    assert await seen(meeting_id="812") == {"s", "t"}
    assert await seen(meeting_id="812", streams=["t", "other"]) == {"t"}
    assert await seen(streams=["other", "nobody"]) == {"other"}
    for nothing in ({"meeting_id": "81"}, {"meeting_id": ""}, {"meeting_id": "%"}, {"streams": []}):
        assert await seen(**nothing) == set()


async def test_findings_are_found(any_store: Store, indexer: Indexer, archive: Archive) -> None:
    """What a flow found is told as what it is, with the words that bear it out; its newest wording only."""
    begin(any_store)
    say(any_store, "Let us ship on Friday.", "Agreed.", "And now the weather.")
    await tell(any_store, insight("Delivery is on Thursday.", "u-000001"))
    await indexer.turn()
    await tell(any_store, insight("Delivery is on Friday.", "u-000001", "u-000002"), seq=2)
    await indexer.turn()
    [hit] = await archive.search("delivery", limit=5)
    assert (hit.kind, hit.label, hit.item) == (PassageKind.FINDING, "decision", "notes/i1")
    assert hit.text == "Delivery is on Friday."
    assert [hit.text[first:last] for first, last in hit.marks] == ["Delivery"]
    assert [line.utterance.n for line in hit.lines] == [1, 2]
    assert {hit.kind for hit in await archive.search("friday", limit=5)} == {*PassageKind}
    assert await archive.search("thursday", limit=5) == []


async def test_a_finding_without_evidence(any_store: Store, indexer: Indexer, archive: Archive) -> None:
    """A finding for which nothing is named stands at its meeting's beginning."""
    begin(any_store)
    await tell(any_store, insight("Delivery is on Friday."))
    await indexer.turn()
    [hit] = await archive.search("delivery", limit=5)
    assert (hit.lines, hit.at_ms) == ((), BEGAN_MS)


LANGUAGES = [
    (20, "来月の会議で予算を承認します。", "予算の承認"),
    (4, "我们需要讨论增值税的问题。", "税"),
    (21, "내년 예산을 승인했습니다.", "예산"),
    (33, "การประชุมครั้งหน้าคือวันศุกร์", "ประชุม"),
    (14, "Wir müssen die Häuser verkaufen.", "haus"),
    (13, "Nous avons décidé d'acheter l'équipement.", "decide equipement"),
    (27, "Мы приняли решение о бюджете.", "решения бюджет"),
    (0, "ناقشنا الميزانية اليوم", "الميزانية"),
    (16, "हमने बजट मंजूर किया", "बजट"),
    (None, "Smørrebrød für den Café-Besuch", "smorrebrod CAFE"),
]


async def test_languages(any_store: Store, indexer: Indexer, archive: Archive) -> None:
    """Words are found in the languages of Zoom's transcripts, with accents or without, and stand out."""
    for n, (language, text, _) in enumerate(LANGUAGES):
        begin(any_store, f"s{n}")
        say(any_store, text, stream_id=f"s{n}", language=language)
    while await indexer.turn():
        pass
    for _, text, question in LANGUAGES:
        [hit] = await archive.search(question, limit=5)
        assert hit.lines[0].utterance.text == text
        assert hit.lines[0].marks


async def test_operators_are_words(any_store: Store, indexer: Indexer, archive: Archive) -> None:
    """Whatever a question has besides its words steers no database."""
    begin(any_store)
    say(any_store, "The budget is fine.")
    await indexer.turn()
    for question in (
        'NEAR("budget" price, 5)', '"budget', "budget*", "-budget", "terms : budget", "budget OR", "(budget",
        "budget' --", "budget\\", "bud\0get budget", "\ud800 budget", "budget & !x | y:*", "%budget%", "<budget>", "^budget",
    ):  # fmt: skip
        [hit] = await archive.search(question, limit=5)
        assert said([hit]) == ["budget"], question


async def test_questions_without_a_word(store: Store) -> None:
    """A question in which there is nothing to look for is refused in words that do not repeat it."""
    for question in ("", " ?! ", "'\"*", "\0", "\ud800", "%", "what is the"):
        with pytest.raises(QuestionRefused, match="no word to look for"):
            await Archive(store).search(question, limit=5)


async def test_an_enormous_question(store: Store) -> None:
    """A question of a megabyte is refused before it costs anything."""
    with pytest.raises(QuestionRefused, match="at most"):
        await Archive(store).search("budget " * 150_000, limit=5)
    assert await Archive(store).search("budget ".ljust(LONGEST_QUESTION), limit=5) == []


async def test_how_many(any_store: Store, indexer: Indexer, archive: Archive) -> None:
    """No more places are told than were asked for, one for each passage that stands apart, and never without end."""
    for n in range(MOST_HITS + 20):
        begin(any_store, f"s{n}")
        say(any_store, "The budget.", stream_id=f"s{n}")
    while await indexer.turn():
        pass
    assert len(await archive.search("budget", limit=3)) == 3
    assert len(await archive.search("budget", limit=0)) == 1
    assert len(await archive.search("budget", limit=10**6)) == MOST_HITS


async def test_a_meeting_that_goes_while_it_is_found(
    any_store: Store, indexer: Indexer, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is deleted between being found and being told is not told."""
    for stream_id in ("s", "t"):
        begin(any_store, stream_id)
        say(any_store, "The budget.", stream_id=stream_id)
    await indexer.turn()
    find = any_store.search

    async def found_and_deleted(sought: object) -> object:
        passages = await find(sought)  # type: ignore[arg-type]
        await any_store.purge("s==")
        return passages

    monkeypatch.setattr(any_store, "search", found_and_deleted)
    assert [hit.stream.stream_id for hit in await archive.search("budget", limit=5)] == ["t"]
