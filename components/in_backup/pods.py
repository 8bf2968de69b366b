"""The pods of a run, besides its own: each runs restic once. They meet the pod-security level ``restricted``. Pure."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from components.in_backup import scripts
from components.in_backup.pod_names import volume_pod_name
from components.in_backup.repository import ARCHIVED, DATABASE, DATABASE_FILE, SINCE_ARCHIVE, home_tags
from components.in_backup.settings import Settings
from components.in_backup.volumes import Volume
from components.ownership.claims import DATABASE_CLAIM

Manifest = dict[str, Any]

PURPOSE = "tenancy.pangeo/backup"
"""Label of the run's pods, with one of the following purposes."""

VOLUME_PURPOSE, REPOSITORY_PURPOSE = "volume", "repository"

CODE_CONFIG_MAP = "pangeo-backup-code"
"""ConfigMap with the code, the settings and the certificate of the store's authority."""

CODE_FOLDER = "/pangeo"
CODE_MOUNT: Manifest = {"name": "code", "mountPath": CODE_FOLDER, "readOnly": True}
CA_KEY = "ca.crt"

USER_ID, USERS_GROUP = 1000, 100
"""The user and group of notebook servers (z2jh 4.4.0)."""

HUB_GROUP = 1000
"""The group of the hub; its user has the same number as that of notebook servers."""

HUB_FOLDER = "/srv/jupyterhub"
"""Mount path of the hub's database in the pod that copies it."""

FINISH_SECONDS = 20
"""Time in which restic can remove its lock when a pod is deleted."""

RESTORED = "/cache/restored"
"""Folder of the test restore."""

DISK_GI = 10
"""Most GiB on the node's disk for restic's cache, and for a home of the test restore."""

EXCLUDED = ("lost+found", ".restoring-*")
"""Folders of a home that belong to the file system, and to a restore that is not finished."""

MAX_TEST_BYTES = 5 * 1024**3
"""Largest home that the test restore writes to the node's disk."""

TEST = "test-restore"

CHECKED = "5G"
"""Amount of the repository's data that each check reads, chosen at random."""


def home_pod(
    settings: Settings,
    volume: Volume,
    *,
    node: str | None,
    seconds: float,
    copy: str | None = None,
    options: Sequence[str] = (),
) -> Manifest:
    """Return the pod that backs a home up.

    Args:
        settings: the run's settings.
        volume: the home.
        node: the node on which the home is in use; None for any node.
        seconds: time limit.
        copy: the claim with the content of the home's snapshot; None to read the home's own claim.
        options: further options of ``restic backup``.
    """
    tags = home_tags(volume.user, volume.user_id, volume.claim, volume.size_gb)
    since = [SINCE_ARCHIVE] if volume.is_archived else []
    excluded = [f"--exclude={volume.path}/{each}" for each in EXCLUDED]
    arguments = [*_backup(settings, [*tags, *since]), *options, *excluded, volume.path]
    mount = {"name": "home", "mountPath": volume.path, "readOnly": True}
    source = {"name": "home", "persistentVolumeClaim": {"claimName": copy or volume.claim}}
    placement = settings.home_placement if node is None else _on_node(node)
    container = _restic(settings, scripts.RUN, arguments, [mount])
    metadata = {"name": volume_pod_name(copy or volume.claim), "annotations": {"tenancy.pangeo/claim": volume.claim}}
    return _pod(settings, metadata, VOLUME_PURPOSE, [container], [source], placement, seconds)


