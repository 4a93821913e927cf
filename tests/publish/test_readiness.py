"""What a flow still needs before a meeting."""

from __future__ import annotations

import ast
from copy import deepcopy
from itertools import chain, combinations
from types import SimpleNamespace
from typing import Any, Final

import pytest

from bridge.finding import Finding, Level
from bridge.publish import graph, readiness
from bridge.publish.library import load_components, load_flows
from bridge.publish.readiness import needs

FLOWS = {flow.endpoint_name: flow for flow in load_flows()}
SECRET = "s3cret-value"


def found(name: str, *, variables: tuple[str, ...] = (), **values: Any) -> list[Finding]:
    """What the flow needs with these inputs filled in, named ``<type>__<input>``; a pair is a variable's name."""
    data = deepcopy(FLOWS[name].data)
    for key, value in values.items():
        type_, _, input_ = key.partition("__")
        for component in graph.components(data):
            if component["type"] == type_:
                bound = isinstance(value, tuple)
                component["node"]["template"][input_].update(
                    value=value[0] if bound else value, load_from_db=bound
                )
    return needs([(name, data)], variables)


def chat(**values: Any) -> list[tuple[Level, str]]:
    """Of Zoom Chat Output alone, with these inputs."""
    given = {f"ZoomChatOutput__{name}": value for name, value in values.items()}
    findings = found("zoom-action-items", ZoomClaude__enabled=False, **given)
    assert all(finding.advice for finding in findings)
    return [(finding.level, f"{finding.what} {finding.advice}") for finding in findings]


def test_a_chat_without_destination_is_a_warning() -> None:
    """The run is a dry run: told with the inputs by their names on the canvas."""
    [(level, told)] = chat()

    assert level is Level.WARNING
    assert "nothing is posted" in told
    assert "Webhook URL, and Verification Token or Signing Secret" in told


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        ({"webhook_url": SECRET}, "It needs Verification Token or Signing Secret as well"),
        ({"signing_secret": SECRET}, "It needs Webhook URL as well"),
        ({"send_through": "Meeting chat", "account_id": SECRET}, "Client Secret or "),
        (
            {"send_through": "Channel or contact", "access_token": SECRET},
            "It needs Channel ID or Contact as well",
        ),
        ({"send_through": "Chatbot", "robot_jid": SECRET, "account_id": SECRET}, "Client ID"),
    ],
)
def test_half_a_destination_is_a_fault(values: dict[str, str], missing: str) -> None:
    """Each window would fail; what was filled in is not shown."""
    [(level, told)] = chat(**values)

    assert level is Level.FAULT
    assert missing in told
    assert SECRET not in told


@pytest.mark.parametrize(
    "values",
    [
        {"webhook_url": SECRET, "verification_token": SECRET},
        {"webhook_url": SECRET, "signing_secret": SECRET},
        {"send_through": "Channel or contact", "access_token": SECRET, "channel_id": "c"},
        {"send_through": "Channel or contact", "access_token": SECRET, "contact": "dana@acme.test"},
        {"send_through": "Meeting chat", "access_token": SECRET},
        {"send_through": "Meeting chat", "account_id": "a", "client_id": "b", "client_secret": "c"},
        {"send_through": "A way of tomorrow"},
    ],
)
def test_a_whole_destination_is_silent(values: dict[str, str]) -> None:
    """So is a way that is not known here."""
    assert chat(**values) == []


def test_blanks_are_nothing() -> None:
    """As the component takes them."""
    [(level, _)] = chat(webhook_url="  ", verification_token=" ")

    assert level is Level.WARNING


def test_variables_have_to_be_there() -> None:
    """An input that takes its value from a global variable is set where that exists, and a fault where not."""
    bound = {
        "ZoomClaude__enabled": False,
        "ZoomChatOutput__webhook_url": ("HOOK",),
        "ZoomChatOutput__verification_token": ("TOKEN",),
    }

    assert found("zoom-action-items", variables=("HOOK", "TOKEN"), **bound) == []
    [fault] = found("zoom-action-items", variables=("HOOK",), **bound)
    assert fault.level is Level.FAULT
    assert "TOKEN, which is not there" in fault.what


