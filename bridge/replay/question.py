"""A question to a meeting from outside: the assistant's flow answers it in a rehearsal, and nobody in the meeting hears of it.

The question becomes the ``ask`` window that it would have become if somebody had asked it in the meeting, with all that
was said so far and with what earlier meetings of the series tell. Nothing of it is stored here, and nothing stays in
Langflow: that its session is to be forgotten is stored before the flow is asked, so that no crash in between leaves it.
"""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING, Final, Protocol

from bridge.archive.search import LONGEST_QUESTION
from bridge.clock import CLOCK
from bridge.domain import OVER, Answered, Ask, Source, Utterance, WindowKind
from bridge.errors import NotAnswered, QuestionRefused, StoreError
from bridge.flow.request import compose_window
from bridge.replay.cut import Cut
from bridge.replay.evidence import evidence_of
from bridge.replay.outcome import Flow, without_dry_run
from bridge.replay.run import Patience, Stuck, Task, replay
from bridge.replay.sides import Side
from bridge.session.redaction import Redaction
from bridge.text import one_line
from bridge.transcript.people import People

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bridge.clock import Clock
    from bridge.domain import Earlier, RedactionKey, Stream, Window
    from bridge.flow.routes import Route
    from bridge.flow.worker import TurnGiver, Ways
    from bridge.replay.outcome import Trial
    from bridge.session.redaction import Keys, Redact
    from bridge.store.store import Store

LONGEST_ANSWER: Final = 50_000
"""Characters of what is told of an answer."""
AT_ONCE: Final = 2
"""Questions that are answered at once, or whose windows are still composed; each holds all that was said in its meeting."""
READING_SECONDS: Final = 10.0
"""How long its meeting, and earlier ones, may take to be read..."""
SECONDS: Final = 43.0
"""...and then the run, waiting for its turn included: many clients wait for a minute."""
WISH_SECONDS: Final = 2.0
"""How long may be waited until the wish to have the session forgotten is stored, without which nothing is asked."""
HELD_SECONDS: Final = 60.0
"""After which it is forgotten though nobody says that the run is over."""
ASKER: Final = "A reader"
"""Who asks, for the flow."""
ROUTE: Final = "question-from-outside"
"""By which it runs, so that nothing that becomes of it is held against a route of the bridge."""


class Memory(Protocol):
    """What earlier meetings of a stream's series tell; as :class:`bridge.archive.memory.SeriesMemory`."""

    async def __call__(self, stream: Stream, question: str) -> Sequence[Earlier]:
        """The meetings that tell of a question, the newest first."""


class Forgetting(Protocol):
    """Who has Langflow keep nothing of a meeting id; as :class:`bridge.session.deletion.Deletions`."""

    async def forget_within(self, meeting_uuid: str, why: str, seconds: float) -> None:
        """Return once it is stored that this is to happen within so long. Raises :class:`StoreError`."""

    def hasten(self, meeting_uuid: str) -> None:
        """It may happen now."""


