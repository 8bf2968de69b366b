"""Messages that the hub's pages show to a user whose log-in is refused. Pure.

``docs/messages.md`` is generated from them.
"""

from collections.abc import Sequence

WRONG_CREDENTIALS = "Invalid username or password"
"""JupyterHub's own message for a refused log-in that has no other message (``jupyterhub/handlers/login.py``)."""

INVALID_NAME = "Write your user name as FreeIPA shows it: only small letters, digits and the characters _ . -"
PASSWORD_MISSING = "Enter your user name and your password."  # noqa: S105 - a message

LOG_IN_CLOSED = "Log-in is closed, because the hub's settings were changed. Contact your administrator."


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


def identity_hidden(servers: Sequence[str]) -> str:
    """Return the message for a directory that accepted the password, but did not return the ``ipaUniqueID``."""
    return (
        f"The directory ({', '.join(servers)}) accepted your password but did not return your account's ipaUniqueID, "
        "so you cannot be logged in. Contact your administrator."
    )


def name_reused(username: str) -> str:
    """Return the message for a user whose name belonged to another account of FreeIPA."""
    return (
        f"Your password is correct, but the user name {username} belonged to another FreeIPA account before, and the "
        "hub keeps that account's files and rights. Ask your administrator to decide who may use them, then sign in "
        "again."
    )


def access_ended() -> str:
    """Return the message for a user whose access was ended during the log-in."""
    return "Your access to this hub has ended. If this is a mistake, contact your administrator."


def owner_unknown() -> str:
    """Return the message for a log-in or start without an answer of Kubernetes about the user's homes."""
    return (
        "The cluster does not answer at the moment, so the hub does not know whose home this is. Try again in a few "
        "minutes; if the problem persists, contact your administrator."
    )


def clusters_unknown() -> str:
    """Return the message for a start without an answer of Kubernetes about the user's Dask clusters."""
    return (
        "The cluster does not answer at the moment, so the hub does not know whether your Dask clusters use folders or "
        "GPUs of a group that you have left. Try again in a few minutes; if the problem persists, contact your "
        "administrator."
    )


def former_server_stopping() -> str:
    """Return the message for the first log-in of a new person while the former person's servers still stop."""
    return "A server or a Dask cluster of the former user of this name is being stopped. Try again in a few minutes."


def home_of_another(claim: str) -> str:
    """Return the message for a server that would get the home of another account of FreeIPA."""
    return (
        f"The home {claim} belongs to another FreeIPA account than yours. Ask your administrator to decide who may use "
        "it, then sign in again."
    )


def home_being_deleted(claim: str) -> str:
    """Return the message for a server's start while an operator deletes the home."""
    return (
        f"The home {claim} is being deleted by an administrator, so no server starts with it. If this is a mistake, "
        "contact your administrator at once; otherwise try again in ten minutes, and you get a new, empty home."
    )


def home_being_restored(claim: str) -> str:
    """Return the message for a server's start while an operator restores files into their places in the home."""
    return (
        f"The home {claim} is being restored from a backup by an administrator, so no server starts with it yet. Try "
        "again in a few minutes; if this message stays, contact your administrator."
    )


def terms_not_accepted(username: str, version: str) -> str:
    """Return the message for the start of a server whose user has not accepted the terms of use."""
    return (
        f"{username} has not accepted the terms of use, version {version}, so no server starts. Only {username} can "
        "accept them, on the page Terms of use (/hub/terms)."
    )


def terms_unavailable() -> str:
    """Return the message for terms of use whose acceptance cannot be read or recorded."""
    return (
        "The record of accepted terms of use is not available at the moment, so no server starts. Try again in a few "
        "minutes; if the problem persists, contact your administrator."
    )


def sign_in_again() -> str:
    """Return the message for a server's start by a log-in that does not show which account it belongs to."""
    return "Your server cannot start with this log-in. Sign out, sign in again, and start it."


def folder_not_available(name: str, path: str, problem: str) -> str:
    """Return the message for a server's start while a shared folder cannot be mounted."""
    return (
        f"The shared folder {name} ({path}) is not available: {problem}. Try again in a few minutes; if the problem "
        "persists, contact your administrator."
    )


def folder_not_permitted() -> str:
    """Return the message for a server that would have a shared folder which the user's groups do not permit."""
    return (
        "Your server would have a shared folder that your groups do not permit. Sign out, sign in again, and start it; "
        "if the problem persists, contact your administrator."
    )


def former_host(owner: str) -> str:
    """Return the message for a server that runs under a host name which the hub does not use any more."""
    return (
        f"The server of {owner} was started under another host name than the hub uses now. Stop the server on the "
        "page Home, or another user's on the page Admin, and start it again. Files are kept; running notebooks end."
    )


def choice_not_offered(problems: Sequence[str]) -> str:
    """Return the message for a server's start with a choice that the user is not offered, or not any more."""
    return f"Your server was not started, because it would not be as chosen: {'; '.join(problems)}. Choose again."


def no_further_servers() -> str:
    """Return the message for the start of a further server at a hub without them, or by a verification."""
    return "This hub has one server for each user, without a name. Start it on the page Home (/hub/home)."


def invalid_server_name(name: str) -> str:
    """Return the message for the start of a further server whose name is not possible."""
    return (
        f"A server cannot have the name {name[:40]!r}. Write 1 to 20 small letters, digits and hyphens, the first of "
        "them a letter, and no word that is part of the addresses in a server, such as lab, tree or files."
    )


def further_servers_reached(limit: int) -> str:
    """Return the message for the start of a further server of a user who has as many as the hub allows."""
    return (
        f"You may have {limit} {'server' if limit == 1 else 'servers'} beside the usual one, and have "
        f"{'it' if limit == 1 else 'them'} already. Stop and delete one on the page Home (/hub/home), then start this "
        "one. Your files stay: all your servers have the same home."
    )


def node_is_full() -> str:
    """Return the message for a server that waits because the node of the user's other servers has no room."""
    return (
        "All your servers run on one computer of the cluster, because they share your home, and it has no room for "
        "this one at the moment. Stop another of your servers on the page Home (/hub/home), or wait."
    )
