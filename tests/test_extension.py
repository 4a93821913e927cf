"""The components as an extension of Langflow's, and the wheel that brings it."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from bridge.publish.library import load_components

ROOT = Path(__file__).parents[1]
MANIFEST = json.loads((ROOT / "extension.json").read_text())
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_it_is_this_project() -> None:
    """Name and version are the distribution's, and the entry point names the package that carries the manifest."""
    assert (MANIFEST["id"], MANIFEST["version"]) == (PROJECT["name"], PROJECT["version"])
    assert PROJECT["entry-points"]["langflow.extensions"] == {PROJECT["name"]: "bridge"}


@pytest.mark.timeout(300)
def test_langflow_finds_it_valid() -> None:
    """``lfx extension validate`` has nothing to say against manifest and components."""
    done = subprocess.run(
        [sys.executable, "-m", "lfx", "extension", "validate", str(ROOT), "--format", "json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


LOAD = """
import json, sys
from lfx.extension import load_extension

loaded = load_extension(sys.argv[1])
names = sorted(component.namespaced_id for component in loaded.components)
json.dump({"names": names, "errors": [error.message for error in loaded.errors]}, sys.stdout)
"""


@pytest.mark.timeout(300)
def test_langflow_loads_every_component() -> None:
    """Each under its own name in the bundle ``zoom``, as it is addressed in the side bar."""
    # In a process of its own: importing Langflow's libraries warns.
    done = subprocess.run(
        [sys.executable, "-c", LOAD, str(ROOT)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr

    addresses = sorted(f"ext:zoom:{name}@official" for name in load_components())
    assert json.loads(done.stdout) == {"names": addresses, "errors": []}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built from a clone as ``pip install`` builds it."""
    folder = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    [path] = folder.glob("*.whl")
    return zipfile.ZipFile(path)


def test_the_wheel_carries_what_langflow_looks_for(wheel: zipfile.ZipFile) -> None:
    """The manifest lies where its bundle's path leads to the components, beside the flows, each as in the clone."""
    names = {
        f"bridge/{MANIFEST['bundles'][0]['path']}/{path.name}": path
        for path in ROOT.glob("components/zoom/*.py")
    }
    names |= {f"bridge/flows/{path.name}": path for path in ROOT.glob("flows/*.json")}
    names["bridge/extension.json"] = ROOT / "extension.json"

    assert {name: wheel.read(name) for name in names} == {
        name: path.read_bytes() for name, path in names.items()
    }


def test_the_wheel_carries_the_pages(wheel: zipfile.ZipFile) -> None:
    """Templates, style sheet and scripts lie beside the code that makes pages of them, with the licences of others."""
    for folder in ("static", "templates"):
        for path in (ROOT / "bridge" / "pages" / folder).iterdir():
            assert wheel.read(f"bridge/pages/{folder}/{path.name}") == path.read_bytes()
    assert "bridge/pages/static/htmx.min.js" in wheel.namelist()
    assert not [name for name in wheel.namelist() if "axe" in name]


def test_the_wheel_leaves_behind_what_components_share(wheel: zipfile.ZipFile) -> None:
    """Each component has it in itself; an extension's loader would take every file for a component."""
    assert not [name for name in wheel.namelist() if "/shared/" in name]


@pytest.mark.timeout(300)
def test_a_components_folder_shows_components_only() -> None:
    """With LANGFLOW_COMPONENTS_PATH the side bar has one category, and no file of what components share."""
    done = subprocess.run(
        [sys.executable, "-c", READ, str(ROOT / "components")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr

    shown = sorted(path.name for path in ROOT.glob("components/zoom/*.py"))
    assert json.loads(done.stdout) == {"zoom": shown}


READ = """
import json, sys
from lfx.custom.directory_reader.directory_reader import DirectoryReader

reader = DirectoryReader(sys.argv[1])
menus = reader.build_component_menu_list(reader.get_files())["menu"]
json.dump({menu["name"]: sorted(one["file"] for one in menu["components"]) for menu in menus}, sys.stdout)
"""


def test_the_wheel_adds_one_package(wheel: zipfile.ZipFile) -> None:
    """Nothing but ``bridge`` gets into the environment, neither tests nor the build's own files."""
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"bridge"}
    [entry_points] = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    assert "[langflow.extensions]" in wheel.read(entry_points).decode()
