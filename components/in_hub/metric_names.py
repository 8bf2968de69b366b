"""Names, labels and meanings of this program's metrics. Pure data.

Documentation, collectors, alert rules and dashboards use this list, so that each metric is defined once. JupyterHub's
own metrics, and those of the proxies, are described by their projects; ``FURTHER`` lists the ones that are used here.
"""

from dataclasses import dataclass
from typing import Literal

from components.in_hub.object_kinds import KIND_OF_COMPONENT

Kind = Literal["counter", "gauge"]


@dataclass(frozen=True)
class Metric:
    """A metric as Prometheus shows it."""

    name: str
    kind: Kind
    meaning: str
    labels: tuple[str, ...] = ()
    only_with: str = ""
    """Key of the section ``metrics`` that permits the metric, because its labels name users or groups."""


POD_KINDS = (*KIND_OF_COMPONENT.values(), "other")
"""Values of the label ``kind``: of users' pods, and all other pods of the namespace."""

VOLUMES = ("homes", "hub_database", "shared_folders")
"""Values of the label ``volumes``."""

KUBERNETES, CERTIFICATE, DATABASE, DIRECTORY = "kubernetes", "certificate", "hub_database", "directory"
OBSERVED = (KUBERNETES, CERTIFICATE, DATABASE, DIRECTORY)
"""Values of the label ``what``."""

FULL_RATIOS = (0.8, 0.9, 0.95)
"""Values of the label ``above``: used parts of a home's size."""

LOG_INS = Metric(
    "pangeo_log_ins_total",
    "counter",
    "Log-ins with the form since the hub started, by result",
    ("result",),
)
DIRECTORY_REACHABLE = Metric(
    "pangeo_directory_server_reachable",
    "gauge",
    "1 if a verified TLS connection to the directory server was made in the last attempt, within a minute; otherwise 0",
    ("server",),
)
PENDING_PODS = Metric(
    "pangeo_pending_pods",
    "gauge",
    "Pods that have no node, or whose containers have not started, by kind of pod",
    ("kind",),
)
PENDING_SECONDS = Metric(
    "pangeo_pending_pods_oldest_seconds",
    "gauge",
    "Age of the oldest pending pod, by kind of pod; 0 if none is pending",
    ("kind",),
)
GUARANTEED_CPUS = Metric(
    "pangeo_guaranteed_cpus",
    "gauge",
    "CPUs that pods with a node request, by kind of pod",
    ("kind",),
)
GUARANTEED_BYTES = Metric(
    "pangeo_guaranteed_memory_bytes",
    "gauge",
    "Memory that pods with a node request, by kind of pod",
    ("kind",),
)
CAPACITY_CPUS = Metric(
    "pangeo_workers_cpus",
    "gauge",
    "CPUs that pods can request on all worker nodes of the stack file; absent without its section workers",
)
CAPACITY_BYTES = Metric(
    "pangeo_workers_memory_bytes",
    "gauge",
    "Memory that pods can request on all worker nodes of the stack file; absent without its section workers",
)
DASK_CLUSTERS = Metric("pangeo_dask_clusters", "gauge", "Dask clusters that have not ended")
DASK_WORKERS = Metric(
    "pangeo_dask_workers",
    "gauge",
    "Dask workers of all clusters, by state: running, or waiting for a node, an image or the quota",
    ("state",),
)
QUOTA_USED = Metric(
    "pangeo_quota_used",
    "gauge",
    "Used part of a ResourceQuota of the namespace: CPUs, bytes or objects",
    ("quota", "resource"),
)
QUOTA_HARD = Metric(
    "pangeo_quota_hard",
    "gauge",
    "Limit of a ResourceQuota of the namespace: CPUs, bytes or objects",
    ("quota", "resource"),
)
HOMES = Metric("pangeo_homes", "gauge", "Home volumes")
HOMES_BYTES = Metric("pangeo_homes_size_bytes", "gauge", "Size of all home volumes together, as Kubernetes reports it")
HOMES_USED = Metric(
    "pangeo_homes_used_bytes",
    "gauge",
    "Used bytes of all home volumes together, as last measured in each user's server",
)
HOMES_MEASURED = Metric("pangeo_homes_measured", "gauge", "Home volumes whose use was measured at least once")
HOMES_FULL = Metric(
    "pangeo_homes_full",
    "gauge",
    "Home volumes of whose size more than the part in the label was used when it was last measured",
    ("above",),
)
DATABASE_BYTES = Metric("pangeo_hub_database_volume_size_bytes", "gauge", "Size of the volume of the hub's database")
DATABASE_USED = Metric(
    "pangeo_hub_database_volume_used_bytes", "gauge", "Used bytes of the volume of the hub's database"
)
DATABASE_FREE = Metric(
    "pangeo_hub_database_volume_free_bytes",
    "gauge",
    "Bytes that the hub can still write; less than the volume's free part if its file system is shared and nearly full",
)
CERTIFICATE_END = Metric(
    "pangeo_certificate_expiry_timestamp_seconds",
    "gauge",
    "End of the validity of the certificate at the hub's public address; absent while the hub cannot connect to it, or "
    "gets the certificate of another host",
)
CERTIFICATE_MATCHES = Metric(
    "pangeo_certificate_matches_host",
    "gauge",
    "1 if the certificate at the hub's public address is for its host name; otherwise 0; absent while the hub cannot "
    "connect to it",
)
BACKUP_TIME = Metric(
    "pangeo_backup_timestamp_seconds",
    "gauge",
    "Time of the newest backup of the volume whose newest backup is the oldest; a volume without one counts with the "
    "time of its creation. Backups are VolumeSnapshots that are ready, and what the scheduled backup or the operator's "
    "own job records",
    ("volumes",),
)
BACKED_UP = Metric(
    "pangeo_backed_up_volumes", "gauge", "Volumes with at least one known backup, by kind of volume", ("volumes",)
)
BACKUP_COMPLETE = Metric(
    "pangeo_backup_complete_timestamp_seconds",
    "gauge",
    "End of the last run of the scheduled backup that backed all volumes up; absent without the section backup",
)
BACKUP_FAILED = Metric(
    "pangeo_backup_failed_volumes", "gauge", "Volumes that the last run of the scheduled backup did not back up"
)
TEST_RESTORE_TIME = Metric(
    "pangeo_backup_test_restore_timestamp_seconds", "gauge", "Time of the last test restore of the scheduled backup"
)
TEST_RESTORE_GOOD = Metric(
    "pangeo_backup_test_restore_success",
    "gauge",
    "1 if each file of the last test restore had the checksum of its backup; otherwise 0",
)
OBSERVATION_FAILURES = Metric(
    "pangeo_observation_failures_total",
    "counter",
    "Failed observations of the hub: requests to Kubernetes, the certificate, its database. An unreachable directory "
    "server is none",
    ("what",),
)
OBSERVATION_TIME = Metric(
    "pangeo_observation_timestamp_seconds",
    "gauge",
    "Time of the last complete observation of the namespace; it is repeated every 30 seconds",
)
USER_CPUS = Metric(
    "pangeo_user_guaranteed_cpus",
    "gauge",
    "CPUs that a user's pods with a node request, by kind of pod",
    ("user", "kind"),
    "perUser",
)
USER_BYTES = Metric(
    "pangeo_user_guaranteed_memory_bytes",
    "gauge",
    "Memory that a user's pods with a node request, by kind of pod",
    ("user", "kind"),
    "perUser",
)
HOME_BYTES = Metric("pangeo_user_home_size_bytes", "gauge", "Size of a user's home volume", ("user",), "perUser")
HOME_USED = Metric(
    "pangeo_user_home_used_bytes",
    "gauge",
    "Used bytes of a user's home volume, as last measured in the user's server",
    ("user",),
    "perUser",
)
HOME_MEASURED = Metric(
    "pangeo_user_home_measured_timestamp_seconds",
    "gauge",
    "Time at which the use of a user's home volume was measured",
    ("user",),
    "perUser",
)
GROUP_CPUS = Metric(
    "pangeo_group_guaranteed_cpus",
    "gauge",
    "CPUs that pods of a group's members with a node request, by kind of pod; a user counts in each of the groups",
    ("group", "kind"),
    "perGroup",
)
GROUP_BYTES = Metric(
    "pangeo_group_guaranteed_memory_bytes",
    "gauge",
    "Memory that pods of a group's members with a node request, by kind of pod; a user counts in each of the groups",
    ("group", "kind"),
    "perGroup",
)
GROUP_HOMES_USED = Metric(
    "pangeo_group_homes_used_bytes",
    "gauge",
    "Used bytes of the home volumes of a group's members, as last measured",
    ("group",),
    "perGroup",
)

