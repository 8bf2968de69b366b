"""Passwords of the local tenancy, generated once and stored in one file that only its owner can read."""

import json
import os
import secrets
from collections.abc import Iterable, Mapping

from local.failure import Failure
from local.host.locks import lock_file
from local.paths import State

ALPHABET = "23456789abcdefghijkmnpqrstuvwxyz"
"""The characters of passwords: lower-case letters and digits without similar ones (0, 1, l, o)."""

GROUPS = 4
GROUP_LENGTH = 4


def generate() -> str:
    """Generate a password that is easy to read and type: four groups of four characters, 80 bits."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))


def obtain(state: State, section: str, accounts: Iterable[str]) -> dict[str, str]:
    """Return the passwords of ``accounts`` in ``section``; missing ones are generated and stored.

    Raises:
        Failure: the file is damaged.
    """
    names = list(accounts)
    with lock_file(state.credentials.with_suffix(".lock")):
        sections = _read(state)
        known = sections.setdefault(section, {})
        missing = [account for account in names if account not in known]
        known.update({account: generate() for account in missing})
        if missing:
            _write(state, sections)
    return {account: known[account] for account in names}


def password(state: State, section: str, account: str) -> str:
    """Return the stored password of ``account``.

    Raises:
        Failure: no password is stored, or the file is damaged.
    """
    known = _read(state).get(section, {})
    if account not in known:
        raise Failure(
            f"{state.credentials} contains no password of {section} account {account}", fix="run make up first"
        )
    return known[account]


def _read(state: State) -> dict[str, dict[str, str]]:
    if not state.credentials.exists():
        return {}
    try:
        sections = json.loads(state.credentials.read_text())
    except json.JSONDecodeError as error:
        raise _damaged(state) from error
    if not isinstance(sections, dict) or not all(_is_section(known) for known in sections.values()):
        raise _damaged(state)
    return sections


def _is_section(known: object) -> bool:
    return isinstance(known, dict) and all(isinstance(secret, str) for secret in known.values())


def _damaged(state: State) -> Failure:
    return Failure(
        f"{state.credentials} is not JSON of the form {{section: {{account: password}}}}",
        fix=f"repair it, or remove it together with {state.directory} and run make up again",
    )


def _write(state: State, sections: Mapping[str, Mapping[str, str]]) -> None:
    partial = state.credentials.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        json.dump(sections, out, indent=2)
        out.write("\n")
        out.flush()
        os.fsync(out.fileno())
    partial.replace(state.credentials)
