"""Coverage-guided fuzzing with atheris: ``python -m tests.fuzz --seconds 600``.

Each target gets an equal share of the time, in a process of its own. What makes one fail is written
to ``fuzz-artifacts`` and printed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fakes.run_api import run_answer

VECTORS = Path(__file__).parents[1] / "vectors"
ARTIFACTS = Path("fuzz-artifacts")
LONGEST_INPUT_BYTES = 4096
MEMORY_MB = 2048
WORDS = (
    '"msg_type":', '"content":{', '"event":{', '"event_type":', '"payload":{', '"object":{', '"data":"', '"user_id":',
    '"participants":[', '"chat_session":{"type":', '"operation_type":', '"message_id":', '"plainToken":', '"server_urls":',
    '"rtms_stream_id":', '"meeting_uuid":', '"event_ts":', '"module":"message"', "wss://", "ws://127.0.0.1", ".zoom.us", "@",
    '"outputs":[', '"results":{', '"message":{', '"text":"', "\\ud800", "\\u0000", "1e400", "NaN", "-1",
)  # fmt: skip


def corpus(directory: Path) -> None:
    """Real messages to start from."""
    for file in VECTORS.glob("*.json"):
        for name, value in json.loads(file.read_text()).items():
            (directory / f"{file.stem}-{name}").write_text(json.dumps(value))
    (directory / "url").write_text("wss://a.zoom.us:443/x,wss://b.zoom.us")
    (directory / "answer").write_text(json.dumps(run_answer("Ship it.")))


def run(target: str, seconds: int) -> int:
    """Fuzz one target in a child process; its exit status."""
    with tempfile.TemporaryDirectory() as folder:
        seeds = Path(folder, "corpus")
        seeds.mkdir()
        corpus(seeds)
        words = Path(folder, "words.dict")
        words.write_text("\n".join(json.dumps(word) for word in WORDS if "\\u" not in word) + "\n")
        ARTIFACTS.mkdir(exist_ok=True)
        return subprocess.run(
            [
                sys.executable, "-m", "tests.fuzz.one", target,
                f"-max_total_time={seconds}", f"-max_len={LONGEST_INPUT_BYTES}", f"-rss_limit_mb={MEMORY_MB}",
                "-timeout=10", f"-dict={words}", f"-artifact_prefix={ARTIFACTS}/{target}-", "-print_final_stats=1", str(seeds),
            ],
            check=False,
        ).returncode  # fmt: skip


def main() -> int:
    """Fuzz the targets that are named, or all."""
    from tests.fuzz.targets import TARGETS

    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", default=list(TARGETS), help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=int, default=600, help="for all targets together")
    arguments = parser.parse_args()
    share = max(1, arguments.seconds // len(arguments.targets))
    failed = [target for target in arguments.targets if run(target, share)]
    sys.stdout.write(
        f"{len(arguments.targets)} targets, {share} s each: {f'failed: {failed}' if failed else 'found nothing'}\n"
    )
    return bool(failed)


if __name__ == "__main__":
    raise SystemExit(main())
