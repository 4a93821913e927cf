"""What a flow still needs before a meeting: a destination, a key, a global variable. Pure.

A component that has nothing to work with runs all the same, as a dry run or by offline rules, and one that has half of
it fails on each window: both are seen in the flow as the server has it, without a word being sent.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bridge.finding import Finding, fault, warning
from bridge.publish import graph

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from bridge.finding import Level
    from bridge.publish.graph import JsonObject

_ACCOUNT: Final = (
    ("account_id", "access_token"),
    ("client_id", "access_token"),
    ("client_secret", "access_token"),
)
CHAT: Final = {
    "Incoming webhook": (("webhook_url",), ("verification_token", "signing_secret")),
    "Meeting chat": _ACCOUNT,
    "Channel or contact": _ACCOUNT,
    "Chatbot": (("account_id",), ("client_id",), ("client_secret",), ("robot_jid",), ("to_jid",)),
}
"""What each way into Zoom's chat needs, in groups of which one input has to be set; with none set it is a dry run."""
_PLACE: Final = ("channel_id", "contact")
"""What *Channel or contact* needs beside its account."""
NO_SIGN_IN: Final = "None"
BASIC: Final = "User and token (Basic)"
PLACEHOLDER: Final = re.compile(r"\{\{\s*(base_url|parent)\s*(?:\|\s*html\s*)?\}\}")
_REQUESTS: Final = ("create_request", "append_request", "update_request", "finish_request")
_FILL_IN: Final = "fill it in in the editor, or with zoom-bridge flows push --set"


def needs(flows: Iterable[tuple[str, JsonObject]], variables: Collection[str]) -> list[Finding]:
    """What flows still need, those that fail first; what several need is said once.

    Each flow comes with its name, as the server has it; ``variables`` are the names of its user's global variables.
    """
    names: dict[tuple[Level, str, str], list[str]] = {}
    for name, data in flows:
        for finding in _of_flow(data, variables):
            names.setdefault((finding.level, finding.what, finding.advice), []).append(name)
    found = [
        Finding(level=level, what=f"{', '.join(dict.fromkeys(having))}: {what}", advice=advice)
        for (level, what, advice), having in names.items()
    ]
    return sorted(found, key=lambda finding: finding.ok)


def _of_flow(data: JsonObject, variables: Collection[str]) -> Iterator[Finding]:
    wired = {(target, input_) for _, _, target, input_ in graph.wires(data)}
    for component in graph.components(data):
        look = _LOOKS.get(component["type"])
        if look is None or (component["id"], "connection") in wired:
            continue
        template, title = component["node"]["template"], component["node"]["display_name"]
        if gone := sorted({*_bound(template)} - {*variables}):
            what = f"{title} takes a value from the global variable {', '.join(gone)}, which is not there"
            yield fault(what, "Make it: zoom-bridge flows push --variable NAME")
        else:
            yield from look(title, template)


def _chat(title: str, template: JsonObject) -> Iterator[Finding]:
    """Where what is found is posted."""
    way = _text(template, "send_through")
    groups = CHAT.get(way)
    if groups is None:
        return
    needed = (*groups, _PLACE) if way == "Channel or contact" else groups
    lacking = [group for group in needed if not any(_text(template, name) for name in group)]
    labels = ", and ".join(" or ".join(_label(template, name) for name in group) for group in lacking)
    if not any(_text(template, name) for group in groups for name in group):
        what = f"{title} has no destination ({way}): a meeting is followed and nothing is posted"
        yield warning(what, f"It needs {labels}; {_FILL_IN} (docs/zoom-chat.md).")
    elif lacking:
        what = f"{title} has half a destination ({way}), and fails on every window"
        yield fault(what, f"It needs {labels} as well; {_FILL_IN} (docs/zoom-chat.md).")


def _record(title: str, template: JsonObject) -> Iterator[Finding]:
    """Which record system is written to."""
    used = {found for name in _REQUESTS for found in PLACEHOLDER.findall(_text(template, name))}
    sign_in = _text(template, "sign_in")
    wanted = [name for name in ("base_url", "parent") if name in used]
    wanted += ["user"] if sign_in == BASIC else []
    wanted += ["token"] if sign_in != NO_SIGN_IN else []
    if lacking := [_label(template, name) for name in wanted if not _text(template, name)]:
        system = _text(template, "preset")
        what = f"{title} has no {system or 'record system'} to write to: nothing is written"
        yield warning(what, f"It needs {', '.join(lacking)}; {_FILL_IN} (docs/records.md).")


def _claude(title: str, template: JsonObject) -> Iterator[Finding]:
    """Which model is asked; Langflow's own environment may have a key that nobody sees from here."""
    switched_off = template.get("enabled", {}).get("value") is False
    if not switched_off and not _text(template, "api_key"):
        what = f"{title} has no API key in the flow: unless Langflow's environment has one, offline rules do the work"
        yield warning(what, f"Switch it off, or {_FILL_IN} (docs/claude.md).")


_LOOKS: Final[dict[str, Callable[[str, JsonObject], Iterator[Finding]]]] = {
    "ZoomChatOutput": _chat,
    "ZoomConnection": _chat,
    "ZoomRecordSync": _record,
    "ZoomClaude": _claude,
}


def _bound(template: JsonObject) -> Iterator[str]:
    """Names of the global variables that inputs take their values from."""
    for field in template.values():
        if isinstance(field, dict) and field.get("load_from_db") and field.get("value"):
            yield str(field["value"])


def _text(template: JsonObject, name: str) -> str:
    field = template.get(name)
    value = field.get("value") if isinstance(field, dict) else None
    return value.strip() if isinstance(value, str) else ""


def _label(template: JsonObject, name: str) -> str:
    field = template.get(name)
    return str(field.get("display_name") or name) if isinstance(field, dict) else name
