"""The doctor's look at a server's certificate, with the flags of each Python version."""

from datetime import timedelta
from pathlib import Path

import pytest

from components.cli.diagnose.certificates import CertificateRefused, Endpoint, read_certificate, trust
from tests.engine.components.cli.ingress import serve_ingress
from tests.support.certificates import (
    DAY,
    FLAGS_BY_PYTHON,
    NOW,
    authority,
    server_context,
    use_flags_of_python,
)
from tests.support.ports import free_ports

pytestmark = pytest.mark.engine

HOST = "pangeo.example.org"


@pytest.fixture(params=FLAGS_BY_PYTHON, autouse=True)
def python(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run each test with the flags of each Python version."""
    use_flags_of_python(request.param, monkeypatch)


def test_authority_of_a_simple_tool_is_trusted(tmp_path: Path) -> None:
    simple = authority("intermediate without key identifiers", authority("root"), critical=False)
    with serve_ingress(server_context(tmp_path, simple, HOST), free_ports(1)[0]) as port:
        found = read_certificate(Endpoint(HOST, "127.0.0.1", port), lambda: trust(simple.pem))
    assert found.names == (HOST,)
    assert found.issuer == "intermediate without key identifiers"


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ("expired authority", "the certificate of its authority is not valid now [certificate has expired]"),
        ("no authority", "the certificate or its authority's is not acceptable [invalid CA certificate]"),
        ("unknown authority", "the certificate is not signed by a trusted authority [unable to get local issuer"),
    ],
)
def test_refused_certificate_is_reported_with_its_cause(tmp_path: Path, fault: str, cause: str) -> None:
    signer = authority(
        "signer",
        authority("root") if fault == "no authority" else None,
        signs=fault != "no authority",
        end=NOW - timedelta(hours=1) if fault == "expired authority" else NOW + DAY,
    )
    trusted = authority("another") if fault == "unknown authority" else signer
    with (
        serve_ingress(server_context(tmp_path, signer, HOST), free_ports(1)[0]) as port,
        pytest.raises(CertificateRefused) as refused,
    ):
        read_certificate(Endpoint(HOST, "127.0.0.1", port), lambda: trust(trusted.pem))
    assert cause in str(refused.value)
