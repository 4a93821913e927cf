"""Random schedules of faults over a ten-minute meeting. Pure: a seed gives the same schedule again."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any, get_args

from bridge.rtms.connection import MAX_FRAME_BYTES
from bridge.rtms.messages import StatusCode, StopReason
from bridge.rtms.status import stop_words
from bridge.simulator.fault_kinds import AcceptAndDrop, Fault, Garbage, Oddity
from bridge.simulator.faults import FaultScript
from bridge.simulator.meeting import FIRST_USER_ID, USER_ID_STEP, Line, Meeting

MEETING_SECONDS = 600
PASSING = (8, 45, 99, 130)
"""Status codes after which the same handshake may succeed."""
FATAL = (StatusCode.INVALID_RTMS_STREAM_ID, StatusCode.INVALID_SIGNATURE, StatusCode.INVALID_PAYLOAD)
LOSSES = {"drop", "half_open", "media_interrupted", "signal_interrupted", "interrupted_webhook", "failover"}
"""Kinds of faults that may cost a connection."""

Tables = list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """What goes wrong in one meeting, and how that must end."""

    seed: int
    script: FaultScript
    reasons: tuple[str, ...]
    """Words of which one must be in the stored reason of the stream's end."""
    ends_by: float | None = None
    """When it has to be over at the latest, in seconds of the meeting; ``None`` where it recovers."""
    unheard: bool = False
    """Whether the bridge is never to dial at all."""
    revoked: bool = False
    """Whether everything has to be deleted in the end."""

    @property
    def losses(self) -> int:
        """How many connections faults may cost."""
        cut = sum(fault.count for fault in self.script.fault if isinstance(fault, AcceptAndDrop))
        return cut + sum(fault.kind in LOSSES or _is_too_large(fault) for fault in self.script.fault)

    @property
    def back_within(self) -> float:
        """How long the bridge may be away at a time, in seconds of the meeting.

        Only a silent socket takes longer, as nothing but 65 s of silence tells of it.
        """
        return 65 + 60 if any(fault.kind == "half_open" for fault in self.script.fault) else 60

    @property
    def kinds(self) -> list[str]:
        """Of its faults, in order."""
        return [fault.kind for fault in self.script.fault]

    @property
    def given_up(self) -> bool:
        """Whether the bridge gives it up before Zoom starts it anew."""
        return "start_anew" in self.kinds

    @property
    def recoverable(self) -> bool:
        """Whether the meeting goes on to its end."""
        return self.ends_by is None


def _is_too_large(fault: Fault) -> bool:
    return isinstance(fault, Garbage) and fault.shape == "huge" and fault.size_bytes > MAX_FRAME_BYTES


# What goes wrong


def schedule(seed: int) -> Schedule:
    """The schedule of a seed: about one in five cannot be recovered from, and consent is revoked in one in twenty."""
    chance = random.Random(seed)  # noqa: S311 - a seed must give the same schedule again
    light = [_light(chance) for _ in range(chance.randrange(5))]
    times = [at + chance.uniform(0, 40) for at in (50, 190, 330, 470)]
    heavy = [table for at in chance.sample(times, chance.randrange(4)) for table in _heavy(chance, at)]
    start, outcome = _start(chance), chance.random()
    if outcome < 0.8:
        reasons = (stop_words(StopReason.MEETING_ENDED), "status 2")
        script = _script([*start, *light, *heavy, *_end(chance)])
        return Schedule(seed=seed, script=script, reasons=reasons)
    if outcome < 0.85:
        return _revoked(seed, chance, [*start, *light, *heavy])
    return _unrecoverable(seed, chance, light)


def _script(tables: Tables) -> FaultScript:
    return FaultScript.model_validate({"fault": tables})


def _light(chance: random.Random) -> dict[str, Any]:
    """Something that costs no connection."""
    at = chance.uniform(5, MEETING_SECONDS - 30)
    oddities = [each for each in get_args(Oddity) if each != "no_times"]
    shapes = ("not_json", "truncated", "no_object", "deep", "huge", "wrong_types", "empty", "not_utf8")
    side = chance.choice(("signaling", "media"))
    kinds: Tables = [
        {"kind": "start_again", "count": chance.randrange(1, 3)},
        {"kind": "pause", "seconds": chance.uniform(5, 40)},
        {"kind": "repeat", "lines": chance.randrange(1, 10)},
        {"kind": "burst", "lines": chance.randrange(2, 15), "backwards": chance.random() < 0.5},
        *({"kind": "odd_lines", "oddity": each, "lines": chance.randrange(1, 20)} for each in oddities),
        {"kind": "unknown_messages", "socket": side},
        {"kind": "garbage", "socket": side, "shape": chance.choice(shapes)},
        {"kind": "bare_keep_alives", "socket": side, "count": chance.randrange(1, 4)},
        {"kind": "session_stopped"},
        {"kind": "odd_people"},
        {"kind": "odd_webhooks"},
        {
            "kind": "trickle",
            "socket": side,
            "messages": chance.randrange(1, 9),
            "size_bytes": chance.choice((1, 7)),
        },
    ]
    wanted = chance.choice(sorted({table["kind"] for table in kinds}))
    chosen = chance.choice([table for table in kinds if table["kind"] == wanted])
    return {"at_seconds": at, **chosen}


