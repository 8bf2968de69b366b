"""A kubeconfig's log-in program during a preview of the real engine: its messages are the engine's, while it waits."""

import base64
import json
import os
from pathlib import Path

import pytest
from pulumi import automation

from tests.support.api_server import ApiServer
from tests.support.tenancy_stack import TenancyStack

pytestmark = pytest.mark.engine

DEVICE_CODE = "To sign in, open https://login.example/device and enter the code ABCD-EFGH"
PROGRAM = """\
#!/bin/sh
if [ ! -e {entered} ]; then
  echo '{message}' >&2
  until [ -e {entered} ]; do sleep 0.1; done
fi
cat {credential}
"""


@pytest.fixture
def entered(
    stack: TenancyStack, api_server: ApiServer, tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Let the stack's kubeconfig log in by a program that waits for this file, as for a code in a browser."""
    # Time to start kubectl and the program on a busy machine.
    monkeypatch.setattr("components.cluster.kubectl.KUBECTL_GRACE_SECONDS", 120)
    document = json.loads(api_server.kubeconfig.read_text())
    user = document["users"][0]["user"]
    status = {
        "clientCertificateData": _pem(user, "client-certificate"),
        "clientKeyData": _pem(user, "client-key"),
    }
    version = "client.authentication.k8s.io/v1"
    credential = tmp_path / "credential.json"
    credential.write_text(json.dumps({"apiVersion": version, "kind": "ExecCredential", "status": status}))
    file, program = tmp_path / "entered", tmp_path / "log-in"
    program.write_text(PROGRAM.format(entered=file, message=DEVICE_CODE, credential=credential))
    program.chmod(0o755)
    command = {"apiVersion": version, "command": str(program), "interactiveMode": "IfAvailable"}
    document["users"][0]["user"] = {"exec": command}
    stack.kubeconfig = tmp_path / "kubeconfig"
    stack.kubeconfig.write_text(json.dumps(document))
    # Where CI is set, nobody can enter a code.
    stack.environment = {"PATH": f"{stack.variables['PATH']}{os.pathsep}{tools}", "CI": ""}
    return file


def test_device_code_is_shown_while_the_preview_waits_for_it(stack: TenancyStack, entered: Path) -> None:
    messages: list[str] = []

    def read(event: automation.EngineEvent) -> None:
        if event.diagnostic_event:
            messages.append(event.diagnostic_event.message)
            if DEVICE_CODE in event.diagnostic_event.message:
                entered.touch()

    with stack.environment_set():
        stack._stack.preview(color="never", on_event=read)

    assert entered.exists()
    assert [message for message in messages if DEVICE_CODE in message]


def _pem(user: dict[str, str], key: str) -> str:

    if f"{key}-data" in user:
        return base64.b64decode(user[f"{key}-data"]).decode()
    return Path(user[key]).read_text()
