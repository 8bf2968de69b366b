"""Passwords of the local tenancy: generated once, kept in one file that only its owner reads."""

import json
import os
import secrets
from collections.abc import Iterable, Mapping

from local.failure import Failure
from local.host.file_lock import locked
from local.paths import State

ALPHABET = "23456789abcdefghijkmnpqrstuvwxyz"
"""Lower-case letters and digits without those that look alike; safe in files of any format."""

GROUPS = 4
GROUP_LENGTH = 4


def generate() -> str:
    """A password a person can read off a terminal: four groups of four, 80 bits."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))


def obtain(state: State, section: str, accounts: Iterable[str]) -> dict[str, str]:
    """The passwords of ``accounts`` in ``section``; those not known yet are made and kept.

    Raises:
        Failure: the file is damaged.
    """
    wanted = list(accounts)
    with locked(state.credentials.with_suffix(".lock")):
        sections = _read(state)
        known = sections.setdefault(section, {})
        missing = [account for account in wanted if account not in known]
        known.update({account: generate() for account in missing})
        if missing:
            _write(state, sections)
    return {account: known[account] for account in wanted}


def password(state: State, section: str, account: str) -> str:
    """The password kept for ``account``.

    Raises:
        Failure: there is none, or the file is damaged.
    """
    known = _read(state).get(section, {})
    if account not in known:
        raise Failure(
            f"{state.credentials} holds no password of {section} account {account}", way_on="run make up first"
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
        way_on=f"mend it, or remove it together with {state.directory} and run make up again",
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
