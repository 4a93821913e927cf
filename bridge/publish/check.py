"""Whether a Langflow server, its key, our flows and their components fit together, and what to do where not."""

from __future__ import annotations

import contextlib
import itertools
import json
import re
import secrets
from typing import TYPE_CHECKING, Final

from bridge.errors import BridgeError
from bridge.finding import Finding, all_ok, fault, warning
from bridge.publish import graph
from bridge.publish.readiness import needs

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from bridge.publish.graph import JsonObject
    from bridge.publish.library import ComponentSource, Flow
    from bridge.publish.rest import LangflowRest

OLDEST: Final = (1, 12, 3)
NEWEST: Final = (1, 13)
"""Versions of Langflow that the flows and components are tested with; of the newest, any patch.

Those from 1.12.0 to 1.12.2 log all variables beside each error, what people said among them.
"""
_VERSION: Final = re.compile(r"(\d{1,6})\.(\d{1,6})\.(\d{1,6})")

_TRANSACTIONS: Final = (
    "Langflow keeps what components read and wrote (transactions), and its API cannot delete that"
)
_NO_TRANSACTIONS: Final = (
    "Start it with LANGFLOW_TRANSACTIONS_STORAGE_ENABLED=false, so that a meeting can be deleted whole "
    "(docs/troubleshooting.md)."
)
_MODEL: Final = "LanguageModelComponent"
"""Langflow's node for any model: what it is to ask, and with which key, only the flow's user knows."""
_PUSH: Final = "zoom-bridge flows push"
_INSTALL: Final = (
    "Install zoom-rtms-langflow of this version where Langflow runs, and restart it (docs/install.md)."
)


async def check(
    rest: LangflowRest, flows: Sequence[Flow], sources: Mapping[str, ComponentSource], *, run: bool = True
) -> list[Finding]:
    """Look at everything, in the order to mend it.

    ``sources`` are our components by type. ``run`` sends two empty windows through each flow where
    nothing is broken: nothing is said in them, so nothing is posted and no model is asked.
    """
    findings: list[Finding] = []
    try:
        if await rest.is_lfx_serve():
            advice = "Its flows are the files that it was started with; see docs/lfx-serve.md."
            return [warning("lfx serve answers in place of Langflow, and was not looked at", advice)]
        findings.append(_version(await rest.version()))
        await rest.check_key()
        findings.append(Finding(what="The API key is valid"))
        findings += _policy(await rest.config(), await rest.components(), sources)
        there = [(flow, await rest.find(flow)) for flow in flows]
        findings += [_flow(flow, theirs) for flow, theirs in there]
        if run and all_ok(findings):
            found = [(flow, str(theirs["id"])) for flow, theirs in there if theirs]
            findings += await _run_all(rest, found)
            if any([await rest.keeps_transactions(flow_id) for _, flow_id in found]):
                findings.append(warning(_TRANSACTIONS, _NO_TRANSACTIONS))
        variables = await rest.variables()
        found_there = ((flow.name, theirs["data"]) for flow, theirs in there if theirs and theirs["data"])
        findings += needs(found_there, variables)
    except BridgeError as error:
        findings.append(fault("Langflow cannot be used", _sentence(str(error))))
    return findings


async def look_ahead(rest: LangflowRest, names: Collection[str]) -> list[Finding]:
    """What runs of these flows would miss, known by endpoint name or id; nothing is run, and little is asked.

    Raises:
        LangflowError: The server cannot be asked, or refuses the key.
    """
    if await rest.is_lfx_serve():
        return []
    await rest.check_key()
    variables = await rest.variables()
    findings: list[Finding] = []
    flows: list[tuple[str, JsonObject]] = []
    for name in sorted(names):
        theirs = await rest.named(name)
        if theirs is None:
            advice = f"Run: {_PUSH}; one of your own, import into Langflow, or mend BRIDGE_ROUTES."
            findings.append(fault(f"There is no flow {name}, which a route names", advice))
        elif theirs["data"]:
            flows.append((str(theirs["name"]), theirs["data"]))
            findings += _mixed(*flows[-1])
    return [*findings, *needs(flows, variables)]


async def user_of(rest: LangflowRest) -> str:
    """What tells a server's database from others; empty where it cannot be asked, which others tell."""
    try:
        return "" if await rest.is_lfx_serve() else await rest.user_id()
    except BridgeError:
        return ""


def one_database(users: Mapping[str, str]) -> list[Finding]:
    """Whether servers that are said to have one database can have: ``users`` are what :func:`user_of` gave, by address."""
    known = {user: address for address, user in users.items() if user}
    if len(known) < 2:
        return []
    return [
        fault(
            f"LANGFLOW_SHARED_DATABASE is on, and {' and '.join(known.values())} know the key as different users",
            "Give them one LANGFLOW_DATABASE_URL, or take the setting away: else a meeting that moves is told twice.",
        )
    ]


def empty_window(session_id: str) -> str:
    """A live window in which nobody says anything, of a meeting of its own."""
    window = {
        "schema": "zoom-window/1",
        "window_id": f"{session_id}:check:1",
        "seq": 1,
        "kind": "live",
        "route": "check",
        "meeting": {"uuid": session_id, "id": "", "topic": "", "started_at": "1970-01-01T00:00:00Z"},
        "stream_id": session_id,
        "from_ms": 0,
        "to_ms": 0,
        "participants": [],
        "utterances": [],
        "gaps": [],
    }
    return json.dumps(window)


