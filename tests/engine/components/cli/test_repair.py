"""A release that a killed helm left pending: a warning in a preview, refused by an up, repaired by the command."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.api_server import ApiServer
from tests.support.operator import TIMEOUT_SECONDS, Operator
from tests.support.tenancy_stack import STACK, TenancyStack

pytestmark = pytest.mark.engine

VOLUME_CLAIM = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: claim-alice}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""


@pytest.fixture
def operator(stack: TenancyStack, tools: Path) -> Operator:
    return Operator(stack, tools)


def test_killed_upgrade_is_repaired(operator: Operator, stack: TenancyStack, api_server: ApiServer) -> None:
    operator.kill_in_the_middle(["upgrade"], "kept")
    before = operator.statuses("kept")

    (warning,) = (line for line in stack.warnings() if "pending-upgrade" in line)
    assert "the Helm release kept/kept is pending-upgrade" in warning
    assert f"python -m components repair {STACK}" in warning

    refusal = stack.refused("up")
    assert "a run was killed, and neither pulumi refresh nor pulumi up repairs the release" in refusal
    assert f"to repair it, run: python -m components repair {STACK}" in refusal
    assert "Traceback" not in refusal

    done = operator.repair()
    assert done.returncode == 1
    assert f"cluster: {api_server.url} (kube-system " in done.stdout
    assert "to do: helm rollback kept" in done.stdout
    assert "nothing was changed; to repair the release without a question, add --yes" in done.stdout
    assert operator.statuses("kept") == before

    done = operator.repair("--yes")
    assert done.returncode == 0, done.stderr
    assert operator.statuses("kept")[-1] == "deployed"
    assert "Traceback" not in done.stderr

    assert not [line for line in stack.warnings() if "pending" in line]
    stack.up()
    assert stack.preview() == {}
    again = operator.repair()
    assert again.returncode == 0
    assert "there is nothing to repair" in again.stdout


def test_killed_install_is_removed_and_volumes_stay(
    operator: Operator, stack: TenancyStack, api_server: ApiServer
) -> None:
    stack.write(clusterName="never")
    api_server.kubectl("create", "namespace", "never")
    api_server.kubectl("apply", "--namespace", "never", "--filename", "-", stdin=VOLUME_CLAIM)
    operator.kill_in_the_middle(["install"], "never")
    claim = api_server.read("persistentvolumeclaim", "claim-alice", "--namespace", "never")["metadata"]["uid"]

    done = operator.repair()
    assert "to do: helm uninstall never: the release was never deployed" in done.stdout
    done = operator.repair("--yes")

    assert done.returncode == 0, done.stderr
    assert operator.statuses("never") == []
    assert not api_server.exists("configmap", "hub", "--namespace", "never")
    assert api_server.read("persistentvolumeclaim", "claim-alice", "--namespace", "never")["metadata"]["uid"] == claim


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
