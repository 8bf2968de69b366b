"""Reasons why the verification's pods do not run, as the cluster knows them."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from components.cli.verify.context import Context
from components.cluster.client import Api
from components.cluster.errors import CannotAsk
from components.cluster.objects import read_events
from components.in_hub.api_names import VERIFICATION_USER
from components.in_hub.user_id import NAME_ANNOTATION
from components.readiness.finding import Finding
from components.readiness.objects import Object, field, items, name, uid
from components.readiness.pods import find_in_pod
from components.readiness.scheduling import claim_names, find_in_claim, find_unscheduled, is_scheduled
from components.readiness.workloads import is_pod_ready

NO_ROOM = "FailedScheduling"
"""Start of the message about a pod that no node has room for (``readiness/scheduling.py``)."""

SERVERS = "component=singleuser-server"


@dataclass(frozen=True)
class Obstacle:
    """Reason why a pod does not run."""

    finding: Finding

    @property
    def is_lack_of_room(self) -> bool:
        """Whether nodes are full, and one of them could run the pod otherwise."""
        return self.finding.message.startswith(NO_ROOM) and self.finding.fix is None


def find_server_obstacle(context: Context) -> Obstacle | None:
    """Return why the server does not run; None if the cluster shows no reason."""
    return _find(context, SERVERS, _is_own)


def find_dask_obstacle(context: Context, cluster: str) -> Obstacle | None:
    """Return why the scheduler or the worker of a Dask cluster does not run; None if the cluster shows no reason."""
    return _find(context, f"gateway.dask.org/cluster={cluster.rpartition('.')[2]}", lambda pod: True)


def _find(context: Context, labels: str, is_wanted: Callable[[Object], bool]) -> Obstacle | None:
    try:
        with context.cluster() as api:
            pods = api.get(f"/api/v1/namespaces/{context.tenancy.namespace}/pods?labelSelector={quote(labels)}")
            for pod in items(pods, "items"):
                if is_wanted(pod) and (found := _explain(api, context.tenancy.namespace, pod)) is not None:
                    return Obstacle(found)
    except CannotAsk:
        pass  # the failed check itself is reported
    return None


def _is_own(server: Object) -> bool:
    return bool(field(server, "metadata", "annotations", NAME_ANNOTATION) == VERIFICATION_USER)


def _explain(api: Api, namespace: str, pod: Object) -> Finding | None:
    events = read_events(api, namespace, uid(pod))
    if is_scheduled(pod):
        return None if is_pod_ready(pod) else next(iter(find_in_pod(pod, events)), None)
    claims = [
        claim
        for claim in items(api.get(f"/api/v1/namespaces/{namespace}/persistentvolumeclaims"), "items")
        if name(claim) in claim_names(pod)
    ]
    classes = items(api.get("/apis/storage.k8s.io/v1/storageclasses"), "items")
    for claim in claims:
        for found in find_in_claim(claim, read_events(api, namespace, uid(claim)), classes):
            return found
    return find_unscheduled(pod, events, items(api.get("/api/v1/nodes"), "items"))
