"""The volume of the hub's database and sizes of homes: they grow with ``up``, and nothing makes them shrink."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.ownership.claims import DATABASE_CLAIM
from tests.support.administrator import Administrator
from tests.support.api_server import CONTROLLERS, ApiServer, throw_away_api_server
from tests.support.directory import ThrowAwayDirectory
from tests.support.tenancy_stack import TenancyStack

pytestmark = pytest.mark.engine

NAMESPACE, CLASS = "sizes", "sizes-class"
CLAIM = ("pvc", DATABASE_CLAIM, "--namespace", NAMESPACE)
TEMPLATE = f"""\
{{{{- with .Values.jupyterhub.hub.db.pvc }}}}
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{name: {DATABASE_CLAIM}}}
spec:
  storageClassName: {{{{ .storageClassName }}}}
  accessModes: [ReadWriteOnce]
  resources: {{requests: {{storage: {{{{ .storage }}}}}}}}
{{{{- end }}}}
"""
"""The claim as in zero-to-jupyterhub-k8s 4.4.0."""


@pytest.fixture(scope="module")
def api_server(tools: Path) -> Iterator[ApiServer]:
    """A cluster of this module's own, with a storage class whose volumes can grow."""
    with throw_away_api_server(tools, CONTROLLERS) as server:
        storage_class = {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": CLASS},
            "provisioner": "tests.invalid/nothing",
            "allowVolumeExpansion": True,
        }
        server.kubectl("apply", "--server-side", "--filename=-", stdin=json.dumps(storage_class))
        yield server


@pytest.fixture
def stack(tmp_path: Path, tools: Path, directory: ThrowAwayDirectory, api_server: ApiServer) -> Iterator[TenancyStack]:
    made = TenancyStack(tmp_path, tools, directory, api_server.kubeconfig, clusterName=NAMESPACE, protect=False)
    (tmp_path / "chart" / "templates" / "database.yaml").write_text(TEMPLATE)
    made.write(storage={"className": CLASS})
    yield made
    with Administrator.at(directory) as administrator:
        administrator.entry(f"{NAMESPACE}_notebook_users")
        administrator.delete_groups()


def test_sizes_grow_and_never_shrink(stack: TenancyStack, api_server: ApiServer) -> None:
    def requested() -> str:
        return str(api_server.read(*CLAIM)["spec"]["resources"]["requests"]["storage"])

    def write(database_gb: int | None, **sizes: dict[str, object]) -> None:
        size = {} if database_gb is None else {"hubDatabaseGb": database_gb}
        stack.write(storage={"className": CLASS, **size}, sizes=sizes or None)

    stack.up()
    assert requested() == "1Gi"
    assert not {"hubDatabaseGb", "homeSizes"} & stack.contract()["settings"].keys()
    before = api_server.read(*CLAIM)["metadata"]["uid"]

    write(5)
    assert "pangeo:storage.hubDatabaseGb  5  is more than the claim hub-db-dir has, and it is " in stack.refused("up")
    bound = json.dumps({"status": {"phase": "Bound", "capacity": {"storage": "1Gi"}}})
    api_server.kubectl("patch", *CLAIM, "--subresource=status", "--type=merge", "-p", bound)
    write(5, groups={"ocean": {"storageGb": 50}}, users={"alice": {"storageGb": 200}})
    stack.up()
    assert requested() == "5Gi"
    assert api_server.read(*CLAIM)["metadata"]["uid"] == before, "it is the same claim"

    api_server.kubectl("patch", "storageclass", CLASS, "-p", json.dumps({"allowVolumeExpansion": False}))
    write(6)
    assert f"and its storage class {CLASS} lets no volume grow" in stack.refused("preview")
    write(None)
    assert "is less than the size of the existing claim hub-db-dir" in stack.refused("preview")

    write(5, groups={"ocean": {"storageGb": 40}}, users={"alice": {"storageGb": 100}})
    refusal = stack.refused("preview")
    assert "sizes.groups.ocean.storageGb: 50 → 40 is not possible" in refusal
    assert "sizes.users.alice.storageGb: 200 → 100 is not possible" in refusal
    write(5, groups={"ocean": {"cpus": 2}})
    stack.up()
    assert stack.preview() == {}, "nothing changes without a reason"
    assert "homeSizes" not in stack.contract()["settings"]
    stack.destroy()
