"""The command ``verify`` on a tenancy of this node, in this process, optionally through another ingress."""

import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from ipaddress import IPv4Address
from pathlib import Path

import yaml

from components.cli.diagnose.checks import CheckEnvironment
from components.cli.diagnose.result import CheckResult
from components.cli.verify.check import Check
from components.cli.verify.checks import CHECKS
from components.cli.verify.command import verify
from components.cli.verify.context import Context
from components.cli.verify.progress import Progress
from components.config.stack_file import read_config
from components.config.tenancy import Tenancy
from components.tls import verifying_context
from local.paths import State
from local.tenancy import pki
from local.tenancy.addresses import INGRESS_ADDRESS
from local.tenancy.engine_environment import engine_environment
from local.tenancy.ingress_ports import ingress_ports
from tests.support.certificates import NOW, authority, server_context
from tests.support.limiting_ingress import Limits, limiting_ingress

LIMIT_SECONDS = 400.0
CONNECT_SECONDS = 30.0
BROWSERS = authority("the browsers' authority")


class Site:
    """A deployed tenancy of this node, as its operator sees it."""

    def __init__(self, state: State, stack_file: Path) -> None:
        """Read the tenancy; its ingress is this node's.

        Args:
            state: the local tenancy's state folder.
            stack_file: a stack file of a deployed tenancy.
        """
        config = yaml.safe_load(stack_file.read_text())["config"]
        tenancy = read_config({key.removeprefix("pangeo:"): each for key, each in config.items()}, source="test")
        # Domains of further tenancies are for addresses at which no ingress listens.
        here = {"pangeo_domain": tenancy.domain, "external_ip": IPv4Address(str(INGRESS_ADDRESS))}
        self.tenancy: Tenancy = tenancy.model_copy(update=here)
        self._state = state
        ports = ingress_ports(state)
        self.env = CheckEnvironment(
            {"HOME": str(state.root), **engine_environment(state)},
            datetime.now(UTC),
            pki.authority(state, "tenancy").crt.read_text(),
            lambda name: [self.tenancy.external_ip],
            ports.https,
            ports.http,
        )

    def verify(
        self, env: CheckEnvironment | None = None, checks: Sequence[Check] = CHECKS
    ) -> tuple[dict[str, CheckResult], float]:
        """Run ``verify``; return its results by subject, and the seconds that it took."""
        context = Context(self.tenancy, self.tenancy.cluster_name, env or self.env, LIMIT_SECONDS)
        context.debug = lambda text: print(text, file=sys.stderr)
        began = time.monotonic()
        with Progress() as progress:
            results, _ = verify(context, checks, progress)
        return {each.subject: each for each in results}, time.monotonic() - began

    @contextmanager
    def behind(
        self, folder: Path, limits: Limits, *, is_expired: bool = False, redirects: bool = True
    ) -> Iterator[CheckEnvironment]:
        """Put another ingress before the real one; yield the environment of an operator that uses it.

        Args:
            folder: for its certificate.
            limits: of the other ingress.
            is_expired: whether its certificate is no longer valid.
            redirects: whether its port for plain HTTP is the real one's; otherwise it shows the hub's pages.
        """
        end = NOW.replace(year=NOW.year - 1) if is_expired else NOW.replace(year=NOW.year + 1)
        begin = end.replace(year=end.year - 2)
        context = server_context(folder, BROWSERS, self.tenancy.domain, begin=begin, end=end)
        with limiting_ingress(self._connect, context, limits) as https, _plain(self._connect, redirects) as http:
            yield CheckEnvironment(
                self.env.environment,
                datetime.now(UTC),
                BROWSERS.pem,
                self.env.resolve,
                https,
                self.env.http_port if http is None else http,
            )

    def _connect(self) -> socket.socket:
        plain = socket.create_connection((str(INGRESS_ADDRESS), self.env.https_port), CONNECT_SECONDS)
        return verifying_context(self.env.hub_authority).wrap_socket(plain, server_hostname=self.tenancy.domain)


@contextmanager
def _plain(connect: Callable[[], socket.socket], redirects: bool) -> Iterator[int | None]:
    if redirects:
        yield None
        return
    with limiting_ingress(connect, None, Limits()) as port:
        yield port
