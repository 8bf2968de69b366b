"""Use of the cluster by each user: what pods and homes reserve, and the time that it counts for. Pure.

A pod counts from its assignment to a node until it has ended, with its requests, which are its limits: so much is
reserved, whether it is used or not. Only the hub and the Dask gateway create pods and claims here, so users cannot
change the annotations and labels by which these are attributed. The user of the command ``verify`` is no person and
does not count.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from components.in_hub.api_names import VERIFICATION_USER
from components.in_hub.gpus import has_devices
from components.in_hub.object_kinds import CLUSTER_LABEL, HOME_COMPONENT, KIND_OF_COMPONENT
from components.in_hub.quantity import size_bytes
from components.in_hub.user_id import ID_ANNOTATION, NAME_ANNOTATION

UNITS = ("hours", "cpu_hours", "memory_gb_hours", "gpu_hours")
"""Amounts of each kind: the number of pods, CPUs, memory and GPUs, which are all devices. 1 GB is 1024³ bytes."""

HOMES = "home_gb_days"
AMOUNTS = (*(f"{kind}_{unit}" for kind in KIND_OF_COMPONENT.values() for unit in UNITS), HOMES)
"""Names of the recorded amounts."""

GB = 1024**3
DAY_SECONDS = 24 * 3600

Rates = dict[str, float]
"""Amounts per hour, or per day for those in days, by name."""

Json = Mapping[str, Any]


def pod_rates(pods: Iterable[Json], cluster_owners: Mapping[str, str]) -> dict[str, Rates]:
    """Return the rates of all users' pods, by user.

    Args:
        pods: all pods of the namespace, as Kubernetes returns them.
        cluster_owners: the users of Dask clusters, by the cluster's name.
    """
    found: dict[str, Rates] = {}
    for pod in pods:
        metadata = pod["metadata"]
        labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
        if not pod["spec"].get("nodeName") or (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
            continue
        cluster = labels.get(CLUSTER_LABEL)
        kind = KIND_OF_COMPONENT.get(labels.get("app.kubernetes.io/component", ""))
        user = cluster_owners.get(cluster) if cluster else annotations.get(NAME_ANNOTATION)
        if user and user != VERIFICATION_USER and kind:
            _add(found.setdefault(user, {}), kind, pod["spec"])
    return found


def _add(rates: Rates, kind: str, spec: Json) -> None:
    values = [1.0, 0.0, 0.0, 0.0]
    for container in spec["containers"]:
        requests = (container.get("resources") or {}).get("requests") or {}
        values[1] += float(size_bytes(str(requests.get("cpu", 0))))
        values[2] += float(size_bytes(str(requests.get("memory", 0)))) / GB
        values[3] += sum(float(size_bytes(str(value))) for name, value in requests.items() if has_devices([name]))
    for unit, value in zip(UNITS, values, strict=True):
        rates[f"{kind}_{unit}"] = rates.get(f"{kind}_{unit}", 0.0) + value


def home_rates(claims: Iterable[Json]) -> Iterator[tuple[str, str, Rates]]:
    """Yield the user, its ``ipaUniqueID`` (empty if unknown) and the rates of each home."""
    for claim in claims:
        annotations = claim["metadata"].get("annotations") or {}
        labels = claim["metadata"].get("labels") or {}
        user = annotations.get(NAME_ANNOTATION, VERIFICATION_USER)
        if labels.get("component") == HOME_COMPONENT and user != VERIFICATION_USER:
            size = float(size_bytes(claim["spec"]["resources"]["requests"]["storage"])) / GB
            yield user, annotations.get(ID_ANNOTATION, ""), {HOMES: size}


def counted_from(now: float, elapsed: float | None, last: float | None, tolerance: float) -> float:
    """Return the begin of the time until ``now`` for which a sample counts; ``now`` itself if it counts for none.

    A time in which no sample succeeded is not counted, and time that another hub has recorded is not counted twice.

    Args:
        now: the time of the sample, in seconds since 1970; the clock may have been set.
        elapsed: seconds since this process's last recorded sample, of a clock that is never set; None for the first.
        last: the time of the last sample in the file, which another process may have written; None if there is none.
        tolerance: the longest time between two samples that counts.
    """
    if elapsed is None:
        elapsed = 0 if last is None else now - last
    if not 0 < elapsed <= tolerance:
        return now
    start = now - elapsed
    if last is not None and start < last <= now + tolerance:
        return min(last, now)
    return start


def split_days(start: float, end: float) -> Iterator[tuple[str, float]]:
    """Yield each UTC day between two times, as ``2026-11-30``, with the hours of it that lie between them."""
    while start < end:
        midnight = (start // DAY_SECONDS + 1) * DAY_SECONDS
        yield utc_day(start), (min(midnight, end) - start) / 3600
        start = midnight


def utc_day(time: float) -> str:
    """Return the UTC day of a time in seconds since 1970."""
    return datetime.fromtimestamp(time, UTC).date().isoformat()
