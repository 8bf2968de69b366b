"""A real S3 server, versitygw, on the node's address; its objects are files of a folder."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex

import requests

from local.tenancy.addresses import NODE_ADDRESS
from tests.support.ports import free_ports
from tests.support.tools import link_tools
from tests.support.waiting import wait_for_server

ROOT = "root"
REGION = "eu-test"
COMMAND_SECONDS = 60


@dataclass(frozen=True)
class Keys:
    """An account's access key ID and secret access key."""

    access_key_id: str
    secret_access_key: str = field(default_factory=lambda: token_hex(20), repr=False)


@dataclass(frozen=True)
class ObjectStore:
    """A running server with accounts for single users."""

    program: Path
    port: int
    root: Keys
    objects: Path
    """The folder with one folder for each bucket."""
    address: str = str(NODE_ADDRESS)

    @property
    def endpoint(self) -> str:
        """The URL of the server, which pods can reach if their network policies allow it."""
        return f"http://{self.address}:{self.port}"

    def add_account(self, name: str) -> Keys:
        """Add an account without any bucket."""
        keys = Keys(name)
        self._administrate("create-user", f"--access={name}", f"--secret={keys.secret_access_key}", "--role=user")
        return keys

    def add_bucket(self, name: str, owner: Keys) -> None:
        """Add a bucket that only its owner, and the server's administrator, can use."""
        self._administrate("create-bucket", f"--bucket={name}", f"--owner={owner.access_key_id}")

    def _administrate(self, *arguments: str) -> None:
        environment = {
            "ADMIN_ACCESS_KEY_ID": self.root.access_key_id,
            "ADMIN_SECRET_ACCESS_KEY": self.root.secret_access_key,
            "ADMIN_ENDPOINT_URL": self.endpoint,
            "ADMIN_REGION": REGION,
        }
        done = subprocess.run(
            [self.program, "admin", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{arguments[0]}: {done.stdout}{done.stderr}"


@contextmanager
def running_object_store(folder: Path, address: str = str(NODE_ADDRESS)) -> Iterator[ObjectStore]:
    """Run the server during the block, with its objects and accounts below ``folder``."""
    program = link_tools(folder / "bin", ["versitygw"]) / "versitygw"
    objects, accounts, log = folder / "objects", folder / "accounts", folder / "log"
    objects.mkdir()
    accounts.mkdir()
    [port] = free_ports(1)
    store = ObjectStore(program, port, Keys(ROOT), objects, address)
    environment: Mapping[str, str] = {
        "PATH": os.environ["PATH"],
        "ROOT_ACCESS_KEY_ID": store.root.access_key_id,
        "ROOT_SECRET_ACCESS_KEY": store.root.secret_access_key,
    }
    command = [str(program), f"--port={address}:{port}", f"--region={REGION}", f"--iam-dir={accounts}"]
    with log.open("wb") as out:
        server = subprocess.Popen([*command, "posix", str(objects)], stdout=out, stderr=out, env=environment)
    try:
        wait_for_server(server, lambda: _answers(store), log.read_text)
        yield store
    finally:
        server.kill()
        server.wait()


def _answers(store: ObjectStore) -> bool:
    with requests.Session() as session:
        session.trust_env = False
        try:
            session.get(store.endpoint, timeout=COMMAND_SECONDS)
        except (requests.ConnectionError, requests.Timeout):
            return False
    return True
