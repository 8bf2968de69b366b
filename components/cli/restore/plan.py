"""What a restore of homes does, and what it refuses, from the claims and pods of the namespace. Pure."""

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from components.cli.restore.errors import RestoreRefused
from components.cli.restore.snapshots import Snapshot
from components.config.tenancy import Tenancy
from components.in_backup.pod_names import VOLUME_PODS
from components.in_hub.home_marks import ARCHIVE, LAST_START, RESTORING
from components.in_hub.user_id import ID_ANNOTATION, NAME_ANNOTATION
from components.ownership.claims import HOME_CLAIMS, SEVERAL_NODES

ENDED = ("Succeeded", "Failed")
"""Phases of pods that use their volumes no more."""

ONE_POD = "ReadWriteOncePod"

HOME_LABELS = {
    "app": "jupyterhub",
    "app.kubernetes.io/component": "singleuser-storage",
    "app.kubernetes.io/managed-by": "kubespawner",
    "app.kubernetes.io/name": "jupyterhub",
    "component": "singleuser-storage",
    "heritage": "jupyterhub",
}
"""Labels of homes as KubeSpawner 7.0.0 writes them with z2jh 4.4.0."""


@dataclass(frozen=True)
class Use:
    """A pod that mounts a claim."""

    pod: str
    node: str


@dataclass(frozen=True)
class Claim:
    """A volume claim in the namespace."""

    name: str
    uid: str
    user_id: str = ""
    """The ``ipaUniqueID`` that the home is bound to."""
    modes: tuple[str, ...] = ()
    is_deleted: bool = False
    unfinished: str = ""
    """The mark of a restore that has not put all files in place: see ``restore_mark``."""
    archive: str = ""
    """The mark of an archive that ``members archive-home`` has begun."""
    last_start: str = ""
    """Time of the last start of a server with it."""
    uses: tuple[Use, ...] = ()

    @property
    def node(self) -> str | None:
        """The node on which a pod that mounts it must run; None for any."""
        return self.uses[0].node if self.uses and SEVERAL_NODES not in self.modes else None


def read_claims(claims: Iterable[Mapping[str, Any]], pods: Sequence[Mapping[str, Any]]) -> dict[str, Claim]:
    """Return the claims of the namespace with the pods that use them, by name."""
    uses: dict[str, list[Use]] = {}
    for pod in pods:
        spec = pod.get("spec") or {}
        if (pod.get("status") or {}).get("phase") in ENDED:
            continue
        for volume in spec.get("volumes") or ():
            name = (volume.get("persistentVolumeClaim") or {}).get("claimName")
            if name:
                uses.setdefault(str(name), []).append(
                    Use(str(pod["metadata"]["name"]), str(spec.get("nodeName") or ""))
                )
    found = {}
    for claim in claims:
        metadata = claim["metadata"]
        annotations, name = metadata.get("annotations") or {}, str(metadata["name"])
        found[name] = Claim(
            name,
            str(metadata["uid"]),
            str(annotations.get(ID_ANNOTATION) or ""),
            tuple((claim.get("spec") or {}).get("accessModes") or ()),
            bool(metadata.get("deletionTimestamp")),
            str(annotations.get(RESTORING) or ""),
            str(annotations.get(ARCHIVE) or ""),
            str(annotations.get(LAST_START) or ""),
            tuple(uses.get(name, ())),
        )
    return found


def claim_of(snapshot: Snapshot) -> str:
    """Return the name of the claim of the snapshot's home."""
    home = snapshot.home
    return "" if home is None else home.claim or HOME_CLAIMS + home.user