def _version(version: str) -> Finding:
    what = f"Langflow {version}"
    numbers = _VERSION.match(version)
    if numbers is None:
        return warning(what, "This version is not known here.")
    found = tuple(int(number) for number in numbers.groups())
    oldest, newest = (".".join(map(str, tested)) for tested in (OLDEST, NEWEST))
    if found < OLDEST:
        return fault(what, f"Upgrade Langflow to {oldest} or newer.")
    if found[: len(NEWEST)] > NEWEST:
        return warning(what, f"It is newer than what this was tested with ({oldest} to {newest}).")
    return Finding(what=what)


def _policy(
    config: JsonObject,
    components: Mapping[str, Mapping[str, JsonObject]],
    sources: Mapping[str, ComponentSource],
) -> list[Finding]:
    """Which code runs: the flow's own, or, where the server forbids that, what is installed there."""
    installed = _installed(components, sources)
    other = [name for name, code in installed.items() if sources[name].code != code]
    if config.get("allow_custom_components", True):
        findings = [Finding(what="Components that a flow carries may run there")]
        if installed.keys() != sources.keys() and installed:
            other += sorted(sources.keys() - installed.keys())
        if other:
            findings.append(warning(f"The side bar there has other versions of {', '.join(other)}", _INSTALL))
        return findings
    what = "Only installed components may run there (LANGFLOW_ALLOW_CUSTOM_COMPONENTS=false)"
    missing = sorted(sources.keys() - installed.keys())
    if missing:
        return [fault(f"{what}, and {', '.join(missing)} are not", _INSTALL)]
    if other:
        return [warning(f"{what}, and {', '.join(other)} are of another version", _INSTALL)]
    return [Finding(what=f"{what}, and ours are")]


def _installed(
    components: Mapping[str, Mapping[str, JsonObject]], sources: Mapping[str, ComponentSource]
) -> dict[str, str]:
    """Code of our components in the server's side bar, by type.

    Langflow lists those of an extension, and of a components path, under an address such as
    ``ext:zoom:ZoomChatOutput@official``; their ``name`` is the type.
    """
    return {
        str(entry["name"]): str(entry["template"]["code"]["value"])
        for category in components.values()
        for entry in category.values()
        if entry.get("name") in sources
    }


def _flow(flow: Flow, found: JsonObject | None) -> Finding:
    """Whether a flow is as the server was ``found`` to have it."""
    if found is None or found["endpoint_name"] != flow.endpoint_name:
        return fault(f"{flow.name} is not there", f"Run: {_PUSH}")
    theirs: JsonObject = found["data"] or {"nodes": [], "edges": []}
    if mixed := next(_mixed(flow.name, theirs), None):
        return mixed
    own = graph.definitions(flow.data)
    if changed := graph.edited(theirs, own):
        return Finding(what=f"{flow.name} is there, with components edited by hand: {', '.join(changed)}")
    codes = {component["type"]: graph.code_of(component) for component in graph.components(flow.data)}
    for component in graph.components(theirs):
        if component["type"] in own and graph.code_of(component) != codes[component["type"]]:
            name = component["node"]["display_name"]
            return fault(f"{flow.name} has another version of {name}", f"Run: {_PUSH}")
    return Finding(what=f"{flow.name} is there, with the components of this version")


def _mixed(name: str, data: JsonObject) -> Iterator[Finding]:
    """What would give one meeting another's words."""
    if pinned := graph.pinned_sessions(data):
        yield fault(
            f"{name} would mix meetings: a session is written on {', '.join(pinned)}",
            "Empty its Session ID in the editor; the bridge gives each meeting its own.",
        )
    if frozen := graph.frozen(data):
        yield fault(
            f"{name} would mix meetings: {', '.join(frozen)} is frozen, and gives each what it gave the first",
            "Take Freeze off it in the editor.",
        )


async def _run_all(rest: LangflowRest, flows: Sequence[tuple[Flow, str]]) -> list[Finding]:
    """Run each flow, given with its id there, for two made-up meetings of its own, and tidy up."""
    pairs = [[f"zoom-check-{secrets.token_hex(8)}" for _ in range(2)] for _ in flows]
    try:
        return [
            await _round_trip(rest, flow, flow_id, meetings)
            for (flow, flow_id), meetings in zip(flows, pairs, strict=True)
        ]
    finally:
        for meeting in itertools.chain(*pairs):
            with contextlib.suppress(BridgeError):  # a flow that broke may have stored nothing
                await rest.forget(meeting)
                await rest.forget(f"{meeting}:memory")


async def _round_trip(rest: LangflowRest, flow: Flow, flow_id: str, meetings: list[str]) -> Finding:
    """Run the flow, which is ``flow_id`` there, for the meetings, and see that neither left anything with another."""
    try:
        answered = [
            await rest.run(flow.endpoint_name, empty_window(meeting), meeting) for meeting in meetings
        ]
        stored = await rest.messages(flow_id)
    except BridgeError as error:
        if any(component["type"] == _MODEL for component in graph.components(flow.data)):
            advice = "If you want it, choose a model, with its key, on its Language Model in the editor."
            return warning(f"{flow.name} does not run yet", advice)
        return fault(f"{flow.name} does not run", _sentence(str(error)))
    if answered != meetings or any(_is_astray(message, meetings) for message in stored):
        return fault(
            f"{flow.name} mixes meetings: what one stored is found with another",
            "Empty every Session ID in the flow, in the editor, and check again.",
        )
    return Finding(what=f"{flow.name} runs, and keeps meetings apart")


def _is_astray(message: JsonObject, meetings: Sequence[str]) -> bool:
    """Whether a stored message is of one of the meetings, but not in that meeting's session."""
    text = json.dumps(message)
    return any(meeting in text and not str(message["session_id"]).startswith(meeting) for meeting in meetings)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
