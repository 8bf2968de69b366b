import ssl
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from components.chart.values import Values
from components.cli.diagnose.checks import CheckEnvironment
from components.cli.diagnose.doctor import diagnose
from components.cli.diagnose.result import CheckResult, Status
from components.config.tenancy import Tenancy
from tests.engine.components.cli.deployment import Deployment
from tests.engine.components.cli.directory import CLUSTER, Directory, create_users
from tests.engine.components.cli.ingress import serve_ingress
from tests.engine.hub.conftest import hub_python
from tests.support.api_server import ApiServer
from tests.support.certificates import Authority, authority, server_context
from tests.support.directory import throw_away_directory
from tests.support.hub_process import running_hub
from tests.support.ports import free_ports
from tests.support.rendered_values import values_with_secrets

__all__ = ["hub_python"]

ADDRESS = "127.0.0.1"
STACK = "vis"

Address = IPv4Address | IPv6Address


@dataclass(frozen=True)
class SetUp:
    """Tenancy with all its parts, and the inputs of the doctor."""

    tenancy: Tenancy
    authority: str
    https_port: int
    http_port: int
    environment: Mapping[str, str]
    password: str
    resolves_to: str = ADDRESS

    @property
    def env(self) -> CheckEnvironment:
        def resolve(_name: str) -> Collection[Address]:
            return [ip_address(self.resolves_to)]

        def proxy(*_request: object) -> bytes:
            # There is no kubelet here; tests/cluster/test_policy_enforcement.py asks the real proxy.
            return b'{"hub": "open", "api": "no answer"}'

        return CheckEnvironment(
            self.environment, datetime.now(UTC), self.authority, resolve, self.https_port, self.http_port, proxy
        )

    def with_identity(self, **changes: Any) -> "SetUp":
        identity = self.tenancy.identity.model_copy(update=changes)
        return replace(self, tenancy=self.tenancy.model_copy(update={"identity": identity}))

    def doctor(self, user: str | None = None) -> dict[str, CheckResult]:
        """Return the doctor's results by subject. None of them contains the password."""
        results = diagnose(self.tenancy, stack=STACK, user=user, password=lambda: self.password, env=self.env)
        assert self.password not in repr(results)
        return {result.subject: result for result in results}

    def broken(self, user: str | None = None) -> dict[str, CheckResult]:
        """Return the results that are broken."""
        return {subject: each for subject, each in self.doctor(user).items() if each.status is Status.BROKEN}


@pytest.fixture(scope="session")
def people() -> Iterator[Directory]:
    """Directory for these tests only: they change its permissions and stop it."""
    with throw_away_directory() as server:
        yield create_users(server)


@pytest.fixture(scope="session")
def tenancy(people: Directory) -> Tenancy:
    server = people.server
    settings = {
        "clusterName": CLUSTER,
        "externalIp": ADDRESS,
        "pangeoDomain": "pangeo.day-two.example",
        "notebookCpus": 1,
        "notebookRamGb": 1,
        "notebookStorageGb": 10,
        "identity": {
            "server": "ipa.tenancy.test",
            "realm": server.realm,
            "bindDn": server.operator_dn,
            "caCertificate": server.ca_pem,
        },
        "ingress": {"tls": {"secretName": "pangeo-tls"}},
        "dask": {"enabled": False},
    }
    made = Tenancy.model_validate(settings)
    # Stack files must not contain localhost, which is the directory's only name here.
    reached = made.identity.model_copy(update={"servers": (f"{server.host}:{server.ldaps_port}",)})
    return made.model_copy(update={"identity": reached})


@pytest.fixture(scope="session")
def values(tenancy: Tenancy) -> Values:
    return values_with_secrets(tenancy)


@pytest.fixture(scope="session")
def hub_port(hub_python: Path, tmp_path_factory: pytest.TempPathFactory, values: Values) -> Iterator[int]:
    with running_hub(hub_python, tmp_path_factory.mktemp("hub"), values) as hub:
        yield urlsplit(hub.url).port or 0


@pytest.fixture(scope="session")
def deployment(api_server: ApiServer, values: Values) -> Deployment:
    made = Deployment(api_server)
    made.make(values)
    return made


@pytest.fixture(scope="session")
def browsers_trust() -> Authority:
    return authority("the browsers' authority")


@dataclass
class Ingress:
    """Serves HTTPS in front of the hub."""

    folder: Path
    signer: Authority
    hub_port: int

    @contextmanager
    def serving(self, host: str, hub_port: int | None = None, **validity: datetime) -> Iterator[int]:
        context: ssl.SSLContext = server_context(self.folder, self.signer, host, **validity)
        with serve_ingress(context, self.hub_port if hub_port is None else hub_port) as port:
            yield port


@pytest.fixture
def ingress(tmp_path: Path, browsers_trust: Authority, hub_port: int) -> Ingress:
    return Ingress(tmp_path, browsers_trust, hub_port)


@pytest.fixture
def healthy(
    tenancy: Tenancy,
    people: Directory,
    deployment: Deployment,
    ingress: Ingress,
    browsers_trust: Authority,
) -> Iterator[SetUp]:
    """Tenancy in which nothing is broken."""
    with ingress.serving(tenancy.domain) as port:
        yield SetUp(
            tenancy=tenancy,
            authority=browsers_trust.pem,
            https_port=port,
            http_port=free_ports(1)[0],
            environment={"KUBECONFIG": str(deployment.api.kubeconfig), "PATH": ""},
            password=people.server.operator_password,
        )
