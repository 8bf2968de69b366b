"""The real dask-gateway-server, configured by the rendered chart, on a real API server without nodes.

Its API server and controller run as processes with the tokens of the chart's accounts, and so with these accounts'
permissions. Pods stay pending until a test marks them as running.
"""

import json
import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
import yaml

from components.chart.dask_access import gateway_name
from tests.engine.charts.renders import Object, Rendered
from tests.support.api_server import ApiServer
from tests.support.ports import free_ports
from tests.support.waiting import LIMIT_SECONDS, is_answered, wait_for, wait_for_server, wait_until

STOP_SECONDS = 15.0

APPLIED = (
    *("ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"),
    *("PriorityClass", "ResourceQuota", "NetworkPolicy"),
)
"""Kinds of the chart that are applied to the API server; the others need nodes."""

TEST_CONFIGURATION = """
c.DaskGateway.address = c.KubeController.address = "127.0.0.1:{port}"
c.KubeClusterConfig.namespace = "{namespace}"

from dask_gateway_server.backends.base import Backend

async def answer(backend, cluster, message):
    pass

Backend.forward_message_to_scheduler = answer
"""
"""Replaces the namespace, which pods read from a file, and the requests to schedulers, whose pods do not run."""

WITHOUT_HUB = """
from dask_gateway_server.auth import SimpleAuthenticator

class NamedAuthenticator(SimpleAuthenticator):
    async def authenticate(self, request):
        user = await super().authenticate(request)
        user.groups = set(user.name.split("+")[1:])
        return user

c.DaskGateway.authenticator_class = NamedAuthenticator
"""
"""Replaces the authentication by the hub; users write their name and groups instead of a token: ``alice+modellers``."""


@dataclass(frozen=True)
class Gateway:
    """A running API server and controller."""

    url: str
    server: ApiServer
    rendered: Rendered

    @property
    def namespace(self) -> str:
        return self.rendered.tenancy.namespace

    def ask(self, method: str, path: str, user: str, body: Mapping[str, Any] | None = None) -> requests.Response:
        return requests.request(method, f"{self.url}/api/v1/{path}", json=body, auth=(user, ""), timeout=LIMIT_SECONDS)

    def new_cluster(self, user: str, **options: Any) -> requests.Response:
        return self.ask("POST", "clusters/", user, {"cluster_options": options})

    def clusters(self, user: str) -> list[str]:
        """Return the names of the user's clusters that the gateway knows."""
        return list(self.ask("GET", "clusters/", user).json())

    def stop(self, name: str, user: str) -> None:
        """Stop a cluster once the gateway knows it: requests to stop unknown clusters succeed without effect."""
        wait_until(lambda: self.ask("GET", f"clusters/{name}", user).ok, f"the gateway does not know {name}")
        assert self.ask("DELETE", f"clusters/{name}", user).ok

    def scale(self, name: str, workers: int) -> None:
        """Set the number of workers, as the gateway does when a scheduler requests them."""
        self._kubectl(
            "patch", "daskcluster", identifier(name), "--type=merge", f'--patch={{"spec":{{"replicas":{workers}}}}}'
        )

    def mark_running(self, pod: Object) -> None:
        """Mark a pending pod as running and create its endpoints, as nodes and controllers do."""
        status = {"phase": "Running", "containerStatuses": [_running(each) for each in pod["spec"]["containers"]]}
        name = pod["metadata"]["name"]
        self._kubectl(
            "patch", "pod", name, "--subresource=status", "--type=merge", f"--patch={json.dumps({'status': status})}"
        )
        labels = pod["metadata"]["labels"]
        endpoints = {
            "apiVersion": "v1",
            "kind": "Endpoints",
            "metadata": {"name": f"dask-{labels['gateway.dask.org/cluster']}", "labels": labels},
            "subsets": [{"addresses": [{"ip": "10.42.0.9"}], "ports": [{"name": "scheduler", "port": 8786}]}],
        }
        self.server.kubectl("apply", "--namespace", self.namespace, "--filename=-", stdin=json.dumps(endpoints))

    @contextmanager
    def quota_used(self, **used: str) -> Iterator[None]:
        """Set the usage in the quota's status inside the block, as there is no quota controller.

        ``cpu`` and ``memory`` are Kubernetes quantities; a resource that is not given is used up.
        """
        name = f"{self.rendered.tenancy.release}-dask"
        hard = json.loads(self._kubectl("get", "resourcequota", name, "--output=json"))["spec"]["hard"]
        status = {
            "hard": hard,
            "used": hard | {f"requests.{resource}": quantity for resource, quantity in used.items()},
        }
        patch = ("patch", "resourcequota", name, "--subresource=status", "--type=merge")
        self._kubectl(*patch, f"--patch={json.dumps({'status': status})}")
        try:
            yield
        finally:
            self._kubectl(*patch, f"--patch={json.dumps({'status': dict.fromkeys(status)})}")

    def objects(self, kind: str, cluster: str, component: str = "") -> list[Object]:
        """Return the objects of a cluster, by the gateway's name of the cluster."""
        selector = f"gateway.dask.org/cluster={identifier(cluster)}"
        if component:
            selector += f",app.kubernetes.io/component={component}"
        found: list[Object] = json.loads(self._kubectl("get", kind, "--selector", selector, "--output=json"))["items"]
        return found

    def wait_for_objects(self, kind: str, cluster: str, component: str = "", count: int = 1) -> list[Object]:
        """Return the objects of a cluster, once there are ``count``."""
        return wait_for(lambda: self.objects(kind, cluster, component), lambda found: len(found) == count)

    def allowed(self, component: str, verbs: Iterable[str], resources: Iterable[str], namespace: str = "") -> set[str]:
        """Return what the account of ``gateway``, ``controller`` or ``traefik`` may do, as ``verb resource``.

        Resources have kubectl's notation: ``ingressroutes.traefik.io``, ``pods/exec``. An empty namespace means all.
        """
        account = self.rendered.values["dask-gateway"]["rbac"][component]["serviceAccountName"]
        requested = [(verb, resource) for verb in verbs for resource in resources]
        subject = {
            "user": f"system:serviceaccount:{self.namespace}:{account}",
            "groups": ["system:serviceaccounts", f"system:serviceaccounts:{self.namespace}"],
        }
        reviews = [
            {
                "apiVersion": "authorization.k8s.io/v1",
                "kind": "SubjectAccessReview",
                "spec": {
                    **subject,
                    "resourceAttributes": {**_resource_attributes(resource), "verb": verb, "namespace": namespace},
                },
            }
            for verb, resource in requested
        ]
        answers = self.server.kubectl(
            *("create", "--filename=-", '--output=jsonpath={.status.allowed}{"\\n"}'), stdin=yaml.safe_dump_all(reviews)
        ).split()
        assert len(answers) == len(requested)
        return {
            f"{verb} {resource}"
            for (verb, resource), answer in zip(requested, answers, strict=True)
            if answer == "true"
        }

    def _kubectl(self, *arguments: str) -> str:
        return self.server.kubectl(*arguments, "--namespace", self.namespace)


