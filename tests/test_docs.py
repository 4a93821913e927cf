"""Documentation that cannot lag."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.routing import APIRoute
from typer.main import get_command

from bridge.__main__ import app
from bridge.admin.api import admin_router
from bridge.admin.metrics import Metrics
from bridge.flow.routes import BUILT_IN, read_routes
from bridge.publish import graph
from bridge.publish.library import load_components, load_flows
from bridge.publish.regions import without_regions
from bridge.rtms import messages
from bridge.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from enum import IntEnum

    from bridge.publish.library import Flow

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
TEXTS = {page: page.read_text(encoding="utf-8") for page in PAGES}
EVERYTHING = "\n".join(TEXTS.values())
README = TEXTS[ROOT / "README.md"]
FLOWS = load_flows()
LINK = re.compile(r"\]\(([^)\s]+)\)")
OF_THE_FUZZER = {"--seed"}
"""Options that docs/faults.md names by themselves and that are not of our command."""
DISPLAY_NAME = re.compile(r'^    display_name = "([^"]+)"$', re.MULTILINE)


def name_of(page: Path) -> str:
    """A page as test names show it."""
    return str(page.relative_to(ROOT))


def named(flow: Flow) -> str:
    """A flow as test names show it."""
    return flow.endpoint_name


def section(text: str, heading: str) -> str:
    """What stands below a heading of the second level; empty where there is none."""
    _, found, rest = f"\n{text}".partition(f"\n## {heading}\n")
    return rest.partition("\n## ")[0] if found else ""


def anchor_of(heading: str) -> str:
    """How a link names a heading: lower case, spaces as dashes, no punctuation."""
    plain = re.sub(r"[`*]", "", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def anchors(page: Path) -> set[str]:
    """Every heading of a page as links name it."""
    prose = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return {anchor_of(heading) for heading in re.findall(r"^#+ (.+)$", prose, re.MULTILINE)}


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """The files and headings that a page's links and images name; addresses on the web are not ours to check."""
    for link in LINK.findall(TEXTS[page]):
        path, _, anchor = link.partition("#")
        if ":" not in path:
            yield ((page.parent / path).resolve() if path else page), anchor


def commands() -> dict[str, set[str]]:
    """Every command of ours as it is typed, with its options."""
    found: dict[str, set[str]] = {}

    def walk(command: Any, name: str) -> None:
        found[name] = {
            option for given in command.params for option in (*given.opts, *given.secondary_opts)
        } | {"--help"}
        for inner, sub in getattr(command, "commands", {}).items():
            walk(sub, f"{name} {inner}")

    walk(get_command(app), "zoom-bridge")
    return found


def code() -> Iterator[str]:
    """Each line of code in the pages: in blocks, with continued lines joined, and between backquotes."""
    for text in TEXTS.values():
        for block in re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            yield from re.sub(r"\\\n\s*", "", block).splitlines()
        prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
        yield from re.findall(r"`([^`\n]+)`", prose)


def is_group(known: dict[str, set[str]], name: str) -> bool:
    """Whether a command is a group: what follows it is a command too."""
    return any(other.startswith(f"{name} ") for other in known)


def calls() -> Iterator[tuple[str, list[str]]]:
    """Our command line as the pages call it: the command, and the options it is given."""
    known = commands()
    for line in code():
        for start in re.finditer(r"(?<![\w./-])zoom-bridge(?= |$)|(?<=make )demo ARGS=(?=\")", line):
            words = shlex.split(line[start.end() :].replace("…", ""), comments=True)
            name = "zoom-bridge"
            if start.group() != name:
                name, words = "zoom-bridge demo", shlex.split(words[0])
            while words and not words[0].startswith("-") and is_group(known, name):
                name = f"{name} {words.pop(0)}"
            yield name, [word.partition("=")[0] for word in words if word.startswith("-")]


