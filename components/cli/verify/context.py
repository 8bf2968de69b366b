"""Means of the checks of ``verify``: the hub from outside, the verification's server, the cluster."""

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from components.cli.diagnose.certificates import Endpoint, trust
from components.cli.diagnose.checks import CheckEnvironment, hub_endpoint
from components.cli.verify.failures import Ended
from components.cli.verify.kernel import run_code
from components.cli.verify.web import Web
from components.cluster.client import ReadWriteApi, connect_to_cluster
from components.cluster.kubeconfig import find_kubeconfig
from components.config.tenancy import Tenancy
from components.in_hub.api_names import VERIFICATION_USER
from components.in_hub.subdomains import user_domain

CODE_SECONDS = 60.0
"""Time limit of code in the server, if a check gives no other."""


@dataclass(frozen=True)
class VerificationServer:
    """The verification's own server, which runs once the check ``FILES`` has passed."""

    web: Web
    """Requests to the server's host, which differs from the hub's with ``ingress.userSubdomains``."""
    token: str = field(repr=False)
    """Token of the verification's user: it opens this server and nothing else."""
    path: str = f"/user/{VERIFICATION_USER}"
    """Path of the server at its host."""

    def run(self, code: str, timeout_seconds: float = CODE_SECONDS) -> object:
        """Run Python code in a new kernel, and return the JSON value that it prints as its last line.

        Raises:
            CodeFailed: the code raised an exception, printed no JSON, or did not end in time.
            NoConnection: the server, or the websocket to it, does not answer.
        """
        return run_code(self.web, self.path, self.token, code, timeout_seconds)


@dataclass(frozen=True)
class DaskCluster:
    """The verification's Dask cluster, which runs once the check ``DASK`` has passed."""

    name: str
    dashboard: str
    """Address of its dashboard, as the notebook shows it: a path below the server's."""


@dataclass
class Context:
    """Inputs of a run's checks."""

    tenancy: Tenancy
    stack: str
    env: CheckEnvironment
    limit_seconds: float
    token: str = field(default="", repr=False)
    """Token of the verification's user: it starts, stops and opens the server of this user, and nothing else."""
    choice: dict[str, str] = field(default_factory=dict)
    """Choice of the smallest server; empty if there is nothing to choose."""
    dask_cluster: DaskCluster | None = None
    """Set by the check ``DASK``."""
    dask_ended: threading.Event = field(default_factory=threading.Event)
    """Set at the end of the check ``DASK``, whatever its result."""
    debug: Callable[[str], None] = lambda text: None
    """Receives tracebacks of unexpected errors."""
    end_reason: str = field(default="", init=False)
    """Reason why the run ends before its time limit; empty if it does not."""
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self._end = self.clock() + self.limit_seconds
        self._ended_early = threading.Event()

    @property
    def endpoint(self) -> Endpoint:
        """Address of the hub, with the name in its certificate."""
        return hub_endpoint(self.tenancy, self.env)

    @property
    def web(self) -> Web:
        """Requests to the hub."""
        return Web(self.endpoint, self.tls)

    @property
    def server(self) -> VerificationServer:
        """The verification's server."""
        endpoint, tenancy = self.endpoint, self.tenancy
        if tenancy.ingress.user_subdomains:
            name = user_domain(VERIFICATION_USER, tenancy.domain, "user")
            endpoint = Endpoint(name, endpoint.address, endpoint.port)
        return VerificationServer(Web(endpoint, self.tls), self.token)

    def tls(self) -> ssl.SSLContext:
        """Return a new TLS context with the authorities that users' browsers trust."""
        return trust(self.env.hub_authority)

    @contextmanager
    def cluster(self) -> Iterator[ReadWriteApi]:
        """Give access to the cluster's API.

        Raises:
            CannotAsk: the kubeconfig cannot be used.
        """
        kubeconfig = find_kubeconfig(self.tenancy.kubernetes, self.env.environment)
        with connect_to_cluster(kubeconfig, self.env.environment) as api:
            yield api

    def remaining(self) -> float:
        """Return the seconds until the end of the run, at least 0."""
        return max(0.0, self._end - self.clock())

    def end_early(self, reason: str) -> None:
        """End the checks. The first reason is kept. Can be called by a signal's handler."""
        self.end_reason = self.end_reason or reason
        self._ended_early.set()

    def has_ended(self) -> bool:
        """Return whether the run has ended: by its time limit, or before it."""
        return self._ended_early.is_set() or self.remaining() == 0

    def wait(self, seconds: float) -> None:
        """Wait.

        Raises:
            Ended: the run has ended.
        """
        if self._ended_early.wait(min(seconds, self.remaining())) or self.has_ended():
            raise Ended
