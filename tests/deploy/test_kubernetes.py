from __future__ import annotations

import functools
import shutil
import subprocess
import tomllib
from typing import Any

import kubernetes_validate
import pytest
import yaml

from bridge import app
from bridge.settings import every_name
from tests.deploy import image
from tests.deploy.processes import LONGEST_STOP

ROOT = image.ROOT
FOLDER = ROOT / "deploy/kubernetes"
VERSIONS = ("1.29", "1.32", kubernetes_validate.latest_version().rsplit(".", 1)[0])
RUNTIME = image.read(ROOT / "Dockerfile")["runtime"]


@functools.cache
def manifests() -> dict[str, Any]:
    """Everything that the kustomization names, by kind and name."""
    names = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())["resources"]
    found = [one for name in names for one in yaml.safe_load_all((FOLDER / name).read_text())]
    return {f"{one['kind']} {one['metadata']['name']}": one for one in found}


def bridges() -> dict[str, Any]:
    """What runs the bridge."""
    found: dict[str, Any] = manifests()["StatefulSet zoom-bridge"]["spec"]
    return found


def pod() -> dict[str, Any]:
    """What it runs."""
    found: dict[str, Any] = bridges()["template"]["spec"]
    return found


def container() -> dict[str, Any]:
    """The one container in it."""
    (found,) = pod()["containers"]
    return dict(found)


@pytest.mark.parametrize("version", VERSIONS)
def test_manifests_fit_their_schemas(version: str) -> None:
    """Kubernetes' own schemas take each manifest, and know every field."""
    assert len(manifests()) == 9
    for one in manifests().values():
        kubernetes_validate.validate(one, version, strict=True)


def test_every_file_is_applied() -> None:
    """No manifest lies there that the kustomization forgets."""
    named = {*yaml.safe_load((FOLDER / "kustomization.yaml").read_text())["resources"], "kustomization.yaml"}
    assert {path.name for path in FOLDER.glob("*.yaml")} == named


@pytest.mark.parametrize("folder", ["", "monitoring"])
def test_kustomize_takes_the_folder(folder: str) -> None:
    """What ``kubectl apply -k`` sends fits the schemas as well, in one namespace, with the image of this version."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not installed here")
    done = subprocess.run(
        [kubectl, "kustomize", str(FOLDER / folder)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    sent = list(yaml.safe_load_all(done.stdout))
    if folder:  # a resource of Prometheus' operator, whose schema is not Kubernetes' own
        assert [one["kind"] for one in sent] == ["ServiceMonitor"]
        return
    for one in sent:
        kubernetes_validate.validate(one, "1.32", strict=True)
    assert {one["metadata"].get("namespace", "zoom-bridge") for one in sent} == {"zoom-bridge"}
    (applied,) = (one for one in sent if one["kind"] == "StatefulSet")
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert applied["spec"]["template"]["spec"]["containers"][0]["image"] == f"zoom-bridge:{version}"


def test_bridges_that_are_replaced_in_turn() -> None:
    """Two, started together, replaced one after the other, each with a disk of its own and a name by which it is reached."""
    assert bridges()["replicas"] == 2
    assert bridges()["podManagementPolicy"] == "Parallel"
    assert bridges()["updateStrategy"] == {"type": "RollingUpdate"}
    (claim,) = bridges()["volumeClaimTemplates"]
    assert claim["metadata"]["name"] == container()["volumeMounts"][0]["name"]
    headless = manifests()[f"Service {bridges()['serviceName']}"]["spec"]
    assert headless["clusterIP"] == "None"


def test_a_stop_has_time() -> None:
    """The grace period is longer than the longest stop; a new bridge may wait for the store of the old one."""
    assert pod()["terminationGracePeriodSeconds"] > LONGEST_STOP
    startup = container()["startupProbe"]
    assert startup["periodSeconds"] * startup["failureThreshold"] > app.HANDOVER_SECONDS + 30


def test_probes() -> None:
    """Readiness asks the store, by the image's own health check; liveness asks the process alone, so that no neighbour has it killed."""
    assert container()["readinessProbe"]["exec"]["command"] == RUNTIME.command("HEALTHCHECK")
    for probe in ("livenessProbe", "startupProbe"):
        assert container()[probe]["httpGet"] == {"path": "/healthz", "port": "public"}


