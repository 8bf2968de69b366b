"""Faults of names: what a stack would deploy into exists already and belongs to others."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from components.ownership.mark import ANNOTATION, Mark, Owner
from tests.engine.faults.targets import CLUSTER, FaultTarget
from tests.support.home_claim import release_claim
from tests.support.tenancy_stack import TenancyStack

NO_ID = "00000000000000000000000000000000"
WORKLOAD = """\
apiVersion: v1
kind: List
items:
  - {apiVersion: v1, kind: ConfigMap, metadata: {name: alerts}, data: {a: b}}
  - {apiVersion: v1, kind: Secret, metadata: {name: token}, stringData: {a: b}}
  - apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: series}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""
KINDS = "configmaps,secrets,persistentvolumeclaims,ingresses"

Owned = Callable[[FaultTarget], str]


def foreign_namespace(target: FaultTarget) -> str:
    """Deploy into, and destroy, a namespace of others, from another checkout without protection."""
    before = target.user_data()
    outcome, name = target.random.choice(list(NAMESPACES.items()))
    namespace = name(target)
    content = _content(target, namespace)
    intruder = _intruder(target, namespace)
    for operation in target.random.sample(["preview", "up"], 2):
        message = intruder.refused(operation)
        assert f"the namespace {namespace} exists already" in message, message
        assert "Traceback" not in message, message
    intruder.destroy()
    assert _content(target, namespace) == content
    assert target.user_data() == before
    assert target.stack.preview() == {}
    if namespace != CLUSTER:
        _delete(target, namespace)
    return f"refused: {outcome}"


def _unmarked(target: FaultTarget) -> str:
    return _create(target)


def _of_another_deployment(target: FaultTarget) -> str:
    """Return the target's own namespace, for another checkout of the same stack."""
    return CLUSTER


def _kept_by_another_stack(target: FaultTarget) -> str:
    name = _create(target)
    cluster = target.api_server.read("namespace", "kube-system")["metadata"]["uid"]
    mark = Mark(Owner("prod", cluster, NO_ID), is_kept=True)
    target.api_server.kubectl("annotate", "namespace", name, f"{ANNOTATION}={mark}")
    return name


NAMESPACES: dict[str, Owned] = {
    "no mark": _unmarked,
    "another deployment's mark": _of_another_deployment,
    "kept by another stack": _kept_by_another_stack,
}
"""Names of existing namespaces, by whose they are."""


def _create(target: FaultTarget) -> str:
    name = f"foreign-{target.random.randrange(10**9)}"
    target.api_server.kubectl("create", "namespace", name)
    target.api_server.kubectl("create", "--namespace", name, "--filename", "-", stdin=WORKLOAD)
    return name


def _delete(target: FaultTarget, namespace: str) -> None:
    release_claim(target.api_server, namespace, "series")
    target.api_server.kubectl("delete", "namespace", namespace, "--wait=false")


def _intruder(target: FaultTarget, namespace: str) -> TenancyStack:
    """Return another checkout, with a state of its own and the same stack name."""
    folder = Path(tempfile.mkdtemp(prefix="intruder-", dir=target.stack.folder))
    kubeconfig = target.api_server.kubeconfig
    return TenancyStack(folder, target.tools, target.directory, kubeconfig, clusterName=namespace, protect=False)


def _content(target: FaultTarget, namespace: str) -> list[str]:
    """Return the namespace and every object in it, with versions that change with them."""
    listed = json.loads(target.api_server.kubectl("get", KINDS, "--namespace", namespace, "--output", "json"))["items"]
    objects = [target.api_server.read("namespace", namespace), *listed]
    return sorted(
        f"{each['kind']}/{each['metadata']['name']} {each['metadata']['resourceVersion']}" for each in objects
    )


OWNERSHIP_FAULTS = {"foreign namespace": foreign_namespace}
