"""``python -m tests.scenarios --count 500 --seed 1`` plays 500 random schedules of faults, forty meetings at once.

It says which of them the bridge failed, with the seed that plays each again on its own.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import sys
import time
from typing import TYPE_CHECKING

from bridge.logs import configure_logs
from tests.postgres_fixture import running_postgres
from tests.scenarios.schedules import schedule
from tests.scenarios.stage import SPEED, Played, play_all

if TYPE_CHECKING:
    from tests.scenarios.schedules import Schedule


def main() -> int:
    """Play schedules as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.scenarios", description=__doc__)
    parser.add_argument("--count", type=int, default=500, help="how many schedules")
    parser.add_argument("--seed", type=int, default=1, help="the first one; the others follow it")
    parser.add_argument("--at-once", type=int, default=40, help="how many meetings at the same time")
    parser.add_argument("--speed", type=float, default=SPEED, help="how many times faster than life")
    parser.add_argument(
        "--storms",
        action="store_true",
        help="meanwhile a database and a Langflow that misbehave, and a bridge that is killed",
    )
    parser.add_argument(
        "--postgres", action="store_true", help="on a PostgreSQL server instead of a SQLite file"
    )
    wanted = parser.parse_args()
    configure_logs(json=False, level=logging.ERROR)
    logging.getLogger("websockets.server").setLevel(
        logging.CRITICAL
    )  # it calls a client that leaves an error
    plans = [schedule(seed) for seed in range(wanted.seed, wanted.seed + wanted.count)]
    began = time.monotonic()
    with running_postgres() if wanted.postgres else contextlib.nullcontext() as server:
        played = asyncio.run(
            play_all(
                plans,
                at_once=wanted.at_once,
                speed=wanted.speed,
                storms=wanted.seed if wanted.storms else None,
                postgres=server,
            )
        )
    _tell(plans, played, time.monotonic() - began)
    return 1 if played.wrong else 0


def _tell(plans: list[Schedule], played: Played, seconds: float) -> None:
    for plan in plans:
        for problem in played.wrong.get(plan.seed, []):
            sys.stdout.write(f"seed {plan.seed}: {problem}\n    {', '.join(plan.kinds)}\n")
    for seed, wrong in sorted(played.void.items()):
        sys.stdout.write(f"seed {seed}, void, as the machine stood still: {wrong}\n")
    recoverable, revoked = sum(plan.recoverable for plan in plans), sum(plan.revoked for plan in plans)
    storms = ", ".join(f"{count} x {kind}" for kind, count in sorted(played.storms.items())) or "none"
    sys.stdout.write(
        f"{len(plans) - len(played.void)} schedules and {len(played.void)} void ones in {seconds:.0f} s: {recoverable} of them recoverable, {revoked} revoked; storms: {storms}; "
        f"the slowest start {played.slowest_start_seconds:.1f} s; the latest keep-alive {played.worst_keep_alive_ms:.0f} ms; the bridge failed {len(played.wrong)}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
