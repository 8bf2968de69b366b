"""The documented removal of a tenancy, with the shipped policies: engine, API server, directory and command line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.ownership.mark import ANNOTATION
from local.paths import PROJECT
from tests.support.administrator import Administrator
from tests.support.api_server import ApiServer, throw_away_api_server
from tests.support.cli_calls import without_results
from tests.support.directory import ThrowAwayDirectory
from tests.support.home_claim import release_claim
from tests.support.inline_program import pause_after_failure
from tests.support.operator import Operator
from tests.support.tenancy_stack import STACK, TenancyStack

pytestmark = pytest.mark.engine

NAME = "removed"
GROUP = "removed_notebook_users"
POLICIES = PROJECT / "policies"
SHIPPED_SETTINGS = PROJECT / "stacks" / "policies.json"


class ReviewedTenancy(TenancyStack):
    """A tenancy whose every ``up`` is reviewed by the shipped policies."""

    def up(self) -> str:
        results = without_results(self._stack, "outputs", "info")
        with self.environment_set(), results, pause_after_failure():
            done = self._stack.up(
                color="never", policy_packs=[str(POLICIES)], policy_pack_configs=[str(SHIPPED_SETTINGS)]
            )
            return str(done.stdout)


@pytest.fixture(scope="module")
def api_server(tools: Path) -> Iterator[ApiServer]:
    """A cluster of this module's own, because all volumes of a cluster are listed."""
    with throw_away_api_server(tools) as server:
        yield server


@pytest.fixture
def tenancy(
    tmp_path: Path, tools: Path, directory: ThrowAwayDirectory, api_server: ApiServer
) -> Iterator[ReviewedTenancy]:
    storage = {"create": {"provisioner": "csi.example.org"}}
    stack = ReviewedTenancy(tmp_path, tools, directory, api_server.kubeconfig, clusterName=NAME, storage=storage)
    shipped = yaml.safe_load((PROJECT / "chart" / "Chart.yaml").read_text())
    about = {key: shipped[key] for key in ("apiVersion", "name", "version")}
    (stack.folder / "chart" / "Chart.yaml").write_text(yaml.safe_dump(about))  # a policy compares the versions
    stack.up()
    with Administrator.at(directory) as administrator:
        administrator.add_members(GROUP, [directory.user_dn("alice")])
        api_server.kubectl("apply", "--namespace", NAME, "--filename", "-", stdin=json.dumps(home("alice")))
        api_server.kubectl("apply", "--filename", "-", stdin=json.dumps(volume("alice")))
        yield stack
        if api_server.exists("persistentvolumeclaim", "claim-alice", "--namespace", NAME):
            release_claim(api_server, NAME)
        api_server.kubectl("delete", "pv", "volume-alice", "--ignore-not-found", "--wait=false")
        api_server.kubectl("delete", "namespace", NAME, "--ignore-not-found")
        api_server.kubectl("delete", "storageclass", f"{NAME}-homes", "--ignore-not-found")
        administrator.entry(GROUP)
        administrator.delete_groups()


def home(user: str) -> dict[str, Any]:
    """Return the claim that the hub creates for a user's home."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {
            "name": f"claim-{user}",
            "labels": {"component": "singleuser-storage"},
            "annotations": {"hub.jupyter.org/username": user},
        },
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
            "volumeName": f"volume-{user}",
        },
    }


def volume(user: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"volume-{user}"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "capacity": {"storage": "1Gi"},
            "hostPath": {"path": "/none"},
            "persistentVolumeReclaimPolicy": "Retain",
        },
    }


def test_documented_removal_leaves_nothing(
    tenancy: ReviewedTenancy, tools: Path, api_server: ApiServer, directory: ThrowAwayDirectory
) -> None:
    operator = Operator(tenancy, tools)
    refused = operator.command("remove", "--yes", NAME)
    assert refused.returncode == 1
    assert f"first run: pulumi destroy --stack {STACK}" in refused.stdout

    tenancy.destroy()
    archive = home("archive") | {"metadata": {"name": "archive-data"}}
    api_server.kubectl("apply", "--namespace", NAME, "--filename", "-", stdin=json.dumps(archive))
    assert "did not create are in the namespace removed: archive-data" in operator.command("remove").stdout
    api_server.kubectl("delete", "pvc", "archive-data", "--namespace", NAME)
    asked = operator.command("remove")
    assert asked.returncode == 1
    for line in (
        f"  the namespace {NAME} with 1 home: alice",
        f"  the storage class {NAME}-homes",
        f"  the FreeIPA group {GROUP} with 1 member",
        "  kubectl delete pv volume-alice  # alice",
        f"nothing was changed; to confirm without a question, add --yes {NAME}",
    ):
        assert line in asked.stdout.splitlines()
    assert operator.command("remove", "--yes", "another").returncode == 1
    assert api_server.exists("namespace", NAME)

    release_claim(api_server, NAME)
    done = operator.command("remove", "--yes", NAME)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not api_server.exists("namespace", NAME)
    assert not api_server.exists("storageclass", f"{NAME}-homes")
    with Administrator.at(directory) as administrator:
        assert administrator.entry(GROUP) is None
    again = operator.command("remove", "--yes", NAME)
    assert again.returncode == 0
    assert "nothing is left that a destroy of this stack kept" in again.stdout

    tenancy.up()
    assert tenancy.preview() == {}
    with Administrator.at(directory) as administrator:
        assert administrator.members(GROUP) == []


def test_tenancy_of_another_stack_is_not_removed(
    tenancy: ReviewedTenancy, tools: Path, api_server: ApiServer, directory: ThrowAwayDirectory
) -> None:
    tenancy.destroy()
    mark = api_server.read("namespace", NAME)["metadata"]["annotations"][ANNOTATION]
    others = mark.replace(f"stack {STACK},", "stack prod,")
    api_server.kubectl("annotate", "namespace", NAME, "--overwrite", f"{ANNOTATION}={others}")
    refused = Operator(tenancy, tools).command("remove", "--yes", NAME)
    assert refused.returncode == 1
    assert f"was not kept by a destroy of this stack: it belongs to {others}" in refused.stdout
    assert api_server.exists("namespace", NAME)
    with Administrator.at(directory) as administrator:
        assert administrator.members(GROUP) == [directory.user_dn("alice")]
