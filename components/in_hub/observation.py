"""Periodic observation of the hub's namespace, directory, certificate and database, for the metrics.

Each part that fails keeps no old values: its metrics are absent until it succeeds again, and the failure is counted.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from logging import Logger
from pathlib import Path
from typing import Any

from kubernetes_asyncio.client.exceptions import ApiException  # type: ignore[import-not-found,unused-ignore]

from components.freeipa.settings import Directory
from components.in_hub import metric_names as names
from components.in_hub.address_checks import certificate_end, is_reachable
from components.in_hub.backup_samples import PATH as BACKUP_PATH
from components.in_hub.backup_samples import result_samples
from components.in_hub.dask_clusters import GROUP, PLURAL, VERSION
from components.in_hub.kubernetes_errors import short_reason
from components.in_hub.metric_settings import MetricSettings
from components.in_hub.namespace_samples import (
    Object,
    Sample,
    backup_samples,
    claim_size,
    dask_samples,
    group_samples,
    home_samples,
    pod_samples,
    quota_samples,
    read_homes,
    read_pods,
    user_samples,
)
from components.in_hub.volume_use import volume_use

INTERVAL_SECONDS = 30.0
"""Interval of the observation of the namespace."""

DIRECTORY_SECONDS = 60.0
CERTIFICATE_SECONDS = 300.0

THREAD_SECONDS = 60.0
"""Limit of an observation in a thread. A volume or a server that hangs must not leave old values."""

DATABASE_FOLDER = Path("/srv/jupyterhub")
"""Mount path of the volume of the hub's database."""

GetRequest = Callable[[str], Awaitable[Mapping[str, Any]]]
"""Returns the answer of Kubernetes to a GET request for a path."""

PATHS = {
    "pods": "/api/v1/namespaces/{}/pods",
    "claims": "/api/v1/namespaces/{}/persistentvolumeclaims",
    "quotas": "/api/v1/namespaces/{}/resourcequotas",
}
CLUSTERS_PATH = f"/apis/{GROUP}/{VERSION}/namespaces/{{}}/{PLURAL}"
SNAPSHOTS_PATH = "/apis/snapshot.storage.k8s.io/v1/namespaces/{}/volumesnapshots"


@dataclass
class Observation:
    """The last samples of each part."""

    settings: MetricSettings
    namespace: str
    get: GetRequest
    directory: Directory
    groups: Callable[[], Mapping[str, Sequence[str]]]
    """Returns the groups of each user."""
    log: Logger
    failures: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(names.OBSERVED, 0)))
    _samples: dict[str, list[Sample]] = field(default_factory=dict)
    _threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(4, thread_name_prefix="observation")
    )

    def samples(self) -> list[Sample]:
        """Return the last samples of all parts."""
        return [sample for part in list(self._samples.values()) for sample in part]

    async def run_for_ever(self) -> None:
        """Observe each part at its interval."""
        await asyncio.gather(
            self._repeat(names.KUBERNETES, self.observe_namespace, INTERVAL_SECONDS),
            self._repeat(names.DIRECTORY, self.observe_directory, DIRECTORY_SECONDS),
            self._repeat(names.CERTIFICATE, self.observe_certificate, CERTIFICATE_SECONDS),
        )

    async def _repeat(self, part: str, observe: Callable[[], Awaitable[list[Sample]]], seconds: float) -> None:
        while True:
            began = time.monotonic()
            try:
                self._samples[part] = await observe()
            except Exception as error:  # also an unforeseen one: the hub must go on
                self._samples[part] = []
                self._note_failure(part, error)
            await asyncio.sleep(max(1.0, began + seconds - time.monotonic()))

    def _note_failure(self, part: str, error: Exception) -> None:
        self.failures[part] += 1
        self.log.warning("the metrics of %s are absent: %s", part, short_reason(error))

    async def observe_namespace(self) -> list[Sample]:
        """Return the samples of the namespace's objects, and of the volume of the hub's database."""
        found = {name: await self._list(path) for name, path in PATHS.items()}
        clusters = await self._list(CLUSTERS_PATH, may_miss=True) if self.settings.dask else []
        snapshots, claims = await self._list(SNAPSHOTS_PATH, may_miss=True), found["claims"]
        pods, homes = read_pods(found["pods"], clusters, datetime.now(UTC)), read_homes(claims)
        samples = [
            *pod_samples(pods),
            *dask_samples(pods, clusters),
            *quota_samples(found["quotas"]),
            *home_samples(homes),
            *backup_samples(claims, snapshots, self.settings.database_claim, self.settings.folder_claims),
            *(result_samples(await self.get(BACKUP_PATH.format(self.namespace))) if self.settings.backup else ()),
            *await self._database_samples(claims),
            *self._capacity_samples(),
            (names.OBSERVATION_TIME, (), time.time()),
        ]
        by_user = list(user_samples(pods, homes))
        if self.settings.per_user:
            samples += by_user
        if self.settings.per_group:
            samples += group_samples(by_user, self.groups())
        return samples

    async def observe_directory(self) -> list[Sample]:
        """Return the reachability of each server."""
        servers = self.directory.servers
        checks = [self._in_thread(is_reachable, self.directory, server) for server in servers]
        return [
            (names.DIRECTORY_REACHABLE, (str(server),), float(found))
            for server, found in zip(servers, await asyncio.gather(*checks), strict=True)
        ]

    async def observe_certificate(self) -> list[Sample]:
        """Return whether the certificate at the public address is the host's, and its end."""
        settings = self.settings
        end = await self._in_thread(certificate_end, settings.address, settings.https_port, settings.domain)
        if end is None:
            return [(names.CERTIFICATE_MATCHES, (), 0)]
        return [(names.CERTIFICATE_MATCHES, (), 1), (names.CERTIFICATE_END, (), end)]

    async def _list(self, path: str, *, may_miss: bool = False) -> list[Object]:
        """Return the objects; none if the cluster has no such kind and ``may_miss`` allows that."""
        try:
            return list((await self.get(path.format(self.namespace))).get("items") or [])
        except ApiException as error:
            if may_miss and error.status == HTTPStatus.NOT_FOUND:
                return []
            raise

    async def _database_samples(self, claims: Sequence[Object]) -> list[Sample]:
        size = next((claim_size(each) for each in claims if _name(each) == self.settings.database_claim), None)
        if size is None or not DATABASE_FOLDER.is_dir():
            return []
        try:
            used, free = await self._in_thread(volume_use, DATABASE_FOLDER, size)
        except OSError as error:  # also a TimeoutError
            self._note_failure(names.DATABASE, error)
            return []
        return [(names.DATABASE_BYTES, (), size), (names.DATABASE_USED, (), used), (names.DATABASE_FREE, (), free)]

    def _capacity_samples(self) -> Iterator[Sample]:
        for metric, value in (
            (names.CAPACITY_CPUS, self.settings.worker_cpus),
            (names.CAPACITY_BYTES, self.settings.worker_bytes),
        ):
            if value is not None:
                yield metric, (), value

    async def _in_thread(self, function: Callable[..., Any], *arguments: object) -> Any:  # noqa: ANN401
        running = asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)
        return await asyncio.wait_for(running, THREAD_SECONDS)


def _name(item: Object) -> str:
    name: str = item["metadata"]["name"]
    return name
