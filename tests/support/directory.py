"""A private directory server for a test run: real, throw-away, on free ports of loopback.

Take it with ``pytest_plugins = ["tests.support.directory"]`` in the root conftest, or ``from tests.support.directory
import directory  # noqa: F401`` in a test module.
"""

import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from rich.console import Console

from local import directory as local_directory
from local.directory import Endpoint
from local.paths import LOCAL, State
from local.progress import Report
from local.tenancy import credentials
from local.tenancy.addresses import DIRECTORY_NAME, REALM
from tests.support.ports import free_ports

STOP_SECONDS = 20.0


@dataclass
class ThrowAwayDirectory:
    """A directory server of one's own. Its certificate names ``localhost`` and ``ipa.tenancy.test``, no address."""

    state: State
    endpoint: Endpoint
    realm: str = REALM
    suffix: str = local_directory.SUFFIX
    admin_dn: str = local_directory.ADMIN
    operator_dn: str = local_directory.OPERATOR
    """The delegated account: may add, change and remove groups."""
    reader_dn: str = local_directory.READER
    """A plain system account: may read memberships, change nothing."""
    host: str = "localhost"
    _server: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        """The loopback address: connecting by it fails the certificate's host name check."""
        return self.endpoint.address

    @property
    def ldap_port(self) -> int:
        """Clear text, and StartTLS."""
        return self.endpoint.ldap_port

    @property
    def ldaps_port(self) -> int:
        """TLS from the first byte."""
        return self.endpoint.ldaps_port

    @property
    def ca_file(self) -> Path:
        """The authority that signed the server's certificate."""
        return self.state.pki / "tenancy-ca.crt"

    @property
    def ca_pem(self) -> str:
        """The same, as text."""
        return self.ca_file.read_text()

    def password(self, account: str) -> str:
        """Of ``admin``, ``alice``, ``bob``, ``carol``, ``pangeo-operator`` or ``reader``."""
        return credentials.password(self.state, "directory", account)

    @property
    def operator_password(self) -> str:
        """Of ``operator_dn``."""
        return self.password("pangeo-operator")

    def user_dn(self, user: str) -> str:
        """A user's entry, whether it exists or not."""
        return local_directory.user_dn(user)

    def group_dn(self, group: str) -> str:
        """A group's entry, whether it exists or not."""
        return local_directory.group_dn(group)

    def up(self) -> None:
        """Start the server and wait until it is ready; fine when it runs."""
        local_directory.up(
            self.state, Report(Console(quiet=True)), endpoint=self.endpoint, start=self._start, stop=self._stop
        )

    def down(self) -> None:
        """Stop the server in order; its data stay."""
        self._stop(self.state)

    def kill(self) -> None:
        """End the server as a power cut would."""
        if self._server:
            self._server.kill()
            self._server.wait(STOP_SECONDS)
            self._server = None

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """The server is down inside the block and up again after it."""
        self.down()
        try:
            yield
        finally:
            self.up()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """The server takes connections inside the block, and answers nothing."""
        assert self._server is not None
        self._server.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._server.send_signal(signal.SIGCONT)

    def _start(self, state: State) -> None:
        state.logs.mkdir(parents=True, exist_ok=True)
        with (state.logs / "directory.log").open("ab") as log:
            self._server = subprocess.Popen(
                # killed with its parent: a test run that is killed itself cannot clean up
                ["setpriv", "--pdeathsig", "KILL", LOCAL / "directory" / "serve.sh", state.directory],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def _stop(self, state: State) -> None:
        if self._server:
            self._server.terminate()
            self._server.wait(STOP_SECONDS)
            self._server = None


@contextmanager
def throw_away_directory() -> Iterator[ThrowAwayDirectory]:
    """A running directory server that is gone after the block, with all it wrote."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="directory-"))
        stack.callback(shutil.rmtree, folder)
        ldap_port, ldaps_port = free_ports(2)
        endpoint = Endpoint("127.0.0.1", ldap_port, ldaps_port, ("localhost", DIRECTORY_NAME))
        server = ThrowAwayDirectory(State(folder), endpoint)
        stack.callback(server.kill)
        server.up()
        yield server
        server.down()


@pytest.fixture(scope="session")
def directory() -> Iterator[ThrowAwayDirectory]:
    """One directory server for all tests of the session; a test names the entries it adds its own."""
    with throw_away_directory() as server:
        yield server
