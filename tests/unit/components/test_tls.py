import ast
import functools
import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from components.tls import Fault, certificate_fault, verifying_context
from local.paths import PROJECT
from tests.support.certificates import (
    DAY,
    FLAGS_BY_PYTHON,
    NOW,
    Authority,
    authority,
    server_context,
    use_flags_of_python,
)

FOLDERS = ("components", "policies", "ci")
HOST = "ipa.example.org"
ROOT = authority("root")
INTERMEDIATE = authority("intermediate", ROOT)


@pytest.fixture(params=FLAGS_BY_PYTHON, autouse=True)
def python(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run each test with the flags of each Python version."""
    use_flags_of_python(request.param, monkeypatch)
    return str(request.param)


def shake_hands(client_context: ssl.SSLContext, server: ssl.SSLContext, host: str = HOST) -> None:
    """Complete a handshake in memory, or raise the client's refusal."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(to_client, to_server, server_hostname=host)
    other = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for side in (client, other):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue


def refusal(client_context: ssl.SSLContext, server: ssl.SSLContext, host: str = HOST) -> ssl.SSLCertVerificationError:
    with pytest.raises(ssl.SSLCertVerificationError) as raised:
        shake_hands(client_context, server, host)
    return raised.value


@pytest.mark.parametrize(
    ("trusted", "signer"),
    [
        pytest.param(ROOT, ROOT, id="authority without key identifiers"),
        pytest.param(lax := authority("lax", critical=False), lax, id="basic constraints that are not critical"),
        pytest.param(INTERMEDIATE, INTERMEDIATE, id="intermediate authority without its root"),
    ],
)
def test_certificates_that_kubectl_accepts_are_accepted(tmp_path: Path, trusted: Authority, signer: Authority) -> None:
    shake_hands(verifying_context(trusted.pem), server_context(tmp_path, signer, HOST))


@pytest.mark.parametrize(
    ("signer", "host", "ends_in_days", "fault"),
    [
        (ROOT, "other.example.org", 1, Fault.ANOTHER_HOST),
        (ROOT, "192.0.2.1", 1, Fault.ANOTHER_HOST),
        (ROOT, HOST, -0.5, Fault.VALIDITY),
        (authority("root"), HOST, 1, Fault.UNKNOWN_AUTHORITY),
        (authority("unknown"), HOST, 1, Fault.UNKNOWN_AUTHORITY),
        (INTERMEDIATE, HOST, 1, Fault.UNKNOWN_AUTHORITY),
    ],
)
def test_other_certificates_are_refused_for_their_reason(
    tmp_path: Path, signer: Authority, host: str, ends_in_days: float, fault: Fault
) -> None:
    server = server_context(tmp_path, signer, HOST, end=NOW + ends_in_days * DAY)

    failure = refusal(verifying_context(ROOT.pem), server, host)

    assert certificate_fault(failure) is fault
    assert failure.verify_message


def test_expired_authority_is_a_fault_of_validity(tmp_path: Path) -> None:
    expired = authority("expired", end=NOW - DAY / 2)
    failure = refusal(verifying_context(expired.pem), server_context(tmp_path, expired, HOST))
    assert certificate_fault(failure) is Fault.VALIDITY


def test_a_server_certificate_cannot_sign(tmp_path: Path) -> None:
    server = authority("server", ROOT, signs=False)
    failure = refusal(verifying_context(server.pem), server_context(tmp_path, server, HOST))
    assert certificate_fault(failure) is Fault.UNACCEPTABLE
    assert failure.verify_message == "invalid CA certificate"


def test_tls_is_1_2_or_newer() -> None:
    assert verifying_context(None).minimum_version == ssl.TLSVersion.TLSv1_2


def test_authority_must_be_a_certificate() -> None:
    with pytest.raises((ssl.SSLError, ValueError)):
        verifying_context("no PEM")


@functools.cache
def nodes() -> Mapping[str, Sequence[ast.Attribute | ast.Call]]:
    """Return the attributes and calls in each module; they are the same for each Python version."""
    files = [PROJECT / "__main__.py", *(file for root in FOLDERS for file in (PROJECT / root).rglob("*.py"))]
    return {
        str(file.relative_to(PROJECT)): [
            node
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            if isinstance(node, ast.Attribute | ast.Call)
        ]
        for file in files
    }


def test_only_this_module_creates_a_default_context() -> None:
    creators = {
        file
        for file, found in nodes().items()
        for node in found
        if isinstance(node, ast.Attribute) and node.attr == "create_default_context"
    }

    assert creators == {"components/tls.py"}


def test_every_https_request_gets_a_context() -> None:
    missing = {
        f"{file}:{node.lineno}"
        for file, found in nodes().items()
        for node in found
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr in {"urlopen", "HTTPSConnection"} and "context" not in {each.arg for each in node.keywords}
    }

    assert missing == set()
