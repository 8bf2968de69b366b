"""Identity of a real API server, read with every log-in method, and every failure."""

import base64
import socket
from pathlib import Path
from typing import Any

import pytest

from components.cluster.client import connect_to_cluster
from components.cluster.kubeconfig import Kubeconfig
from components.cluster.releases import latest_revision
from tests.engine.components.cli.ingress import serve_ingress
from tests.engine.components.cluster.cluster_access import Change, allow, read_uid, refusal, uid
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
