"""A real, temporary directory server for a test run, on free loopback ports.

Use it with ``pytest_plugins = ["tests.support.directory"]`` in the root conftest, or ``from tests.support.directory
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
    """A temporary directory server. Its certificate contains ``localhost`` and ``ipa.tenancy.test``, no address."""

    state: State
    endpoint: Endpoint
    realm: str = REALM
    suffix: str = local_directory.SUFFIX
    admin_dn: str = local_directory.ADMIN
    operator_dn: str = local_directory.OPERATOR
    """The delegated account, which may add, change and remove groups."""
    reader_dn: str = local_directory.READER
    """A system account, which may only read memberships."""
    host: str = "localhost"
    _server: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        """The loopback address, which is not in the certificate."""
        return self.endpoint.address

    @property
    def ldap_port(self) -> int:
        """The port for plain text and StartTLS."""
        return self.endpoint.ldap_port

    @property
    def ldaps_port(self) -> int:
        """The port for LDAPS."""
        return self.endpoint.ldaps_port

    @property
    def ca_file(self) -> Path:
        """The file of the authority that signed the server's certificate."""
        return self.state.pki / "tenancy-ca.crt"

    @property
    def ca_pem(self) -> str:
        """The text of ``ca_file``."""
        return self.ca_file.read_text()

    def password(self, account: str) -> str:
        """Return the password of ``admin``, ``alice``, ``bob``, ``carol``, ``pangeo-operator`` or ``reader``."""
        return credentials.password(self.state, "directory", account)

    @property
    def operator_password(self) -> str:
        """The password of ``operator_dn``."""
        return self.password("pangeo-operator")

    def user_dn(self, user: str) -> str:
        """Return the DN of a user, which need not exist."""
        return local_directory.user_dn(user)

    def group_dn(self, group: str) -> str:
        """Return the DN of a group, which need not exist."""
        return local_directory.group_dn(group)

    def up(self) -> None:
        """Start the server, if it is not running, and wait until it is ready."""
        local_directory.up(
            self.state, Report(Console(quiet=True)), endpoint=self.endpoint, start=self._start, stop=self._stop
        )

    def down(self) -> None:
        """Stop the server; its data is kept."""
        self._stop(self.state)

    def kill(self) -> None:
        """Kill the server."""
        if self._server:
            self._server.kill()
            self._server.wait(STOP_SECONDS)
            self._server = None

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Stop the server inside the block."""
        self.down()
        try:
            yield
        finally:
            self.up()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Freeze the server inside the block: it accepts connections, but does not answer."""
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
                # The kernel kills it with its parent, because a killed test run cannot clean up.
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
    """Provide a running directory server; it and its data are removed afterwards."""
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
    """One directory server for all tests of the session; each test uses its own entries."""
    with throw_away_directory() as server:
        yield server
