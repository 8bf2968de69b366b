"""The metrics that follow from the objects of the hub's namespace, as Kubernetes returns them. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from components.in_hub import metric_names as names
from components.in_hub.home_use import HomeUse, read_use
from components.in_hub.metric_names import Metric
from components.in_hub.object_kinds import CLUSTER_LABEL, ENDED_PHASES, HOME_COMPONENT, KIND_OF_COMPONENT
from components.in_hub.quantity import size_bytes
from components.in_hub.user_id import NAME_ANNOTATION

Object = Mapping[str, Any]
Sample = tuple[Metric, tuple[str, ...], float]
"""A metric with the values of its labels, and its value."""

BACKUP_ANNOTATION = "tenancy.pangeo/backed-up"
"""Annotation of a volume claim, which the operator's backup job sets: the time of the backup, as ISO 8601."""

BACKUP_LABEL = "tenancy.pangeo/backup"
"""Label of the objects that a run of the backup creates for itself."""

PLACEHOLDER = "user-placeholder"
"""Component of the chart's placeholder pods, which wait on purpose."""


@dataclass(frozen=True)
class Pod:
    """The part of a pod that the metrics need."""

    kind: str
    user: str | None
    cluster: str | None
    """The Dask cluster that it belongs to."""
    is_pending: bool
    is_running: bool
    has_node: bool
    age_seconds: float
    cpus: float
    memory_bytes: float


def read_pods(pods: Iterable[Object], clusters: Iterable[Object], now: datetime) -> list[Pod]:
    """Return the pods that have not ended and are not being deleted, except placeholders."""
    users: dict[str | None, str | None] = {
        each["metadata"]["name"]: (each.get("spec") or {}).get("username") for each in clusters
    }
    return [
        _read_pod(pod, users, now)
        for pod in pods
        if pod["status"].get("phase") in ("Pending", "Running")
        and "deletionTimestamp" not in pod["metadata"]
        and _component(pod) != PLACEHOLDER
    ]


def _read_pod(pod: Object, users: Mapping[str | None, str | None], now: datetime) -> Pod:
    metadata, spec = pod["metadata"], pod["spec"]
    cluster = (metadata.get("labels") or {}).get(CLUSTER_LABEL)
    user = (metadata.get("annotations") or {}).get(NAME_ANNOTATION) or users.get(cluster)
    phase = pod["status"]["phase"]
    return Pod(
        kind=KIND_OF_COMPONENT.get(_component(pod), "other"),
        user=user,
        cluster=cluster,
        is_pending=phase == "Pending",
        is_running=phase == "Running",
        has_node=bool(spec.get("nodeName")),
        age_seconds=max(0.0, (now - read_time(metadata["creationTimestamp"])).total_seconds()),
        cpus=_requested(spec, "cpu"),
        memory_bytes=_requested(spec, "memory"),
    )


def _component(item: Object) -> str:
    labels = item["metadata"].get("labels") or {}
    return str(labels.get("app.kubernetes.io/component") or labels.get("component") or "")


def _requested(spec: Object, resource: str) -> float:
    def of(containers: Iterable[Object]) -> Iterator[float]:
        for each in containers:
            requests = (each.get("resources") or {}).get("requests") or {}
            yield float(size_bytes(str(requests.get(resource, "0"))))

    return max(sum(of(spec["containers"])), *of(spec.get("initContainers") or ()), 0.0)


def pod_samples(pods: Sequence[Pod]) -> Iterator[Sample]:
    """Yield the numbers of pending pods, and the guaranteed resources, by kind."""
    for kind in names.POD_KINDS:
        own = [pod for pod in pods if pod.kind == kind]
        ages = [pod.age_seconds for pod in own if pod.is_pending]
        placed = [pod for pod in own if pod.has_node]
        yield names.PENDING_PODS, (kind,), len(ages)
        yield names.PENDING_SECONDS, (kind,), max(ages, default=0)
        yield names.GUARANTEED_CPUS, (kind,), sum(pod.cpus for pod in placed)
        yield names.GUARANTEED_BYTES, (kind,), sum(pod.memory_bytes for pod in placed)


def dask_samples(pods: Iterable[Pod], clusters: Iterable[Object]) -> Iterator[Sample]:
    """Yield the numbers of clusters and workers. Workers that the quota refuses have no pods."""
    running = Counter(pod.cluster for pod in pods if pod.kind == "dask_worker" and pod.is_running)
    active = [each for each in clusters if (each.get("status") or {}).get("phase") not in ENDED_PHASES]
    waiting = sum(
        max(0, int((each.get("spec") or {}).get("replicas") or 0) - running[each["metadata"]["name"]])
        for each in active
    )
    yield names.DASK_CLUSTERS, (), len(active)
    yield names.DASK_WORKERS, ("running",), running.total()
    yield names.DASK_WORKERS, ("waiting",), waiting


def quota_samples(quotas: Iterable[Object]) -> Iterator[Sample]:
    """Yield the limits and the use of each quota."""
    for quota in quotas:
        status = quota.get("status") or {}
        for metric, part in ((names.QUOTA_HARD, "hard"), (names.QUOTA_USED, "used")):
            for resource, quantity in (status.get(part) or {}).items():
                yield metric, (quota["metadata"]["name"], resource), float(size_bytes(str(quantity)))


@dataclass(frozen=True)
class Home:
    """A home volume."""

    user: str
    size: float
    use: HomeUse | None


