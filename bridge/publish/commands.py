"""``zoom-bridge flows``: put the flows on a Langflow server, check them, build them."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypeVar

import typer

from bridge.environment import ENV_FILE, read_proxies, read_variable
from bridge.errors import BridgeError, ConfigurationError, FlowFailed, FlowMissing, KeyRefused, LangflowAway
from bridge.finding import at
from bridge.settings import LangflowSettings, read_settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    import httpx

    from bridge.finding import Finding
    from bridge.publish.graph import JsonObject
    from bridge.publish.library import Flow
    from bridge.publish.login import Login
    from bridge.publish.rest import LangflowRest
    from bridge.publish.server import FlowServer, Project

_Result = TypeVar("_Result")
_Work: TypeAlias = "Callable[[httpx.AsyncClient, Login | None], Awaitable[_Result]]"

app = typer.Typer(help="Put the flows on a Langflow server, check them, build them.", no_args_is_help=True)

Only = Annotated[
    list[str] | None,
    typer.Option(
        "--only", metavar="NAME", help="This flow alone, such as zoom-action-items; may be repeated."
    ),
]
ApiKey = Annotated[
    str,
    typer.Option(metavar="KEY", help="Langflow's API key, instead of LANGFLOW_API_KEY.", show_default=False),
]
Username = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="Sign in as this user, instead of an API key; the password is LANGFLOW_PASSWORD, or typed.",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@app.command()
def push(
    only: Only = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="COMPONENT.INPUT=VALUE",
            help="Fill in an input: ZoomChatOutput.webhook_url=https://... (secrets become global variables).",
        ),
    ] = None,
    bind: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COMPONENT.INPUT=NAME",
            help="Let an input take its value from a global variable of Langflow's.",
        ),
    ] = None,
    variable: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME[=VALUE]",
            help="Make or renew a global variable, as a credential; without VALUE it comes from the environment.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option(help="Replace flows whose components were edited there.")] = False,
    api_key: ApiKey = "",
    username: Username = "",
    create_key: Annotated[
        bool,
        typer.Option(
            "--create-key",
            help="Where no API key is valid, make one and keep it in .env; LANGFLOW_PASSWORD is needed where Langflow asks.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Create the flows on the Langflow server, or renew them; never makes a second copy."""
    from bridge.publish.api_key import ensure_api_key
    from bridge.publish.library import load_flows
    from bridge.publish.rest import LangflowRest
    from bridge.publish.server import FlowServer

    flows = _chosen(load_flows(), only)
    values = dict(_assignment("--set", text) for text in set_ or [])
    bindings = dict(_assignment("--bind", text) for text in bind or [])
    credentials = dict(_credential(text) for text in variable or [])
    _refuse_unknown(flows, {**values, **bindings})

    async def work(client: httpx.AsyncClient, login: Login | None) -> list[dict[str, Any]]:
        if create_key and await ensure_api_key(client, ENV_FILE, login):
            typer.echo(f"an API key was made and is kept in {ENV_FILE}", err=as_json)
        rest = LangflowRest(client)
        for name, value in credentials.items():
            await rest.set_variable(name, value)
            typer.echo(f"global variable {name}: set", err=as_json)
        if missing := {*bindings.values()} - await rest.variables():
            raise ConfigurationError(
                f"Langflow has no global variable {', '.join(sorted(missing))}: give its value with --variable."
            )
        return await _push_each(FlowServer(client), flows, values, bindings, force=force)

    each = asyncio.run(_with_each(work, api_key, username, lasting=create_key))
    for address, pushed in each.items():
        for one in pushed:
            one["url"] = f"{address}/flow/{one['flow_id']}" if one["flow_id"] else ""
    done = [one for pushed in each.values() for one in pushed]
    if as_json:
        typer.echo(json.dumps(done))
    else:
        for one in done:
            details = "; ".join([*one["changes"], *filter(None, (one["note"], one["error"]))])
            told = f"{one['flow']}: {one['action']}{f' ({details})' if details else ''}"
            typer.echo(f"{told}, {one['url']}" if one["url"] else told)
    left = [
        at(flow.endpoint_name, address, of=each)
        for address, pushed in each.items()
        for flow in flows
        if not any(one["flow"] == flow.endpoint_name and not one["error"] for one in pushed)
    ]
    if left:
        raise BridgeError(f"not pushed: {', '.join(left)}")


