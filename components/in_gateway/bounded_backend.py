"""A backend for dask-gateway that limits clusters per user and matches them to the user's notebook server.

It is a part of the gateway's configuration.

dask-gateway 2026.3.0 can count users' clusters only in a database of its own (``UserLimits``), which it does not have
on Kubernetes. This backend counts the DaskCluster objects in the Kubernetes API. It also refuses a cluster that does
not fit the quota shared by all users, and reports pods for which no node has room; dask-gateway itself would wait
indefinitely, without a message. The notebook shows the text of a refusal.
"""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from aiohttp import ClientError, web  # type: ignore[import-not-found,unused-ignore]
from dask_gateway_server import __version__ as gateway_version  # type: ignore[import-not-found,unused-ignore]
from dask_gateway_server.backends.base import PublicException  # type: ignore[import-not-found,unused-ignore]
from dask_gateway_server.backends.kubernetes import KubeBackend  # type: ignore[import-not-found,unused-ignore]
from dask_gateway_server.models import ClusterStatus  # type: ignore[import-not-found,unused-ignore]
from kubernetes_asyncio.client.exceptions import ApiException  # type: ignore[import-not-found,unused-ignore]
from traitlets import Bool, Dict, Float, Integer, List, Unicode  # type: ignore[import-not-found,unused-ignore]

from components.in_gateway.capacity_messages import (
    explain_lack_of_capacity,
    explain_too_large_worker,
    explain_unscheduled_scheduler,
    explain_unscheduled_workers,
    find_devices,
    find_unschedulable,
)
from components.in_gateway.cluster_options import ClusterOptions, make_cluster_options
from components.in_gateway.failure_message import explain_failed_cluster
from components.in_gateway.notebook_pod import NOTEBOOK_SELECTOR, NotebookSettings, find_notebook, read_notebook
from components.in_gateway.worker_gpus import offer_gpus

REQUEST_TIMEOUT_SECONDS = 10
"""Time limit of one request to Kubernetes."""

SCALE_SECONDS = 5.0
"""Time after a scale request in which its first worker must get a node, where no nodes are added."""

POLL_SECONDS = 0.5


def is_active(cluster: dict[str, Any]) -> bool:
    """Return whether the cluster of a DaskCluster object has neither ended nor been asked to stop."""
    phase = (cluster.get("status") or {}).get("phase", "Pending")
    return phase in ("Pending", "Running") and bool(cluster["spec"].get("active", True))


