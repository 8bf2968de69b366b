"""What killed runs leave behind is repaired, and nothing else is changed: real engine, API server and Helm."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from components.ownership.mark import ANNOTATION
from tests.engine.faults.killed_up import blocking_hook, drop_empty_attributes, kill_up, running_up
from tests.support.api_server import ApiServer, throw_away_api_server
from tests.support.directory import ThrowAwayDirectory
from tests.support.operator import TIMEOUT_SECONDS, Operator
from tests.support.tenancy_stack import STACK, TenancyStack

pytestmark = pytest.mark.engine

PENDING_WARNING = "pending operations"
"""In the engine's warning about operations of a killed run."""

VOLUME_CLAIM = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: claim-alice}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""
RELEASE = "kubernetes:helm.sh/v3:Release"


@pytest.fixture
def operator(stack: TenancyStack, tools: Path) -> Operator:
    return Operator(stack, tools)


@pytest.fixture
def fresh(
    request: pytest.FixtureRequest, tmp_path: Path, tools: Path, directory: ThrowAwayDirectory, api_server: ApiServer
) -> Iterator["Fresh"]:
    """A tenancy that was never deployed."""
    name = f"repair-{Random(request.node.name).randrange(10**9)}"
    stack = TenancyStack(tmp_path, tools, directory, api_server.kubeconfig, clusterName=name)
    yield Fresh(stack, Operator(stack, tools), name)
    stack._stack.cancel()


class Fresh:
    """A tenancy of one test, and its operator."""

    def __init__(self, stack: TenancyStack, operator: Operator, name: str) -> None:
        self.stack = stack
        self.operator = operator
        self.name = name

    def statuses(self) -> list[str]:
        return self.operator.statuses(self.name)

    def deployment(self) -> dict[str, Any]:
        return dict(self.stack._stack.export_stack().deployment or {})

    def pending(self) -> list[tuple[str, str]]:
        """Return the pending operations in the state, with the type of the resource."""
        operations = self.deployment().get("pending_operations") or []
        return [(each["type"], each["resource"]["type"]) for each in operations]

    def knows(self, kind: str) -> bool:
        """Return whether the state contains a resource of this kind."""
        try:
            # Not by pulumi stack export, which fails while a running engine saves.
            latest = json.loads(self.state_file.read_text())["checkpoint"]["latest"] or {}
        except FileNotFoundError:
            return False
        return any(each["type"] == kind for each in latest.get("resources") or [])

    @property
    def state_file(self) -> Path:
        """The file with the stack's state."""
        return self.stack.backend / ".pulumi" / "stacks" / "pangeo" / f"{STACK}.json"

    def cancel(self) -> None:
        """Remove what the killed run left beside the state: empty files and the lock, as the messages say."""
        drop_empty_attributes(self.state_file.parent)
        self.stack._stack.cancel()

    def assert_clean_up(self) -> None:
        """Deploy; there is no warning, and nothing is left to do."""
        assert PENDING_WARNING not in self.stack.up()
        assert self.pending() == []
        assert self.statuses()[-1] == "deployed"
        assert self.stack.preview() == {}

    def lose_release(self, *, creation: bool) -> None:
        """Let the state be that of an ``up`` that was killed before helm's result was saved."""
        deployment = self.deployment()
        [release] = [each for each in deployment["resources"] if each["type"] == RELEASE]
        users = [each for each in deployment["resources"] if release["urn"] in (each.get("dependencies") or [])]
        gone = [release["urn"], *(each["urn"] for each in users)]
        kept = [each for each in deployment["resources"] if each["urn"] not in gone]
        interrupted = {key: value for key, value in release.items() if key not in ("id", "outputs")}
        pending = [{"type": "creating", "resource": interrupted}] if creation else []
        # Not by pulumi stack import, which drops pending operations.
        checkpoint = json.loads(self.state_file.read_text())
        checkpoint["checkpoint"]["latest"].update(resources=kept, pending_operations=pending)
        self.state_file.write_text(json.dumps(checkpoint))