@app.command()
def check(
    only: Only = None,
    api_key: ApiKey = "",
    username: Username = "",
    run: Annotated[bool, typer.Option(help="Run each flow, on windows in which nothing is said.")] = True,
    as_json: Json = False,
) -> None:
    """Say whether server, key, flows and components fit together, and what to do where not."""
    from bridge.finding import all_ok, found_at
    from bridge.publish.check import check as look
    from bridge.publish.check import one_database, user_of
    from bridge.publish.library import load_components, load_flows
    from bridge.publish.rest import LangflowRest

    flows = _chosen(load_flows(), only)
    shared = read_settings(LangflowSettings).langflow_shared_database

    async def work(client: httpx.AsyncClient, _: Login | None) -> tuple[list[Finding], str]:
        rest = LangflowRest(client)
        return await look(rest, flows, load_components(), run=run), await user_of(rest) if shared else ""

    each = asyncio.run(_with_each(work, api_key, username))
    findings = [told for address, (found, _) in each.items() for told in found_at(found, address, of=each)]
    findings += one_database({address: user for address, (_, user) in each.items()})
    if as_json:
        typer.echo(json.dumps([finding.as_json() for finding in findings]))
    else:
        for finding in findings:
            typer.echo(str(finding))
    if not all_ok(findings):
        raise BridgeError("not everything fits together")


@app.command()
def diff(
    one: Annotated[str, typer.Argument(metavar="A", help="Endpoint name or id of a flow, or a .json file.")],
    other: Annotated[str, typer.Argument(metavar="B", help="The same of another.")],
    api_key: ApiKey = "",
    username: Username = "",
    as_json: Json = False,
) -> None:
    """Say in words what differs between two flows: nodes, wires, models, instructions. Secrets are not told."""
    from bridge.publish.difference import differences, in_words
    from bridge.publish.library import read_flow
    from bridge.publish.rest import LangflowRest

    def read(name: str) -> JsonObject | None:
        data: JsonObject | None = read_flow(Path(name))["data"] if name.endswith(".json") else None
        return data

    async def work(client: httpx.AsyncClient, _: Login | None) -> list[JsonObject]:
        rest = LangflowRest(client)
        return [read(name) or await _graph_of(rest, name) for name in (one, other)]

    files = [read(name) for name in (one, other)]
    graphs = [each for each in files if each is not None]
    if len(graphs) < len(files):
        graphs = asyncio.run(_with_first(work, api_key, username))
    found = differences(*graphs)
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in found]))
        return
    for each in found:
        typer.echo("\n".join(in_words(each, one, other)))
    if not found:
        typer.echo("nothing differs")


async def _graph_of(rest: LangflowRest, name: str) -> JsonObject:
    """Nodes and wires of a flow on the server."""
    data: JsonObject = (await rest.insisted(name))["data"] or {"nodes": [], "edges": []}
    return data


@app.command()
def build(
    only_check: Annotated[
        bool, typer.Option("--check", help="Change nothing; fail where files differ.")
    ] = False,
) -> None:
    """Write what components share into them, and them into flows/*.json (for who changes components; needs Langflow)."""
    from bridge.publish import regions
    from bridge.publish.build import build as built
    from bridge.publish.build import drift
    from bridge.publish.library import load_components, load_examples, load_flows, save

    flows, sources = [*load_flows(), *load_examples()], load_components()
    if only_check:
        differences = drift(flows, sources)
        if differences:
            raise ConfigurationError("; ".join(differences) + "; run 'zoom-bridge flows build'")
        return
    for flow in built(flows, regions.write(sources)):
        save(flow)
        typer.echo(f"built {flow.path.name}")


