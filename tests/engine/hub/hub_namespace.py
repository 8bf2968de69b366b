"""The hub's namespace on a real API server: the hub's account with its permissions, and users' claims with volumes."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from components.chart.metrics import chart_metrics
from components.in_hub.user_id import DECISIONS, KEY_PREFIX, Decision
from local.paths import PROJECT
from local.stand_ins.charts.assemble import chart_sources
from tests.support.api_server import ApiServer
from tests.support.hub_users import CLUSTER
from tests.support.tenancies import tenancy
from tests.support.waiting import LIMIT_SECONDS, wait_until

HERE = Path(__file__).resolve().parent

ROLES = ("home-growth", "user-identities", "ended-access", "metrics")
"""Templates of the project's chart with permissions of the hub."""

PROMETHEUS = {"namespace": "monitoring", "podLabels": {"app": "prometheus"}}
VALUES = json.dumps(
    {
        "dask-gateway": {"enabled": True, "fullnameOverride": "gateway"},
        **chart_metrics(tenancy(metrics={"prometheus": PROMETHEUS})),
    }
)
"""Values with which these templates give the hub all its permissions."""

EXPANDABLE = "hub-tests-expandable"
FIXED = "hub-tests-fixed"


@dataclass
class HubNamespace:
    """The namespace of the claims and pods of the hub's users."""

    api: ApiServer
    name: str

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        return self.api.kubectl("--namespace", self.name, *arguments, stdin=stdin)

    def create_claim(
        self,
        user: str,
        size: str,
        storage_class: str,
        *,
        bound: bool = True,
        annotations: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Create a user's claim and, as there is no provisioner, its volume."""
        volume = f"{self.name}-{user}"
        spec = {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": storage_class,
            "resources": {"requests": {"storage": size}},
            **({"volumeName": volume} if bound else {}),
        }
        self._apply(
            {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "spec": spec}
            | {"metadata": {"name": f"claim-{user}", "annotations": dict(annotations)}}
        )
        if bound:
            self._apply(
                {
                    "apiVersion": "v1",
                    "kind": "PersistentVolume",
                    "metadata": {"name": volume},
                    "spec": {
                        "accessModes": ["ReadWriteOnce"],
                        "storageClassName": storage_class,
                        "capacity": {"storage": size},
                        "hostPath": {"path": "/nowhere"},
                        "claimRef": {"namespace": self.name, "name": f"claim-{user}"},
                    },
                }
            )
            status = {"status": {"phase": "Bound", "capacity": {"storage": size}, "accessModes": ["ReadWriteOnce"]}}
            self.kubectl(
                "patch", "pvc", f"claim-{user}", "--subresource=status", "--type=merge", "-p", json.dumps(status)
            )

    def create_folder_claim(self, name: str) -> None:
        """Create a claim that many pods can mount and that has a volume, as Kubernetes reports it."""
        spec = {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}}}
        self._apply({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": spec})
        bound = json.dumps({"status": {"phase": "Bound"}})
        self.kubectl("patch", "pvc", name, "--subresource=status", "--type=merge", "-p", bound)

    def read_claim(self, user: str) -> dict[str, Any]:
        """Return the user's claim."""
        return self._read("pvc", f"claim-{user}")

    def requested_size(self, user: str) -> str:
        """Return the size that the user's claim requests."""
        return str(self.read_claim(user)["spec"]["resources"]["requests"]["storage"])

    def has_pod(self, user: str) -> bool:
        """Return whether the user has a pod."""
        return bool(self.kubectl("get", "pod", f"jupyter-{user}", "--ignore-not-found", "--output=name").strip())

    def pod(self, user: str) -> dict[str, Any]:
        """Return the user's pod, once the hub has created it."""
        wait_until(lambda: self.has_pod(user), f"the hub has created no pod for {user}")
        return self._read("pod", f"jupyter-{user}")

    def warnings(self, user: str) -> list[str]:
        """Return the messages of the warning events about the user's claim."""
        fields = f"involvedObject.kind=PersistentVolumeClaim,involvedObject.name=claim-{user},type=Warning"
        events = json.loads(self.kubectl("get", "events", f"--field-selector={fields}", "--output=json"))
        return [event["message"] for event in events["items"]]

    def decide(self, user: str, decision: Decision) -> None:
        """Record the operator's decision about a reused name, as ``members accept`` does."""
        data = {KEY_PREFIX + user: decision.as_text()}
        self._apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": DECISIONS}, "data": data})

    def create_dask_cluster(self, name: str, user: str, container: Mapping[str, Any] = MappingProxyType({})) -> None:
        """Create a user's running Dask cluster, as the gateway does; ``container`` has settings of its workers."""
        config = {"worker_extra_container_config": dict(container)}
        spec = {"username": user, "active": True, "config": config}
        metadata = {"name": name}
        self._apply(
            {"apiVersion": "gateway.dask.org/v1alpha1", "kind": "DaskCluster", "metadata": metadata, "spec": spec}
        )
        self._set_phase(name, "Running")

    def end_dask_cluster(self, name: str) -> None:
        """End the cluster once the gateway's controller was asked to, as the controller does."""
        wait_until(lambda: not self.is_dask_cluster_active(name), f"nobody has asked to end the Dask cluster {name}")
        self._set_phase(name, "Stopped")

    def is_dask_cluster_active(self, name: str) -> bool:
        """Return whether nobody has asked to end the cluster."""
        return bool(self._read("daskcluster", name)["spec"]["active"])

    def _set_phase(self, name: str, phase: str) -> None:
        patch = json.dumps({"status": {"phase": phase}})
        self.kubectl("patch", "daskcluster", name, "--subresource=status", "--type=merge", "-p", patch)

    def _read(self, *resource: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.kubectl("get", *resource, "--output=json"))
        return found

    def _apply(self, manifest: dict[str, Any]) -> None:
        self.kubectl("apply", "--server-side", "--filename=-", stdin=json.dumps(manifest))


def create_hub_namespace(api: ApiServer, name: str, chart_role: str | None = None) -> HubNamespace:
    """Create a namespace with the hub's account, its role in z2jh and, if given, the role of the project's chart."""
    api.kubectl("create", "namespace", name)
    namespace = HubNamespace(api, name)
    namespace.kubectl("apply", "--filename", str(HERE / "hub_role.yaml"))
    if chart_role is not None:
        namespace.kubectl("apply", "--filename=-", stdin=chart_role)
    for storage_class, expandable in ((EXPANDABLE, True), (FIXED, False)):
        api.kubectl(
            "apply",
            "--server-side",
            "--filename=-",
            stdin=json.dumps(
                {
                    "apiVersion": "storage.k8s.io/v1",
                    "kind": "StorageClass",
                    "metadata": {"name": storage_class},
                    "provisioner": "tests.invalid/nothing",
                    "allowVolumeExpansion": expandable,
                }
            ),
        )
    return namespace


def create_chart_namespace(api: ApiServer, tools: Path, folder: Path, name: str, *, dask: bool = False) -> HubNamespace:
    """Create a hub's namespace with all of the hub's permissions and, if ``dask``, with the kind of Dask clusters."""
    if dask:
        _install_dask_clusters(api)
    return create_hub_namespace(api, name, render_role(tools, folder, CLUSTER, name))


def _install_dask_clusters(api: ApiServer) -> None:
    """Install the gateway's kind DaskCluster."""
    crds = chart_sources(os.environ) / "dask-gateway" / "crds"
    api.kubectl("apply", "--server-side", "--filename", str(crds))
    api.kubectl("wait", "--for=condition=Established", "crd/daskclusters.gateway.dask.org", "--timeout=300s")


def hub_environment(namespace: HubNamespace, folder: Path) -> dict[str, str]:
    """Return the variables of a hub that uses the namespace with the permissions of the account ``hub``."""
    config = yaml.safe_load(namespace.api.kubeconfig.read_text())
    config["users"][0]["user"] = {"token": namespace.kubectl("create", "token", "hub", "--duration=1h").strip()}
    path = folder / "hub.kubeconfig"
    path.touch(mode=0o600)
    path.write_text(json.dumps(config))
    return {"KUBECONFIG": str(path), "HUB_NAMESPACE": namespace.name}


def render_role(tools: Path, folder: Path, release: str, namespace: str) -> str:
    """Render the hub's roles in the project's chart, without the chart's dependencies."""
    return render_templates(tools, folder, ROLES, release, namespace)


def render_templates(
    tools: Path, folder: Path, names: Sequence[str], release: str, namespace: str, *options: str
) -> str:
    """Render templates of the project's chart, without the chart's dependencies."""
    chart = folder / "chart"
    (chart / "templates").mkdir(parents=True, exist_ok=True)
    for name in names:
        shutil.copy(PROJECT / "chart" / "templates" / f"{name}.yaml", chart / "templates")
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: pangeo\nversion: 0.0.1\n")
    (chart / "values.yaml").write_text(VALUES)
    done = subprocess.run(
        [tools / "helm", "template", release, chart, "--namespace", namespace, *options],
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=True,
    )
    return done.stdout
