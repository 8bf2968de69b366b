"""Log-in programs of a kubeconfig, which kubectl and helm run: their messages, their time and their failures."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from components.cluster.client import connect_to_cluster
from components.cluster.errors import CannotAsk
from components.cluster.helm import HelmFailed, helm_for
from components.cluster.identity import read_cluster_id
from components.cluster.kubeconfig import Kubeconfig
from tests.engine.components.cluster.cluster_access import Change, allow, read_uid, refusal, uid
from tests.support.api_server import ApiServer

pytestmark = pytest.mark.engine


def test_log_in_program_is_left_to_kubectl(
    api_server: ApiServer, changed: Change, account: str, tools: Path, tmp_path: Path
) -> None:
    allow(api_server)
    credential = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": account},
    }
    program = tmp_path / "log-in"
    program.write_text(f"#!/bin/sh\necho '{json.dumps(credential)}'\n")
    program.chmod(0o755)
    by_program = changed(
        {
            "exec": {
                "apiVersion": "client.authentication.k8s.io/v1",
                "command": str(program),
                "interactiveMode": "Never",
            }
        }
    )
    assert read_uid(by_program, path=f"{tools}:{os.defpath}") == uid(api_server)
    assert "user.exec in the kubeconfig needs the kubectl program, which is not on PATH" in refusal(
        by_program, path=str(tmp_path)
    )


@pytest.fixture
def by_log_in_program(changed: Change, tmp_path: Path) -> Callable[[str], Kubeconfig]:
    """Return a kubeconfig whose log-in program is a shell script."""

    def write(script: str) -> Kubeconfig:
        program = tmp_path / "device-log-in"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        version = "client.authentication.k8s.io/v1"
        return changed({"exec": {"apiVersion": version, "command": str(program), "interactiveMode": "IfAvailable"}})

    return write


DEVICE_CODE = "To sign in, open https://login.example/device and enter the code ABCD-EFGH"


def test_device_code_is_shown_while_the_log_in_program_waits(
    api_server: ApiServer,
    by_log_in_program: Callable[[str], Kubeconfig],
    account: str,
    tools: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Time to start kubectl and the program on a busy machine.
    monkeypatch.setattr("components.cluster.kubectl.KUBECTL_GRACE_SECONDS", 120)
    allow(api_server)
    entered = tmp_path / "entered"
    credential = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": account},
    }
    kubeconfig = by_log_in_program(
        f"echo '{DEVICE_CODE}' >&2\n"
        f"until [ -e {entered} ]; do sleep 0.1; done\n"
        # Longer than the time limit of a request to the API server.
        "sleep 2\n"
        f"echo '{json.dumps(credential)}'"
    )
    environment = {"PATH": f"{tools}:{os.defpath}", "HOME": "/nowhere"}

    def read(line: str) -> None:
        if line == DEVICE_CODE:
            entered.touch()

    with connect_to_cluster(kubeconfig, environment, timeout_seconds=1, report=read) as api:
        assert read_cluster_id(api).uid == uid(api_server)


def test_helm_shows_the_messages_of_a_log_in_program_too(
    by_log_in_program: Callable[[str], Kubeconfig], tools: Path, tmp_path: Path
) -> None:
    entered = tmp_path / "entered"
    kubeconfig = by_log_in_program(
        f"echo '{DEVICE_CODE}' >&2\nuntil [ -e {entered} ]; do sleep 0.1; done\necho 'the code has expired' >&2\nexit 7"
    )
    lines: list[str] = []

    def read(line: str) -> None:
        lines.append(line)
        if line == DEVICE_CODE:
            entered.touch()

    environment = {"PATH": f"{tools}:{os.defpath}", "HOME": str(tmp_path)}
    with helm_for(kubeconfig, environment, read) as helm, pytest.raises(HelmFailed) as caught:
        helm.history("vis", "vis")

    assert lines[0] == DEVICE_CODE
    assert "the code has expired" in str(caught.value)


def test_failed_log_in_program_is_reported_with_all_its_messages(
    by_log_in_program: Callable[[str], Kubeconfig], tools: Path
) -> None:
    kubeconfig = by_log_in_program(f"echo '{DEVICE_CODE}' >&2\necho 'the code has expired' >&2\nexit 7")
    message = refusal(kubeconfig, path=f"{tools}:{os.defpath}")

    assert f"kubectl: {DEVICE_CODE}\nthe code has expired\n" in message
    assert "failed with exit code 7" in message


def test_log_in_program_is_not_waited_for_in_a_ci_system(
    by_log_in_program: Callable[[str], Kubeconfig], tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("components.cluster.kubectl.KUBECTL_GRACE_SECONDS", 1)
    kubeconfig = by_log_in_program(f"echo '{DEVICE_CODE}' >&2\nexec sleep 600")
    environment = {"PATH": f"{tools}:{os.defpath}", "HOME": "/nowhere", "CI": "true"}
    with (
        pytest.raises(CannotAsk) as caught,
        connect_to_cluster(kubeconfig, environment, timeout_seconds=2) as api,
    ):
        read_cluster_id(api)

    assert "kubectl: gave no answer within 3 s; " in str(caught.value)
    assert "more time with PANGEO_LOGIN_SECONDS" in str(caught.value)