METRICS = (
    *(LOG_INS, DIRECTORY_REACHABLE, PENDING_PODS, PENDING_SECONDS, GUARANTEED_CPUS, GUARANTEED_BYTES),
    *(CAPACITY_CPUS, CAPACITY_BYTES, DASK_CLUSTERS, DASK_WORKERS, QUOTA_USED, QUOTA_HARD),
    *(HOMES, HOMES_BYTES, HOMES_USED, HOMES_MEASURED, HOMES_FULL),
    *(DATABASE_BYTES, DATABASE_USED, DATABASE_FREE),
    *(CERTIFICATE_END, CERTIFICATE_MATCHES, BACKUP_TIME, BACKED_UP),
    *(BACKUP_COMPLETE, BACKUP_FAILED, TEST_RESTORE_TIME, TEST_RESTORE_GOOD),
    *(OBSERVATION_FAILURES, OBSERVATION_TIME),
    *(USER_CPUS, USER_BYTES, HOME_BYTES, HOME_USED, HOME_MEASURED, GROUP_CPUS, GROUP_BYTES, GROUP_HOMES_USED),
)
"""All metrics that this program adds to JupyterHub's."""

FURTHER: dict[str, str] = {
    "jupyterhub_server_spawn_duration_seconds": "histogram of server starts; label status: success, failure, "
    "already-pending, throttled, too-many-users",
    "jupyterhub_running_servers": "running servers",
    "jupyterhub_total_users": "users in the hub's database",
    "jupyterhub_active_users": "active users; label period: 24h, 7d, 30d; updated every hour",
    "jupyterhub_request_duration_seconds": "histogram of requests to the hub; labels method, handler, code",
    "jupyterhub_proxy_poll_duration_seconds": "histogram of the hub's checks of the proxy's routes",
    "jupyterhub_event_loop_interval_seconds": "histogram of the delays of the hub's event loop",
    "requests_web": "requests to the proxy",
    "requests_ws": "websockets that the proxy opened",
    "requests_proxy": "requests that the proxy passed on; label status",
    "traefik_entrypoint_requests_total": "requests to Dask Gateway's proxy; labels code, method, entrypoint",
    "up": "1 if Prometheus could scrape the target; label service: pangeo-metrics-hub, pangeo-metrics-proxy, "
    "pangeo-metrics-gateway",
}
"""Metrics of JupyterHub, configurable-http-proxy, Traefik and Prometheus that rules and dashboards may use."""
