"""The real dask-gateway-server as the rendered chart configures it, on a real API server that has no nodes.

Its API and its controller run as processes here, each with the token of the account that the chart gives its pod: what
they may not do, they cannot. Pods stay pending until somebody says that they run.
"""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import requests
import yaml

from components.chart.dask_access import gateway_name
from tests.engine.charts.renders import Object, Rendered
from tests.support.api_server import ApiServer
from tests.support.ports import free_ports

T = TypeVar("T")

READY_SECONDS = 60.0
SEEN_SECONDS = 30.0
STOP_SECONDS = 15.0
ANSWER_SECONDS = 30.0

APPLIED = (
    *("ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"),
    *("PriorityClass", "ResourceQuota", "NetworkPolicy"),
)
"""What of the chart the API server is given; the rest needs nodes."""

HERE_AND_NOW = """
c.DaskGateway.authenticator_class = "dask_gateway_server.auth.SimpleAuthenticator"
c.DaskGateway.address = c.KubeController.address = "127.0.0.1:{port}"
c.KubeClusterConfig.namespace = "{namespace}"
"""
"""Here somebody is who they say: the hub is asked in other tests. In a pod, the namespace is in a file."""


@dataclass(frozen=True)
class Gateway:
    """A running API and controller."""

    url: str
    server: ApiServer
    rendered: Rendered

    @property
    def namespace(self) -> str:
        return self.rendered.tenancy.namespace

    def ask(self, method: str, path: str, user: str, body: Mapping[str, Any] | None = None) -> requests.Response:
        return requests.request(method, f"{self.url}/api/v1/{path}", json=body, auth=(user, ""), timeout=ANSWER_SECONDS)

    def new_cluster(self, user: str, **options: Any) -> requests.Response:
        return self.ask("POST", "clusters/", user, {"cluster_options": options})

    def clusters(self, user: str) -> list[str]:
        """The names of those a user has and the gateway knows of."""
        return list(self.ask("GET", "clusters/", user).json())

    def stop(self, name: str, user: str) -> None:
        """Shut a cluster down, once the gateway knows of it: it says yes to stopping what it does not know."""
        until(lambda: self.ask("GET", f"clusters/{name}", user).status_code, lambda said: said == requests.codes.ok)
        assert self.ask("DELETE", f"clusters/{name}", user).ok

    def scale(self, name: str, workers: int) -> None:
        """What the gateway notes when a scheduler asks for workers."""
        self._kubectl(
            "patch", "daskcluster", identifier(name), "--type=merge", f'--patch={{"spec":{{"replicas":{workers}}}}}'
        )

    def let_run(self, pod: Object) -> None:
        """Say of a pending pod that it runs, as a node would, and where its Service leads, as a controller would."""
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
    def taken(self, **used: str) -> Iterator[None]:
        """For the block, note in the quota what all clusters use. No controller of quotas runs here to do so.

        ``cpu`` and ``memory`` are Kubernetes' quantities; what is not told is used up.
        """
        name = f"{self.rendered.tenancy.release}-dask"
        hard = json.loads(self._kubectl("get", "resourcequota", name, "--output=json"))["spec"]["hard"]
        noted = {"hard": hard, "used": hard | {f"requests.{what}": quantity for what, quantity in used.items()}}
        patch = ("patch", "resourcequota", name, "--subresource=status", "--type=merge")
        self._kubectl(*patch, f"--patch={json.dumps({'status': noted})}")
        try:
            yield
        finally:
            self._kubectl(*patch, f"--patch={json.dumps({'status': dict.fromkeys(noted)})}")

    def objects(self, kind: str, cluster: str, component: str = "") -> list[Object]:
        """The objects that belong to a cluster, by its name as the gateway tells it."""
        selector = f"gateway.dask.org/cluster={identifier(cluster)}"
        if component:
            selector += f",app.kubernetes.io/component={component}"
        found: list[Object] = json.loads(self._kubectl("get", kind, "--selector", selector, "--output=json"))["items"]
        return found

    def seen(self, kind: str, cluster: str, component: str = "", count: int = 1) -> list[Object]:
        """The same, once there are so many."""
        return until(lambda: self.objects(kind, cluster, component), lambda found: len(found) == count)

    def allowed(self, component: str, verbs: Iterable[str], resources: Iterable[str], namespace: str = "") -> set[str]:
        """Which of these the account of ``gateway``, ``controller`` or ``traefik`` may, each as ``verb resource``.

        Resources are as kubectl has them: ``ingressroutes.traefik.io``, ``pods/exec``. Without a namespace, in all.
        """
        account = self.rendered.values["dask-gateway"]["rbac"][component]["serviceAccountName"]
        asked = [(verb, resource) for verb in verbs for resource in resources]
        subject = {
            "user": f"system:serviceaccount:{self.namespace}:{account}",
            "groups": ["system:serviceaccounts", f"system:serviceaccounts:{self.namespace}"],
        }
        reviews = [
            {
                "apiVersion": "authorization.k8s.io/v1",
                "kind": "SubjectAccessReview",
                "spec": {**subject, "resourceAttributes": {**_named(resource), "verb": verb, "namespace": namespace}},
            }
            for verb, resource in asked
        ]
        answers = self.server.kubectl(
            *("create", "--filename=-", '--output=jsonpath={.status.allowed}{"\\n"}'), stdin=yaml.safe_dump_all(reviews)
        ).split()
        assert len(answers) == len(asked)
        return {f"{verb} {resource}" for (verb, resource), said in zip(asked, answers, strict=True) if said == "true"}

    def _kubectl(self, *arguments: str) -> str:
        return self.server.kubectl(*arguments, "--namespace", self.namespace)


