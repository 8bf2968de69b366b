"""What the log-in page says when it lets nobody in. Pure."""

from collections.abc import Sequence

INVALID_NAME = "User names are small letters, digits and _ . - here, as FreeIPA shows them."
WRONG_CREDENTIALS = "Invalid username or password"
"""JupyterHub's own sentence for a refused log-in without a message (``jupyterhub/handlers/login.py``)."""

PASSWORD_MISSING = "Enter your user name and your password."  # noqa: S105 - a sentence


def unreachable(servers: Sequence[str]) -> str:
    """The directory could not be asked; the hub's log has the cause."""
    return (
        f"The directory ({', '.join(servers)}) cannot be reached at the moment; your password was not checked. "
        "Running notebooks are not affected. Try again in a few minutes; if this lasts, tell your tenancy's "
        "administrator."
    )


def not_asked(servers: Sequence[str]) -> str:
    """The password was taken, and the question for the groups was not answered."""
    return (
        f"The directory ({', '.join(servers)}) took your password but did not say which groups you are in, so nobody "
        "can be let in. Tell your tenancy's administrator."
    )


def not_a_member(username: str, groups: Sequence[str], *, nested: bool) -> str:
    """The password is right, and the user is in none of ``groups``. Said to nobody who does not know the password."""
    either = " or ".join(groups)
    how = "" if nested else " directly (membership by way of another group does not count here)"
    return (
        f"Your password is right, but {username} is not in the FreeIPA group {either}{how}. "
        "Ask your tenancy's administrator to be added, then sign in again."
    )