class BoundedKubeBackend(KubeBackend):  # type: ignore[misc,unused-ignore]
    """dask-gateway's Kubernetes backend with a limit of clusters per user, and checks of the quota and the nodes."""

    clusters_per_user = Integer(1, min=1, help="Maximum number of clusters per user.", config=True)
    cpu_request = Float(
        0, min=0, help="CPUs that each scheduler and worker requests; 0 for all of its cores.", config=True
    )
    nodes_are_fixed = Bool(False, help="Whether no node is added for pods that do not fit.", config=True)
    scheduling_timeout = Float(300, min=0, help="Seconds in which a pod must get a node.", config=True)
    quota = Unicode("", help="The ResourceQuota that all users' clusters share; empty if there is none.", config=True)
    worker_cores = Dict(help="The keys min, default and max of a worker's cores.", config=True)
    worker_memory = Dict(help="The keys min, default and max of a worker's memory in GB.", config=True)
    approved_images = List(help="Images that users may choose, with the keys name, pulled and groups.", config=True)
    custom_images = List(help="Patterns of images that users may write (select_patterns).", config=True)
    worker_gpus = Dict(help="GPUs of workers, see offer_gpus; empty in a tenancy without GPUs.", config=True)
    shared_variables = List(help="Names of notebook servers' variables that clusters have, too.", config=True)
    common_variables = List(help="Variables of a container for users whose server does not run.", config=True)

    async def setup(self, app: Any) -> None:  # noqa: ANN401 - dask-gateway has no types
        """Set up the backend, and a lock so that concurrent requests are counted one after the other."""
        self._starting = asyncio.Lock()
        await super().setup(app)

    async def start_cluster(self, user: Any, cluster_options: dict[str, Any]) -> str:  # noqa: ANN401
        """Start a cluster and return its name.

        Raises:
            PublicException: the user has reached the limit, the clusters cannot be counted, or the quota has too
                little left. The notebook shows its text.
        """
        async with self._starting:
            count = await self._count_clusters(user.name)
            if count >= self.clusters_per_user:
                raise PublicException(
                    f"You have {count} Dask cluster{'' if count == 1 else 's'}, and the limit is "
                    f"{self.clusters_per_user} per user. Shut one down first: "
                    "gateway.list_clusters() lists them, gateway.stop_cluster(name) stops one."
                )
            name: str = await super().start_cluster(user, cluster_options)
            return name

    async def process_cluster_options(self, user: Any, request: Any) -> Any:  # noqa: ANN401
        """Return the options and the configuration of a new cluster.

        Raises:
            PublicException: an option has a value that is not allowed, a worker is larger than a cluster may be, or the
                quota has too little left.
        """
        options, config = await super().process_cluster_options(user, request)
        # dask-gateway compares this limit with those of cores and memory when it is set: so far, for workers of the
        # default size.
        config.cluster_max_workers = config.cluster_max_workers
        if not config.cluster_max_workers:
            raise PublicException(explain_too_large_worker(config.cluster_max_cores, config.cluster_max_memory))
        if self.quota and (refusal := await self._check_quota(config)):
            raise PublicException(refusal)
        return options, config

    async def get_cluster_options(self, user: Any) -> ClusterOptions:  # noqa: ANN401
        """Return the options of a user. The image is by default that of the user's notebook server.

        Raises:
            web.HTTPInternalServerError: Kubernetes did not answer. The notebook shows the text.
        """
        defaults = self.cluster_config_class(parent=self)
        notebook = await self._read_notebook(user.name, defaults.namespace) or NotebookSettings(
            image=defaults.image, environment=self.common_variables
        )
        images = (self.approved_images, self.custom_images)
        gpus = offer_gpus(self.worker_gpus, user.groups)
        return make_cluster_options(
            self.worker_cores, self.worker_memory, images, gpus, user.groups, notebook, defaults
        )

    async def get_cluster(self, cluster_name: str, wait: bool = False) -> Any:  # noqa: ANN401
        """Return a cluster. A client that waits for its start gets an error if its scheduler has no node or has ended.

        Raises:
            web.HTTPConflict: the scheduler had no node for too long, so the cluster was stopped; or it has failed. The
                notebook shows the text.
        """
        cluster = await super().get_cluster(cluster_name, wait)
        if wait and cluster is not None and cluster.status == ClusterStatus.PENDING:
            pods = await self._list_pods(cluster_name, "dask-scheduler")
            message = find_unschedulable(pods, datetime.now(UTC), self.scheduling_timeout)
            if message:
                await self.stop_cluster(cluster_name)
                raise web.HTTPConflict(reason=explain_unscheduled_scheduler(message))
        if wait and cluster is not None and cluster.status == ClusterStatus.FAILED:
            # Clusters of versions before 0.5 have no such option.
            image = cluster.options.get("image") or cluster.config["image"]
            raise web.HTTPConflict(reason=explain_failed_cluster(image, gateway_version))
        return cluster

    async def forward_message_to_scheduler(self, cluster: Any, msg: dict[str, Any]) -> None:  # noqa: ANN401
        """Forward a request to the cluster's scheduler, such as the one for another number of workers.

        Raises:
            PublicException: the scheduler did not answer, or no node has room for any worker. The notebook shows the
                text.
        """
        await super().forward_message_to_scheduler(cluster, msg)
        if msg.get("op") != "scale" or not msg.get("count"):
            return
        # Nodes that are added for pods come later.
        wait = SCALE_SECONDS if self.nodes_are_fixed else 0.0
        deadline = time.monotonic() + wait
        while True:
            pods = await self._list_pods(cluster.name, "dask-worker")
            is_last = time.monotonic() >= deadline
            if is_last or any(pod.spec.node_name for pod in pods):
                break
            await asyncio.sleep(POLL_SECONDS)
        seconds = 0.0 if self.nodes_are_fixed else self.scheduling_timeout
        message = find_unschedulable(pods, datetime.now(UTC), seconds)
        if message:
            raise PublicException(explain_unscheduled_workers(pods, message))

    async def _read_notebook(self, user: str, namespace: str) -> NotebookSettings | None:
        """Return the settings of the user's notebook server; None if it does not run."""
        try:
            # The pods are not converted to objects, which takes milliseconds for each of them.
            response = await self.core_client.list_namespaced_pod(
                namespace,
                label_selector=NOTEBOOK_SELECTOR,
                _preload_content=False,
                _request_timeout=REQUEST_TIMEOUT_SECONDS,
            )
            response.raise_for_status()
            listed = await response.json()
        except (TimeoutError, ApiException, ClientError) as error:
            self.log.warning("Could not list the notebook servers", exc_info=error)
            raise web.HTTPInternalServerError(
                reason="The Dask gateway could not find your notebook server: Kubernetes did not answer. Try again in "
                "a minute."
            ) from error
        pod = find_notebook(listed["items"], user)
        return read_notebook(pod, self.shared_variables) if pod else None

    async def _list_pods(self, cluster_name: str, component: str) -> Sequence[Any]:
        """Return the pods of a cluster; none if Kubernetes does not answer."""
        namespace, name = cluster_name.split(".")
        selector = f"gateway.dask.org/cluster={name},app.kubernetes.io/component={component}"
        try:
            listed = await self.core_client.list_namespaced_pod(
                namespace, label_selector=selector, _request_timeout=REQUEST_TIMEOUT_SECONDS
            )
        except (TimeoutError, ApiException, ClientError) as error:
            self.log.warning("Could not list the pods of the cluster %s", cluster_name, exc_info=error)
            return []
        pods: Sequence[Any] = listed.items
        return pods

    async def _count_clusters(self, user: str) -> int:
        try:
            listed = await self.custom_client.list_cluster_custom_object(
                "gateway.dask.org",
                self.crd_version,
                "daskclusters",
                label_selector=self.label_selector,
                _request_timeout=REQUEST_TIMEOUT_SECONDS,
            )
        except (TimeoutError, ApiException, ClientError) as error:
            self.log.warning("Could not list the clusters of user %s", user, exc_info=error)
            raise PublicException(
                "The Dask gateway could not count your clusters: Kubernetes did not answer. Try again in a minute."
            ) from error
        return sum(is_active(cluster) and cluster["spec"].get("username") == user for cluster in listed["items"])

    async def _check_quota(self, config: Any) -> str | None:  # noqa: ANN401
        """Return why the cluster does not fit the quota; None if it does, or if the quota cannot be read.

        Kubernetes enforces the quota in any case.
        """
        try:
            status = (
                await self.core_client.read_namespaced_resource_quota(
                    self.quota, config.namespace, _request_timeout=REQUEST_TIMEOUT_SECONDS
                )
            ).status
            return explain_lack_of_capacity(
                status.hard or {},
                status.used or {},
                sum(min(cores, self.cpu_request or cores) for cores in (config.scheduler_cores, config.worker_cores)),
                config.scheduler_memory + config.worker_memory,
                find_devices(config.worker_extra_container_config.get("resources", {}).get("limits", {})),
            )
        except (TimeoutError, ApiException, ClientError, ValueError) as error:
            self.log.warning("Could not read the quota %s", self.quota, exc_info=error)
            return None
