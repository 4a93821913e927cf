from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import promql_parser
import pytest
import yaml
from prometheus_client import Counter, Histogram

from bridge.admin.metrics import Metrics
from bridge.domain import RunStatus
from tests.test_docs import anchors

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
ALERTS = ROOT / "deploy/prometheus/alerts.yaml"
RULES = [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]
DASHBOARD = json.loads((ROOT / "deploy/grafana/zoom-bridge.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
OF_PROMETHEUS = {"up": ()}
"""What each scrape gives, by whatever is scraped."""
OF_THE_SCRAPE = {"job", "instance"}


def exposed() -> dict[str, tuple[str, ...]]:
    """Every series that the bridge can have, with its own labels."""
    found: dict[str, tuple[str, ...]] = {}
    metrics = Metrics()
    for collector in metrics._registry._names_to_collectors.values():
        labels = tuple(collector._labelnames)  # type: ignore[attr-defined]
        name = str(collector._name)  # type: ignore[attr-defined]
        if isinstance(collector, Counter):
            found[f"{name}_total"] = labels
        elif isinstance(collector, Histogram):
            found |= {f"{name}_bucket": (*labels, "le"), f"{name}_sum": labels, f"{name}_count": labels}
        else:
            found[name] = labels
    return found


def parts(node: Any) -> Iterator[Any]:
    """An expression and everything in it."""
    yield node
    for name in ("expr", "lhs", "rhs", "vector_selector", "param"):
        inner = getattr(node, name, None)
        if inner is not None and not isinstance(inner, str):
            yield from parts(inner)
    for inner in getattr(node, "args", None) or ():
        yield from parts(inner)


def filled(expression: str) -> str:
    """An expression of Grafana's with its variables filled in."""
    return expression.replace("$__rate_interval", "1m").replace("$job", "a").replace("$instance", "b")


def wrong(expression: str) -> list[str]:
    """What an expression names that does not exist."""
    known = exposed() | OF_PROMETHEUS
    found = []
    for part in parts(promql_parser.parse(filled(expression))):
        if isinstance(part, promql_parser.VectorSelector):
            if part.name not in known:
                found.append(str(part.name))
            own = {*known.get(str(part.name), ())} | OF_THE_SCRAPE
            found += [f"{part.name}.{one.name}" for one in part.matchers.matchers if one.name not in own]
        if isinstance(part, promql_parser.AggregateExpr) and part.modifier is not None:
            asked = {*part.modifier.labels}
            below = {
                label
                for inner in parts(part.expr)
                if isinstance(inner, promql_parser.VectorSelector)
                for label in known.get(str(inner.name), ())
            }
            found += sorted(asked - below - OF_THE_SCRAPE)
    return found


EXPRESSIONS = [rule["expr"] for rule in RULES] + [
    target["expr"] for panel in PANELS for target in panel["targets"]
]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_what_is_asked_for_exists(expression: str) -> None:
    """Each expression is one that Prometheus takes, of metrics and labels that the bridge has."""
    assert wrong(expression) == []


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("bridge_nothing > 0", ["bridge_nothing"]),
        ('rate(bridge_runs_total{state="failed"}[5m])', ["bridge_runs_total.state"]),
        ("sum by (kind) (rate(bridge_runs_total[5m]))", ["kind"]),
        (
            "min_over_time(bridge_away[5m:1m]) unless on (job) (bridge_gone offset 5m)",
            ["bridge_away", "bridge_gone"],
        ),
        ("histogram_quantile(0.5, sum by (le) (rate(bridge_runs_bucket[5m])))", ["bridge_runs_bucket", "le"]),
    ],
)
def test_what_does_not_exist_is_found(expression: str, found: list[str]) -> None:
    """A misspelt metric or label is found wherever it stands in an expression."""
    assert sorted(wrong(expression)) == found


def test_every_metric_is_shown() -> None:
    """The dashboard shows whatever the bridge counts."""
    shown = {
        str(part.name)
        for panel in PANELS
        for target in panel["targets"]
        for part in parts(promql_parser.parse(filled(target["expr"])))
        if isinstance(part, promql_parser.VectorSelector)
    }
    ends = ("_sum", "_count")
    assert {name for name in exposed() if not name.endswith(ends)} - shown == set()


def test_values_of_labels_exist() -> None:
    """An alert waits for no value that is never counted."""
    source = "".join(path.read_text() for path in (ROOT / "bridge").rglob("*.py"))
    values = {found for rule in RULES for found in re.findall(r'\{[^}]*="([^"$]+)"', rule["expr"])} - {
        "zoom-bridge"
    }
    assert values >= {RunStatus.FAILED.value, "not_stored"}
    assert [value for value in values if f'"{value}"' not in source] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_an_alert_says_what_to_do(rule: dict[str, Any]) -> None:
    """Each alert has a severity, a sentence, and a section to read that exists."""
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert rule["annotations"]["summary"].endswith(".")
    page, _, heading = rule["annotations"]["runbook"].partition("#")
    assert heading in anchors(ROOT / page)


def test_alerts_are_distinct() -> None:
    """No alert has the name of another; all are of the product."""
    names = [rule["alert"] for rule in RULES]
    assert len({*names}) == len(names) >= 10
    assert [name for name in names if not re.fullmatch(r"ZoomBridge[A-Z]\w+", name)] == []


def test_every_alert_is_tried() -> None:
    """Each alert is seen to be raised, and not to be, by the rules' own tests."""
    text = (ROOT / "deploy/prometheus/alerts.test.yaml").read_text()
    raised = {
        check["alertname"]
        for case in yaml.safe_load(text)["tests"]
        for check in case["alert_rule_test"]
        if check["exp_alerts"]
    }
    assert raised == {rule["alert"] for rule in RULES}


def test_prometheus_takes_the_alerts() -> None:
    """Prometheus' own tool takes the rules, and they are raised as their tests say."""
    promtool = shutil.which("promtool", path=f"/usr/bin:{os.environ['PATH']}")
    if promtool is None:
        pytest.skip("promtool is not installed here (apt-get install prometheus)")
    for command in (
        ("check", "rules", str(ALERTS)),
        ("test", "rules", str(ALERTS.with_name("alerts.test.yaml"))),
    ):
        done = subprocess.run([promtool, *command], capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_dashboard_is_whole() -> None:
    """Panels have names and places of their own on a board 24 wide, and ask the source that is chosen."""
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len({*ids}) == len(ids) >= 15
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not taken & cells, panel["title"]
        taken |= cells
    assert {"datasource", "job", "instance"} == {one["name"] for one in DASHBOARD["templating"]["list"]}
    assert {panel["datasource"]["uid"] for panel in PANELS} == {"${datasource}"}
    assert [panel["title"] for panel in PANELS if not panel["targets"]] == []