class Questions:
    """Puts questions to the first route that answers any."""

    def __init__(
        self,
        store: Store,
        routes: Sequence[Route],
        *,
        memory: Memory,
        ways: Ways,
        turns: TurnGiver,
        forgetting: Forgetting,
        away: Callable[[], str] = lambda: "",
        clock: Clock = CLOCK,
    ) -> None:
        """How a question gets to its flow, and what is known on the way.

        Args:
            store: Where the meetings are.
            routes: The bridge's.
            memory: What earlier meetings tell.
            ways: To flows and functions.
            turns: At Langflow; questions from outside come behind what meetings send.
            forgetting: Sees to it that Langflow keeps nothing of a question's session.
            away: Why Langflow cannot be reached; empty while it can.
            clock: Tells the time.
        """
        self._store = store
        self._route = next((route for route in routes if WindowKind.ASK in route.on), None)
        self._memory = memory
        self._ways = ways
        self._turns = turns
        self._sessions = _Sessions(forgetting)
        self._away = away
        self._patience = Patience(away_seconds=0, once=True, seconds=SECONDS)
        self._clock = clock
        self._under_way = 0

    async def __call__(self, stream: Stream, question: str) -> Answered:
        """What the flow answers to a question about a meeting, live or over.

        Raises:
            QuestionRefused: There is nothing to ask, or nobody to answer it.
            NotAnswered: Too many ask, Langflow or the database is away, or the run failed or took too long; says which.
            StoreAway: The database cannot be read.
        """
        route, asked = self._route, one_line(question, LONGEST_QUESTION)
        if route is None:
            raise QuestionRefused("no route of BRIDGE_ROUTES answers questions: none has 'ask' in its on")
        if not asked:
            raise QuestionRefused("the question is empty")
        if self._under_way >= AT_ONCE:
            raise NotAnswered(f"{AT_ONCE} questions are being answered; ask again in a moment")
        if route.flow and (away := self._away()):
            raise NotAnswered(f"Langflow cannot be asked: {away}")
        self._under_way += 1
        try:
            return await self._answer(stream, route, asked)
        finally:
            self._under_way -= 1

    async def _answer(self, stream: Stream, route: Route, question: str) -> Answered:
        try:
            async with asyncio.timeout(READING_SECONDS):
                said = await self._store.utterances(stream.stream_id)
                earlier = await self._memory(stream, question) if route.memory != "none" else ()
                cut = await self._window(stream, route, question, said, earlier)
        except TimeoutError:
            raise NotAnswered(f"the meeting could not be read within {READING_SECONDS:g} s") from None
        side = Side(
            flow=Flow(name=route.target, title=route.name),
            route=_as_window(route).model_copy(update={"name": ROUTE}),
            cut_for=route,
            data=None,
        )
        task = Task(meeting=stream.stream_id, side=side, cuts=[cut])
        try:
            [trial] = await replay(
                [task],
                self._ways,
                self._turns,
                self._sessions,
                _Unwatched(),
                patience=self._patience,
                clock=self._clock,
            )
        except Stuck as error:
            away = self._away()
            raise NotAnswered(f"the flow did not answer: {error}{f'; {away}' if away else ''}") from None
        [answer] = trial.answers
        return Answered(
            text=without_dry_run(answer.text).strip()[:LONGEST_ANSWER],
            evidence=evidence_of(answer.news, stream, said, earlier),
        )

    async def _window(
        self,
        stream: Stream,
        route: Route,
        question: str,
        said: Sequence[Utterance],
        earlier: Sequence[Earlier],
    ) -> Cut:
        """The window that asks, as it would be closed for the route."""
        now_ms = self._clock.now_ms()
        at_ms = max((each.end_ms for each in said), default=now_ms) if stream.state in OVER else now_ms
        asked = Utterance(
            stream_id=stream.stream_id,
            n=max((each.n for each in said), default=0) + 1,
            speaker=ASKER,
            user_id="",
            start_ms=at_ms,
            end_ms=at_ms,
            text=question,
            source=Source.CHAT,
        )
        gaps = await self._store.gaps(stream.stream_id)
        as_window = _as_window(route)

        def compose(redacted: Redact | None = None) -> Window:
            people = People((each.user_id, each.speaker) for each in said)
            return compose_window(
                stream=stream,
                route=as_window,
                seq=1,
                kind=WindowKind.ASK,
                utterances=[*sorted(said, key=lambda each: (each.start_ms, each.n)), asked],
                gaps=gaps,
                participants=people.participants(each.user_id for each in said),
                now_ms=now_ms,
                ask=Ask(question=question, utterances=(asked,)),
                earlier=earlier,
                redacted=redacted,
            )

        if not route.redact:
            return Cut(window=await self._composed(compose), closed_ms=now_ms)
        keys = _Borrowed(self._store)
        window = await Redaction(keys, _Unmeasured()).composed(
            stream, as_window, lambda redact: self._composed(functools.partial(compose, redact))
        )
        return Cut(window=window, closed_ms=now_ms, key=await keys.redaction_key(stream.meeting_uuid))

    async def _composed(self, compose: Callable[[], Window]) -> Window:
        """What a thread composes. One that nobody waits for any more cannot be ended: it has a place until it ends."""
        composing = asyncio.get_running_loop().run_in_executor(None, compose)
        try:
            return await asyncio.shield(composing)
        except asyncio.CancelledError:
            self._under_way += 1
            composing.add_done_callback(self._left_alone)
            raise

    def _left_alone(self, composing: asyncio.Future[Window]) -> None:
        """A thread has ended for whose window nobody waited; what became of it is nobody's."""
        self._under_way -= 1
        if not composing.cancelled():
            composing.exception()


def _as_window(route: Route) -> Route:
    """The route as a rehearsal takes it: windows in words carry no mark, and a flow would not know the rehearsal."""
    return route.model_copy(update={"input": "window", "share": False, "approve": False})


class _Borrowed:
    """A meeting's key, and beside it what only this question has named, which is not kept."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._newest: RedactionKey | None = None

    async def redaction_key(self, meeting_uuid: str) -> RedactionKey | None:
        return self._newest or await self._keys.redaction_key(meeting_uuid)

    async def add_redaction_key(self, key: RedactionKey) -> None:
        self._newest = key


class _Sessions:
    """Langflow, as what keeps something of each run until it is deleted."""

    def __init__(self, forgetting: Forgetting) -> None:
        self._forgetting = forgetting

    async def tokens(self, session: str) -> int:
        """Nobody counts them here."""
        return 0

    async def expect(self, meeting_uuid: str) -> None:
        """See to its deletion before there is anything to delete.

        Raises:
            NotAnswered: That cannot be stored.
        """
        try:
            async with asyncio.timeout(WISH_SECONDS):
                await self._forgetting.forget_within(meeting_uuid, "a question was answered", HELD_SECONDS)
        except (TimeoutError, StoreError):
            raise NotAnswered(
                "the database takes no writes, and what the question leaves in Langflow could not be deleted"
            ) from None

    async def forget(self, meeting_uuid: str, flow: str) -> None:
        """As a meeting that is deleted."""
        self._forgetting.hasten(meeting_uuid)


class _Unwatched:
    """Nobody is told how far it is."""

    def begun(self, meeting: str, flow: str, windows: int) -> None: ...

    def answered(self, meeting: str, flow: str) -> None: ...

    def ended(self, trial: Trial) -> None: ...


class _Unmeasured:
    """What is replaced in a question is no meeting's."""

    def redacted(self, route: str, counts: Mapping[str, int]) -> None: ...