def _named(resource: str) -> dict[str, str]:
    plural, _, inner = resource.partition("/")
    kind, _, group = plural.partition(".")
    return {"group": group, "resource": kind, "subresource": inner}


def identifier(cluster: str) -> str:
    """Of ``<namespace>.<identifier>``, as the gateway names a cluster."""
    return cluster.partition(".")[2]


def until(read: Callable[[], T], good: Callable[[T], bool]) -> T:
    """What is read, as soon as it is good."""
    deadline = time.monotonic() + SEEN_SECONDS
    while not good(found := read()):
        assert time.monotonic() < deadline, f"after {SEEN_SECONDS:g} s there is still {found}"
        time.sleep(0.2)
    return found


@contextmanager
def running_gateway(
    program: Path, server: ApiServer, rendered: Rendered, crds: Path, folder: Path
) -> Iterator[Gateway]:
    """The gateway of a tenancy, gone after the block; its objects stay on the throw-away API server."""
    namespace = rendered.tenancy.namespace
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    made: list[Object] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": labels}},
        *rendered.kinds(*APPLIED).values(),
    ]
    server.kubectl("apply", "--server-side", "--filename", str(crds))
    server.kubectl("apply", "--namespace", namespace, "--filename=-", stdin=yaml.safe_dump_all(made))
    server.kubectl("wait", "--for=condition=Established", "crd/daskclusters.gateway.dask.org", "--timeout=30s")
    api_port, controller_port = free_ports(2)
    with (
        _process(program, [], "api", server, rendered, folder / "api", api_port),
        _process(program, ["kube-controller"], "controller", server, rendered, folder / "controller", controller_port),
    ):
        yield Gateway(f"http://127.0.0.1:{api_port}", server, rendered)


@contextmanager
def _process(
    program: Path, command: list[str], component: str, server: ApiServer, rendered: Rendered, folder: Path, port: int
) -> Iterator[None]:
    name = f"{component}-{gateway_name(rendered.tenancy)}"
    folder.mkdir()
    for file, text in rendered.objects["ConfigMap", name]["data"].items():
        (folder / file).write_text(text)
    config = folder / "dask_gateway_config.py"
    with config.open("a") as more:
        more.write(HERE_AND_NOW.format(port=port, namespace=rendered.tenancy.namespace))
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
                "HUB_SERVICE_PORT": "1",
            },
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for_port(process, port, log)
        yield
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _kubeconfig(server: ApiServer, namespace: str, account: str, folder: Path) -> Path:
    """As the administrator's, with the account's token in place of the certificate."""
    document = json.loads(server.kubeconfig.read_text())
    token = server.kubectl("create", "token", account, "--namespace", namespace).strip()
    document["users"][0]["user"] = {"token": token}
    path = folder / "kubeconfig"
    path.touch(mode=0o600)
    path.write_text(json.dumps(document))
    return path


def _wait_for_port(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            requests.get(f"http://127.0.0.1:{port}/api/health", timeout=ANSWER_SECONDS)
        except requests.ConnectionError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        else:
            return


def _running(container: Object) -> Object:
    return {
        "name": container["name"],
        "image": container["image"],
        "imageID": "",
        "ready": True,
        "restartCount": 0,
        "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}},
    }