def test_a_destination_may_come_by_wire() -> None:
    """Zoom Connection then has it, and is looked at in the component's place."""
    data = deepcopy(FLOWS["zoom-action-items"].data)
    [output] = [each for each in graph.components(data) if each["type"] == "ZoomChatOutput"]
    connection = deepcopy(output)
    connection.update(id="ZoomConnection-x", type="ZoomConnection")
    data["nodes"].append({"type": "genericNode", "id": connection["id"], "data": connection})
    data["edges"].append(
        {
            "source": connection["id"],
            "target": output["id"],
            "data": {
                "sourceHandle": {"id": connection["id"], "name": "connection"},
                "targetHandle": {"id": output["id"], "fieldName": "connection"},
            },
        }
    )

    chats = [finding for finding in needs([("f", data)], ()) if "destination" in finding.what]

    assert len(chats) == 1


def test_a_model_without_key() -> None:
    """It is told that rules do the work; switched off or with a key there is nothing to tell."""
    filled = {"ZoomChatOutput__webhook_url": "u", "ZoomChatOutput__verification_token": "t"}

    [finding] = found("zoom-action-items", **filled)

    assert finding.level is Level.WARNING
    assert "offline rules" in finding.what
    assert found("zoom-action-items", **filled, ZoomClaude__api_key=SECRET) == []
    assert found("zoom-action-items", **filled, ZoomClaude__enabled=False) == []


def test_a_record_system_without_address_or_token() -> None:
    """What its requests use and its way of signing in decide what is needed."""
    told = [each for each in found("zoom-meeting-notes") if "to write to" in each.what]
    assert [each.level for each in told] == [Level.WARNING]
    assert "Parent" in told[0].advice
    assert "Token" in told[0].advice

    filled = {
        "ZoomRecordSync__parent": "p",
        "ZoomRecordSync__token": SECRET,
        "ZoomRecordSync__base_url": "https://n",
    }
    assert [each for each in found("zoom-meeting-notes", **filled) if "to write to" in each.what] == []
    open_ = {
        "ZoomRecordSync__sign_in": "None",
        "ZoomRecordSync__parent": "p",
        "ZoomRecordSync__base_url": "u",
    }
    assert [each for each in found("zoom-meeting-notes", **open_) if "to write to" in each.what] == []


def ways() -> SimpleNamespace:
    """What ``shared/zoom_chat.py`` says of the ways into the chat, without the Langflow that it imports."""
    tables = (
        "WEBHOOK",
        "MEETING",
        "CHANNEL",
        "CHATBOT",
        "APP_INPUTS",
        "USER_INPUTS",
        "SHOWN",
        "ACCOUNT",
        "CREDENTIALS",
    )
    tree = ast.parse(
        (load_components()["ZoomChatOutput"].path.parent / "shared" / "zoom_chat.py").read_text()
    )
    tree.body = [
        part
        for part in tree.body
        if (isinstance(part, ast.AnnAssign) and ast.unparse(part.target) in tables)
        or (isinstance(part, ast.FunctionDef) and part.name == "lacking")
    ]
    names: dict[str, Any] = {"Final": Final}
    exec(compile(tree, "zoom_chat.py", "exec"), names)  # noqa: S102
    return SimpleNamespace(**names)


def test_both_sides_mean_the_same() -> None:
    """The table of ways is the component's, and whatever is filled in, both lack the same."""
    theirs = ways()
    assert theirs.CREDENTIALS == readiness.CHAT
    every = {name for names in theirs.SHOWN.values() for name in names} - {"thread"}
    for way, shown in theirs.SHOWN.items():
        used = {name for group in readiness.CHAT[way] for name in group} | {"channel_id", "contact"} & {
            *shown
        }
        for given in chain.from_iterable(combinations(sorted(used), count) for count in range(len(used) + 1)):
            values = {name: SECRET if name in given else "" for name in every}
            lacking = theirs.lacking(way, values)
            found = [level for level, _ in chat(send_through=way, **values)]
            assert found == ([Level.WARNING] if lacking is None else [Level.FAULT] if lacking else [])


def test_what_several_flows_need_is_said_once() -> None:
    """With the names of the flows, so that six of them are not a wall of the same sentence."""
    findings = needs([(name, flow.data) for name, flow in FLOWS.items()], ())

    [chat] = [finding for finding in findings if "destination" in finding.what]
    posting = [
        name
        for name, flow in FLOWS.items()
        if any(one["type"] == "ZoomChatOutput" for one in graph.components(flow.data))
    ]
    assert chat.what.startswith(f"{', '.join(posting)}: Zoom Chat Output has no destination")
    assert len({finding.what.partition(": ")[2] for finding in findings}) == len(findings)
