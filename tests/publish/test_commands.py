"""``zoom-bridge flows push`` and ``check``, as processes, against a Langflow's API."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from typer.testing import CliRunner

from bridge.errors import BridgeError
from bridge.publish import commands, graph
from bridge.publish.library import load_flows
from tests.fakes.langflow_server import FakeLangflow

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from typer.testing import Result

ROOT = Path(__file__).parents[2]
NAMES = [flow.endpoint_name for flow in load_flows()]
KEY = "ZoomChatOutput.webhook_url"
AWAY = (
    "nobody answers at http://127.0.0.1:7860 (ConnectError): start Langflow there, "
    "or say where it runs (LANGFLOW_URL)"
)
SECRET = "https://integrations.test/hook/s3cret"


@pytest.fixture
def server() -> FakeLangflow:
    return FakeLangflow()


@pytest.fixture
async def url(server: FakeLangflow) -> AsyncIterator[str]:
    async with server.listening() as address:
        yield address


async def flows(
    url: str, *arguments: str, key: str = "sk-right", **environment: str
) -> tuple[int | None, str, str]:
    """Status, standard output and standard error of ``zoom-bridge flows``."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bridge", "flows", *arguments),
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "LANGFLOW_URL": url}
        | ({"LANGFLOW_API_KEY": key} if key else {})
        | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


def field(server: FakeLangflow, name: str, key: str) -> dict[str, Any]:
    """An input in the flow of that endpoint name on the server."""
    [flow] = [flow for flow in server.flows.values() if flow["endpoint_name"] == name]
    type_, _, input_ = key.partition(".")
    [component] = [found for found in graph.components(flow["data"]) if found["type"] == type_]
    found: dict[str, Any] = component["node"]["template"][input_]
    return found


async def test_pushing_says_what_changed(server: FakeLangflow, url: str) -> None:
    """Each flow in a line: created, then unchanged, then updated, with the inputs that were set but never a value."""
    first = await flows(url, "push")
    second = await flows(url, "push", "--json")
    third = await flows(url, "push", "--only", "action_items", "--set", f"{KEY}={SECRET}")

    ids = {flow["endpoint_name"]: flow["id"] for flow in server.flows.values()}
    assert first[:2] == (0, "".join(f"{name}: created, {url}/flow/{ids[name]}\n" for name in NAMES))
    assert [each["action"] for each in json.loads(second[1])] == ["unchanged"] * len(NAMES)
    assert [each["url"] for each in json.loads(second[1])] == [f"{url}/flow/{ids[name]}" for name in NAMES]
    assert third[:2] == (
        0,
        f"zoom-action-items: updated (Zoom Chat Output: webhook_url set), {url}/flow/{ids['zoom-action-items']}\n",
    )
    assert len(server.flows) == len(NAMES)


async def test_several_langflows(server: FakeLangflow, url: str) -> None:
    """Flows go to each server of the list, which are checked one by one; what is wrong with one is told of that one."""
    other, runner = FakeLangflow(api_key="sk-other"), CliRunner()
    async with other.listening() as second:

        async def flows_of_both(*arguments: str, key: str = "sk-right,sk-other") -> Result:
            env = {"LANGFLOW_URL": f"{url},{second}", "LANGFLOW_API_KEY": key}
            return await asyncio.to_thread(runner.invoke, commands.app, [*arguments], env=env)

        pushed = await flows_of_both("push", "--only", "agent", "--json")
        checked = await flows_of_both("check", "--only", "agent", "--json", "--no-run")
        refused = await flows_of_both("push", "--only", "agent", key="sk-right,sk-wrong")
        one_key = await flows_of_both("push", "--create-key")

    assert [each["url"].rpartition("/flow/")[0] for each in json.loads(pushed.stdout)] == [url, second]
    assert [len(each.flows) for each in (server, other)] == [1, 1]
    told = [each["what"] for each in json.loads(checked.stdout)]
    assert {f"{each}: The API key is valid" for each in (url, second)} <= {*told}
    assert str(refused.exception).startswith(f"{second}: GET /api/v1/variables/: ")
    assert "one address alone" in str(one_key.exception)


