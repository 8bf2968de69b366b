"""Kubernetes' volume snapshots, without their controller and without a driver."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from components.in_backup.snapshots import GROUP, SNAPSHOTS
from tests.engine.backup.backup_namespace import BackupNamespace
from tests.support.api_server import ApiServer
from tests.support.home_claim import release_claim

CRD = f"{SNAPSHOTS}.{GROUP}"
SCHEMA = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}

Object = dict[str, Any]


@contextmanager
def snapshot_kind(server: ApiServer) -> Iterator[None]:
    """Serve the kind VolumeSnapshot during the block, with fields of any kind."""
    names = {"kind": "VolumeSnapshot", "plural": SNAPSHOTS, "singular": "volumesnapshot"}
    versions = [{"name": "v1", "served": True, "storage": True, "schema": SCHEMA}]
    approved = {"api-approved.kubernetes.io": "https://github.com/kubernetes-csi/external-snapshotter/pull/814"}
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": CRD, "annotations": approved},
        "spec": {"group": GROUP, "scope": "Namespaced", "names": names, "versions": versions},
    }
    server.kubectl("apply", "--filename", "-", stdin=json.dumps(crd))
    server.kubectl("wait", f"crd/{CRD}", "--for=condition=Established", "--timeout=60s")
    try:
        yield
    finally:
        server.kubectl("delete", "crd", CRD, "--timeout=60s")


@dataclass
class SnapshotController:
    """Makes snapshots ready, with the content of their claims, and lets claims end that are deleted.

    It does so whenever ``look`` is called.
    """

    namespace: BackupNamespace
    error: str = ""
    """The driver's message; then no snapshot is ever ready."""
    taken: list[Object] = field(default_factory=list)
    """The snapshots that were ready."""
    claims: dict[str, Object] = field(default_factory=dict)
    """The temporary claims that were seen, by UID."""

    def look(self) -> tuple[set[str], set[str]]:
        """Look at all objects once; return the names of the snapshots and of the temporary claims."""
        snapshots, claims = self._list(SNAPSHOTS), [each for each in self._list("pvc") if _is_temporary(each)]
        for snapshot in snapshots:
            if "status" not in snapshot:
                self._take(snapshot)
        for claim in claims:
            self.claims[claim["metadata"]["uid"]] = claim
            if "deletionTimestamp" in claim["metadata"]:
                release_claim(self.namespace.api, self.namespace.name, claim["metadata"]["name"])
        return {each["metadata"]["name"] for each in snapshots}, {each["metadata"]["name"] for each in claims}

    def _list(self, kind: str) -> list[Object]:
        return list(json.loads(self.namespace.kubectl("get", kind, "--output", "json"))["items"])

    def _take(self, snapshot: Object) -> None:
        name, source = snapshot["metadata"]["name"], snapshot["spec"]["source"]["persistentVolumeClaimName"]
        status: Object = {"readyToUse": False, "error": {"message": self.error}}
        if not self.error:
            copy = self.namespace.runner.claim_folder(name)
            shutil.rmtree(copy)
            subprocess.run(["cp", "--archive", self.namespace.runner.claim_folder(source), copy], check=True)
            status = {"readyToUse": True, "restoreSize": "3Gi"}
            self.taken.append(snapshot)
        patch = json.dumps({"status": status})
        self.namespace.kubectl("patch", SNAPSHOTS, name, "--type=merge", "--patch", patch)


def _is_temporary(claim: Object) -> bool:
    return "dataSource" in claim["spec"]
