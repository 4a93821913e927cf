"""A Dockerfile read, and one of its stages carried out here, as far as that goes without an image.

What the stage copies and runs is the file's own; ``/opt`` and the working folder are below a folder of the test, and pip is
uv, which takes the same options and has the packages at hand.
"""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
_PIP: Final = """#!/bin/sh
# pip as the image has it: build tools go into an environment of their own, wheels are made by the project's backend
set -eu
python={build}/bin/python
if [ "$1" = --python ]; then python=$2; shift 2; fi
command=$1; shift
case $command in
  install) exec {uv} pip install --quiet --python "$python" "$@" ;;
  wheel) while [ "$1" != --wheel-dir ]; do shift; done; exec "$python" -m hatchling build --target wheel --directory "$2" ;;
esac
exit 64
"""


@dataclass
class Stage:
    """What stands between one ``FROM`` and the next."""

    base: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)
    """Instructions in capitals, each with the rest of its line."""

    def all(self, instruction: str) -> list[str]:
        """The arguments of each such instruction."""
        return [rest for name, rest in self.steps if name == instruction]

    def only(self, instruction: str) -> str:
        """The arguments of the one such instruction."""
        (found,) = self.all(instruction)
        return found

    def environment(self) -> dict[str, str]:
        """Its ``ENV``."""
        return dict(word.split("=", 1) for rest in self.all("ENV") for word in shlex.split(rest))

    def command(self, instruction: str) -> list[str]:
        """The list that an instruction such as ``CMD`` holds, after its options."""
        return list(json.loads(re.sub(r"^(--\S+ |CMD )*", "", self.only(instruction))))


def read(path: Path) -> dict[str, Stage]:
    """The stages of a Dockerfile by name, in order."""
    text = re.sub(r"^\s*#.*\n", "", path.read_text(), flags=re.MULTILINE)
    text = re.sub(r"\\\n\s*", " ", text)
    stages: dict[str, Stage] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        instruction, _, rest = line.partition(" ")
        if instruction == "FROM":
            base, _, name = rest.partition(" AS ")
            stages[name] = Stage(base, name)
        elif stages:
            list(stages.values())[-1].steps.append((instruction, rest.strip()))
    return stages


def ignored(path: str) -> bool:
    """Whether ``.dockerignore`` keeps a file out of what is built from: the last rule that names it or a folder of it decides."""
    verdict = False
    parts = path.split("/")
    names = ["/".join(parts[: count + 1]) for count in range(len(parts))]
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        rule = line.removeprefix("!")
        anywhere = rule.startswith("**/")
        asked = parts if anywhere else names
        if (
            rule
            and not rule.startswith("#")
            and any(fnmatch.fnmatch(one, rule.removeprefix("**/")) for one in asked)
        ):
            verdict = not line.startswith("!")
    return verdict


def uv() -> str | None:
    """Where uv is, as in the Makefile; ``None`` where it is not."""
    beside = ROOT / ".uv/bin/uv"
    return shutil.which("uv") or (str(beside) if beside.is_file() else None)


def build(stage: Stage, folder: Path, uv: str) -> Path:
    """Do what a stage's ``COPY`` and ``RUN`` say; gives what then is the image's ``/opt``.

    Raises:
        AssertionError: A step failed, with its output; or it copies what ``.dockerignore`` keeps out.
    """
    work, tools = folder / "src", folder / "tools"
    work.mkdir(parents=True)
    (folder / "opt").mkdir()
    tools.mkdir()
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(folder / "build")], check=True)
    (tools / "pip").write_text(_PIP.format(uv=uv, build=folder / "build"))
    (tools / "pip").chmod(0o755)
    (tools / "python").symlink_to(sys.executable)
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "UV_LINK_MODE": "hardlink"}
    for instruction, rest in stage.steps:
        if instruction == "COPY":
            *sources, target = rest.split()
            _copy(sources, folder / target.lstrip("/") if target.startswith("/") else work / target)
        elif instruction == "RUN":
            done = subprocess.run(
                ["/bin/sh", "-ec", rest.replace("/opt/", f"{folder}/opt/")],
                cwd=work, env=environment, capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert done.returncode == 0, f"{rest}\n{done.stdout}{done.stderr}"
    return folder / "opt"


def _copy(sources: list[str], target: Path) -> None:
    for source in sources:
        path = ROOT / source
        files = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
        kept = [one for one in files if not ignored(str(one.relative_to(ROOT)))]
        assert kept, f"{source} is kept out by .dockerignore"
        for one in kept:
            into = target / (one.name if path.is_file() else one.relative_to(path))
            into.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(one, into)
