"""Write the pages that are made from the code, or with ``--check`` fail where they lag behind it.

``docs/configuration.md`` and ``.env.example`` come from ``bridge/settings.py`` and
``bridge/flow/routes.py``; the tables in ``docs/protocol.md`` from ``bridge/rtms``, the one in ``docs/faults.md``
from ``bridge/simulator/fault_kinds.py``.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from bridge.config import as_written, is_secret
from bridge.flow.routes import Match, Route, Webhook, WindowRule
from bridge.rtms.conversation import TRANSITIONS
from bridge.rtms.messages import MessageType, StatusCode, StopReason
from bridge.rtms.reference import (
    CONTACT_CENTER_EVENTS,
    EVENTS,
    NOT_USED,
    RECEIVED,
    SENT,
    SESSION_STATES,
    STREAM_STATES,
)
from bridge.rtms.status import RESTART_CANDIDATES, TRANSIENT_STATUS, status_advice, stop_words
from bridge.settings import Settings, names_of
from bridge.simulator.fault_kinds import Fault
from bridge.webhook import event_socket

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

ROOT = Path(__file__).parent.parent


def settings_table() -> str:
    """All settings in a Markdown table."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = (
            "required"
            if field.is_required()
            else f"`{as_written(field.default)}`"
            if field.default is not None
            else "none"
        )
        rows.append(f"| `{names_of(name)[0]}` | {default} | {field.description} |")
    return "\n".join(rows)


def model_table(model: type[BaseModel]) -> str:
    """The fields of a route or a part of one in a Markdown table."""
    rows = ["| key | default | meaning |", "|---|---|---|"]
    for name, field in model.model_fields.items():
        if isinstance(field.default, WindowRule | Match):
            continue
        default = (
            "required"
            if field.is_required()
            else f"`{as_written(field.default)}`"
            if field.default not in (None, ())
            else "none"
        )
        rows.append(f"| `{name}` | {default} | {field.description} |")
    return "\n".join(rows)


def configuration_page() -> str:
    """``docs/configuration.md``."""
    return f"""# Configuration

<!-- Made by docs/generate.py from bridge/settings.py and bridge/flow/routes.py; change those. -->

Settings come from the environment or from a file `.env` in the folder where the bridge starts; `serve` logs which file it read,
`zoom-bridge config show` tells each setting, where it comes from, and what is wrong with it. A setting that is missing or wrong stops the start with a sentence that
names it; a name that is nearly a setting's is told as a warning by `serve` and `doctor`. Secrets never appear in logs, errors
or the API. Blanks, invisible characters and quotation marks around a value are taken off, a password's excepted; inside of a key they are refused.
A secret in a file of its own (`…_FILE`) is not read, and such a variable told.

`.env`, the file of routes and meeting files may be UTF-8 or, with its mark, UTF-16, as Notepad and PowerShell write them.

Proxies come from `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` of the environment. What goes to this machine (`127.0.0.1`, `localhost`,
`::1`) never goes through one; [troubleshooting](troubleshooting.md#a-proxy-in-the-way) tells more.

{settings_table()}

`zoom-bridge demo` also reads `ANTHROPIC_API_KEY`: with it the flow asks Claude instead of its offline rules.

## Routes

A route says which flow hears which windows. Without `BRIDGE_ROUTES` there are two: `action-items` for the flow
`zoom-action-items`, and `assistant` for `zoom-assistant` (on `start` and `ask`). A file of your own replaces both;
[routes.example.toml](routes.example.toml) has one for each of our flows, [routes](routes.md) tells more:

```toml
[[route]]
name = "action-items"
flow = "zoom-action-items"
on = ["live", "final"]

[route.window]
max_seconds = 60

[route.match]
topic = "*planning*"
```

A meeting's runs on one route never overlap and keep their order; what is said meanwhile goes into the next window.

### `[[route]]`

{model_table(Route)}

### `[route.window]`: when a live window closes, whichever comes first

{model_table(WindowRule)}

### `[route.match]`: which meetings, all conditions must hold

{model_table(Match)}

### `[[route.webhook]]`: who is told by webhook

[Webhooks out](webhooks-out.md) tells what they are told, and how.

{model_table(Webhook)}
"""


def env_example() -> str:
    """``.env.example``."""
    lines = ["# Copy to .env and fill in. docs/configuration.md explains each.", ""]
    for name, field in Settings.model_fields.items():
        comment = "" if field.is_required() else "# "
        value = "" if field.is_required() or is_secret(field) else as_written(field.default)
        lines.append(f"{comment}{names_of(name)[0]}={value}")
    return "\n".join(lines) + "\n"


def status_table() -> str:
    """What the bridge does with each status code of a handshake."""
    rows = ["| code | name | the bridge | advice |", "|---|---|---|---|"]
    for code in StatusCode:
        if code is StatusCode.OK:
            rows.append("| 0 | OK | goes on | |")
            continue
        does = (
            "dials again, within Zoom's time"
            if code in TRANSIENT_STATUS
            else "ends the stream with the advice"
        )
        rows.append(f"| {int(code)} | {code.name} | {does} | {status_advice(code)} |")
    return "\n".join(rows)