def test_generated_pages_are_up_to_date() -> None:
    """Configuration, protocol tables, faults and .env.example say what the code says."""
    done = subprocess.run(
        [sys.executable, "docs/generate.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("table", "numbers"),
    [
        ("messages", messages.MessageType),
        ("events", messages.EventType),
        ("contact center events", messages.ContactCenterEventType),
        ("stream states", messages.WireStreamState),
        ("session states", messages.WireSessionState),
        ("status", messages.StatusCode),
        ("stop", messages.StopReason),
    ],
)
def test_every_number_of_the_protocol_is_told(table: str, numbers: type[IntEnum]) -> None:
    """The page on the protocol has a row, with what the bridge does, for each number Zoom may send."""
    _, _, rest = TEXTS[DOCS / "protocol.md"].partition(f"<!-- table: {table} -->")
    rows = re.findall(
        r"^\| (\d+) \| (\w+) \| .*\w", rest.partition(f"<!-- end: {table} -->")[0], re.MULTILINE
    )
    assert rows == [(str(int(number)), number.name) for number in numbers]


def test_every_route_of_the_private_api_is_told() -> None:
    """A route that nobody can read about is not offered."""
    nobody: Any = SimpleNamespace()
    router = admin_router(
        store=nobody,
        readiness=nobody,
        rtms=nobody,
        live=nobody,
        actions=nobody,
        metrics=nobody,
        token=None,
        data_dir=nobody,
    )
    told = (DOCS / "api.md").read_text()
    paths = [
        f"{method} {re.sub(r'{(stream_id|meeting)(:path)?}', '{id}', route.path)}".replace(
            "{name:path}", "{name}"
        )
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in sorted(route.methods or ())
    ]
    assert paths
    assert [path for path in paths if f"`{path}" not in told] == []


def test_every_command_is_told() -> None:
    """Each command and sub-command stands in the README or on a page."""
    known = commands()
    told = {name for name, _ in calls()}
    alternatives = re.findall(r"`zoom-bridge (\w+) ((?:\w+\|)+\w+)", EVERYTHING)
    told |= {f"zoom-bridge {group} {one}" for group, names in alternatives for one in names.split("|")}
    runnable = [name for name in known if not is_group(known, name)]
    assert len(runnable) >= 11
    assert [name for name in runnable if name not in told] == []


def test_commands_in_the_docs_exist() -> None:
    """What a page tells people to type is a command, and has the options that are named."""
    known = commands()
    groups = {name for name in known if is_group(known, name)}
    asked = [(name, options) for name, options in calls() if "|" not in name]
    assert len(asked) >= 30
    assert [name for name, _ in asked if name not in known and name not in groups] == []
    assert [(name, one) for name, options in asked for one in options if one not in known[name]] == []

    alone = {found[0] for line in code() if (found := re.match(r"--[a-z-]+", line))}
    assert alone - set().union(*known.values()) == OF_THE_FUZZER


def test_make_targets_in_the_docs_exist() -> None:
    """What ``make`` is asked for, it has."""
    rules = re.findall(r"^([\w.-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    asked = {found[1] for line in code() if (found := re.match(r"make ([\w.-]+)", line))}
    assert {"demo", "test", "check"} <= asked
    assert asked - set(rules) == set()


def test_settings_in_the_docs_exist() -> None:
    """A variable of the bridge's that a page names is a setting."""
    fields = Settings.model_fields.items()
    aliases = {
        str(choice)
        for _, field in fields
        for choice in getattr(field.validation_alias, "choices", [field.validation_alias])
    }
    known = aliases | {name.upper() for name, _ in fields}
    told = set(re.findall(r"\b(?:BRIDGE|ZOOM)_[A-Z_]*[A-Z]\b", EVERYTHING))
    assert len(told) >= 20
    assert told - known == set()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    """A link or an image that names a file of the project finds it, and the heading in it."""
    found = list(links(page))
    assert [name_of(path) for path, _ in found if not path.exists()] == []
    assert [
        f"{name_of(path)}#{anchor}"
        for path, anchor in found
        if anchor and path.suffix == ".md" and anchor not in anchors(path)
    ] == []


def test_every_page_is_found() -> None:
    """Whoever begins at the README reaches every page by links."""
    reached, ahead = set(), [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page not in reached and page in TEXTS:
            reached.add(page)
            ahead += [path for path, _ in links(page)]
    assert [name_of(page) for page in PAGES if page not in reached] == []


def test_every_component_is_told() -> None:
    """Each component stands in the table of components, and in that of what it remembers if it does remember."""
    page = TEXTS[DOCS / "components.md"]
    sources = {source.path: source.code for source in load_components().values()}
    assert len(sources) >= 10
    for path, source in sources.items():
        (title,) = DISPLAY_NAME.findall(source)
        assert f"\n| **{title}** |" in page, path.name
        own = without_regions(source)
        keys = re.findall(r'(?:context_id"?[=:] ?|node = |Rows\([^"\n]*|return )f?"(zoom-[a-z]+)', own)
        kept = section(page, "What each remembers")
        assert [key for key in keys if f"\n| {title.removeprefix('Zoom ')} | `{key}" not in kept] == []


def test_tools_are_told() -> None:
    """The components that an Agent can use are those that the page names."""
    sources = [source.code for source in load_components().values()]
    tools = {DISPLAY_NAME.findall(code)[0] for code in sources if "tool_mode=True" in code}
    told = section(TEXTS[DOCS / "components.md"], "Tools of an Agent")
    assert set(re.findall(r"^\| (Zoom [\w ]+) \|", told, re.MULTILINE)) == tools


@pytest.mark.parametrize(
    "folder",
    [
        "webhook",
        "session",
        "rtms",
        "transcript",
        "store",
        "flow",
        "zoom",
        "recording",
        "archive",
        "export",
        "hooks",
        "admin",
        "pages",
        "panel",
        "replay",
    ],
)
def test_every_file_has_its_place(folder: str) -> None:
    """The page on architecture names each file of a stop, in the row or the section of its folder."""
    page = TEXTS[DOCS / "architecture.md"]
    (row,) = re.findall(rf"^\| `{folder}/` \| (.+)$", page, re.MULTILINE)
    told = row + page.partition(f"### `{folder}/`")[2].partition("\n## ")[0]
    files = {path.stem for path in (ROOT / "bridge" / folder).glob("*.py")} - {"__init__"}
    assert files
    assert [name for name in sorted(files) if f"`{name}`" not in told] == []


@pytest.mark.parametrize("flow", FLOWS, ids=named)
def test_every_flow_is_told(flow: Flow) -> None:
    """Each flow has a line in the README and a section with its picture and all its components."""
    told = section(TEXTS[DOCS / "flows.md"], flow.endpoint_name)
    assert f"\n| [`{flow.endpoint_name}`](docs/flows.md#{flow.endpoint_name}) |" in README
    assert f"](images/{flow.path.stem}.png)" in told

    made_of = told.partition("Made of: ")[2]
    titles = {DISPLAY_NAME.findall(source.code)[0]: source.type for source in load_components().values()}
    titles |= {"Chat Input": "ChatInput", "Chat Output": "ChatOutput", "Prompt Template": "Prompt Template"}
    titles |= {"Language Model": "LanguageModelComponent", "Agent": "Agent", "MCP Tools": "MCPTools"}
    said = re.split(r"[,;.] ?", made_of.replace(" (twice)", "").partition("\n")[0])
    assert {titles[title] for title in said if title} == {
        component["type"] for component in graph.components(flow.data)
    }


def test_routes_of_the_flows() -> None:
    """The example file is one that the bridge takes, with a route for each flow; the built-in ones are in it as they are."""
    routes = {route.flow: route for route in read_routes(DOCS / "routes.example.toml")}
    assert set(routes) == {flow.endpoint_name for flow in FLOWS}
    assert [route for route in BUILT_IN if routes[route.flow] != route] == []


@pytest.mark.parametrize("flow", FLOWS, ids=named)
def test_a_flows_route_is_that_of_the_example(flow: Flow, tmp_path: Path) -> None:
    """The route in a flow's section is the one in the example file."""
    (block,) = re.findall(
        r"```toml\n(.*?)```", section(TEXTS[DOCS / "flows.md"], flow.endpoint_name), re.DOTALL
    )
    page = tmp_path / "routes.toml"
    page.write_text(block, encoding="utf-8")
    (route,) = read_routes(page)
    assert route in read_routes(DOCS / "routes.example.toml")


def test_metrics_in_the_docs_exist() -> None:
    """A metric that a page names is one that the bridge has."""
    told = set(re.findall(r"\bbridge_[a-z_]+(?=[`{])", EVERYTHING)) - {"bridge_process"}
    known = Metrics().exposition().decode()
    assert told
    assert [name for name in told if name.removesuffix("_total") not in known] == []
