"""``python -m benchmarks.search``: whether a search finds what answers a question, and how long it takes over 1,000 hours.

*Found*: each question of the meetings' references is asked as it is; it counts as answered where one of the first five
places holds an utterance that :mod:`benchmarks.evidence` names. It is asked within its meeting, as people do who know
which one it was, and in all meetings at once. Then our own questions are, of :mod:`benchmarks.own_questions`, in all
meetings and our own calls at once.

*Time*: the real meetings again and again until there are so many hours, each time with other speakers, some utterances
left out, and one word in seven replaced by one of 60,000 made-up words after Zipf's law. So nearly every word of a
question is in a large part of the archive, which is harder than life. All questions are asked through
:class:`bridge.archive.search.Archive`, one after the other, of a store that is warm.

The meetings are read from ``MEETINGS_DIR``.
"""

from __future__ import annotations

import asyncio
import bisect
import itertools
import json
import os
import random
import resource
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from benchmarks import own_questions
from benchmarks.evidence import EVIDENCE
from benchmarks.own_questions import Asked
from bridge.archive.indexer import PIECE, Indexer
from bridge.archive.passages import passages_of
from bridge.archive.search import Archive
from bridge.domain import PassageKind, Product, Stream, StreamState, Utterance
from bridge.store.store import Store, open_store
from tests.postgres_fixture import running_postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

TUNED_ON: Final = ("Bmr020", "ES2002b", "IS1000a", "education_10")
"""Meetings that were looked at while the size of passages was chosen; the others were set aside then."""
FIRST: Final = 5
VOCABULARY: Final = 60_000
REPLACED: Final = 1 / 7
LEFT_OUT: Final = 0.1
DAY_MS: Final = 24 * 3600 * 1000


