"""Identity of a real API server, read with every log-in method, and every failure."""

import base64
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from components.cluster.client import connect_to_cluster
from components.cluster.errors import CannotAsk
from components.cluster.helm import HelmFailed, helm_for
from components.cluster.identity import read_cluster_id
from components.cluster.kubeconfig import Kubeconfig
from components.cluster.releases import latest_revision
from tests.engine.components.cli.ingress import serve_ingress
from tests.support.api_server import ApiServer
from tests.support.certificates import (
    DAY,
    FLAGS_BY_PYTHON,
    NOW,
    Authority,
    authority,
    server_context,
    use_flags_of_python,
)
from tests.support.ports import free_ports

pytestmark = pytest.mark.engine

Change = Callable[..., Kubeconfig]


@pytest.fixture
def changed(api_server: ApiServer, tmp_path: Path) -> Change:
    """Return the administrator's kubeconfig with another user or other keys of the cluster."""

    def change(user: dict[str, Any] | None = None, **cluster: Any) -> Kubeconfig:
        document = json.loads(api_server.kubeconfig.read_text())
        document["clusters"][0]["cluster"].update(cluster)
        if user is not None:
            document["users"][0]["user"] = user
        path = tmp_path / "kubeconfig"
        path.write_text(json.dumps(document))
        return Kubeconfig(text=None, path=path, context=None)

    return change


@pytest.fixture
def account(api_server: ApiServer) -> Iterator[str]:
    """Token of an account without permissions."""
    api_server.kubectl("create", "serviceaccount", "nobody")
    yield api_server.kubectl("create", "token", "nobody").strip()
    api_server.kubectl("delete", "clusterrolebinding", "nobody", "--ignore-not-found")
    api_server.kubectl("delete", "serviceaccount", "nobody")


def allow(server: ApiServer) -> None:
    """Grant the account read access, and wait until the server applies it."""
    subject = "--serviceaccount=default:nobody"
    server.kubectl("create", "clusterrolebinding", "nobody", "--clusterrole=cluster-admin", subject)
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {
            "user": "system:serviceaccount:default:nobody",
            "resourceAttributes": {"verb": "get", "resource": "namespaces", "name": "kube-system"},
        },
    }
    deadline = time.monotonic() + 30
    ask = ("create", "--filename", "-", "--output", "jsonpath={.status.allowed}")
    while server.kubectl(*ask, stdin=json.dumps(review)) != "true":
        assert time.monotonic() < deadline
        time.sleep(0.1)


def uid(server: ApiServer) -> str:
    return str(server.read("namespace", "kube-system")["metadata"]["uid"])


def read_uid(kubeconfig: Kubeconfig, path: str = os.defpath, timeout_seconds: float = 30) -> str:
    with connect_to_cluster(kubeconfig, {"PATH": path, "HOME": "/nowhere"}, timeout_seconds) as api:
        return read_cluster_id(api).uid


def refusal(kubeconfig: Kubeconfig, path: str = os.defpath, timeout_seconds: float = 30) -> str:
    with pytest.raises(CannotAsk) as caught:
        read_uid(kubeconfig, path, timeout_seconds)
    return str(caught.value)


def test_client_certificate_logs_in(api_server: ApiServer) -> None:
    assert read_uid(Kubeconfig(None, api_server.kubeconfig, "test")) == uid(api_server)


def test_kubeconfig_text_works_like_a_file(api_server: ApiServer) -> None:
    assert read_uid(Kubeconfig(api_server.kubeconfig.read_text(), None, None)) == uid(api_server)


def test_token_logs_in(api_server: ApiServer, changed: Change, account: str) -> None:
    allow(api_server)
    assert read_uid(changed({"token": account})) == uid(api_server)


def test_missing_permission_is_named(changed: Change, account: str) -> None:
    message = refusal(changed({"token": account}))
    assert "the account may not read /api/v1/namespaces/kube-system (403); grant it that permission" in message


def test_refused_token_is_reported_and_not_shown(changed: Change) -> None:
    message = refusal(changed({"token": "sesame-open"}))
    assert "the log-in is refused (401); renew the kubeconfig's certificate or token" in message
    assert "sesame-open" not in message


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


def test_other_authority_is_not_trusted(changed: Change, directory: Any) -> None:
    other = changed(**{"certificate-authority-data": None, "certificate-authority": str(directory.ca_file)})
    assert "its certificate is not signed by the kubeconfig's authority" in refusal(other)


@pytest.mark.parametrize("python", FLAGS_BY_PYTHON)
def test_authority_of_a_simple_tool_is_trusted_with_every_python(
    changed: Change, tmp_path: Path, python: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_flags_of_python(python, monkeypatch)
    simple = authority("intermediate without key identifiers", authority("root"), critical=False)
    with serve_ingress(server_context(tmp_path, simple, "localhost"), free_ports(1)[0]) as port:
        message = refusal(_reached(changed, port, simple))
    assert "certificate" not in message, "the handshake succeeds; only an API is missing behind it"


@pytest.mark.parametrize("python", FLAGS_BY_PYTHON)
@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ("another host", "its certificate is not for this address: Hostname mismatch"),
        ("expired", "has expired or is not valid yet; check this machine's clock: certificate has expired"),
        ("another authority", "not signed by the kubeconfig's authority: unable to get local issuer certificate"),
        ("no authority", "its certificate or its authority's is not acceptable: invalid CA certificate"),
    ],
)
def test_refused_certificate_is_reported_with_its_cause(
    changed: Change, tmp_path: Path, python: str, fault: str, cause: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_flags_of_python(python, monkeypatch)
    trusted = authority("trusted")
    signer = {"no authority": authority("server", trusted, signs=False)}.get(fault, trusted)
    end = NOW - DAY / 2 if fault == "expired" else NOW + DAY
    context = server_context(tmp_path, signer, "other.example" if fault == "another host" else "localhost", end=end)
    with serve_ingress(context, free_ports(1)[0]) as port:
        message = refusal(_reached(changed, port, authority("another") if fault == "another authority" else signer))
    assert cause in message


def _reached(changed: Change, port: int, trusted: Authority) -> Kubeconfig:
    data = base64.b64encode(trusted.pem.encode()).decode()
    return changed(server=f"https://localhost:{port}", **{"certificate-authority-data": data})


def test_silent_server_times_out(changed: Change) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        message = refusal(changed(server=f"https://127.0.0.1:{silent.getsockname()[1]}"), timeout_seconds=0.3)
    assert "no answer within 0.3 s" in message


def test_unresolvable_name_is_reported(changed: Change) -> None:
    assert "the name cannot be resolved" in refusal(changed(server="https://nowhere.invalid:6443"))


def test_password_in_the_server_url_is_not_shown(changed: Change) -> None:
    message = refusal(changed(server="https://me:sesame-open@127.0.0.1:1"))
    assert message.startswith("https://127.0.0.1:1 ")
    assert "sesame-open" not in message


def test_namespace_without_a_release_has_no_revision(api_server: ApiServer) -> None:
    with connect_to_cluster(Kubeconfig(None, api_server.kubeconfig, None), {}) as api:
        assert latest_revision(api, "vis", "nowhere") is None
