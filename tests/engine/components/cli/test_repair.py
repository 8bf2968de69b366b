"""A release that a killed helm left pending: said in a preview, refused in an up, mended by the command."""

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


def test_a_killed_upgrade_is_said_refused_mended_and_gone(
    operator: Operator, stack: TenancyStack, api_server: ApiServer
) -> None:
    operator.kill_in_the_middle(["upgrade"], "kept")
    before = operator.statuses("kept")

    (warning,) = (line for line in stack.warnings() if "pending-upgrade" in line)
    assert "the Helm release kept/kept is pending-upgrade" in warning
    assert f"python -m components repair {STACK}" in warning

    refusal = stack.refused("up")
    assert "a run was killed, and neither pulumi refresh nor pulumi up mends that" in refusal
    assert f"to repair it, run: python -m components repair {STACK}" in refusal
    assert "Traceback" not in refusal

    told = operator.repair()
    assert told.returncode == 1
    assert f"cluster: {api_server.url} (kube-system " in told.stdout
    assert "to do: helm rollback kept" in told.stdout
    assert "nothing was done; to have it done: --yes" in told.stdout
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
    assert "nothing is stuck, and pulumi up can go on" in again.stdout


def test_an_install_killed_before_it_was_ever_deployed_is_taken_away_and_volumes_stay(
    operator: Operator, stack: TenancyStack, api_server: ApiServer
) -> None:
    stack.write(clusterName="never")
    api_server.kubectl("create", "namespace", "never")
    api_server.kubectl("apply", "--namespace", "never", "--filename", "-", stdin=VOLUME_CLAIM)
    operator.kill_in_the_middle(["install"], "never")
    claim = api_server.read("persistentvolumeclaim", "claim-alice", "--namespace", "never")["metadata"]["uid"]

    told = operator.repair()
    assert "to do: helm uninstall never: it was never deployed" in told.stdout
    done = operator.repair("--yes")

    assert done.returncode == 0, done.stderr
    assert operator.statuses("never") == []
    assert not api_server.exists("configmap", "hub", "--namespace", "never")
    assert api_server.read("persistentvolumeclaim", "claim-alice", "--namespace", "never")["metadata"]["uid"] == claim


def test_a_cluster_that_does_not_answer_is_said_without_a_traceback(
    operator: Operator, stack: TenancyStack, api_server: ApiServer
) -> None:
    with api_server.stopped():
        told = operator.repair("--yes")
    assert told.returncode == 1
    assert f"{api_server.url} (kubeconfig" in told.stderr
    assert "the connection was refused" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_stack_that_is_not_there_is_said_with_those_that_are(operator: Operator, stack: TenancyStack) -> None:
    stack.stack_file.rename(stack.stack_file.with_name("Pulumi.tast.yaml"))
    try:
        told = operator.repair()
    finally:
        stack.stack_file.with_name("Pulumi.tast.yaml").rename(stack.stack_file)
    assert told.returncode == 1
    assert "there is no such file; did you mean the stack tast?" in told.stderr


def test_an_encrypted_kubeconfig_is_opened_by_the_pulumi_cli_and_shown_nowhere(
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
    told = operator.repair()
    assert told.returncode == 0, told.stderr
    assert "nothing is stuck" in told.stdout
    assert "client-key-data" in text
    assert "client-key-data" not in told.stdout + told.stderr