def test_the_container_can_do_little() -> None:
    """The image's user, no capability, no new privileges, a root file system that cannot be written, no token of the cluster."""
    assert (
        f"{pod()['securityContext']['runAsUser']}:{pod()['securityContext']['runAsGroup']}"
        == RUNTIME.only("USER")
    )
    assert pod()["securityContext"]["runAsNonRoot"] is True
    assert pod()["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod()["automountServiceAccountToken"] is False
    assert container()["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert [mount["mountPath"] for mount in container()["volumeMounts"]] == [RUNTIME.only("VOLUME")]
    assert {"requests", "limits"} == {*container()["resources"]}
    assert container()["args"] == RUNTIME.command("CMD")


def test_settings_exist_and_secrets_are_elsewhere() -> None:
    """Each setting of the map is one, none is a secret, and ports are those that are named."""
    given = manifests()["ConfigMap zoom-bridge"]["data"]
    assert given.keys() - {*every_name()} == set()
    assert [
        name for name in given if name.endswith(("TOKEN", "SECRET", "KEY", "PASSWORD", "STORE_URL"))
    ] == []
    ports = {port["name"]: str(port["containerPort"]) for port in container()["ports"]}
    assert ports == {"public": given["BRIDGE_PORT"], "private": given["BRIDGE_ADMIN_PORT"]}
    assert {next(iter(source)) for source in container()["envFrom"]} == {"configMapRef", "secretRef"}


def test_who_is_meant_is_found() -> None:
    """Whatever selects the bridge's pods selects those that are made."""
    labels = bridges()["template"]["metadata"]["labels"]
    selectors = [
        bridges()["selector"]["matchLabels"],
        manifests()["PodDisruptionBudget zoom-bridge"]["spec"]["selector"]["matchLabels"],
        manifests()["NetworkPolicy zoom-bridge"]["spec"]["podSelector"]["matchLabels"],
        *(one["spec"]["selector"] for name, one in manifests().items() if name.startswith("Service ")),
    ]
    assert len(selectors) == 5
    assert [one for one in selectors if one != labels] == []
    monitor = yaml.safe_load((FOLDER / "monitoring/servicemonitor.yaml").read_text())["spec"]
    private = manifests()["Service zoom-bridge-private"]
    assert monitor["selector"]["matchLabels"] == private["metadata"]["labels"]
    assert monitor["endpoints"][0]["port"] == private["spec"]["ports"][0]["name"]


def test_only_the_webhook_is_reached_from_outside() -> None:
    """The ingress has one path, and nobody but those who are named reaches the two listeners."""
    ((rule,), ) = (manifests()["Ingress zoom-bridge"]["spec"]["rules"],)  # fmt: skip
    assert [(path["path"], path["pathType"]) for path in rule["http"]["paths"]] == [("/webhook", "Exact")]
    policy = manifests()["NetworkPolicy zoom-bridge"]["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert [port["port"] for each in policy["ingress"] for port in each["ports"]] == ["public", "private"]
    assert [
        each for each in (*policy["ingress"], *policy["egress"]) if not (each.get("from") or each.get("to"))
    ] == []


def test_one_is_moved_at_a_time() -> None:
    """A drain moves one at a time, and a broken one whenever it wants."""
    budget = manifests()["PodDisruptionBudget zoom-bridge"]["spec"]
    assert budget["maxUnavailable"] == 1
    assert budget["unhealthyPodEvictionPolicy"] == "AlwaysAllow"