def test_killed_first_up_is_repaired_without_a_trace(fresh: Fresh, api_server: ApiServer) -> None:
    with (
        blocking_hook(fresh.stack),
        running_up(fresh.stack, lambda: fresh.statuses() == ["pending-install"]),
    ):
        api_server.kubectl("apply", "--namespace", fresh.name, "--filename", "-", stdin=VOLUME_CLAIM)
        claim = api_server.read("persistentvolumeclaim", "claim-alice", "--namespace", fresh.name)["metadata"]["uid"]
        young = fresh.operator.repair("--yes")
        locked = fresh.operator.repair("--yes", "--interrupted")
        assert fresh.statuses() == ["pending-install"], "the running up is not disturbed"
    assert ("creating", RELEASE) in fresh.pending()

    assert young.returncode == locked.returncode == 1
    assert "nothing was changed: the Helm release" in young.stdout
    assert f"python -m components repair {STACK} --interrupted" in young.stdout
    assert "nothing was changed: the stack is currently locked by 1 lock(s)" in locked.stdout
    assert "pulumi cancel" in locked.stdout

    fresh.cancel()
    done = fresh.operator.repair("--interrupted")
    assert done.returncode == 1
    assert f"to do: helm uninstall {fresh.name}: the release was never deployed" in done.stdout
    assert "Release" in done.stdout.partition("every later up warns")[2]
    assert "nothing was changed; to repair without a question, add --yes" in done.stdout
    assert fresh.statuses() == ["pending-install"]

    done = fresh.operator.repair("--interrupted", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert fresh.statuses() == []
    assert fresh.pending() == []
    again = fresh.operator.repair("--yes")
    assert again.returncode == 0
    assert "there is nothing to repair in the cluster\nthe state needs no repair" in again.stdout

    fresh.assert_clean_up()
    after = api_server.read("persistentvolumeclaim", "claim-alice", "--namespace", fresh.name)["metadata"]
    assert after["uid"] == claim
    assert not after.get("deletionTimestamp")


@pytest.mark.parametrize("kind", ["pulumi-python:dynamic/tenancy:Contract", "kubernetes:core/v1:Namespace"])
def test_killed_first_up_before_the_release_leaves_no_warning(fresh: Fresh, kind: str) -> None:
    kill_up(fresh.stack, lambda: fresh.knows(kind))
    fresh.cancel()

    done = fresh.operator.repair("--yes", "--interrupted")
    assert done.returncode == 0, done.stdout + done.stderr
    assert [each for each in fresh.pending() if each[0] == "creating"] == []
    fresh.assert_clean_up()


def test_killed_update_is_rolled_back(fresh: Fresh) -> None:
    fresh.stack.up()
    fresh.stack.write(notebookStorageGb=11)
    with blocking_hook(fresh.stack):
        kill_up(fresh.stack, lambda: fresh.statuses()[-1] == "pending-upgrade")
    fresh.cancel()
    proposed = fresh.operator.repair("--interrupted")
    assert "a run was killed while it was updating Release" in proposed.stdout

    (warning,) = (line for line in fresh.stack.warnings() if "is pending-upgrade" in line)
    assert f"python -m components repair {STACK}" in warning
    refusal = fresh.stack.refused("up")
    assert f"to repair it, run: python -m components repair {STACK}" in refusal
    assert "Traceback" not in refusal

    done = fresh.operator.repair("--yes", "--interrupted")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"to do: helm rollback {fresh.name} 1" in done.stdout
    assert fresh.statuses()[-1] == "deployed"
    fresh.assert_clean_up()


def test_release_that_was_not_recorded_is_installed_again(fresh: Fresh) -> None:
    fresh.stack.up()
    fresh.lose_release(creation=True)
    done = fresh.operator.repair("--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the stack's state does not contain it" in done.stdout
    assert fresh.statuses() == []
    fresh.assert_clean_up()


def test_young_release_needs_a_pending_creation_in_the_state(fresh: Fresh) -> None:
    fresh.stack.up()
    fresh.lose_release(creation=False)

    done = fresh.operator.repair("--yes")
    assert done.returncode == 1
    assert "a run of pulumi or helm may still be changing it" in done.stdout
    assert fresh.statuses() == ["deployed"]


def test_release_of_another_deployment_is_left_alone(fresh: Fresh, api_server: ApiServer) -> None:
    fresh.stack.up()
    fresh.lose_release(creation=True)
    mark = api_server.read("namespace", fresh.name)["metadata"]["annotations"][ANNOTATION]
    other = f"{mark.rpartition(' ')[0]} 0a1b2c"
    api_server.kubectl("annotate", "namespace", fresh.name, f"{ANNOTATION}={other}", "--overwrite")

    done = fresh.operator.repair("--yes", "--interrupted")
    assert done.returncode == 1
    assert f"belongs to another deployment: {other}" in done.stdout
    assert fresh.statuses() == ["deployed"]


def test_empty_backend_is_refused_and_the_hub_stays(operator: Operator, tmp_path: Path) -> None:
    operator._environment["PULUMI_BACKEND_URL"] = tmp_path.as_uri()
    absent = operator.repair("--yes", "--interrupted")
    assert absent.returncode == 1
    assert f"error: no stack named '{STACK}' found" in absent.stderr

    subprocess.run(
        ["pulumi", "stack", "init", STACK, "--no-select"],
        cwd=operator._stack.folder,
        env=operator._environment,
        timeout=TIMEOUT_SECONDS,
        capture_output=True,
        check=True,
    )
    empty = operator.repair("--yes", "--interrupted")
    assert empty.returncode == 1
    assert (
        f"the state of the stack {STACK} in the backend {tmp_path.as_uri()} does not know this tenancy" in empty.stdout
    )
    assert "pulumi login or PULUMI_BACKEND_URL" in empty.stdout
    assert operator.statuses("kept")[-1] == "deployed"


def test_other_cluster_is_refused_and_its_release_stays(operator: Operator, api_server: ApiServer, tools: Path) -> None:
    with throw_away_api_server(tools) as other:
        operator._environment["KUBECONFIG"] = str(other.kubeconfig)
        other.kubectl("create", "namespace", "kept")
        operator.kill_in_the_middle(["install"], "kept")
        done = operator.repair("--yes", "--interrupted")

        assert done.returncode == 1
        assert f"is deployed in the cluster {api_server.url}" in done.stdout
        assert f"the kubeconfig leads to {other.url}" in done.stdout
        assert operator.statuses("kept") == ["pending-install"]


def test_unreachable_cluster_is_reported_without_a_traceback(
    operator: Operator, stack: TenancyStack, api_server: ApiServer
) -> None:
    with api_server.stopped():
        done = operator.repair("--yes")
    assert done.returncode == 1
    assert f"{api_server.url} (kubeconfig" in done.stderr
    assert "the connection was refused" in done.stderr
    assert "Traceback" not in done.stderr


def test_unknown_stack_is_reported_with_a_suggestion(operator: Operator, stack: TenancyStack) -> None:
    stack.stack_file.rename(stack.stack_file.with_name("Pulumi.tast.yaml"))
    try:
        done = operator.repair()
    finally:
        stack.stack_file.with_name("Pulumi.tast.yaml").rename(stack.stack_file)
    assert done.returncode == 1
    assert "does not exist; did you mean the stack tast?" in done.stderr


def test_encrypted_kubeconfig_is_decrypted_and_not_shown(
    operator: Operator, stack: TenancyStack, tmp_path: Path
) -> None:
    text = stack.kubeconfig.read_text()
    subprocess.run(
        ["pulumi", "config", "set", "--secret", "--path", "pangeo:kubernetes.kubeconfig", "--stack", STACK],
        cwd=stack.folder,
        env={**os.environ, **stack.variables},
        input=text,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=True,
    )
    operator._environment["KUBECONFIG"] = str(tmp_path / "none")
    done = operator.repair()
    assert done.returncode == 0, done.stderr
    assert "there is nothing to repair" in done.stdout
    assert "client-key-data" in text
    assert "client-key-data" not in done.stdout + done.stderr
