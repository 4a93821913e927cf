"""The command line: ``zoom-bridge``, the same as ``python -m bridge``."""

from __future__ import annotations

import asyncio
import errno
import io
import json
import os
import sys
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from bridge.environment import env_file, misspelt
from bridge.errors import BridgeError
from bridge.logs import configure_logs
from bridge.publish.commands import Username
from bridge.publish.commands import app as flows_app
from bridge.remote.commands import app as runs_app
from bridge.remote.commands import export, forget
from bridge.remote.search import search
from bridge.replay.commands import replay
from bridge.settings import LangflowSettings, Settings, every_name, read_settings
from bridge.tape.commands import tape

if TYPE_CHECKING:
    from collections.abc import Coroutine

_Result = TypeVar("_Result")
_OF_THE_STAND_IN = ("bridge.demo", "bridge.simulator")
"""What the image of the bridge alone leaves out (Dockerfile)."""
_OF_THE_OUTPUT = (errno.ENOSPC, errno.EDQUOT, errno.EIO)
"""What a file or device says that takes no more; where a pipe is closed, typer ends the command."""

app = typer.Typer(
    name="zoom-bridge",
    help="Zoom's live meeting transcript into Langflow flows.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)
app.add_typer(flows_app, name="flows")
app.add_typer(runs_app, name="runs")
app.command()(export)
app.command()(forget)
app.command()(search)
app.command()(replay)
app.command()(tape)
config_app = typer.Typer(help="What is set, and where.", no_args_is_help=True)
app.add_typer(config_app, name="config")
rtms_app = typer.Typer(
    help="Start, stop, pause or resume the stream of a live meeting.", no_args_is_help=True
)
app.add_typer(rtms_app, name="rtms")


class ControlledProduct(StrEnum):
    """What has a stream that can be started by command."""

    MEETING = "meeting"
    WEBINAR = "webinar"
    SESSION = "session"


Speed = Annotated[float, typer.Option(min=0.1, max=1000, help="How many times faster than life.")]
MeetingArgument = Annotated[
    str, typer.Argument(metavar="MEETING", help="Number, join link or UUID; a Video SDK session's id.")
]
User = Annotated[
    str, typer.Option(help="Zoom user id of a host or alternative host; the meeting's host by default.")
]
Kind = Annotated[ControlledProduct, typer.Option("--product", help="What MEETING is.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def _tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"zoom-bridge {version('zoom-rtms-langflow')}")
        raise typer.Exit


@app.callback()
def zoom_bridge(
    tell_version: Annotated[
        bool,
        typer.Option("--version", callback=_tell_version, is_eager=True, help="Tell the version, and end."),
    ] = False,
) -> None:
    """Zoom's live meeting transcript into Langflow flows."""


@app.command()
def serve(log_json: Annotated[bool, typer.Option("--log-json", help="Log JSON lines.")] = False) -> None:
    """Run the bridge: take Zoom's webhooks and streams, and post windows of the transcript to Langflow.

    Settings come from the environment and from .env in this folder: zoom-bridge config show
    """
    import structlog

    from bridge import loop
    from bridge.app import serve as run_bridge

    configure_logs(json=log_json)
    log = structlog.get_logger(__name__)
    log.info("settings.read", env_file=str(env_file() or "none"))
    for sentence in misspelt(every_name()):
        log.warning("settings.unknown", reason=sentence)
    loop.run(run_bridge(read_settings(Settings)))


@app.command()
def demo(
    meeting: Annotated[
        Path | None,
        typer.Option(
            help="Meeting to play, of any form that simulate reads but a tape; a sample by default."
        ),
    ] = None,
    speed: Speed = 4.0,
    leave: Annotated[bool, typer.Option("--exit", help="End once the final summary was delivered.")] = False,
    langflow_url: Annotated[
        str,
        typer.Option(
            help="Use this running Langflow, with copies of the flows that are removed at the end "
            "(LANGFLOW_API_KEY, or LANGFLOW_PASSWORD, where it asks for a password)."
        ),
    ] = "",
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the meeting's page in the browser.")
    ] = True,
    anthropic_api_key: Annotated[str, typer.Option(envvar="ANTHROPIC_API_KEY", hidden=True)] = "",
) -> None:
    """Show everything on this machine with no account and no key: Langflow, a stand-in for Zoom, the bridge."""
    import logging

    from bridge.demo.run import SAMPLE_MEETING, Demo, run_demo
    from bridge.demo.view import View
    from bridge.publish.access import chosen_login

    configure_logs(json=False, level=logging.ERROR)
    view = View()
    langflow = read_settings(LangflowSettings) if langflow_url else None
    key = langflow.langflow_api_key if langflow else None
    wanted = Demo(
        meeting=meeting or SAMPLE_MEETING,
        speed=speed,
        leave_at_end=leave,
        langflow_url=langflow_url,
        langflow_api_key=key.get_secret_value() if key else "",
        langflow_login=chosen_login(langflow) if langflow else None,
        anthropic_api_key=anthropic_api_key,
        open_browser=browser,
    )
    try:
        _run(run_demo(wanted, view))
    finally:
        view.close()


@app.command()
def simulate(
    file: Annotated[
        Path,
        typer.Argument(
            help="Meeting to play: a tape (docs/tape.md); .jsonl; .vtt, .srt, .sbv; .txt or .md as Zoom, Teams, Meet, Otter and Webex save it, "
            "or 'Name: words'."
        ),
    ],
    to: Annotated[
        str,
        typer.Option(
            help="The bridge's webhook URL; by BRIDGE_HOST and BRIDGE_PORT unless given.", show_default=False
        ),
    ] = "",
    speed: Speed = 1.0,
    topic: Annotated[str, typer.Option(help="The meeting's topic, which routes may ask for.")] = "",
    keep_pauses: Annotated[
        bool, typer.Option("--keep-pauses", help="Wait out silences of more than three minutes.")
    ] = False,
    faults: Annotated[
        Path | None, typer.Option(help="What shall go wrong, as a .toml or .json file (docs/faults.md).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Play a meeting over Zoom's real wire at a running bridge that has the same ZOOM_* settings.

    The bridge must allow the stand-in's host: BRIDGE_ALLOWED_HOSTS=127.0.0.1
    """
    from bridge.demo.view import View
    from bridge.simulator.diagnosis import shortcomings
    from bridge.simulator.faults import read_faults
    from bridge.simulator.simulate import simulate as play
    from bridge.simulator.simulate import webhook_url, where_to_look

    script = read_faults(faults) if faults else None
    settings = read_settings(Settings)
    view = View(sys.stderr if as_json else None)
    outcome = _run(
        play(
            file,
            webhook_url=to or webhook_url(settings.bridge_host, settings.bridge_port),
            client_id=settings.zoom_client_id,
            client_secret=settings.zoom_client_secret.get_secret_value(),
            secret_token=settings.zoom_secret_token.get_secret_value(),
            speed=speed,
            topic=topic,
            keep_pauses=keep_pauses,
            faults=script,
            progress=view.said,
            tell=view.noted,
        )
    )
    report = {
        "stream_id": outcome.stream_id,
        "meeting_uuid": outcome.meeting_uuid,
        "lines": outcome.lines,
        "delivered": len(outcome.delivered),
        "stop_reason": outcome.stop_reason.name,
        "refusals": [f"{refusal.status.name}: {refusal.reason}" for refusal in outcome.refusals],
        "complete": outcome.complete,
    }
    if as_json:
        sys.stdout.write(json.dumps(report) + "\n")
    else:
        view.print(
            f"{report['delivered']} of {report['lines']} lines delivered; the stream ended: {report['stop_reason']}"
        )
    if script is not None and outcome.stop_reason not in script.ends:
        raise BridgeError(f"the stream was lost: {outcome.stop_reason.name}")
    if script is None and (why := shortcomings(outcome)):
        raise BridgeError(f"not all went well: {why}")
    if not as_json:
        place = where_to_look(settings.bridge_admin_host, settings.bridge_admin_port, outcome.stream_id)
        view.print(f"What became of it, on the bridge's private listener: {place}")


@config_app.command("show")
def show_config(as_json: Json = False) -> None:
    """Every setting with its value, where it comes from, and what is wrong with it; of secrets only whether they are set."""
    from bridge.config import settings_shown
    from bridge.settings import wrong_settings

    wrong, read = wrong_settings(), env_file()
    shown = settings_shown(wrong)
    faults = [*filter(None, [wrong.get("")]), *misspelt(every_name())]
    if as_json:
        told = {
            "env_file": str(read) if read else None,
            "settings": [each.as_json() for each in shown],
            "faults": faults,
        }
        typer.echo(json.dumps(told))
        return
    typer.echo(f"# {read or f'no .env in {Path.cwd()}'}")
    for line in (*map(str, shown), *(f"# {fault}" for fault in faults)):
        typer.echo(line)


@app.command()
def doctor(
    webhook: Annotated[
        str, typer.Option(metavar="URL", help="The public address of POST /webhook, tried as Zoom tries it.")
    ] = "",
    username: Username = "",
    as_json: Json = False,
) -> None:
    """Look at settings, Zoom's credentials, store, Langflow and flows, and say what to do about each fault."""
    import logging

    from bridge.doctor import examine
    from bridge.finding import all_ok

    configure_logs(json=False, level=logging.CRITICAL)
    findings = _run(examine(webhook, username))
    if as_json:
        typer.echo(
            json.dumps({"ok": all_ok(findings), "findings": [finding.as_json() for finding in findings]})
        )
    else:
        for finding in findings:
            typer.echo(str(finding))
    if not all_ok(findings):
        raise BridgeError(
            f"{sum(not finding.ok for finding in findings)} of {len(findings)} things are broken"
        )


@rtms_app.command("start")
def start_rtms(
    meeting: MeetingArgument,
    user: User = "",
    product: Kind = ControlledProduct.MEETING,
    as_json: Json = False,
) -> None:
    """Ask Zoom to start the stream of a live meeting; a running bridge takes it as soon as Zoom announces it."""
    _control_rtms("start", meeting, user, product, as_json=as_json)


@rtms_app.command("stop")
def stop_rtms(
    meeting: MeetingArgument,
    user: User = "",
    product: Kind = ControlledProduct.MEETING,
    as_json: Json = False,
) -> None:
    """Ask Zoom to end the stream of a live meeting, for good."""
    _control_rtms("stop", meeting, user, product, as_json=as_json)


@rtms_app.command("pause")
def pause_rtms(
    meeting: MeetingArgument,
    user: User = "",
    product: Kind = ControlledProduct.MEETING,
    as_json: Json = False,
) -> None:
    """Ask Zoom to pause the stream of a live meeting."""
    _control_rtms("pause", meeting, user, product, as_json=as_json)


@rtms_app.command("resume")
def resume_rtms(
    meeting: MeetingArgument,
    user: User = "",
    product: Kind = ControlledProduct.MEETING,
    as_json: Json = False,
) -> None:
    """Ask Zoom to go on with the stream of a live meeting."""
    _control_rtms("resume", meeting, user, product, as_json=as_json)


def _control_rtms(action: str, meeting: str, user: str, product: ControlledProduct, *, as_json: bool) -> None:
    import logging

    from bridge.assembly.zoom import zoom_api
    from bridge.domain import Product
    from bridge.zoom.api import RtmsAction

    configure_logs(json=False, level=logging.ERROR)
    settings = read_settings(Settings)

    async def work() -> None:
        async with zoom_api(settings) as api:
            await api.control_rtms(RtmsAction(action), meeting, user_id=user, product=Product(product))

    _run(work())
    if as_json:
        typer.echo(json.dumps({"accepted": True, "action": action}))
    else:
        typer.echo(f"Zoom accepted the {action}; its events tell when it is done")


def _run(work: Coroutine[object, object, _Result]) -> _Result:
    return asyncio.run(work)


def main() -> None:
    """Entry point: every failure is one sentence on standard error and status 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # what the output cannot show must not end a command
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except BridgeError as error:
        sys.stderr.write(f"zoom-bridge: {error}\n")
        raise SystemExit(1) from None
    except ModuleNotFoundError as error:
        if error.name not in _OF_THE_STAND_IN:
            raise
        sys.stderr.write("zoom-bridge: the stand-in for Zoom is not in this installation (docs/deploy.md).\n")
        raise SystemExit(1) from None
    except OSError as error:
        if error.errno not in _OF_THE_OUTPUT or error.filename is not None:
            raise
        # What is left of it is written at the very end, and would fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.stderr.write(f"zoom-bridge: the output cannot be written: {error.strerror}\n")
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
