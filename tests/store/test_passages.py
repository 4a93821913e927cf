"""What a search finds in the store, and what is left of it: the same for each kind of store."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bridge.domain import Output, Passage, PassageKind, RunStatus, StreamState
from bridge.errors import StoreAway
from bridge.store.memory import MemoryEngine
from bridge.store.query import Sought
from bridge.store.reads import SEARCHES_AT_ONCE
from bridge.store.store import Store, open_store
from tests.store.values import STREAM, utterance, window

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bridge.store.query import Row


def passage(
    terms: str, *, stream_id: str = "s", first_n: int = 1, last_n: int = 9, finding: str = ""
) -> Passage:
    return Passage(
        stream_id=stream_id,
        kind=PassageKind.FINDING if finding else PassageKind.WORDS,
        first_n=first_n,
        last_n=last_n,
        item=f"r/{finding}" if finding else "",
        label="decision" if finding else "",
        text=finding,
        terms=terms,
    )


async def fill(store: Store, *passages: Passage) -> None:
    """Write passages, the newest last."""
    for one in passages:
        store.replace_passages(one.stream_id, one.kind, [one], from_n=one.first_n)
    await store.flush()


def sought(
    *words: str,
    streams: Sequence[str] | None = None,
    weights: dict[str, float] | None = None,
    above_id: int = 0,
    limit: int = 10,
) -> Sought:
    return Sought(
        terms=words,
        weights=tuple(((word,), weight) for word, weight in (weights or dict.fromkeys(words, 1.0)).items()),
        streams=None if streams is None else tuple(streams),
        above_id=above_id,
        limit=limit,
    )


async def found(store: Store, question: Sought) -> list[str]:
    return [f"{one.stream_id}{one.first_n}" for one in await store.search(question)]


async def test_search(any_store: Store) -> None:
    """Passages with any of the terms are found whole; what weighs most comes first, of equals the newest."""
    everything = passage("price battery price"), passage("colour", first_n=5), passage("battery", first_n=9)
    await fill(any_store, *everything, passage("price", stream_id="t"))
    assert await any_store.search(sought("colour")) == [everything[1]]
    assert await found(any_store, sought("price", "battery")) == ["s1", "t1", "s9"]
    assert await found(any_store, sought("price", "battery", weights={"price": 1.0, "battery": 3.0})) == [
        "s1",
        "s9",
        "t1",
    ]
    assert await found(any_store, sought("price", "battery", limit=1)) == ["s1"]
    assert await found(any_store, sought("pric", "ice", "pri")) == []


async def test_a_word_that_is_not_asked_for_can_weigh(any_store: Store) -> None:
    """Who has a common word beside a rare one comes before who has the rare one alone."""
    await fill(any_store, passage("rare common"), passage("rare", first_n=4), passage("common", first_n=8))
    question = replace(sought("rare"), weights=((("rare",), 2.0), (("common", "commons"), 0.5)))
    assert await found(any_store, question) == ["s1", "s4"]


async def test_where_a_word_stands_counts_nothing(any_store: Store) -> None:
    """A passage that begins with a word comes before one that ends in a word that weighs less, however long that one is."""
    await fill(any_store, passage("rare"), passage("x " * 200 + "common", first_n=4))
    assert await found(
        any_store, sought("rare", "common", weights={"rare": 2.0, "common": 0.5}, limit=1)
    ) == ["s1"]


async def test_scope(any_store: Store) -> None:
    """Only the streams that are asked for are looked at, and their ids are compared letter by letter."""
    ids = ["s+/=", "S+/=", 's"x', "s", "other"]
    await fill(any_store, *(passage("price", stream_id=one) for one in ids))
    for one in ids:
        assert await found(any_store, sought("price", streams=[one])) == [f"{one}1"]
    assert await found(any_store, sought("price", streams=["s", "other"])) == ["other1", "s1"]
    assert await found(any_store, sought("price", streams=["nobody"])) == []
    counts = await any_store.term_counts(
        [("price",), ("colour", "color"), ("price", "colour")], ["s", "other"]
    )
    assert (counts.passages, counts.in_scope) == (5, 2)
    assert [counts.with_any[words] for words in (("price",), ("colour", "color"), ("price", "colour"))] == [
        5,
        0,
        5,
    ]


async def test_only_the_newest(any_store: Store) -> None:
    """A search may leave out all rows up to a number."""
    await fill(any_store, *(passage("price", first_n=n) for n in (1, 2, 3)))
    counts = await any_store.term_counts([("price",)], None)
    assert counts.passages == counts.in_scope == 3
    assert await found(any_store, sought("price", above_id=counts.newest_id - 1)) == ["s3"]


async def test_terms_of_any_script(any_store: Store) -> None:
    """Every database takes each term as one, and none as an operator."""
    terms = ("予算", "ทุน", "бюджет", "café", "बजट", "12500", "near", "or", "a", "x" * 40)
    await fill(any_store, *(passage(f"one {term} two", first_n=10 * n) for n, term in enumerate(terms)))
    counts = await any_store.term_counts([(term,) for term in terms], None)
    for n, term in enumerate(terms):
        assert await found(any_store, sought(term)) == [f"s{10 * n}"]
        assert counts.with_any[term,] == 1


async def test_an_empty_archive(any_store: Store) -> None:
    """Where nothing is, nothing is found, and nothing breaks."""
    assert await found(any_store, sought("price")) == []
    counts = await any_store.term_counts([("price",)], ["s"])
    assert (counts.passages, counts.in_scope, counts.newest_id) == (0, 0, 0)


async def test_passages_are_replaced(any_store: Store) -> None:
    """Passages from a position on are replaced, those of the other kind and of other streams are not."""
    before = [passage("price", first_n=n, last_n=n + 4) for n in (1, 4, 7)]
    any_store.replace_passages("s", PassageKind.WORDS, before)
    await fill(any_store, passage("price", stream_id="t", first_n=8), passage("price", finding="Dear."))
    any_store.replace_passages("s", PassageKind.WORDS, [passage("colour", first_n=4)], from_n=4)
    await any_store.flush()
    assert sorted(await found(any_store, sought("price"))) == ["s1", "s1", "t8"]
    assert await found(any_store, sought("colour")) == ["s4"]
    assert await any_store.last_passage("s") == passage("colour", first_n=4)
    assert await any_store.last_passage("s", before=9) == before[0]
    assert await any_store.last_passage("nobody") is None
    assert await any_store.findings("s") == [passage("price", finding="Dear.")]


async def test_an_amended_message_is_not_found_by_its_old_words(any_store: Store) -> None:
    """With an edited message go the passages that may hold it, and the store tells where to begin anew."""
    for n in (1, 2, 3):
        any_store.add_utterance(utterance(n))
    assert any_store.take_changed() == {"s": None}
    any_store.replace_passages(
        "s",
        PassageKind.WORDS,
        [passage("price", first_n=1, last_n=2), passage("secret", first_n=2, last_n=3)],
    )
    any_store.amend_utterance("s", 3, "")
    await any_store.flush()
    assert await found(any_store, sought("price", "secret")) == ["s1"]
    any_store.add_utterance(utterance(4))
    any_store.amend_utterance("s", 2, "New words.")
    any_store.amend_utterance("s", 3, "Newer words.")
    await any_store.flush()
    assert await found(any_store, sought("price", "secret")) == []
    assert (any_store.take_changed(), any_store.take_changed()) == ({"s": 2}, {})


async def test_what_flows_found_is_told(any_store: Store) -> None:
    """The store tells once of which streams a flow found something."""
    any_store.put_stream(STREAM)
    for seq in (1, 2):
        await any_store.add_window(window(seq), gaps_told=0)
    assert await any_store.take_told() == []
    await any_store.run_ended("s:r:1", status=RunStatus.DONE, attempts=1, output=Output("Hi."))
    await any_store.run_ended("s:r:2", status=RunStatus.DONE, attempts=1, output=Output("Hi.", news="{}"))
    assert (await any_store.take_told(), await any_store.take_told()) == (["s"], [])
    assert [run.window_id for run in await any_store.runs_that_told("s")] == ["s:r:2"]


async def test_purged_passages(any_store: Store) -> None:
    """With a meeting go its passages; what is made of it afterwards is not kept, and others are found as before."""
    for one in ("s", "t"):
        any_store.put_stream(replace(STREAM, stream_id=one, meeting_uuid=f"{one}=="))
        await fill(
            any_store, passage("price", stream_id=one), passage("price", stream_id=one, finding="Dear.")
        )
    await any_store.purge("s==")
    await fill(any_store, passage("price", stream_id="s"))
    assert await found(any_store, sought("price")) == ["t1", "t1"]
    assert (await any_store.term_counts([("price",)], None)).with_any == {("price",): 2}


async def test_streams_for_a_search(any_store: Store) -> None:
    """Streams are told by their series, in pages, and with what is known of them."""
    for n, number in enumerate(("812", "812", "9")):
        any_store.put_stream(replace(STREAM, stream_id=f"s{n}", meeting_id=number))
    for n in (1, 2, 3):
        any_store.add_utterance(utterance(n, stream_id="s0", words="" if n == 2 else "Yes."))
    await any_store.flush()
    assert sorted(stream.stream_id for stream in await any_store.series("812")) == ["s0", "s1"]
    assert await any_store.series("81") == []
    assert await any_store.stream_ids(after="s0", limit=1) == ["s1"]
    assert list(await any_store.streams_now(["s2", "nobody"])) == ["s2"]
    assert [one.n for one in await any_store.utterances_between("s0", 2, 3)] == [3]


async def test_retention_takes_passages_for_what_is_kept(any_store: Store) -> None:
    """A stream with passages is not pruned as an empty one."""
    any_store.put_stream(replace(STREAM, state=StreamState.ENDED, started_at_ms=1))
    any_store.stream_settled("s")
    await fill(any_store, passage("price"))
    await any_store.prune(before_ms=100)
    assert await any_store.stream("s") is not None


async def test_a_database_that_is_away() -> None:
    """A search says that the database is away, for whoever looks on; any other fault is one."""

    class Away(MemoryEngine):
        fault: Exception = OSError("gone")

        async def search(self, sought: Sought) -> list[object]:  # type: ignore[override]
            raise self.fault

        async def term_counts(self, terms: object, streams: object) -> object:  # type: ignore[override]
            raise self.fault

    store = Store(engine := Away())
    for question in (lambda: store.search(sought("price")), lambda: store.term_counts([("price",)], None)):
        engine.fault = OSError("gone")
        with pytest.raises(StoreAway, match="gone"):
            await question()
        engine.fault = KeyError("a fault of ours")
        with pytest.raises(KeyError):
            await question()


async def test_no_word_stays_in_a_file(tmp_path: Path) -> None:
    """After a deletion none of a meeting's terms is in any of SQLite's files, also where the index had been merged."""
    secret, kept = "quetzalcoatl", "harmless"
    url = f"sqlite:///{tmp_path / 'bridge.db'}"
    async with open_store(url) as store:
        for name in ("s", "t"):
            store.put_stream(replace(STREAM, stream_id=name, meeting_uuid=f"{name}=="))
        for n in range(1, 400):  # written one by one, so that SQLite merges parts of the index meanwhile
            mine = passage(f"{secret}{n % 7} {kept} word{n}", first_n=n)
            store.replace_passages("s", PassageKind.WORDS, [mine], from_n=n)
            other = passage(f"{kept} thing{n}", stream_id="t", first_n=n)
            store.replace_passages("t", PassageKind.WORDS, [other], from_n=n)
            if n % 20 == 0:
                await store.flush()
        await store.flush()
        assert await found(store, sought(f"{secret}3", limit=1))
        assert secret.encode() in everything(tmp_path)
        await store.purge("s==")
        assert secret.encode() not in everything(tmp_path)
        assert await found(store, sought(kept, limit=1)) == ["t399"]
    assert secret.encode() not in everything(tmp_path)


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


async def test_counts_of_a_large_archive(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL estimates from some of the pages how many passages there are, and how many have a word."""
    monkeypatch.setattr("bridge.store.postgres.SAMPLE_PAGES", 4)
    async with open_store(postgres_url) as store:
        filler = " ".join(f"filler{n}" for n in range(60))
        for n in range(1, 301):
            one = passage(f"{'price' if n % 2 else 'colour'} {filler}", first_n=n)
            store.replace_passages("s", PassageKind.WORDS, [one], from_n=n)
        await store.flush()
        counts = await store.term_counts([("price",), ("nothing",)], ["s"])
    assert (counts.in_scope, counts.newest_id, counts.with_any["nothing",]) == (300, 300, 0)
    assert 100 < counts.passages < 900
    assert 0.3 < counts.with_any["price",] / counts.passages < 0.7


async def test_a_crowd_that_searches() -> None:
    """Few searches are in the database at a time, so that meetings do not wait behind a crowd; each is answered."""

    class Slow(MemoryEngine):
        at_once = most = 0

        async def search(self, sought: Sought) -> list[Row]:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
            await asyncio.sleep(0)
            self.at_once -= 1
            return await super().search(sought)

    engine = Slow()
    store = Store(engine)
    wanted = Sought(terms=("a",), weights=(), streams=None, above_id=0, limit=1)
    assert await asyncio.gather(*(store.search(wanted) for _ in range(50))) == [[]] * 50
    assert engine.most == SEARCHES_AT_ONCE