async def test_variables_from_the_environment(server: FakeLangflow, url: str) -> None:
    """A credential goes into Langflow, an input is bound to it, and its value is shown nowhere."""
    status, out, err = await flows(
        url,
        *("push", "--only", "zoom-action-items", "--variable", "ZOOM_HOOK", "--bind", f"{KEY}=ZOOM_HOOK"),
        ZOOM_HOOK=SECRET,
    )

    assert status == 0
    assert out.startswith("global variable ZOOM_HOOK: set\nzoom-action-items: created, http")
    assert "s3cret" not in out + err + json.dumps(server.flows)
    [variable] = server.variables.values()
    assert (variable["name"], variable["value"], variable["type"]) == ("ZOOM_HOOK", SECRET, "Credential")
    bound = field(server, "zoom-action-items", KEY)
    assert (bound["value"], bound["load_from_db"]) == ("ZOOM_HOOK", True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--variable", "NOT_SET"], "NOT_SET is not set"),
        (["--variable", "=x"], "--variable wants"),
        (["--bind", f"{KEY}=NOBODY"], "no global variable NOBODY"),
        (["--set", "ZoomChatOutput.webhok_url=x"], "No flow has an input ZoomChatOutput.webhok_url"),
        (["--set", "webhook_url=x"], "--set wants"),
        (["--only", "zoom-nothing"], "There is no flow nothing; there are action-items"),
    ],
)
async def test_mistakes_are_named(server: FakeLangflow, url: str, arguments: list[str], words: str) -> None:
    """One sentence and status 1, before anything is written."""
    status, out, err = await flows(url, "push", *arguments)

    assert (status, out) == (1, "")
    assert words in err
    assert server.writes == []


async def test_an_edited_flow_does_not_keep_the_others_back(server: FakeLangflow, url: str) -> None:
    """It is kept, said so, and the command fails; with ``--force`` it is replaced."""
    await flows(url, "push")
    code = field(server, "zoom-action-items", "ZoomChatOutput.code")
    code["value"] += "\n# mine\n"
    server.flows = {
        flow_id: flow
        for flow_id, flow in server.flows.items()
        if flow["endpoint_name"] == "zoom-action-items"
    }

    status, out, err = await flows(url, "push")

    assert status == 1
    assert "zoom-action-items: kept (" in out
    assert "--force" in out
    assert "not pushed: zoom-action-items" in err
    assert len(server.flows) == len(NAMES)
    assert (await flows(url, "push", "--force"))[0] == 0
    assert "# mine" not in field(server, "zoom-action-items", "ZoomChatOutput.code")["value"]


@pytest.mark.parametrize(
    ("status", "words"),
    [(500, "see Langflow's log"), (422, "Langflow answered 422")],
)
async def test_a_flow_that_fails_does_not_keep_the_others_back(
    server: FakeLangflow, url: str, status: int, words: str
) -> None:
    """It is told as failed with the reason, the others as what they are, and the command fails."""
    server.flow_faults[NAMES[1]] = status

    told = await flows(url, "push")
    again = await flows(url, "push", "--json")

    lines = told[1].splitlines()
    assert (told[0], again[0]) == (1, 1)
    assert [re.split(r" \(|, http", line)[0] for line in lines] == [
        f"{name}: {'failed' if name == NAMES[1] else 'created'}" for name in NAMES
    ]
    assert words in lines[1]
    assert f"not pushed: {NAMES[1]}\n" in told[2]
    done = json.loads(again[1])
    assert [one["action"] for one in done if one["flow"] != NAMES[1]] == ["unchanged"] * (len(NAMES) - 1)
    assert words in done[1]["error"]


@pytest.mark.parametrize("as_json", [False, True])
def test_a_langflow_that_goes_away_ends_the_push(
    server: FakeLangflow, monkeypatch: pytest.MonkeyPatch, as_json: bool
) -> None:
    """What was done is told all the same, for people and for programs, and which flows are not pushed."""
    client = server.client()
    server.gone_with_flows = 2
    monkeypatch.setattr(httpx, "AsyncClient", lambda **_: client)

    result = CliRunner().invoke(commands.app, ["push", *(["--json"] if as_json else [])])

    assert result.exit_code == 1
    assert isinstance(result.exception, BridgeError)
    assert str(result.exception) == f"not pushed: {', '.join(NAMES[2:])}"
    if as_json:
        assert [(one["flow"], one["action"], one["error"]) for one in json.loads(result.stdout)] == [
            (NAMES[0], "created", ""),
            (NAMES[1], "created", ""),
            (NAMES[2], "failed", AWAY),
        ]
    else:
        told = [re.sub(r", http\S+$", "", line) for line in result.stdout.splitlines()]
        assert told == [f"{NAMES[0]}: created", f"{NAMES[1]}: created", f"{NAMES[2]}: failed ({AWAY})"]