def database_pod(settings: Settings, *, node: str | None, seconds: float) -> Manifest:
    """Return the pod that copies the hub's database, and backs the copy up.

    Args:
        settings: the run's settings.
        node: the node of the hub, where SQLite's locks of both pods are the same; None if the hub does not run.
        seconds: time limit.
    """
    folder = DATABASE_FILE.rpartition("/")[0]
    copies: Manifest = {"name": "copies", "mountPath": folder}
    mounts: list[Manifest] = [copies, {"name": "database", "mountPath": HUB_FOLDER}, CODE_MOUNT]
    copy = _python(settings, "copy", "copy_database", [HUB_FOLDER, folder, f"{scripts.CACHE}/files"], mounts)
    container = _restic(settings, scripts.DATABASE, _backup(settings, [DATABASE]), [copies])
    volumes = [
        {"name": "database", "persistentVolumeClaim": {"claimName": DATABASE_CLAIM}},
        {"name": "copies", "emptyDir": {}},
        code_volume(settings.code),
    ]
    metadata = {"name": volume_pod_name(DATABASE_CLAIM), "annotations": {"tenancy.pangeo/claim": DATABASE_CLAIM}}
    placement = settings.service_placement if node is None else _on_node(node)
    pod = _pod(settings, metadata, VOLUME_PURPOSE, [container], volumes, placement, seconds)
    pod["spec"]["initContainers"] = [copy]
    pod["spec"]["securityContext"]["runAsGroup"] = HUB_GROUP
    return pod


def open_pod(settings: Settings, seconds: float) -> Manifest:
    """Return the pod that opens the repository, or creates it."""
    return repository_pod(settings, "open", scripts.OPEN, [], seconds)


def forget_pod(settings: Settings, seconds: float, *, is_full: bool = False) -> Manifest:
    """Return the pod that deletes the backups beyond those to keep, separately for each home; archives stay.

    Args:
        settings: the run's settings.
        seconds: time limit.
        is_full: whether the store has no space left: then only files are deleted of which nothing is needed any more,
            because the rest of others would have to be copied before.
    """
    keep = [f"--keep-{unit}={number}" for unit, number in sorted(settings.keep.items()) if number]
    prune = ["--prune", *(["--max-repack-size=0"] if is_full else [])]
    arguments = [
        "forget",
        *prune,
        f"--host={settings.repository.host}",
        "--group-by=host,paths",
        f"--keep-tag={ARCHIVED}",
        *keep,
    ]
    return repository_pod(settings, "forget", scripts.FORGET, arguments, seconds)


def check_pod(settings: Settings, seconds: float) -> Manifest:
    """Return the pod that checks the structure of the repository, and a part of its data."""
    return repository_pod(settings, "check", scripts.EXCLUSIVE, ["check", f"--read-data-subset={CHECKED}"], seconds)


def restore_pod(settings: Settings, snapshot: str, size: int, seconds: float) -> Manifest:
    """Return the pod that restores a home for trial, and compares each file with the checksums of its backup.

    A home that is too large for the node's disk is only read, with the same comparison.

    Args:
        settings: the run's settings.
        snapshot: the id of the backup.
        size: the home's bytes.
        seconds: time limit.
    """
    if size > MAX_TEST_BYTES:
        return repository_pod(settings, TEST, scripts.DUMP, ["dump", "--archive=tar", snapshot, "/"], seconds)
    return repository_pod(settings, TEST, scripts.RUN, _restore(snapshot), seconds)


def database_restore_pod(settings: Settings, snapshot: str, seconds: float) -> Manifest:
    """Return the pod that restores the hub's database for trial, and lets SQLite check it."""
    pod = repository_pod(settings, TEST, scripts.RUN, _restore(snapshot), seconds)
    pod["spec"]["initContainers"] = pod["spec"]["containers"]
    folder = f"{RESTORED}{DATABASE_FILE.rpartition('/')[0]}"
    pod["spec"]["containers"] = [_python(settings, "check", "check_database", [folder], [CODE_MOUNT])]
    pod["spec"]["volumes"].append(code_volume(settings.code))
    return pod


def repository_pod(settings: Settings, name: str, script: str, arguments: Sequence[str], seconds: float) -> Manifest:
    """Return a pod that runs a script with the repository alone."""
    container = _restic(settings, script, arguments, [])
    placement = settings.service_placement
    return _pod(settings, {"name": f"backup-{name}"}, REPOSITORY_PURPOSE, [container], [], placement, seconds)