def read_homes(claims: Iterable[Object]) -> list[Home]:
    """Return the users' homes."""
    return [
        Home(user, claim_size(claim), read_use(claim["metadata"].get("annotations")))
        for claim in claims
        if is_home(claim) and (user := (claim["metadata"].get("annotations") or {}).get(NAME_ANNOTATION)) is not None
    ]


def is_home(claim: Object) -> bool:
    """Return whether a claim is a user's home."""
    metadata = claim["metadata"]
    return _component(claim) == HOME_COMPONENT or NAME_ANNOTATION in (metadata.get("annotations") or {})


def claim_size(claim: Object) -> float:
    """Return the size of a claim's volume in bytes; of a claim without one, the requested size."""
    capacity = (claim.get("status") or {}).get("capacity") or claim["spec"]["resources"]["requests"]
    return float(size_bytes(str(capacity["storage"])))


def home_samples(homes: Sequence[Home]) -> Iterator[Sample]:
    """Yield the numbers, sizes and use of all homes together."""
    measured = [(home, home.use.used) for home in homes if home.use]
    yield names.HOMES, (), len(homes)
    yield names.HOMES_BYTES, (), sum(home.size for home in homes)
    yield names.HOMES_USED, (), sum(used for _, used in measured)
    yield names.HOMES_MEASURED, (), len(measured)
    for ratio in names.FULL_RATIOS:
        yield names.HOMES_FULL, (str(ratio),), sum(used > ratio * home.size for home, used in measured)


def user_samples(pods: Iterable[Pod], homes: Iterable[Home]) -> Iterator[Sample]:
    """Yield the metrics with users' names."""
    cpus, memory = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for pod in pods:
        if pod.user and pod.has_node:
            cpus[pod.user, pod.kind] += pod.cpus  # type: ignore[assignment]
            memory[pod.user, pod.kind] += pod.memory_bytes  # type: ignore[assignment]
    for metric, counted in ((names.USER_CPUS, cpus), (names.USER_BYTES, memory)):
        for labels, value in counted.items():
            yield metric, labels, value
    # A restored home may be a second one of its user. Prometheus refuses a series that appears twice.
    by_user: dict[str, list[Home]] = {}
    for home in homes:
        by_user.setdefault(home.user, []).append(home)
    for user, own in by_user.items():
        yield names.HOME_BYTES, (user,), sum(home.size for home in own)
        if uses := [home.use for home in own if home.use]:
            yield names.HOME_USED, (user,), sum(use.used for use in uses)
            yield names.HOME_MEASURED, (user,), min(use.at for use in uses).timestamp()


def group_samples(samples: Iterable[Sample], groups: Mapping[str, Collection[str]]) -> Iterator[Sample]:
    """Yield the sums by group of the metrics with users' names.

    Args:
        samples: the metrics by user.
        groups: the groups of each user.
    """
    metrics = {
        names.USER_CPUS: names.GROUP_CPUS,
        names.USER_BYTES: names.GROUP_BYTES,
        names.HOME_USED: names.GROUP_HOMES_USED,
    }
    sums: dict[tuple[Metric, tuple[str, ...]], float] = {}
    for metric, (user, *others), value in samples:
        for group in groups.get(user, ()) if metric in metrics else ():
            key = metrics[metric], (group, *others)
            sums[key] = sums.get(key, 0) + value
    for (metric, labels), value in sums.items():
        yield metric, labels, value


def backup_samples(
    claims: Iterable[Object], snapshots: Iterable[Object], database: str, folders: Collection[str]
) -> Iterator[Sample]:
    """Yield the age of backups of homes, the hub's database and shared folders.

    Args:
        claims: all claims of the namespace.
        snapshots: all VolumeSnapshots of the namespace.
        database: the claim of the hub's database.
        folders: the claims of shared folders.
    """
    taken: dict[str, datetime] = {}
    for snapshot in snapshots:
        if (snapshot["metadata"].get("labels") or {}).get(BACKUP_LABEL):
            continue  # it is deleted when the run has read it, which it then records on the claim
        status = snapshot.get("status") or {}
        claim = snapshot["spec"]["source"].get("persistentVolumeClaimName")
        if claim and status.get("readyToUse") and (time := read_valid_time(status.get("creationTime"))):
            taken[claim] = max(time, taken.get(claim, time))
    times: dict[str, list[datetime]] = {}
    backed_up: Counter[str] = Counter()
    for claim in claims:
        name = claim["metadata"]["name"]
        kind = "hub_database" if name == database else "shared_folders" if name in folders else "homes"
        if kind == "homes" and not is_home(claim):
            continue
        recorded = read_valid_time((claim["metadata"].get("annotations") or {}).get(BACKUP_ANNOTATION))
        known = [time for time in (recorded, taken.get(name)) if time]
        backed_up[kind] += bool(known)
        times.setdefault(kind, []).append(max(known, default=read_time(claim["metadata"]["creationTimestamp"])))
    for kind, newest in times.items():
        yield names.BACKUP_TIME, (kind,), min(newest).timestamp()
        yield names.BACKED_UP, (kind,), backed_up[kind]


def read_time(text: str) -> datetime:
    """Return a time of Kubernetes.

    Raises:
        ValueError: it is none.
    """
    return datetime.fromisoformat(text)


def read_valid_time(text: object) -> datetime | None:
    """Return the time in an annotation or a status; None if there is none, or without a time zone."""
    try:
        time = read_time(str(text))
    except ValueError:
        return None
    return time if time.tzinfo else None
