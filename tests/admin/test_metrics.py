from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from bridge.admin.metrics import Metrics
from bridge.domain import RunStatus


def samples(metrics: Metrics) -> dict[tuple[str, tuple[str, ...]], float]:
    """Values by name and labels' values."""
    families = text_string_to_metric_families(metrics.exposition().decode())
    return {
        (
            sample.name,
            tuple(value for name, value in sorted(sample.labels.items()) if name != "le"),
        ): sample.value
        for family in families
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


class _Store:
    def waiting(self) -> tuple[int, int, float]:
        return 7, 900, 2.5

    def put_aside(self) -> dict[str, int]:
        return {"happenings": 1, "utterances": 2}


class _Turns:
    limit, under_way, waiting, waiting_seconds = 4, 3, 5, 12.5

    def parked(self) -> dict[str, str]:
        return {"notes": "nobody answers"}


def test_counts() -> None:
    """Everything reported is counted under its name and labels."""
    metrics = Metrics()
    metrics.webhook("accepted")
    metrics.webhook("accepted")
    metrics.ruling("start")
    metrics.sessions(3)
    metrics.frame_ignored("transcript", "unknown")
    metrics.keep_alive("signaling")
    metrics.utterance("speech")
    metrics.duplicate()
    metrics.link_lost("transcript")
    metrics.window("notes", "live", 0.004)
    metrics.run_ended("notes", RunStatus.DONE, 0.3)
    metrics.delivery("crm", "failed")
    metrics.watch_deliveries(waiting=lambda: 5, seconds=lambda: 61.5)
    metrics.run_retried("notes", "FlowFailed")
    metrics.connection_dropped("crowded")
    metrics.watch_store(_Store())
    metrics.watch_turns(_Turns())
    metrics.watch_sessions(broken=lambda: ["a-stream"], deletions=lambda: ["a-meeting", "another"])
    found = samples(metrics)
    assert found["bridge_webhooks_total", ("accepted",)] == 2
    assert found["bridge_connections_dropped_total", ("crowded",)] == 1
    assert found["bridge_rows_put_aside", ()] == 3
    assert found["bridge_rows_waiting", ()] == 7
    assert found["bridge_bytes_waiting", ()] == 900
    assert found["bridge_store_wait_seconds", ()] == 2.5
    assert found["bridge_routes_parked", ()] == 1
    assert found["bridge_window_wait_seconds", ()] == 12.5
    assert (found["bridge_runs_limit", ()], found["bridge_runs_under_way", ()]) == (4, 3)
    assert found["bridge_deletions_pending", ()] == 2
    assert found["bridge_sessions_broken", ()] == 1
    assert found["bridge_log_lines_dropped", ()] >= 0
    assert found["bridge_events_total", ("start",)] == 1
    assert found["bridge_sessions", ()] == 3
    assert found["bridge_frames_ignored_total", ("transcript", "unknown")] == 1
    assert found["bridge_keep_alives_total", ("signaling",)] == 1
    assert found["bridge_utterances_total", ("speech",)] == 1
    assert found["bridge_utterances_passed_over_total", ()] == 1
    assert found["bridge_links_lost_total", ("transcript",)] == 1
    assert found["bridge_windows_total", ("live", "notes")] == 1
    assert found["bridge_window_delay_seconds_sum", ("notes",)] == 0.004
    assert found["bridge_runs_total", ("notes", "done")] == 1
    assert found["bridge_deliveries_total", ("crm", "failed")] == 1
    assert (found["bridge_deliveries_waiting", ()], found["bridge_delivery_wait_seconds", ()]) == (5, 61.5)
    assert found["bridge_run_seconds_count", ("notes",)] == 1
    assert found["bridge_run_retries_total", ("FlowFailed", "notes")] == 1


def test_one_process_two_bridges() -> None:
    """Two bridges in one process count apart."""
    one, two = Metrics(), Metrics()
    one.sessions(5)
    assert samples(two)["bridge_sessions", ()] == 0


def test_panel_visits() -> None:
    """Whoever opens the panel is counted by what became of it."""
    metrics = Metrics()
    metrics.panel_visit("admitted")
    metrics.panel_visit("forged")
    assert samples(metrics)[("bridge_panel_visits_total", ("forged",))] == 1