def _resource_attributes(resource: str) -> dict[str, str]:
    plural, _, inner = resource.partition("/")
    kind, _, group = plural.partition(".")
    return {"group": group, "resource": kind, "subresource": inner}


def identifier(cluster: str) -> str:
    """Return the identifier in the gateway's name of a cluster, ``<namespace>.<identifier>``."""
    return cluster.partition(".")[2]


@contextmanager
def running_gateway(
    program: Path, server: ApiServer, rendered: Rendered, crds: Path, folder: Path, hub_port: int | None = None
) -> Iterator[Gateway]:
    """Run the gateway of a tenancy inside the block; its objects stay on the throw-away API server.

    Without the port of a hub, users write their name instead of a token.
    """
    namespace = rendered.tenancy.namespace
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    manifests: list[Object] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": labels}},
        *rendered.kinds(*APPLIED).values(),
    ]
    server.kubectl("apply", "--server-side", "--filename", str(crds))
    server.kubectl("apply", "--namespace", namespace, "--filename=-", stdin=yaml.safe_dump_all(manifests))
    server.kubectl("wait", "--for=condition=Established", "crd/daskclusters.gateway.dask.org", "--timeout=30s")
    api_port, controller_port = free_ports(2)
    with (
        _process(program, [], "api", server, rendered, folder / "api", api_port, hub_port),
        _process(program, ["kube-controller"], "controller", server, rendered, folder / "controller", controller_port),
    ):
        yield Gateway(f"http://127.0.0.1:{api_port}", server, rendered)


@contextmanager
def _process(
    program: Path,
    command: list[str],
    component: str,
    server: ApiServer,
    rendered: Rendered,
    folder: Path,
    port: int,
    hub_port: int | None = None,
) -> Iterator[None]:
    name = f"{component}-{gateway_name(rendered.tenancy)}"
    folder.mkdir()
    for file, text in rendered.objects["ConfigMap", name]["data"].items():
        (folder / file).write_text(text)
    config = folder / "dask_gateway_config.py"
    with config.open("a") as more:
        more.write(TEST_CONFIGURATION.format(port=port, namespace=rendered.tenancy.namespace))
        if hub_port is None:
            more.write(WITHOUT_HUB)
    account = rendered.pods["Deployment", name]["spec"]["serviceAccountName"]
    log = folder / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [program, *command, "--config", config],
            env={
                "PATH": os.defpath,
                "HOME": str(folder),
                "KUBECONFIG": str(_kubeconfig(server, rendered.tenancy.namespace, account, folder)),
                "HUB_SERVICE_HOST": "127.0.0.1",
                "HUB_SERVICE_PORT": str(hub_port or 1),
                "JUPYTERHUB_API_TOKEN": "of the gateway",
            },
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for_server(process, lambda: is_answered(f"http://127.0.0.1:{port}/api/health"), log.read_text)
        yield
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _kubeconfig(server: ApiServer, namespace: str, account: str, folder: Path) -> Path:
    """Write the administrator's kubeconfig with the account's token instead of the certificate."""
    document = json.loads(server.kubeconfig.read_text())
    token = server.kubectl("create", "token", account, "--namespace", namespace).strip()
    document["users"][0]["user"] = {"token": token}
    path = folder / "kubeconfig"
    path.touch(mode=0o600)
    path.write_text(json.dumps(document))
    return path


def _running(container: Object) -> Object:
    return {
        "name": container["name"],
        "image": container["image"],
        "imageID": "",
        "ready": True,
        "restartCount": 0,
        "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}},
    }
