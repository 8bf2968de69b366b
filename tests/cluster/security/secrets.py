"""The secrets of the running tenancy, and a search for them in files."""

import gzip
import json
import os
import stat
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path

from local.paths import State
from tests.support.kubectl import read_object

CHUNK_BYTES = 1 << 22
MIN_LENGTH = 12
"""Length in bytes below which a value may occur in a file by chance."""


def known_secrets(state: State) -> dict[str, bytes]:
    """Return passwords, private keys, the stack's passphrase and the secrets of the hub, by name."""
    found: dict[str, bytes] = {"passphrase": (state.engine / "passphrase").read_bytes().strip()}
    for section, accounts in json.loads(state.credentials.read_text()).items():
        found |= {f"password of {section} {account}": password.encode() for account, password in accounts.items()}
    for key in state.pki.glob("*.key"):
        body = b"".join(key.read_bytes().splitlines()[1:-1])
        found[f"key of {key.stem}"] = body[24:64]  # the beginning is the same in all keys of one kind
    found |= _hub_secrets(state)
    assert all(len(value) >= MIN_LENGTH for value in found.values())
    return found


def _hub_secrets(state: State) -> dict[str, bytes]:
    data: Mapping[str, str] = read_object(state, "secret", "hub")["data"]
    wanted = ("hub.config.ConfigurableHTTPProxy.auth_token", "hub.config.JupyterHub.cookie_secret")
    return {name: b64decode(data[name]) for name in wanted if name in data}


def encodings(secret: bytes) -> list[bytes]:
    """Return the secret in plain text, and in base64 at each of the three offsets in a longer text."""
    found = [secret]
    for shift in range(3):
        encoded = b64encode(b"\0" * shift + secret)
        found.append(encoded[4 if shift else 0 : -4])
    return [each for each in found if len(each) >= MIN_LENGTH]


SearchedBytes = Mapping[str, list[bytes]]
"""The byte strings to search for, by the secret's name."""


def in_all_encodings(secrets: Mapping[str, bytes]) -> SearchedBytes:
    """Return each secret in all its encodings."""
    return {name: encodings(secret) for name, secret in secrets.items()}


def in_plain_text(secrets: Mapping[str, bytes]) -> SearchedBytes:
    """Return each secret in plain text only, for files too large to be searched for all encodings."""
    return {name: [secret] for name, secret in secrets.items()}


def search_file(path: Path, searched: SearchedBytes) -> list[str]:
    """Return the names of the secrets in the file, which may be compressed by gzip."""
    longest = max(len(each) for values in searched.values() for each in values)
    with path.open("rb") as raw:
        compressed = raw.read(2) == b"\x1f\x8b"
    found: set[str] = set()
    kept = b""
    with gzip.open(path) if compressed else path.open("rb") as content:
        while part := content.read(CHUNK_BYTES):
            window = kept + part
            found |= {name for name, values in searched.items() if any(each in window for each in values)}
            kept = window[-longest:]
    return sorted(found)


def files(*folders: Path) -> Iterator[Path]:
    """Yield all regular files below the folders; links are not followed."""
    for folder in folders:
        for root, _, names in os.walk(folder):
            for name in names:
                path = Path(root) / name
                if not path.is_symlink() and path.is_file():
                    yield path


def is_readable_by_others(path: Path, state: State) -> bool:
    """Return whether other users could read the file if they may enter the state folder's parents."""
    if not path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        return False
    folders = [folder for folder in path.parents if folder.is_relative_to(state.root)]
    return all(folder.stat().st_mode & (stat.S_IXGRP | stat.S_IXOTH) for folder in folders)