def host_name(run: str, pod: str) -> str:
    """Return the host name of a pod, which restic writes into its locks.

    Each pod of each run has another: on hosts of one name, restic removes each other's locks (``scripts.RUN_HOST``).

    Args:
        run: the UID of the run's own pod.
        pod: the pod's name.
    """
    return f"backup-{run}-{sha256(pod.encode()).hexdigest()[:8]}"


def code_volume(code: Mapping[str, str]) -> Manifest:
    """Return the volume with the modules, from their paths by their keys in the ConfigMap."""
    items = [{"key": key, "path": path} for key, path in sorted(code.items())]
    return {"name": "code", "configMap": {"name": CODE_CONFIG_MAP, "items": items}}


def _python(settings: Settings, name: str, module: str, arguments: list[str], mounts: list[Manifest]) -> Manifest:
    return {
        **_container(settings, name, settings.own_image, mounts),
        "command": ["python3", "-m", f"components.in_backup.{module}"],
        "args": arguments,
        "env": [{"name": "PYTHONPATH", "value": CODE_FOLDER}, {"name": "PYTHONDONTWRITEBYTECODE", "value": "1"}],
    }


def _restore(snapshot: str) -> list[str]:
    return ["restore", snapshot, f"--target={RESTORED}", "--verify"]


def _backup(settings: Settings, tags: Sequence[str]) -> list[str]:
    return ["backup", "--json", f"--host={settings.repository.host}", *(f"--tag={each}" for each in tags)]


def _on_node(node: str) -> Manifest:
    """Return the placement on a node, whatever its taints are: a pod that uses the same volume runs there."""
    term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    return {"affinity": {"nodeAffinity": required}, "tolerations": [{"operator": "Exists"}]}


def _pod(
    settings: Settings,
    metadata: Manifest,
    purpose: str,
    containers: list[Manifest],
    volumes: list[Manifest],
    placement: Mapping[str, Any],
    seconds: float,
) -> Manifest:
    store = {
        "name": "store",
        "configMap": {"name": CODE_CONFIG_MAP, "items": [{"key": CA_KEY, "path": CA_KEY}], "optional": True},
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {**metadata, "labels": {**settings.labels, PURPOSE: purpose}},
        "spec": {
            **placement,
            "restartPolicy": "Never",
            "activeDeadlineSeconds": max(1, round(seconds)),
            "terminationGracePeriodSeconds": FINISH_SECONDS,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "priorityClassName": settings.priority_class,
            "imagePullSecrets": [{"name": each} for each in settings.pull_secrets],
            # Without fsGroup, so that Kubernetes changes nothing in the volume.
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": USER_ID,
                "runAsGroup": USERS_GROUP,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": containers,
            "volumes": [*volumes, store, {"name": "cache", "emptyDir": {"sizeLimit": f"{DISK_GI}Gi"}}],
        },
    }


def _restic(settings: Settings, script: str, arguments: Sequence[str], mounts: list[Manifest]) -> Manifest:
    return {
        **_container(settings, "restic", settings.image, mounts),
        "command": ["sh", "-c", script, "backup"],
        "args": list(arguments),
        "env": [
            *settings.repository.variables(),
            {"name": "RESTIC_CACHE_DIR", "value": f"{scripts.CACHE}/restic"},
            {"name": "RESTIC_PROGRESS_FPS", "value": "0.02"},
            {"name": "TMPDIR", "value": scripts.CACHE},
            {"name": "HOME", "value": scripts.CACHE},
        ],
        "terminationMessagePolicy": "FallbackToLogsOnError",
    }


def _container(settings: Settings, name: str, image: str, mounts: list[Manifest]) -> Manifest:
    memory = f"{round(settings.ram_gb * 1024)}Mi"
    return {
        "name": name,
        "image": image,
        "resources": {
            "requests": {"cpu": "50m", "memory": memory, "ephemeral-storage": "100Mi"},
            "limits": {"cpu": "2", "memory": memory, "ephemeral-storage": f"{DISK_GI}Gi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [
            *mounts,
            {"name": "cache", "mountPath": scripts.CACHE},
            {"name": "store", "mountPath": scripts.CA_FILE.rpartition("/")[0], "readOnly": True},
        ],
    }
