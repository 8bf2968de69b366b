"""The bind password of a command: from the environment, the stack's secret, or a question at the terminal."""

import getpass
import os
import sys
from collections.abc import Callable

from components.cli.pulumi_cli import PulumiFailed
from components.cli.stack import OpenStack
from components.freeipa.errors import PASSWORD_VARIABLE, PasswordInvalid, PasswordMissing


def require_password(stack: OpenStack) -> str:
    """Return the bind password.

    Raises:
        PasswordMissing: there is none, and no terminal to ask at, or the answer is empty.
        PasswordInvalid: it has a form that only a mistake produces.
        PulumiFailed: the stack's secret cannot be decrypted.
    """
    return _require(_find_password(stack))


def deferred_password(stack: OpenStack) -> Callable[[], str]:
    """Ask for the password now, before a progress display occupies the terminal; raise errors only when it is used."""
    try:
        password = _find_password(stack)
    except (PulumiFailed, PasswordInvalid) as invalid:
        error = invalid

        def fail() -> str:
            raise error

        return fail
    return lambda: _require(password)


def _find_password(stack: OpenStack) -> str | None:
    try:
        return stack.password(os.environ)
    except PasswordMissing:
        if not sys.stdin.isatty():
            return None
        return getpass.getpass(f"FreeIPA bind password ({PASSWORD_VARIABLE} is not set): ", sys.stderr) or None


def _require(password: str | None) -> str:
    if not password:
        raise PasswordMissing
    return password
