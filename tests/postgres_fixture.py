"""Plugin: a real PostgreSQL server, started once per run, where its programs are installed.

It listens on a socket in a folder of its own and on no port. PostgreSQL refuses to run as root; where
the tests do, it is given to the user ``postgres``.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

_START_SECONDS = 60
_OPTIONS = "-c listen_addresses='' -c max_connections=30 -c superuser_reserved_connections=0"


class PostgresServer:
    """A server that a test may stop and start."""

    def __init__(self, binaries: Path, folder: Path, *, durable: bool = False) -> None:
        self._binaries = binaries
        self._data = folder / "data"
        self._folder = folder
        self._databases = 0
        self._options = f"{_OPTIONS} -c fsync={'on' if durable else 'off'}"

    def make(self) -> None:
        """Make the server's files."""
        self._run(
            "initdb", "-D", str(self._data), "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C"
        )

    def start(self) -> None:
        """Start, and return when it answers."""
        options = f"{self._options} -c unix_socket_directories={self._folder}"
        log = str(self._folder / "log")
        self._run(
            "pg_ctl",
            "-D",
            str(self._data),
            "-l",
            log,
            "-w",
            "-t",
            str(_START_SECONDS),
            "-o",
            options,
            "start",
        )

    def stop(self) -> None:
        """Stop at once, as an operator in a hurry does: clients are cut off."""
        self._run("pg_ctl", "-D", str(self._data), "-w", "-m", "fast", "stop")

    def database(self) -> str:
        """The URL of a new, empty database."""
        self._databases += 1
        name = f"bridge_{self._databases}"
        self.execute(f"CREATE DATABASE {name}", "postgres")
        return f"postgresql+asyncpg://postgres@/{name}?host={self._folder}"

    def execute(self, statement: str, database: str) -> str:
        """Run SQL as an operator, and give what it printed."""
        command = ("psql", "-h", str(self._folder), "-U", "postgres", "-d", database, "-Atqc", statement)
        return self._run(*command)

    def _run(self, program: str, *arguments: str) -> str:
        command = [str(self._binaries / program), *arguments]
        if os.getuid() == 0:
            command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]
        done = subprocess.run(
            command, cwd=self._folder, check=False, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if program in ("psql", "initdb") else subprocess.DEVNULL,
            stderr=subprocess.STDOUT if program in ("psql", "initdb") else subprocess.DEVNULL,
            timeout=2 * _START_SECONDS,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stdout}")
        return (done.stdout or "").strip()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The server, started once per run."""
    if _binaries() is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is not installed, and CI has to have it: apt-get install postgresql")
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql)")
    with running_postgres() as server:
        yield server


@contextlib.contextmanager
def running_postgres(*, durable: bool = False) -> Iterator[PostgresServer]:
    """A server of one's own; a durable one waits for the disk, as in production."""
    binaries = _binaries()
    if binaries is None:
        raise FileNotFoundError("PostgreSQL is not installed (apt-get install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="zb-pg-"))  # a socket's path is short, and so its folder
    if os.getuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    server = PostgresServer(binaries, folder, durable=durable)
    try:
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> str:
    """The URL of an empty database of the test's own."""
    return postgres_server.database()


def _binaries() -> Path | None:
    found = [path.parent for path in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))]
    on_path = shutil.which("pg_ctl")
    return found[-1] if found else Path(on_path).resolve().parent if on_path else None
