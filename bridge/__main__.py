"""The command line: ``zoom-bridge``, the same as ``python -m bridge``."""

from __future__ import annotations

import asyncio
import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import httpx
import typer
from rich.console import Console

from bridge.errors import BridgeError, ConfigurationError
from bridge.logs import configure_logs
from bridge.settings import LangflowSettings, Settings, read_settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

_Result = TypeVar("_Result")

app = typer.Typer(
    name="zoom-bridge",
    help="Zoom's live meeting transcript into Langflow flows.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
flows_app = typer.Typer(
    help="Put the flows on a Langflow server, check them, build them.", no_args_is_help=True
)
app.add_typer(flows_app, name="flows")
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


@app.command()
def serve(log_json: Annotated[bool, typer.Option("--log-json", help="Log JSON lines.")] = False) -> None:
    """Run the sidecar: take Zoom's webhooks and streams, and post windows of the transcript to Langflow."""
    from bridge.app import serve as run_bridge

    configure_logs(json=log_json)
    _run(run_bridge(read_settings(Settings)))


@app.command()
def demo(
    meeting: Annotated[
        Path | None, typer.Option(help="Meeting to play: .jsonl, .vtt, .srt or .txt; a sample by default.")
    ] = None,
    speed: Speed = 4.0,
    leave: Annotated[bool, typer.Option("--exit", help="End once the final summary was delivered.")] = False,
    langflow_url: Annotated[
        str, typer.Option(help="Use this running Langflow (LANGFLOW_API_KEY where it asks for a password).")
    ] = "",
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the flow in the browser.")
    ] = True,
    langflow_api_key: Annotated[str, typer.Option(envvar="LANGFLOW_API_KEY", hidden=True)] = "",
    anthropic_api_key: Annotated[str, typer.Option(envvar="ANTHROPIC_API_KEY", hidden=True)] = "",
) -> None:
    """Show everything on this machine with no account and no key: Langflow, a stand-in for Zoom, the bridge."""
    import logging

    from bridge.demo.run import SAMPLE_MEETING, Demo, run_demo
    from bridge.demo.view import View

    configure_logs(json=False, level=logging.ERROR)
    view = View(Console())
    wanted = Demo(
        meeting=meeting or SAMPLE_MEETING,
        speed=speed,
        leave_at_end=leave,
        langflow_url=langflow_url,
        langflow_api_key=langflow_api_key,
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
        Path, typer.Argument(help="Meeting to play: .jsonl, .vtt, .srt or .txt ('Name: words').")
    ],
    to: Annotated[str, typer.Option(help="The bridge's webhook URL.")] = "http://127.0.0.1:8080/webhook",
    speed: Speed = 1.0,
    faults: Annotated[
        Path | None, typer.Option(help="What shall go wrong, as a .toml or .json file (docs/faults.md).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Play a meeting over Zoom's real wire at a running bridge that has the same ZOOM_* settings.

    The bridge must allow the stand-in's host: BRIDGE_ALLOWED_HOSTS=127.0.0.1
    """
    from bridge.demo.view import View
    from bridge.simulator.faults import read_faults
    from bridge.simulator.simulate import simulate as play

    script = read_faults(faults) if faults else None
    settings = read_settings(Settings)
    view = View(Console(stderr=as_json))
    outcome = _run(
        play(
            file,
            webhook_url=to,
            client_id=settings.zoom_client_id,
            client_secret=settings.zoom_client_secret.get_secret_value(),
            secret_token=settings.zoom_secret_token.get_secret_value(),
            speed=speed,
            faults=script,
            progress=view.said,
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
        raise BridgeError("the stream was lost; the report says why it ended")
    if script is None and not outcome.complete:
        raise BridgeError("not every line was delivered; the report says what the bridge did")


@flows_app.command()
def push(
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="Fill in an input: ZoomChatOutput.webhook_url=https://... (secrets become global variables).",
        ),
    ] = None,
    force: Annotated[bool, typer.Option(help="Replace flows whose components were edited there.")] = False,
) -> None:
    """Create the flows on the Langflow server, or renew them; never makes a second copy."""
    from bridge.flow.library import load_flows
    from bridge.flow.server import FlowServer

    values = dict(_assignment(text) for text in set_ or [])

    async def work(client: httpx.AsyncClient) -> None:
        for flow in load_flows():
            pushed = await FlowServer(client).push(flow, values, force=force)
            note = f" ({pushed.note})" if pushed.note else ""
            typer.echo(f"{flow.endpoint_name}: {pushed.action}{note}")

    _run(_with_langflow(work))


@flows_app.command()
def check(as_json: Json = False) -> None:
    """Say whether server, key, flows and components fit together, and run each flow once on an empty window."""
    from bridge.flow.library import load_flows
    from bridge.flow.server import Finding, FlowServer

    async def work(client: httpx.AsyncClient) -> list[Finding]:
        server = FlowServer(client)
        findings = await server.check(load_flows())
        if all(finding.ok for finding in findings):
            findings += [await server.run_empty(flow) for flow in load_flows()]
        return findings

    findings = _run(_with_langflow(work))
    if as_json:
        typer.echo(json.dumps([{"ok": f.ok, "what": f.what, "advice": f.advice} for f in findings]))
    else:
        for finding in findings:
            advice = f": {finding.advice}" if finding.advice else ""
            typer.echo(f"{'✓' if finding.ok else '✗'} {finding.what}{advice}")
    if not all(finding.ok for finding in findings):
        raise BridgeError("not everything fits together")


@flows_app.command("build")
def build_flows(
    only_check: Annotated[
        bool, typer.Option("--check", help="Change nothing; fail where files differ.")
    ] = False,
) -> None:
    """Write the component sources into flows/*.json (for those who change components; needs Langflow)."""
    from bridge.flow.build import build, drift
    from bridge.flow.library import load_components, load_flows, save

    flows, sources = load_flows(), load_components()
    if only_check:
        differences = drift(flows, sources)
        if differences:
            raise ConfigurationError("; ".join(differences) + "; run 'zoom-bridge flows build'")
        return
    for flow in build(flows, sources):
        save(flow)
        typer.echo(f"built {flow.path.name}")


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

    from bridge.app import zoom_api
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


def _assignment(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or "." not in name:
        raise ConfigurationError("--set wants COMPONENT.INPUT=VALUE")
    return name, value


async def _with_langflow(work: Callable[[httpx.AsyncClient], Awaitable[_Result]]) -> _Result:
    settings = read_settings(LangflowSettings)
    key = settings.langflow_api_key
    headers = {"x-api-key": key.get_secret_value()} if key else {}
    async with httpx.AsyncClient(base_url=settings.langflow_url, headers=headers, timeout=60) as client:
        return await work(client)


def _run(work: Coroutine[object, object, _Result]) -> _Result:
    return asyncio.run(work)


def main() -> None:
    """Entry point: every failure is one sentence on standard error and status 1."""
    try:
        app()
    except BridgeError as error:
        sys.stderr.write(f"zoom-bridge: {error}\n")
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