def stop_table() -> str:
    """Each reason for which Zoom ends a stream, in the words the bridge shows."""
    rows = ["| reason | name | shown as | the bridge |", "|---|---|---|---|"]
    for reason in StopReason:
        does = "ends the stream"
        if reason is StopReason.STREAM_REVOKED:
            does += " and deletes what was stored of the meeting at once"
        if reason in RESTART_CANDIDATES:
            does += "; with `BRIDGE_RESTART` asks Zoom for a new one"
        rows.append(f"| {int(reason)} | {reason.name} | {stop_words(reason)} | {does} |")
    return "\n".join(rows)


def state_table(transitions: Mapping[Any, Mapping[Any, Any]]) -> str:
    """The states of a socket and what leads out of them."""
    rows = ["| state | step | next state |", "|---|---|---|"]
    for state, steps in transitions.items():
        rows += [f"| {state} | {step} | {target} |" for step, target in steps.items()] or [f"| {state} | | |"]
    return "\n".join(rows)


def fault_table() -> str:
    """Each kind of fault with its parameters and their defaults."""
    rows = ["| kind | what happens | parameters |", "|---|---|---|"]
    for model in get_args(Fault):
        (kind,) = get_args(model.model_fields["kind"].annotation)
        parameters = [
            f"`{name}` ({'required' if field.is_required() else _toml(field.default)}): {field.description}"
            for name, field in model.model_fields.items()
            if name not in ("kind", "at_seconds", "at_line")
        ]
        mark = "" if "at_seconds" in model.model_fields else " †"
        rows.append(f"| `{kind}`{mark} | {' '.join(model.__doc__.split())} | {'<br>'.join(parameters)} |")
    return "\n".join(rows)


def _toml(value: object) -> str:
    return "none" if value is None else f"`{json.dumps(value)}`"


def filled(page: str, name: str, table: str) -> str:
    """A page with one ``<!-- table: NAME -->`` block filled in."""
    opening, closing = f"<!-- table: {name} -->", f"<!-- end: {name} -->"
    before, _, rest = page.partition(opening)
    _, found, after = rest.partition(closing)
    if not found:
        raise SystemExit(f"docs: no block {opening} ... {closing}")
    return f"{before}{opening}\n{table}\n{closing}{after}"


def message_table() -> str:
    """What the bridge does with every message."""
    rows = ["| number | name | direction | the bridge |", "|---|---|---|---|"]
    for number in MessageType:
        if number in SENT:
            rows.append(f"| {int(number)} | {number.name} | to Zoom | sends it {SENT[number]} |")
        elif number in RECEIVED:
            rows.append(f"| {int(number)} | {number.name} | from Zoom | {RECEIVED[number]} |")
        else:
            rows.append(f"| {int(number)} | {number.name} | not used | {NOT_USED[number]} |")
    return "\n".join(rows)


def number_table(deeds: Mapping[Any, str]) -> str:
    """What the bridge does with each member of an enum."""
    rows = ["| number | name | the bridge |", "|---|---|---|"]
    rows += [f"| {int(number)} | {number.name} | {deed} |" for number, deed in deeds.items()]
    return "\n".join(rows)


def with_tables(page: str) -> str:
    """The page on the protocol with every ``<!-- table: NAME -->`` block filled in."""
    tables = {
        "states": state_table(TRANSITIONS),
        "event_socket": state_table(event_socket.TRANSITIONS),
        "messages": message_table(),
        "events": number_table(EVENTS),
        "contact center events": number_table(CONTACT_CENTER_EVENTS),
        "stream states": number_table(STREAM_STATES),
        "session states": number_table(SESSION_STATES),
        "status": status_table(),
        "stop": stop_table(),
    }
    if empty := set(re.findall("<!-- table: (.+) -->", page)) - set(tables):
        raise SystemExit(f"docs: nothing fills {', '.join(sorted(empty))}")
    for name, table in tables.items():
        page = filled(page, name, table)
    return page


def pages() -> dict[Path, str]:
    """Every generated file and what it must hold."""
    protocol = ROOT / "docs" / "protocol.md"
    faults = ROOT / "docs" / "faults.md"
    return {
        ROOT / "docs" / "configuration.md": configuration_page(),
        ROOT / ".env.example": env_example(),
        protocol: with_tables(protocol.read_text(encoding="utf-8")),
        faults: filled(faults.read_text(encoding="utf-8"), "faults", fault_table()),
    }


def main(arguments: list[str]) -> int:
    """Write, or check."""
    stale = [
        path
        for path, text in pages().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    if "--check" in arguments:
        for path in stale:
            sys.stderr.write(f"{path.relative_to(ROOT)} lags behind the code; run 'make fix'\n")
        return bool(stale)
    for path in stale:
        path.write_text(pages()[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
