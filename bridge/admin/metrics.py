"""Prometheus metrics. Labels are names of things, never what people said or who they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from bridge.logs import dropped_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence, Sized

    from bridge.admin.health import Neighbour
    from bridge.domain import RunStatus
    from bridge.store.leases import Replica


class LangflowTurns(Protocol):
    """How runs stand at one Langflow; as :class:`bridge.flow.turns.Turns`."""

    @property
    def limit(self) -> int:
        """How many runs may be under way."""

    @property
    def under_way(self) -> int:
        """How many are."""

    @property
    def waiting(self) -> int:
        """How many windows wait for a turn."""

    @property
    def waiting_seconds(self) -> float:
        """How long the one who has waited longest has waited."""

    def parked(self) -> Sized:
        """What is wrong on the way."""


class WatchedStore(Protocol):
    """What the store has to tell."""

    def waiting(self) -> tuple[int, int, float]:
        """Rows, bytes, and the age of the oldest in seconds."""

    def put_aside(self) -> Mapping[str, int]:
        """Rows that the database refused, by table."""


class WatchedLeases(Protocol):
    """Who shares the store; as :class:`bridge.store.leases.Leases`."""

    @property
    def leader(self) -> bool:
        """Whether this bridge does what only one does."""

    @property
    def replicas(self) -> Sequence[Replica]:
        """All bridges; none where nothing is shared."""


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
        self._redacted = self._counter(
            "redacted", "What placeholders took the place of in windows, by kind.", "route", "kind"
        )
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
        self._under_way = self._gauge("runs_under_way", "Runs under way at Langflow.")
        self._langflow_away = self._gauge(
            "langflow_away", "1 while a Langflow cannot be reached.", "langflow"
        )
        self._langflow_runs = self._gauge("langflow_runs", "Runs under way at each Langflow.", "langflow")
        self._limit = self._gauge("runs_limit", "Runs that may be under way at once.")
        self._waiting = self._gauge("windows_waiting", "Windows that wait for a turn at Langflow.")
        self._window_wait = self._gauge(
            "window_wait_seconds", "How long the one that has waited longest has waited."
        )
        self._parked = self._gauge(
            "routes_parked", "Routes that wait because something is wrong on their way."
        )
        self._retries = self._counter(
            "run_retries", "Attempts that failed and were followed by another.", "route", "error"
        )

        self._deliveries = self._counter(
            "deliveries", "Attempts to tell webhook endpoints, by outcome.", "endpoint", "outcome"
        )
        self._deliveries_waiting = self._gauge(
            "deliveries_waiting", "Deliveries that wait to be taken by their webhook endpoints."
        )
        self._delivery_wait = self._gauge(
            "delivery_wait_seconds", "How long the one that was made first has waited."
        )
        self._approvals = self._counter(
            "approvals", "Decisions on findings that waited, and those that were refused.", "decision"
        )
        self._approvals_waiting = self._gauge(
            "approvals_waiting", "Findings that wait until somebody lets them out."
        )
        self._connections = self._counter(
            "connections_dropped", "Connections of the public listener that were dropped.", "why"
        )
        self._logins = self._counter("logins", "Tries to sign in to the pages, by outcome.", "outcome")
        self._visits = self._counter(
            "panel_visits", "Viewers who opened the panel or went on, by outcome.", "outcome"
        )
        self._put_aside = self._gauge("rows_put_aside", "Rows that the database refused, since the start.")
        self._rows_waiting = self._gauge("rows_waiting", "Rows taken and not committed yet.")
        self._bytes_waiting = self._gauge("bytes_waiting", "Bytes of them.")
        self._store_seconds = self._gauge("store_wait_seconds", "Age of the oldest of them.")
        self._deletions = self._gauge("deletions_pending", "Meetings whose deletion is not confirmed yet.")
        self._broken = self._gauge(
            "sessions_broken", "Sessions that broke and are about to be started again."
        )
        self._replicas = self._gauge(
            "replicas", "Bridges that share the store; 0 where it is shared with none."
        )
        self._leases = self._gauge("leases", "Streams of this bridge, of those that share the store.")
        self._leader = self._gauge("leader", "1 where this bridge does what only one of them does.")
        self._gauge("log_lines_dropped", "Log lines that could not be written.").set_function(dropped_lines)

    def watch_turns(self, turns: LangflowTurns) -> None:
        """Tell from now on how runs stand at Langflow."""
        self._under_way.set_function(lambda: turns.under_way)
        self._limit.set_function(lambda: turns.limit)
        self._waiting.set_function(lambda: turns.waiting)
        self._window_wait.set_function(lambda: turns.waiting_seconds)
        self._parked.set_function(lambda: len(turns.parked()))

    def watch_langflow(self, address: str, *, langflow: Neighbour, turns: LangflowTurns) -> None:
        """Tell from now on how one Langflow stands."""
        self._langflow_away.labels(address).set_function(lambda: bool(langflow.away))
        self._langflow_runs.labels(address).set_function(lambda: turns.under_way)

    def watch_store(self, store: WatchedStore) -> None:
        """Tell from now on what the store has taken and not committed, and what it could not take."""
        self._rows_waiting.set_function(lambda: store.waiting()[0])
        self._bytes_waiting.set_function(lambda: store.waiting()[1])
        self._store_seconds.set_function(lambda: store.waiting()[2])
        self._put_aside.set_function(lambda: sum(store.put_aside().values()))

    def watch_replicas(self, leases: WatchedLeases) -> None:
        """Tell from now on who shares the store, and what of it is this bridge's."""
        self._replicas.set_function(lambda: len(leases.replicas))
        self._leases.set_function(lambda: sum(each.meetings for each in leases.replicas if each.here))
        self._leader.set_function(lambda: leases.leader)

    def watch_sessions(self, *, broken: Callable[[], Sized], deletions: Callable[[], Sized]) -> None:
        """Tell from now on which sessions are about to be started again, and which meetings are being deleted."""
        self._broken.set_function(lambda: len(broken()))
        self._deletions.set_function(lambda: len(deletions()))

    def watch_deliveries(self, *, waiting: Callable[[], int], seconds: Callable[[], float]) -> None:
        """Tell from now on how many deliveries wait for webhook endpoints, and for how long the first of them has."""
        self._deliveries_waiting.set_function(waiting)
        self._delivery_wait.set_function(seconds)

    def delivery(self, endpoint: str, outcome: str) -> None:
        """An attempt to tell an endpoint was made: ``delivered``, ``retried``, or ``failed`` for good."""
        self._deliveries.labels(endpoint, outcome).inc()

    def watch_approvals(self, waiting: Callable[[], int]) -> None:
        """Tell from now on how many findings wait."""
        self._approvals_waiting.set_function(waiting)

    def approval(self, decision: str) -> None:
        """Somebody decided on a finding: ``post`` or ``no``, or ``refused`` where it did not wait any more."""
        self._approvals.labels(decision).inc()

    def connection_dropped(self, why: str) -> None:
        """A connection of the public listener was dropped: ``slow_head``, ``stuck``, ``crowded`` or ``refused``."""
        self._connections.labels(why).inc()

    def login(self, outcome: str) -> None:
        """Somebody tried to sign in to the pages: ``admitted`` or ``refused``."""
        self._logins.labels(outcome).inc()

    def panel_visit(self, outcome: str) -> None:
        """Somebody opened the panel: ``admitted``, ``renewed``, ``asked`` for a context, or why it was refused."""
        self._visits.labels(outcome).inc()

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

    def redacted(self, route: str, counts: Mapping[str, int]) -> None:
        """So much of each kind was replaced in a window."""
        for kind, count in counts.items():
            self._redacted.labels(route, kind).inc(count)

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

    def _gauge(self, name: str, help_text: str, *labels: str) -> Gauge:
        return Gauge(f"bridge_{name}", help_text, labels, registry=self._registry)
