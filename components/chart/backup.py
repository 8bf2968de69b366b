"""The chart values of the section ``backup``; none of them without the section."""

from pathlib import Path
from typing import Any

from components.backup.repository import repository
from components.chart.code_text import mounted_text
from components.chart.network_policies import allow_all_but_metadata, allow_dns, allow_endpoint
from components.chart.placement import backup_placement, service_pod
from components.config.backup import Backup
from components.config.tenancy import Tenancy
from components.in_backup.settings import Settings
from components.in_backup.snapshots import slot_names

Values = dict[str, Any]

COMPONENTS = Path(__file__).resolve().parent.parent

MODULES = (
    "in_backup/__init__.py",
    "in_backup/__main__.py",
    "in_backup/archive_pods.py",
    "in_backup/archives.py",
    "in_backup/causes.py",
    "in_backup/check_database.py",
    "in_backup/clocks.py",
    "in_backup/cluster.py",
    "in_backup/copy_database.py",
    "in_backup/former_homes.py",
    "in_backup/outcomes.py",
    "in_backup/plan.py",
    "in_backup/pod_names.py",
    "in_backup/pod_run.py",
    "in_backup/pods.py",
    "in_backup/repository.py",
    "in_backup/results.py",
    "in_backup/run.py",
    "in_backup/scripts.py",
    "in_backup/session.py",
    "in_backup/settings.py",
    "in_backup/snapshot_copies.py",
    "in_backup/snapshots.py",
    "in_backup/volume_backups.py",
    "in_backup/volumes.py",
    "in_hub/__init__.py",
    "in_hub/home_marks.py",
    "in_hub/quantity.py",
    "in_hub/user_id.py",
    "ownership/__init__.py",
    "ownership/backup_secret.py",
    "ownership/claims.py",
    "tls.py",
)
"""The mounted modules; each may import only the others and Python's own."""

EXTRA_SECONDS = 4 * 3600
"""Time after the run's own limit in which it deletes old backups and checks the repository."""


def backup_priority_class(tenancy: Tenancy) -> str:
    """Return the name of the PriorityClass of pods that read volumes; it is unique in the cluster.

    Kubernetes refuses another value of a class that exists, so a new value needs a new name.
    """
    return f"{tenancy.release}-backup-pods"


def backup_values(tenancy: Tenancy) -> Values:
    """Return the values of ``chart/templates/backup.yaml``."""
    backup = tenancy.backup
    if backup is None:
        return {}
    certificate = {} if backup.ca_certificate is None else {"caCertificate": backup.ca_certificate}
    # The chart's Role names the objects that runs may delete; without them, it has no right to snapshots.
    slots = {} if backup.snapshot_class is None else {"slots": slot_names(backup.concurrency)}
    return {
        "backup": {
            "schedule": backup.schedule,
            "limitSeconds": round(backup.time_limit_hours * 3600) + EXTRA_SECONDS,
            "image": str(tenancy.registries.locate(backup.image)),
            "priorityClassName": backup_priority_class(tenancy),
            "code": [
                {"key": key, "path": path, "text": mounted_text(COMPONENTS / module)}
                for module, (key, path) in zip(MODULES, _keys_and_paths(), strict=True)
            ],
            "settings": backup_settings(tenancy, backup).to_json(),
            **certificate,
            **slots,
            "podSpec": {"imagePullSecrets": tenancy.registries.pull_secret_references, **service_pod(tenancy)},
            "egress": {
                # The run itself uses only the Kubernetes API, which may have any address.
                "run": [*allow_dns(tenancy.network.dns), allow_all_but_metadata()],
                "volumes": [*allow_dns(tenancy.network.dns), allow_endpoint(backup.host, backup.port)],
            },
        }
    }


def backup_settings(tenancy: Tenancy, backup: Backup) -> Settings:
    """Return the settings of a run. The chart adds the images, which it knows or which rules look for in the values."""
    return Settings(
        namespace=tenancy.namespace,
        repository=repository(tenancy, backup),
        keep=backup.keep.model_dump(),
        archive_days=backup.archive_former_after_days,
        concurrency=backup.concurrency,
        ram_gb=backup.ram_gb,
        limit_seconds=backup.time_limit_hours * 3600,
        priority_class=backup_priority_class(tenancy),
        pull_secrets=tenancy.registries.pull_secrets,
        home_placement=backup_placement(tenancy),
        service_placement=service_pod(tenancy),
        code=dict(_keys_and_paths()),
        labels={
            "app.kubernetes.io/name": "pangeo-backup",
            "app.kubernetes.io/instance": tenancy.release,
            "app.kubernetes.io/component": "backup-volumes",
        },
        snapshot_class=backup.snapshot_class,
        snapshot_copy_class=backup.snapshot_copy_class or tenancy.storage_class_name,
    )


def _keys_and_paths() -> list[tuple[str, str]]:
    return [(f"{COMPONENTS.name}-{module.replace('/', '-')}", f"{COMPONENTS.name}/{module}") for module in MODULES]
