"""The secrets of the running tenancy, and where their bytes are."""

import gzip
import json
import os
import stat
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path

from local.host.commands import output
from local.paths import State

CHUNK_BYTES = 1 << 22
SHORTEST = 12
"""A shorter value may stand anywhere by chance."""


def known(state: State) -> dict[str, bytes]:
    """By name: passwords, private keys, the stack's pass phrase and what the hub's Secrets hold."""
    found: dict[str, bytes] = {"pass phrase": (state.engine / "passphrase").read_bytes().strip()}
    for section, accounts in json.loads(state.credentials.read_text()).items():
        found |= {f"password of {section} {account}": password.encode() for account, password in accounts.items()}
    for key in state.pki.glob("*.key"):
        body = b"".join(key.read_bytes().splitlines()[1:-1])
        found[f"key of {key.stem}"] = body[24:64]  # what comes before is the same in every key of the kind
    found |= _of_the_hub(state)
    assert all(len(value) >= SHORTEST for value in found.values())
    return found


def _of_the_hub(state: State) -> dict[str, bytes]:
    printed = output(
        [state.bin / "kubectl", "--kubeconfig", state.kubeconfig, "get", "secret", "hub", "-n", "local", "-o", "json"],
        timeout_seconds=30,
    )
    data: Mapping[str, str] = json.loads(printed)["data"]
    wanted = ("hub.config.ConfigurableHTTPProxy.auth_token", "hub.config.JupyterHub.cookie_secret")
    return {name: b64decode(data[name]) for name in wanted if name in data}


def spellings(secret: bytes) -> list[bytes]:
    """The secret as it is, and as base64 has it at each place of a longer text."""
    spelled = [secret]
    for shift in range(3):
        encoded = b64encode(b"\0" * shift + secret)
        spelled.append(encoded[4 if shift else 0 : -4])
    return [each for each in spelled if len(each) >= SHORTEST]


Spelled = Mapping[str, list[bytes]]
"""The bytes to look for, by the secret's name."""


def spelled(secrets: Mapping[str, bytes]) -> Spelled:
    """Each secret in all its spellings."""
    return {name: spellings(secret) for name, secret in secrets.items()}


def as_they_are(secrets: Mapping[str, bytes]) -> Spelled:
    """Each secret as it is: for what is too much to be searched for everything."""
    return {name: [secret] for name, secret in secrets.items()}


def in_file(path: Path, wanted: Spelled) -> list[str]:
    """The names of the secrets whose bytes are in the file, packed by gzip or not."""
    longest = max(len(each) for spelled in wanted.values() for each in spelled)
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
    found: set[str] = set()
    kept = b""
    with gzip.open(path) if packed else path.open("rb") as content:
        while part := content.read(CHUNK_BYTES):
            window = kept + part
            found |= {name for name, spelled in wanted.items() if any(each in window for each in spelled)}
            kept = window[-longest:]
    return sorted(found)


def files(*folders: Path) -> Iterator[Path]:
    """Every regular file below, links not followed."""
    for folder in folders:
        for root, _, names in os.walk(folder):
            for name in names:
                path = Path(root) / name
                if not path.is_symlink() and path.is_file():
                    yield path


def open_to_others(path: Path, state: State) -> bool:
    """Whether another user of the machine could read the file, were the state folder's own place open to all."""
    if not path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        return False
    inner = [folder for folder in path.parents if folder.is_relative_to(state.root)]
    return all(folder.stat().st_mode & (stat.S_IXGRP | stat.S_IXOTH) for folder in inner)