async def test_a_key_is_made_when_asked(server: FakeLangflow, url: str, tmp_path: Path) -> None:
    """It is kept in ``.env``, where the next command finds it, and is never printed."""
    assert (await flows(url, "push", key=""))[0] == 1

    made = await flows(url, "push", "--create-key", key="")
    checked = await flows(url, "check", key="")

    assert (made[0], checked[0]) == (0, 0)
    assert "sk-right" not in "".join(made[1:])
    assert (tmp_path / ".env").read_text() == "LANGFLOW_API_KEY=sk-right\n"
    assert server.keys_made == ["zoom-bridge"]


async def test_a_key_can_be_given(url: str) -> None:
    """The option wins over the environment."""
    assert (await flows(url, "push", "--api-key", "sk-right", key="sk-old"))[0] == 0


async def test_check_for_people_and_programs(url: str) -> None:
    """A line for each finding, or JSON; status 1 as long as something does not work."""
    before = await flows(url, "check")
    await flows(url, "push")
    after = await flows(url, "check", "--json")

    assert before[0] == 1
    assert "is not there: Run: zoom-bridge flows push" in before[1]
    assert "not everything fits together" in before[2]
    findings = json.loads(after[1])
    assert after[0] == 0
    assert {finding["level"] for finding in findings} == {"ok", "warning"}
    lacking = [finding for finding in findings if finding["level"] == "warning"]
    assert any("has no destination" in finding["what"] for finding in lacking)
    assert all(finding["advice"] for finding in lacking)
    assert [finding["what"] for finding in findings if "runs" in finding["what"]]


async def test_a_user_and_a_password_do(server: FakeLangflow, url: str) -> None:
    """Flows are pushed and checked by them, no key is left behind, and the password is shown nowhere."""
    server.password, server.auto_login = "s3cret-word", False
    way_in = {"key": "", "LANGFLOW_SUPERUSER_PASSWORD": "s3cret-word"}

    pushed = await flows(url, "push", **way_in)
    checked = await flows(url, "check", "--username", "langflow", **way_in)
    refused = await flows(url, "check", "--username", "dana", **way_in)

    assert (pushed[0], checked[0], refused[0]) == (0, 0, 1)
    assert "does not take this user and password" in refused[2]
    assert server.keys_made == []
    assert "s3cret" not in str((pushed, checked, refused))


async def test_a_lasting_key_is_made_with_the_password(
    server: FakeLangflow, url: str, tmp_path: Path
) -> None:
    """``.env`` gets the key alone, and the next command needs nothing else."""
    server.password, server.auto_login = "s3cret-word", False

    made = await flows(url, "push", "--create-key", key="", LANGFLOW_PASSWORD="s3cret-word")
    checked = await flows(url, "check", key="")

    assert (made[0], checked[0]) == (0, 0)
    assert (tmp_path / ".env").read_text() == "LANGFLOW_API_KEY=sk-right\n"
    assert server.keys_made == ["zoom-bridge"]


async def test_without_any_way_in_both_are_named(server: FakeLangflow, url: str) -> None:
    """The error says which command makes a key, and which setting that needs."""
    server.auto_login = False

    status, _, err = await flows(url, "push", key="")

    assert status == 1
    assert "flows push --create-key" in err
    assert "LANGFLOW_PASSWORD" in err


async def test_the_flows_stand_in_a_project_of_their_own(server: FakeLangflow, url: str) -> None:
    """It is made once; where none may be made, flows go where Langflow puts them."""
    await flows(url, "push")
    await flows(url, "push", "--force")
    [zoom] = [each for each in server.projects.values() if each["name"].startswith("Zoom")]
    assert {flow["folder_id"] for flow in server.flows.values()} == {zoom["id"]}

    server.flows.clear()
    del server.projects[zoom["id"]]
    server.may_make_projects = False
    assert (await flows(url, "push"))[0] == 0
    assert {flow["folder_id"] for flow in server.flows.values()} == set(server.projects)
