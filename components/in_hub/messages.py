"""Messages that the hub's log-in page shows to a user whose log-in is refused. Pure.

``docs/messages.md`` is generated from them.
"""

from collections.abc import Sequence

WRONG_CREDENTIALS = "Invalid username or password"
"""JupyterHub's own message for a refused log-in that has no other message (``jupyterhub/handlers/login.py``)."""

INVALID_NAME = "Write your user name as FreeIPA shows it: only small letters, digits and the characters _ . -"
PASSWORD_MISSING = "Enter your user name and your password."  # noqa: S105 - a message


def directory_unreachable(servers: Sequence[str]) -> str:
    """Return the message for a directory without a server that can check passwords; the hub's log has the causes."""
    return (
        f"The directory ({', '.join(servers)}) is not available at the moment; your password was not checked. "
        "Running notebooks are not affected. Try again in a few minutes; if the problem persists, contact your "
        "administrator."
    )


def groups_unavailable(servers: Sequence[str]) -> str:
    """Return the message for a directory that accepted the password, but did not return the user's groups."""
    return (
        f"The directory ({', '.join(servers)}) accepted your password but did not return your groups, so you cannot "
        "be logged in. Try again in a few minutes; if the problem persists, contact your administrator."
    )


def not_a_member(username: str, groups: Sequence[str], *, nested: bool) -> str:
    """Return the message for a user with a correct password who is in none of ``groups``.

    It is shown only after the password was checked, so it reveals nothing to others.

    Args:
        username: the user's name.
        groups: the names of the groups that may log in.
        nested: whether membership through another group counts.
    """
    direct = "" if nested else "direct "
    hint = "" if nested else " (membership through another group does not count)"
    return (
        f"Your password is correct, but {username} is not a {direct}member of the FreeIPA group "
        f"{' or '.join(groups)}{hint}. Ask your administrator to add you, then sign in again."
    )
