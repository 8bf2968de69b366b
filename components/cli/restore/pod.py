"""The pods that read the repository, write restored files, or archive homes. Each runs a step of ``restore.sh``. Pure.

They run as root, so that files of every owner keep it, with only the capabilities that this needs; the namespace's
pod-security level ``baseline`` permits them. The store's credentials are environment variables from the Secret.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from components.chart.placement import trial_placement
from components.cluster.objects import FIELD_MANAGER
from components.config.backup import Backup
from components.config.tenancy import Tenancy
from components.in_backup.repository import Repository

SCRIPT = Path(__file__).with_name("restore.sh").read_text(encoding="utf-8")

VOLUME_FOLDER, OWN_FOLDER = "/volume", "/own"
"""Mount paths of the volume and of the pod's own folder, which has restic's cache and temporary files."""

OWN_GI = 5
"""Most GiB of the pod's own folder."""

FINISH_SECONDS = 30
"""Time that a step has to remove what it has fetched when its pod is deleted."""

LIMIT_SECONDS = 24 * 3600
"""Time limit of a step. The pod ends then also if the operator's command was killed."""

PODS = "restore-"
"""Beginning of the names of the pods."""

LABELS = {"app.kubernetes.io/managed-by": FIELD_MANAGER, "app.kubernetes.io/component": "restore"}
"""Labels of the pods."""

ARCHIVE_STEP = "archive"
"""The step that backs a volume up; it changes nothing in it."""

CAPABILITIES = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "SETFCAP")
"""Capabilities with which files keep owners, modes and attributes."""


@dataclass(frozen=True)
class Target:
    """The volume of a step."""

    claim: str
    node: str | None = None
    """The node on which its pod must run; None for any."""
    owner: str = "1000:100"
    """User and group of new folders: those of notebook servers (z2jh 4.4.0)."""
    read_as: str = ""
    """Path in snapshots under which it is mounted to be read only; empty to write to it."""


def pod_name(target: Target | None, unique: str) -> str:
    """Return the name of a step's pod. Two steps with the same volume have the same, so that one must wait."""
    return f"{PODS}{sha256(target.claim.encode()).hexdigest()[:16] if target else unique}"


def step_pod(
    tenancy: Tenancy, backup: Backup, repository: Repository, name: str, step: Sequence[str], target: Target | None
) -> dict[str, Any]:
    """Return the manifest of the pod that runs a step.

    Args:
        tenancy: the tenancy, in whose namespace the pod is.
        backup: its section ``backup``.
        repository: the repository to read.
        name: the pod's name.
        step: the step and its arguments, without secrets.
        target: the volume to mount.
    """
    memory = f"{round(backup.ram_gb * 1024)}Mi"
    mounts: list[dict[str, Any]] = [{"name": "own", "mountPath": OWN_FOLDER}]
    folder = (target and target.read_as) or VOLUME_FOLDER
    volumes: list[dict[str, Any]] = [{"name": "own", "emptyDir": {"sizeLimit": f"{OWN_GI}Gi"}}]
    if target:
        read_only = {"readOnly": True} if target.read_as else {}
        mounts.append({"name": "volume", "mountPath": folder, **read_only})
        volumes.append({"name": "volume", "persistentVolumeClaim": {"claimName": target.claim}})
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": tenancy.namespace,
            "labels": LABELS,
            **({"annotations": {"tenancy.pangeo/claim": target.claim}} if target else {}),
        },
        "spec": {
            **(_on_node(target.node) if target and target.node else trial_placement(tenancy)),
            "restartPolicy": "Never",
            "activeDeadlineSeconds": LIMIT_SECONDS,
            "terminationGracePeriodSeconds": FINISH_SECONDS,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "imagePullSecrets": [{"name": each} for each in tenancy.registries.pull_secrets],
            "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [
                {
                    "name": "restore",
                    "image": str(tenancy.registries.locate(backup.image)),
                    "command": ["sh", "-c", SCRIPT, "restore"],
                    "args": list(step),
                    "env": [
                        *repository.variables(),
                        {"name": "CA_CERTIFICATE", "value": repository.ca_certificate or ""},
                        {"name": "RESTIC_CACHE_DIR", "value": f"{OWN_FOLDER}/cache"},
                        {"name": "TMPDIR", "value": OWN_FOLDER},
                        {"name": "HOME", "value": OWN_FOLDER},
                        {"name": "VOLUME", "value": folder},
                        {"name": "OWNER", "value": target.owner if target else ""},
                    ],
                    "terminationMessagePolicy": "FallbackToLogsOnError",
                    "resources": {
                        "requests": {"cpu": "50m", "memory": memory, "ephemeral-storage": "100Mi"},
                        "limits": {"cpu": "2", "memory": memory, "ephemeral-storage": f"{OWN_GI}Gi"},
                    },
                    "securityContext": {
                        "runAsUser": 0,
                        "runAsGroup": 0,
                        "allowPrivilegeEscalation": False,
                        "readOnlyRootFilesystem": True,
                        "capabilities": {"drop": ["ALL"], "add": list(CAPABILITIES)},
                    },
                    "volumeMounts": mounts,
                }
            ],
            "volumes": volumes,
        },
    }


def is_archive_pod(pod: Mapping[str, Any]) -> bool:
    """Return whether a pod only reads a home, for its archive. A pod that a killed command has left may be deleted."""
    labels = pod["metadata"].get("labels") or {}
    arguments = [each for container in pod["spec"]["containers"] for each in container.get("args") or ()]
    return LABELS.items() <= labels.items() and arguments[:1] == [ARCHIVE_STEP]


def _on_node(node: str) -> dict[str, Any]:
    """Return the placement on a node, whatever its taints are: a pod that uses the same volume runs there."""
    term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    return {"affinity": {"nodeAffinity": required}, "tolerations": [{"operator": "Exists"}]}