def meetings() -> dict[str, list[Utterance]]:
    """What was said in each real meeting."""
    found = {}
    for name in EVIDENCE:
        lines = (Path(os.environ["MEETINGS_DIR"]) / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        found[name] = [_utterance(name, n, json.loads(line)) for n, line in enumerate(lines, 1)]
    return found


def _utterance(name: str, n: int, line: dict[str, Any]) -> Utterance:
    return Utterance(
        stream_id=name,
        n=n,
        speaker=line["speaker"],
        user_id=str(line["user_id"]),
        start_ms=line["start_ms"],
        end_ms=line["end_ms"],
        text=line["text"],
        language=9,
    )


def questions() -> dict[str, list[str]]:
    """What the references ask of each meeting."""
    folder = Path(os.environ["MEETINGS_DIR"])
    return {
        name: [
            asked["query"]
            for asked in json.loads((folder / f"{name}.reference.json").read_text(encoding="utf-8"))[
                "questions"
            ]
        ]
        for name in EVIDENCE
    }


def stream(stream_id: str, began_ms: int = 0) -> Stream:
    """A meeting that is over."""
    return Stream(
        stream_id=stream_id,
        product=Product.MEETING,
        meeting_uuid=f"{stream_id}==",
        server_urls="",
        event_ts=began_ms,
        started_at_ms=began_ms,
        state=StreamState.ENDED,
    )


async def ranks(archive: Archive, *, own: bool) -> dict[str, list[int]]:
    """Of each meeting's questions, which place is the first that answers; 0 where none of the first ten does."""
    return {
        name: [
            await place_of(archive, Asked(name, question, spans), own=own)
            for question, spans in zip(asked, EVIDENCE[name], strict=True)
        ]
        for name, asked in questions().items()
    }


async def place_of(archive: Archive, asked: Asked, *, own: bool) -> int:
    """Which place is the first that answers, within its own meeting or in all; 0 where none of the first ten does."""
    hits = await archive.search(asked.question, limit=10, streams=[asked.meeting] if own else None)
    answering = (
        place
        for place, hit in enumerate(hits, 1)
        if hit.stream.stream_id == asked.meeting
        and any(first <= line.utterance.n <= last for line in hit.lines for first, last in asked.spans)
    )
    return next(answering, 0)


def hit_rates(found: dict[str, list[int]]) -> str:
    """Questions answered within the first five, and the mean reciprocal rank, for both halves and together."""
    halves = {
        "tuned on": TUNED_ON,
        "set aside": tuple(name for name in EVIDENCE if name not in TUNED_ON),
        "all": tuple(EVIDENCE),
    }
    return "; ".join(
        f"{half}: {hit_rate([place for name in names for place in found[name]])}"
        for half, names in halves.items()
    )


def hit_rate(places: list[int]) -> str:
    """Questions answered within the first five, and the mean reciprocal rank."""
    hits = sum(1 <= place <= FIRST for place in places)
    reciprocal = sum(1 / place for place in places if place) / len(places)
    return f"{hits} of {len(places)} ({hits / len(places):.0%}), MRR {reciprocal:.2f}"


async def fill_with(store: Store, said: dict[str, list[Utterance]]) -> None:
    """Write meetings, and let the indexer make them findable."""
    for name, utterances in said.items():
        store.put_stream(stream(name))
        for one in utterances:
            store.add_utterance(one)
    indexer = Indexer(store)
    while await indexer.turn():
        pass


async def found_in(url: str, folder: Path) -> None:
    """Print how many questions are answered on one store."""
    async with open_store(url, folder=folder) as store:
        await fill_with(store, meetings())
        archive = Archive(store)
        typer.echo(f"  within the meeting: {hit_rates(await ranks(archive, own=True))}")
        typer.echo(f"  in all meetings:    {hit_rates(await ranks(archive, own=False))}")
        await fill_with(store, own_questions.meetings())
        for half, asked in (
            ("fitting", own_questions.FITTING),
            ("set aside", own_questions.SET_ASIDE),
        ):
            places = [await place_of(archive, one, own=False) for one in asked]
            typer.echo(f"  our own in all meetings and calls, {half}: {hit_rate(places)}")


def varied(chance: random.Random, hours: float) -> Iterator[list[Utterance]]:
    """Meetings of so many hours."""
    real = list(meetings().values())
    heights = list(itertools.accumulate(1 / (n + 10) for n in range(VOCABULARY)))
    left_ms = hours * 3_600_000
    for copy in itertools.count():
        for said in real:
            kept = [one for one in said if chance.random() > LEFT_OUT]
            people = {one.speaker: f"Person {chance.randrange(5000)}" for one in said}
            yield [
                replace(
                    one,
                    stream_id=f"{one.stream_id}-{copy}",
                    n=n,
                    speaker=people[one.speaker],
                    text=_other_words(one.text, chance, heights),
                )
                for n, one in enumerate(kept, 1)
            ]
            left_ms -= said[-1].end_ms
            if left_ms <= 0:
                return


def _other_words(text: str, chance: random.Random, heights: list[float]) -> str:
    return " ".join(
        f"w{bisect.bisect(heights, chance.random() * heights[-1])}q" if chance.random() < REPLACED else word
        for word in text.split()
    )


async def fill(store: Store, hours: float) -> tuple[int, int]:
    """Write meetings and their passages; gives how many streams and passages there are."""
    streams = passages = 0
    for said in varied(random.Random(1), hours):
        streams += 1
        store.put_stream(stream(said[0].stream_id, streams * DAY_MS))
        for one in said:
            store.add_utterance(one)
        made = passages_of(said)
        passages += len(made)
        store.replace_passages(said[0].stream_id, PassageKind.WORDS, made)
        if streams % 10 == 0:
            await store.flush()
    await store.flush()
    return streams, passages


async def timed(url: str, folder: Path, hours: float) -> None:
    """Print how long searches take on one store, and the index's making and size."""
    async with open_store(url, folder=folder) as store:
        began = time.perf_counter()
        streams, passages = await fill(store, hours)
        typer.echo(f"  filled in {time.perf_counter() - began:.0f} s: {streams} streams, {passages} passages")
        archive = Archive(store)
        everything = [question for asked in questions().values() for question in asked]
        singles = [word for question in everything for word in question.split() if len(word) > 6]
        for what, asked, scope in (
            ("questions, all meetings", everything, None),
            ("single words, all meetings", singles, None),
            (
                "questions, a series of 50",
                everything,
                [f"{name}-{n}" for name in EVIDENCE for n in range(8)][:50],
            ),
        ):
            for warm in (True, False):
                took, own = [], []
                for question in asked[:20] if warm else asked:
                    at, busy_at = time.perf_counter(), time.process_time()
                    await archive.search(question, limit=10, streams=scope)
                    took.append(1000 * (time.perf_counter() - at))
                    own.append(1000 * (time.process_time() - busy_at))
            typer.echo(f"  {what}: {_spread(took)}; CPU of this process {_spread(own)}")
        began, busy = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
        await store.purge("Bmr020-0==")
        after = resource.getrusage(resource.RUSAGE_SELF)
        busy_for = after.ru_utime + after.ru_stime - busy.ru_utime - busy.ru_stime
        typer.echo(f"  a meeting is deleted in {time.perf_counter() - began:.1f} s ({busy_for:.1f} s of CPU)")


def _spread(milliseconds: list[float]) -> str:
    ordered = sorted(milliseconds)
    at_95 = ordered[int(0.95 * len(ordered))]
    return f"p50 {statistics.median(ordered):.0f} ms, p95 {at_95:.0f}, most {ordered[-1]:.0f}"


async def indexing() -> None:
    """Print how long making passages takes, which is time of the bridge's loop."""
    said = [one for of_one in meetings().values() for one in of_one]
    passages_of(said)
    began = time.perf_counter()
    passages_of(said)
    took = time.perf_counter() - began
    longest = 0.0
    for at in range(0, len(said), PIECE):
        began = time.perf_counter()
        passages_of(said[at : at + PIECE])
        longest = max(longest, time.perf_counter() - began)
    typer.echo(
        f"passages: {1e6 * took / len(said):.0f} µs an utterance; the longest piece {1000 * longest:.1f} ms"
    )


def main(
    hours: Annotated[float, typer.Option(help="Of the archive that is searched; 0 for none.")] = 1000,
) -> None:
    """Measure both on SQLite and on PostgreSQL."""
    asyncio.run(indexing())
    with running_postgres() as server, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for engine in ("sqlite", "postgres"):
            url = server.database() if engine == "postgres" else f"sqlite:///{folder / 'found.db'}"
            typer.echo(f"{engine}, answers among the first {FIRST}")
            asyncio.run(found_in(url, folder))
        for engine in ("sqlite", "postgres") if hours else ():
            url = server.database() if engine == "postgres" else f"sqlite:///{folder / 'timed.db'}"
            typer.echo(f"{engine}, {hours:g} hours")
            asyncio.run(timed(url, folder, hours))
            if engine == "sqlite":
                typer.echo(f"  the file: {(folder / 'timed.db').stat().st_size / 1e6:.0f} MB")


if __name__ == "__main__":
    typer.run(main)