def _heavy(chance: random.Random, at: float) -> Tables:
    """Something that costs a connection, and perhaps more before it is back; over within Zoom's 60 s."""
    drop = {
        "at_seconds": at,
        "kind": "drop",
        "sockets": chance.choice(("signaling", "media", "both")),
        "told": chance.random() < 0.7,
        "repeat_lines": chance.choice((0, 0, 2, 5)),
    } | chance.choice(({}, {"code": 1000}, {"code": 1001}, {"code": 1011}))
    side = "media" if drop["sockets"] == "media" else chance.choice(("signaling", "media"))
    before, soon = at - 0.5, at + chance.uniform(0.1, 4)
    more: list[Tables] = [
        [],
        [
            {
                "at_seconds": before,
                "kind": "refuse",
                "socket": side,
                "status": chance.choice(PASSING),
                "count": 2,
            }
        ],
        [{"at_seconds": before, "kind": "slow_handshake", "socket": side, "seconds": chance.uniform(1, 8)}],
        [{"at_seconds": before, "kind": "no_handshake", "socket": side}],
        [{"at_seconds": before, "kind": "accept_and_drop", "socket": side, "count": chance.randrange(1, 4)}],
        [{"at_seconds": before, "kind": "early_messages", "socket": side}],
        [{"at_seconds": soon, "kind": "drop", "told": chance.random() < 0.5}],
        [{"at_seconds": soon, "kind": "failover", "old": chance.choice(("dropped", "silent"))}],
        [{"at_seconds": soon, "kind": "interrupted_webhook"}],
        [{"at_seconds": soon, "kind": "media_interrupted", "lost": False}],
    ]
    others: list[Tables] = [
        [drop | {"hold_seconds": chance.uniform(1, 25)}],
        [{"at_seconds": at, "kind": "half_open", "sockets": chance.choice(("signaling", "media", "both"))}],
        [{"at_seconds": at, "kind": "failover", "old": chance.choice(("dropped", "silent"))}],
        [{"at_seconds": at, "kind": "failover", "old": "silent", "same_time": True}],
        [
            {
                "at_seconds": at,
                "kind": "outage",
                "seconds": chance.uniform(1, 25),
                "told": chance.random() < 0.7,
            }
        ],
        [{"at_seconds": at, "kind": "interrupted_webhook"}],
        [{"at_seconds": at, "kind": "signal_interrupted", "lost_after_seconds": chance.uniform(0, 10)}],
        [
            {
                "at_seconds": at,
                "kind": "media_interrupted",
                "lost": chance.random() < 0.7,
                "as_state": chance.random() < 0.4,
            }
        ],
        [{"at_seconds": at, "kind": "garbage", "shape": "huge", "size_bytes": 2_000_000}],
    ]
    return [drop, *chance.choice(more)] if chance.random() < 0.5 else chance.choice(others)


def _start(chance: random.Random) -> Tables:
    side = chance.choice(("signaling", "media"))
    refused = {
        "kind": "refuse",
        "socket": side,
        "status": chance.choice(PASSING),
        "count": chance.randrange(1, 4),
    }
    given_up = {"kind": "refuse", "status": int(chance.choice(FATAL))}
    choices: list[Tables] = [
        [],
        [],
        [refused],
        [{"kind": "slow_handshake", "socket": side, "seconds": chance.uniform(1, 10)}],
        [{"kind": "no_handshake", "socket": side}],
        [{"kind": "accept_and_drop", "socket": side, "count": chance.randrange(1, 4)}],
        [{"kind": "early_messages", "socket": side}],
        [given_up, {"kind": "start_anew", "after_seconds": chance.uniform(1, 20)}],
    ]
    return chance.choice(choices)


def _end(chance: random.Random) -> Tables:
    stops: list[Tables] = [
        [],
        [],
        [{"kind": "stop_webhook", "delay_seconds": chance.uniform(1, 60)}],
        [{"kind": "stop_webhook", "missing": True}],
        [{"kind": "stop_webhook", "message_missing": True}],
        [{"kind": "stop_webhook", "missing": True, "message_missing": True}],
    ]
    late: list[Tables] = [
        [],
        [{"kind": "late_webhooks", "started": chance.randrange(3), "stopped": chance.randrange(3)}],
        [{"kind": "late_words", "lines": chance.randrange(1, 5)}],
    ]
    return chance.choice(stops) + chance.choice(late)


