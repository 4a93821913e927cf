"""Prometheus metrics. Labels are names of things, never what people said or who they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from bridge.logs import dropped_lines

if TYPE_CHECKING:
    from bridge.domain import RunStatus


class Metrics:
    """Everything the bridge counts; one object per process, no global registry."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._webhooks = self._counter("webhooks", "Webhook requests by outcome.", "outcome")
        self._rulings = self._counter("events", "Stream events by what they were ruled to mean.", "ruling")
        self._socket_events = self._counter(
            "socket_events", "Events from the event subscription by outcome.", "outcome"
        )
        self._event_socket = Gauge(
            "bridge_event_socket_open",
            "1 while the event subscription has an open socket.",
            registry=self._registry,
        )
        self._sessions = Gauge("bridge_sessions", "Streams being handled now.", registry=self._registry)
        self._ignored = self._counter("frames_ignored", "Frames passed over.", "socket", "why")
        self._keep_alives = self._counter("keep_alives", "Keep-alives answered.", "socket")
        self._utterances = self._counter("utterances", "Utterances taken.", "source")
        self._duplicates = self._counter("utterances_passed_over", "Utterances that were known or empty.")
        self._links_lost = self._counter("links_lost", "Sockets lost while their stream was live.", "socket")
        self._windows = self._counter("windows", "Windows sent to Langflow.", "route", "kind")
        self._delays = Histogram(
            "bridge_window_delay_seconds",
            "From the moment a window was due to the moment it went to Langflow.",
            ["route"],
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
            registry=self._registry,
        )
        self._recorded = self._counter(
            "packets_recorded", "Packets of sound and pictures that were written down.", "kind"
        )
        self._dropped = self._counter(
            "packets_dropped", "Packets of sound and pictures that were passed over.", "kind", "why"
        )
        self._runs = self._counter("runs", "Windows settled.", "route", "status")
        self._run_seconds = Histogram(
            "bridge_run_seconds",
            "From a window's first attempt to its answer.",
            ["route"],
            buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300),
            registry=self._registry,
        )
        self._retries = self._counter(
            "run_retries", "Attempts that failed and were followed by another.", "route", "error"
        )

        self._connections = self._counter(
            "connections_dropped", "Connections of the public listener that were dropped.", "why"
        )
        self._put_aside = self._counter("rows_put_aside", "Rows that the database refused.", "table")
        self._rows_waiting = self._gauge("rows_waiting", "Rows taken and not committed yet.")
        self._bytes_waiting = self._gauge("bytes_waiting", "Bytes of them.")
        self._store_seconds = self._gauge("store_wait_seconds", "Age of the oldest of them.")
        self._parked = self._gauge("routes_parked", "Routes that wait until the way to their flow is mended.")
        self._window_wait = self._gauge("window_wait_seconds", "Longest wait of a window for its turn, now.")
        self._runs_limit = self._gauge("runs_limit", "Runs that may be under way at once.")
        self._runs_under_way = self._gauge("runs_under_way", "Runs under way.")
        self._deletions = self._gauge("deletions_pending", "Meetings whose deletion is not confirmed yet.")
        self._sessions_retried = self._counter(
            "sessions_taken_up_again", "Sessions that broke and were started again."
        )
        self._gauge("log_lines_dropped", "Log lines that could not be written.").set_function(dropped_lines)

    def connection_dropped(self, why: str) -> None:
        """A connection of the public listener was dropped: ``slow_head``, ``crowded`` or ``refused``."""
        self._connections.labels(why).inc()

    def row_put_aside(self, table: str) -> None:
        """The database refused a row for what it is; the others were committed."""
        self._put_aside.labels(table).inc()

    def rows_waiting(self, rows: int, bytes_: int, seconds: float) -> None:
        """So much waits to be committed, the oldest of it for so long."""
        self._rows_waiting.set(rows)
        self._bytes_waiting.set(bytes_)
        self._store_seconds.set(seconds)

    def routes_parked(self, count: int) -> None:
        """So many routes are parked now."""
        self._parked.set(count)

    def window_wait(self, seconds: float) -> None:
        """The window that waits longest for its turn has waited so long."""
        self._window_wait.set(seconds)

    def admission(self, limit: int, under_way: int) -> None:
        """So many runs may be under way, and so many are."""
        self._runs_limit.set(limit)
        self._runs_under_way.set(under_way)

    def deletions_pending(self, count: int) -> None:
        """So many meetings are being deleted."""
        self._deletions.set(count)

    def session_taken_up_again(self) -> None:
        """A session broke and was started again."""
        self._sessions_retried.inc()

    def webhook(self, outcome: str) -> None:
        """A webhook request was answered."""
        self._webhooks.labels(outcome).inc()

    def socket_event(self, outcome: str) -> None:
        """An event came through the event subscription."""
        self._socket_events.labels(outcome).inc()

    def event_socket(self, is_open: bool) -> None:
        """The event subscription has an open socket now, or has none."""
        self._event_socket.set(is_open)

    def ruling(self, ruling: str) -> None:
        """An event was ruled on."""
        self._rulings.labels(ruling).inc()

    def sessions(self, count: int) -> None:
        """So many sessions are there now."""
        self._sessions.set(count)

    def frame_ignored(self, socket: str, why: str) -> None:
        """A frame was not for us."""
        self._ignored.labels(socket, why).inc()

    def keep_alive(self, socket: str) -> None:
        """A keep-alive was answered."""
        self._keep_alives.labels(socket).inc()

    def utterance(self, source: str) -> None:
        """An utterance was taken."""
        self._utterances.labels(source).inc()

    def duplicate(self) -> None:
        """Something said was known already, or held no words."""
        self._duplicates.inc()

    def window(self, route: str, kind: str, delay_seconds: float) -> None:
        """A window goes to Langflow, so long after it was due."""
        self._windows.labels(route, kind).inc()
        self._delays.labels(route).observe(delay_seconds)

    def link_lost(self, socket: str) -> None:
        """A socket was lost."""
        self._links_lost.labels(socket).inc()

    def run_ended(self, route: str, status: RunStatus, seconds: float) -> None:
        """A window is settled, so long after its first attempt."""
        self._runs.labels(route, status.value).inc()
        self._run_seconds.labels(route).observe(seconds)

    def run_retried(self, route: str, error: str) -> None:
        """An attempt failed and another follows."""
        self._retries.labels(route, error).inc()

    def packets_recorded(self, kind: str, count: int) -> None:
        """So many packets of sound or pictures were written down."""
        self._recorded.labels(kind).inc(count)

    def packets_dropped(self, kind: str, why: str, count: int) -> None:
        """So many packets of sound or pictures were passed over."""
        self._dropped.labels(kind, why).inc(count)

    def exposition(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self._registry)

    def _counter(self, name: str, help_text: str, *labels: str) -> Counter:
        return Counter(f"bridge_{name}", help_text, labels, registry=self._registry)

    def _gauge(self, name: str, help_text: str) -> Gauge:
        return Gauge(f"bridge_{name}", help_text, registry=self._registry)
