"""``zoom-bridge replay``: meetings through flows, side by side, and scored."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from bridge.domain import LIMITS
from bridge.environment import read_proxies
from bridge.errors import BridgeError, ConfigurationError
from bridge.files import read_text
from bridge.logs import configure_logs
from bridge.private_file import insist_on_place, write_private
from bridge.settings import ReplaySettings, read_settings
from bridge.text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.replay.outcome import Outcome
    from bridge.replay.reference import Reference
    from bridge.replay.score import FlowScore

KEPT: Final = "replay.json"
REPORTS: Final = (".html", ".md", ".json")


def replay(
    meetings: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[MEETING]...",
            help="A file that simulate plays, or of the running bridge the id of a stream, a meeting's UUID, or its "
            "number, which stands for the series.",
        ),
    ] = None,
    flows: Annotated[
        list[str] | None,
        typer.Option(
            "--flow",
            metavar="FLOW",
            help="Endpoint name or id of a flow, a .json file of one, or module:function; may be repeated.",
        ),
    ] = None,
    last: Annotated[
        str,
        typer.Option(
            metavar="SPAN",
            help="Meetings of the bridge that began since then, such as 7d, 12h or 2w.",
            show_default=False,
        ),
    ] = "",
    route: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Cut windows as for this route; by default for the one that names the flow, or the first flow.",
            show_default=False,
        ),
    ] = "",
    reference: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What is to be found, for scores (docs/replay.md).")
    ] = None,
    fail_under: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="With a reference: fail where a flow's F1 is lower, from 0 to 1."),
    ] = None,
    report: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Write it here as .html, .md or .json; may be repeated. replay.html by default.",
        ),
    ] = None,
    keep: Annotated[
        Path, typer.Option(metavar="FILE", help="Where all that came out is kept, for --kept.")
    ] = Path(KEPT),
    kept: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Report and score what an earlier replay kept; nothing is run."),
    ] = None,
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the scores as JUnit's XML.")
    ] = None,
    api_key: Annotated[
        str,
        typer.Option(
            metavar="KEY", help="Langflow's API key, instead of LANGFLOW_API_KEY.", show_default=False
        ),
    ] = "",
    username: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Sign in as this user, instead of an API key; the password is LANGFLOW_PASSWORD, or typed.",
            show_default=False,
        ),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON for programs.")] = False,
) -> None:
    """Send meetings through flows again and compare what comes out. A rehearsal: nothing is posted, no ticket is made.

    Each meeting has a session of its own in Langflow for each flow, which is deleted afterwards.
    """
    from bridge.replay.compare import side_by_side
    from bridge.replay.figures import figures, in_lines
    from bridge.replay.junit import as_junit
    from bridge.replay.outcome import as_json as outcome_text
    from bridge.replay.outcome import from_json
    from bridge.replay.report import html, markdown

    configure_logs(json=False, level=logging.ERROR)
    _check(meetings, flows, last, kept, reference, fail_under, junit)
    reports = report or [Path("replay.html")]
    if strange := [str(path) for path in reports if path.suffix.lower() not in REPORTS]:
        raise ConfigurationError(f"--report {', '.join(strange)}: a report is one of {', '.join(REPORTS)}")
    expected = _reference(reference)
    for path in [*reports, *([keep] if kept is None else []), *([junit] if junit else [])]:
        insist_on_place(path)  # before anything is run that may cost money
    unwritten: list[str] = []
    if kept is not None:
        outcome = from_json(_content(kept), str(kept))
    else:
        outcome = asyncio.run(_replayed(meetings or [], flows or [], last, route, api_key, username))
        unwritten += _unwritten(keep, outcome_text(outcome))
    found = _scores(outcome, expected, reference)
    compared = side_by_side(outcome)
    told = figures(outcome, compared, found)
    for path in reports:
        match path.suffix.lower():
            case ".html":
                unwritten += _unwritten(path, html(outcome, compared, found))
            case ".md":
                unwritten += _unwritten(path, markdown(outcome, compared, found))
            case _:
                unwritten += _unwritten(path, json.dumps(told, ensure_ascii=False, indent=1) + "\n")
    if junit is not None:
        unwritten += _unwritten(junit, as_junit(outcome, found, fail_under))
    if as_json:
        typer.echo(json.dumps(told))
    else:
        for line in (*in_lines(told), *(f"wrote {path}" for path in reports)):
            typer.echo(line)
    if unwritten:
        raise BridgeError("; ".join(unwritten))
    _judge(outcome, found, fail_under)


def _check(
    meetings: list[str] | None,
    flows: list[str] | None,
    last: str,
    kept: Path | None,
    reference: Path | None,
    fail_under: float | None,
    junit: Path | None,
) -> None:
    """See that what is given makes sense together."""
    if kept is not None and (meetings or flows or last):
        raise ConfigurationError("--kept runs nothing: give it without meetings and without --flow")
    if kept is None and not flows:
        raise ConfigurationError("give at least one --flow")
    if kept is None and not meetings and not last:
        raise ConfigurationError("give meetings, or --last")
    if reference is None and (fail_under is not None or junit is not None):
        raise ConfigurationError("--fail-under and --junit want a --reference")


async def _replayed(
    meetings: Sequence[str], flows: Sequence[str], last: str, route: str, api_key: str, username: str
) -> Outcome:
    from bridge.replay.house import replay_with_langflow
    from bridge.replay.sources import read, span
    from bridge.replay.view import View

    settings = read_settings(ReplaySettings)
    view = View(sys.stderr)
    with view:
        found = await read(
            meetings,
            last=span(last) if last else None,
            settings=settings,
            proxies=read_proxies(),
            tell=view.told,
        )
        recorded = [each.within(settings.bridge_timezone) for each in found]
        return await replay_with_langflow(
            recorded, flows, settings, progress=view, cut_as=route, api_key=api_key, username=username
        )


def _scores(outcome: Outcome, reference: Reference | None, path: Path | None) -> list[FlowScore]:
    from bridge.replay.reference import insist
    from bridge.replay.score import scores

    if reference is None:
        return []
    insist(reference, outcome, str(path))
    return scores(outcome, reference)


def _judge(outcome: Outcome, found: Sequence[FlowScore], fail_under: float | None) -> None:
    """Fail where a flow is not good enough, or was not run to its end."""
    stopped = [
        f"{trial.flow} on {one_line(trial.meeting, LIMITS.topic)}"
        for trial in outcome.trials
        if trial.stopped or trial.failed
    ]
    if stopped:
        raise BridgeError(f"not every window was answered: {', '.join(stopped)}; the report says why")
    if fail_under is None:
        return
    low = [(each.flow, each.together.f1) for each in found if each.together.f1 < fail_under]
    if low:
        told = ", ".join(f"{flow} has an F1 of {value:.2f}" for flow, value in low)
        raise BridgeError(f"under {fail_under:g}: {told}")


def _reference(path: Path | None) -> Reference | None:
    from bridge.replay.reference import read_reference

    return None if path is None else read_reference(_content(path), str(path))


def _content(path: Path) -> str:
    try:
        return read_text(path)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from None


def _unwritten(path: Path, text: str) -> list[str]:
    """Write a file that only its owner reads, as it holds what people said; why it could not be, where it could not."""
    try:
        write_private(path, text.encode(errors="replace"))
    except ConfigurationError as error:
        return [str(error)]
    return []