def _revoked(seed: int, chance: random.Random, faults: Tables) -> Schedule:
    """Consent is revoked in the middle of whatever goes wrong, told on the socket, by webhook or both."""
    at = chance.uniform(60, MEETING_SECONDS - 150)
    before = [table for table in faults if table.get("at_seconds", 0) < at]
    end: dict[str, Any] = {"at_seconds": at, "kind": "end", "reason": int(StopReason.STREAM_REVOKED)}
    told: Tables = chance.choice([[], [{"kind": "stop_webhook", "message_missing": True}]])
    return Schedule(
        seed=seed,
        script=_script([*before, end, *told]),
        reasons=(stop_words(StopReason.STREAM_REVOKED), "status 2"),
        ends_by=at + 65,
        revoked=True,
    )


def compressed(script: FaultScript, speed: float) -> FaultScript:
    """The same faults in a meeting that takes a part of the time, and whose times on the wire are those of the clock."""
    tables = [fault.model_dump(exclude_none=True) for fault in script.fault]
    return _script(
        [
            {
                name: value / speed if name.endswith("seconds") and table["kind"] != "trickle" else value
                for name, value in table.items()
            }
            for table in tables
        ]
    )


def _unrecoverable(seed: int, chance: random.Random, light: Tables) -> Schedule:
    """Something after which the stream is over before the meeting is."""
    at = chance.uniform(60, MEETING_SECONDS - 150)
    before = [table for table in light if table["at_seconds"] < at]
    drop = {"at_seconds": at, "kind": "drop", "sockets": chance.choice(("signaling", "both"))}
    fatal = int(chance.choice(FATAL))
    passing = chance.choice(PASSING)
    awaited = stop_words(StopReason.AWAIT_RECONNECTION_TIMEOUT)
    reason = chance.choice([each for each in StopReason if each is not StopReason.MEETING_ENDED])
    connect = stop_words(StopReason.CONNECTION_TIMEOUT)
    choices: list[tuple[Tables, tuple[str, ...], float]] = [
        ([{"kind": "refuse", "status": fatal}], (f"status {fatal}:",), 5),
        ([{"kind": "refuse", "socket": "media", "status": 12}], ("status 12:",), 5),
        ([{"kind": "refuse", "status": passing, "count": 1000}], (f"status {passing}:", connect), 65),
        ([{"kind": "no_handshake", "count": 1000}], ("an answer to the handshake", connect), 80),
        ([drop, {"at_seconds": at - 0.5, "kind": "refuse", "status": fatal}], (f"status {fatal}:",), at + 5),
        ([drop | {"hold_seconds": 3600}], ("status 8:", awaited), at + 65),
        (
            [
                drop,
                {"at_seconds": at - 0.5, "kind": "refuse", "socket": "media", "status": 16, "count": 1000},
            ],
            ("status 16:", awaited),
            at + 70,
        ),
        (
            [drop, {"at_seconds": at - 0.5, "kind": "no_handshake", "count": 1000}],
            ("an answer to the handshake", awaited),
            at + 80,
        ),
        ([{"at_seconds": at, "kind": "end", "reason": int(reason)}], (stop_words(reason),), at + 5),
        ([{"kind": "stop_first"}], (stop_words(StopReason.MEETING_ENDED),), 5),
    ]
    tables, reasons, ends_by = chance.choice(choices)
    return Schedule(
        seed=seed,
        script=_script([*before, *tables]),
        reasons=reasons,
        ends_by=ends_by,
        unheard=tables[0]["kind"] == "stop_first",
        revoked=tables[0].get("reason") == StopReason.STREAM_REVOKED,
    )


def meeting(seed: int, speed: float = 1.0, *, seconds: float = MEETING_SECONDS) -> Meeting:
    """Ten minutes, unless told otherwise, of four people, a line every five seconds or so; no two lines are the same. ``speed`` shortens it."""
    chance = random.Random(seed)  # noqa: S311 - a seed must give the same meeting again
    lines: list[Line] = []
    at = 0.0
    while at < seconds:
        who = chance.randrange(4)
        end = at + chance.uniform(1, 8)
        lines.append(
            Line(
                start_ms=int(at * 1000 / speed),
                end_ms=int(end * 1000 / speed),
                user_id=FIRST_USER_ID + USER_ID_STEP * who,
                speaker=("Dana", "Eli", "Noor", "Sam")[who],
                text=f"Sentence {len(lines) + 1} of meeting {seed}.",
            )
        )
        at = end + chance.uniform(0, 1)
    return Meeting(title=f"meeting {seed}", lines=tuple(lines))