async def _push_each(
    server: FlowServer,
    flows: Sequence[Flow],
    values: Mapping[str, str],
    bindings: Mapping[str, str],
    *,
    force: bool,
) -> list[dict[str, Any]]:
    """Push to each flow what concerns it, and tell of each what was done.

    One that somebody edited there, or that Langflow does not take, does not keep the others back; where
    nobody answers any more, the flow that found it is the last that is told of.
    """
    from bridge.publish.server import inputs_of

    done: list[dict[str, Any]] = []
    project = await _project(server)
    for flow in flows:
        told = {"flow": flow.endpoint_name, "flow_id": "", "changes": [], "note": "", "error": ""}
        try:
            pushed = await server.push(
                flow,
                {key: values[key] for key in inputs_of(flow, values)},
                variables={key: bindings[key] for key in inputs_of(flow, bindings)},
                project=project,
                force=force,
            )
        except BridgeError as error:
            action = "kept" if isinstance(error, ConfigurationError) else "failed"
            done.append({**told, "action": action, "error": str(error)})
            if isinstance(error, LangflowAway):
                break
        else:
            outcome = {"action": pushed.action.value, "flow_id": pushed.flow_id, "note": pushed.note}
            done.append({**told, **outcome, "changes": list(pushed.changes)})
    return done


async def _project(server: FlowServer) -> Project | None:
    """The project for our flows; ``None`` where this user may make none, so that they go where Langflow puts them."""
    try:
        return await server.project()
    except (FlowFailed, FlowMissing, KeyRefused):
        return None  # a key that is refused altogether is told with the first flow


def _chosen(flows: Sequence[Flow], only: Sequence[str] | None) -> list[Flow]:
    """The flows that are named, with or without ``zoom-``; all of them where none is."""
    by_name = {flow.endpoint_name.removeprefix("zoom-"): flow for flow in flows}
    wanted = [name.removeprefix("zoom-").replace("_", "-") for name in only or by_name]
    if unknown := [name for name in wanted if name not in by_name]:
        raise ConfigurationError(f"There is no flow {', '.join(unknown)}; there are {', '.join(by_name)}.")
    return [by_name[name] for name in wanted]


def _refuse_unknown(flows: Sequence[Flow], names: Mapping[str, str]) -> None:
    from bridge.publish.server import inputs_of

    known = set[str]().union(*(inputs_of(flow, names) for flow in flows))
    if unknown := sorted(names.keys() - known):
        raise ConfigurationError(f"No flow has an input {', '.join(unknown)}.")


def _assignment(option: str, text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    if "." not in name or not value:
        raise ConfigurationError(f"{option} wants COMPONENT.INPUT=...")
    return name, value


def _credential(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    if not name:
        raise ConfigurationError("--variable wants NAME or NAME=VALUE")
    return name, value or read_variable(name)


async def _with_first(work: _Work[_Result], api_key: str, username: str) -> _Result:
    """As :func:`_with_each`, with the first Langflow alone."""
    (result,) = (await _with_each(work, api_key, username, first=True)).values()
    return result


async def _with_each(
    work: _Work[_Result], api_key: str, username: str, *, lasting: bool = False, first: bool = False
) -> dict[str, _Result]:
    """Work with a client of each Langflow, one after the other, and the user whose password is known; by address.

    With ``lasting``, ``work`` sees to a key itself, which is that of one Langflow.
    """
    from bridge.publish.access import chosen_login, entered, keys

    settings = read_settings(LangflowSettings)
    urls = settings.langflow_urls[:1] if first else settings.langflow_urls
    if lasting and len(urls) > 1:
        raise ConfigurationError("--create-key wants one address alone in LANGFLOW_URL")
    kept = keys(settings, api_key, username)
    login = None if all(kept) and not lasting else await asyncio.to_thread(chosen_login, settings, username)
    done: dict[str, _Result] = {}
    for url, key in zip(urls, kept, strict=False):
        tell = partial(typer.echo, err=True)
        try:
            async with entered(url, key, None if lasting else login, read_proxies(), tell) as client:
                done[url] = await work(client, login)
        except BridgeError as error:
            error.args = (at(str(error), url, of=urls),)
            raise
    return done