def check_home(snapshot: Snapshot, claim: Claim | None, *, in_place: bool, other_account: bool) -> None:
    """Check that a snapshot may be restored into a home.

    Args:
        snapshot: the snapshot.
        claim: the home; None if it does not exist.
        in_place: whether files of the home are replaced.
        other_account: whether the operator gives the files to another FreeIPA account than that of the backup.

    Raises:
        RestoreRefused: it may not.
    """
    if claim is None or snapshot.home is None:
        return
    user, backed_up_id = snapshot.home.user, snapshot.home.user_id
    if claim.is_deleted:
        raise RestoreRefused(f"the home {claim.name} of {user} is being deleted; try again when it is gone")
    if claim.user_id and backed_up_id and claim.user_id != backed_up_id and not other_account:
        raise RestoreRefused(
            f"the backup {snapshot} has the files of another FreeIPA account (ipaUniqueID {backed_up_id}) than that of "
            f"the home of {user} ({claim.user_id}); if both are the same person, add --other-account"
        )
    if in_place and any(use.pod.startswith(VOLUME_PODS) for use in claim.uses):
        raise RestoreRefused(f"a backup of the home of {user} is being made; try again in a few minutes")
    if claim.uses and ONE_POD in claim.modes:
        raise RestoreRefused(f"{_in_use(user, claim)}, and only one pod can use it ({ONE_POD}); stop the server first")
    if claim.uses and in_place:
        raise RestoreRefused(
            f"{_in_use(user, claim)}, and its files may be open; stop the server first, or restore beside the present "
            "files, without --in-place"
        )
    if any(not use.node for use in claim.uses):
        raise RestoreRefused(f"{_in_use(user, claim)}, which has no node yet; try again when it runs")


def check_no_start(snapshot: Snapshot, before: Claim, now: Claim) -> None:
    """Check that no server was started with a home since an earlier look at its claim. Its pod may not exist yet.

    Raises:
        RestoreRefused: one was.
    """
    if now.last_start != before.last_start:
        raise RestoreRefused(
            f"a server was started with the home of {snapshot.user} meanwhile; stop it, and run the command again"
        )


def restore_mark(snapshot: Snapshot, path: str | None) -> str:
    """Return the mark of a home while files are put in place: the snapshot's id, and the path of a part."""
    return f"{snapshot.id} {path}" if path else snapshot.id


def is_finished_by(mark: str, snapshot: Snapshot, path: str | None) -> bool:
    """Return whether a restore finishes the one that has left a mark: a whole home does, and the same part."""
    return path is None or mark == restore_mark(snapshot, path)


def _in_use(user: str, claim: Claim) -> str:
    return f"the home of {user} is in use by {', '.join(use.pod for use in claim.uses)}"


def new_home(tenancy: Tenancy, snapshot: Snapshot, path: str | None = None) -> dict[str, Any]:
    """Return the manifest of a home as the hub would create it, of the size and the owner at the time of the backup.

    It has the mark of a restore from the beginning.
    """
    assert snapshot.home is not None  # noqa: S101 - narrows the type
    home, class_name = snapshot.home, tenancy.storage_class_name
    annotations = {NAME_ANNOTATION: home.user, RESTORING: restore_mark(snapshot, path)}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {
            "name": claim_of(snapshot),
            "namespace": tenancy.namespace,
            "labels": HOME_LABELS,
            "annotations": {**annotations, **({ID_ANNOTATION: home.user_id} if home.user_id else {})},
        },
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            **({"storageClassName": class_name} if class_name else {}),
            "resources": {"requests": {"storage": f"{home.size_gb}Gi"}},
        },
    }


def source_path(snapshot: Snapshot, path: str | None) -> str:
    """Return the path in the snapshot of a file or folder of the home; that of the whole home without one.

    Raises:
        RestoreRefused: the path leads out of the home.
    """
    if path is None:
        return snapshot.path
    for folder in ("/home/jovyan/", "~/"):  # as users write paths
        path = path.removeprefix(folder)
    normal = posixpath.normpath(path)
    if path.startswith("/") or normal == ".." or normal.startswith("../"):
        raise RestoreRefused(
            f"--path {path} is not in the home; write it from the home's folder, for example notebooks/tides.ipynb"
        )
    return snapshot.path if normal == "." else f"{snapshot.path}/{normal}"


def beside_name(time: datetime) -> str:
    """Return the name of the new folder with restored files, from the time of the backup."""
    return f"restored-{time:%Y-%m-%d}"


def kept_name(time: datetime) -> str:
    """Return the name of the new folder with the files that were replaced, from the time of the restore."""
    return f"replaced-{time:%Y-%m-%d-%H%M%S}"
