"""The message reference, ``docs/messages.md``: the messages that users read and that the hub's log contains.

It lists the sentences of the log-in pages (``components/in_hub/messages.py``) and of FreeIPA's errors
(``components/freeipa/connection_errors.py``, ``errors.py`` and ``group_errors.py``).
"""

from collections.abc import Iterator
from typing import NamedTuple

from components.freeipa import connection_errors, errors, group_errors
from components.freeipa.errors import DirectoryError, PasswordMissing
from components.in_hub import messages


class LogInMessage(NamedTuple):
    """A sentence of the log-in page, what it means, and what the operator can do."""

    text: str
    meaning: str
    fix: str


def log_in_messages() -> list[LogInMessage]:
    """Return every sentence that the log-in page shows to a user whose log-in is refused."""
    servers, groups = ["SERVER"], ["GROUP"]
    return [
        LogInMessage(
            messages.WRONG_CREDENTIALS,
            "The user name or the password is wrong, the account is locked, disabled or expired, or FreeIPA expects a "
            "one-time code behind the password. The page does not show which, so that it reveals nothing to strangers",
            "`python -m components doctor STACK --user USER` reports the reason; the hub's log has `WrongPassword` or "
            "`AccountUnusable`, see the table below",
        ),
        LogInMessage(
            messages.not_a_member("USER", groups, nested=False),
            "The password is correct, but the user is not a direct member of a group that may log in",
            "Add the user to the users' group itself, or set `pangeo:identity.nestedGroups` to `true`",
        ),
        LogInMessage(
            messages.not_a_member("USER", groups, nested=True),
            "The password is correct, but the user is not a member of a group that may log in, neither directly nor "
            "through another group (`pangeo:identity.nestedGroups` is `true`)",
            "Add the user to the users' group, or to a group that is a member of it",
        ),
        LogInMessage(
            messages.directory_unreachable(servers),
            "No server of `pangeo:identity.server` could check the password",
            "See the hub's log: it has one line for each server, with a name from the table below. "
            "Running notebooks and open sessions are not affected",
        ),
        LogInMessage(
            messages.groups_unavailable(servers),
            "A server accepted the password, but no server could list the user's groups",
            "See the hub's log for the cause; the table below explains it",
        ),
        LogInMessage(
            messages.identity_hidden(servers),
            "The directory accepted the password, but the user's `ipaUniqueID` cannot be read with it, or is no UUID",
            "Give users FreeIPA's permission `System: Read User IPA Attributes`; `doctor --user` reads the attribute "
            "with the program's account",
        ),
        LogInMessage(
            messages.name_reused("USER"),
            "The hub's user or a home of this name is bound to the `ipaUniqueID` of another account, which FreeIPA "
            "does not have any more",
            "Decide with `python -m components members accept STACK USER --same-person` or `--new-person`; see "
            "[Reused names](operator-guide.md#reused-names)",
        ),
        LogInMessage(
            messages.home_of_another("CLAIM"),
            "The same, at the start of a server",
            "The same",
        ),
        LogInMessage(
            messages.home_being_deleted("CLAIM"),
            "`members delete-home` has begun to delete the home within the last ten minutes, or its claim was deleted",
            "Run `python -m components members delete-home STACK USER` again: it finishes, or lifts the deletion if "
            "it is refused or not confirmed",
        ),
        LogInMessage(
            messages.home_being_restored("CLAIM"),
            "`backup restore` writes files into their places in the home, or was killed while it did",
            "If no restore runs, repeat the same `python -m components backup restore`: it completes the files and "
            "opens the home again",
        ),
        LogInMessage(
            messages.sign_in_again(),
            "The log-in is older than version 0.4, or older than a decision about the user's name",
            "None; if it persists, see [Reused names](operator-guide.md#reused-names)",
        ),
        LogInMessage(
            messages.owner_unknown(),
            "Kubernetes did not answer, or refused to show or to annotate the user's claims, or to end a former user's "
            "Dask clusters",
            "See the hub's log. Without the chart's roles `…-home-growth` and `…-user-identities`, run `pulumi up`",
        ),
        LogInMessage(
            messages.clusters_unknown(),
            "At the start of a server in a tenancy with folders, or with variables, profiles or GPUs of groups, "
            "Kubernetes did not answer, or refused to show or to end the user's Dask clusters",
            "See the hub's log. Without the chart's role `…-ended-access`, run `pulumi up`",
        ),
        LogInMessage(
            messages.former_server_stopping(),
            "After `members accept --new-person`, the first log-in stops the former user's servers and Dask clusters",
            "None; if it persists, the hub's log names the clusters, and the gateway's controller must run",
        ),
        LogInMessage(
            messages.former_host("USER"),
            "`pangeo:ingress.userSubdomains` was changed while the server was running (HTTP 409)",
            "Let the user restart the server, or stop it on the hub's page Admin",
        ),
        LogInMessage(
            messages.folder_not_available("FOLDER", "PATH", "PROBLEM"),
            "A folder of `pangeo:sharedFolders` cannot be mounted: its claim is missing, is being deleted, or has no "
            "volume, or its NFS server does not answer (HTTP 503). With `required: false`, the server starts without "
            "the folder, and the message is in a file in its place",
            "Correct what PROBLEM names; the hub's log has the events of the claim",
        ),
        LogInMessage(
            messages.folder_not_permitted(),
            "A setting of the hub, or a group that the user has just left, would mount a shared folder in another way "
            "than `pangeo:sharedFolders` permits (HTTP 403)",
            "See the hub's log for the volume; without another setting, the user's next log-in is sufficient",
        ),
        LogInMessage(
            messages.choice_not_offered(["PROBLEM"]),
            "The server's profile, image or size is not offered to the user, in a form, a request or the last choice: "
            "another group's, removed from `pangeo:notebook.profiles`, or an image that does not match "
            "`customImages.pattern` (HTTP 400)",
            "PROBLEM names it and what is offered; the page that starts a server has the present choices",
        ),
        LogInMessage(
            messages.no_further_servers(),
            "A user, or a program with the user's token, wanted to start a server with a name, and "
            "`pangeo:notebook.furtherServers` is 0 (HTTP 400)",
            "Nothing; or permit further servers with this key",
        ),
        LogInMessage(
            messages.invalid_server_name("NAME"),
            "The name of a further server is too long, has other characters, or is a part of addresses in a server, "
            "whose requests the further server would get (HTTP 400)",
            "The user chooses another name",
        ),
        LogInMessage(
            messages.further_servers_reached(2),
            "The user has as many further servers as `pangeo:notebook.furtherServers` permits (HTTP 400)",
            "The user deletes one on the page Home; or raise the key",
        ),
        LogInMessage(
            messages.node_is_full(),
            "A server of a user with several waits, because the node with the others has no room, or is not of the "
            "pool that the profile needs; only that node can mount the home",
            "The user stops another server; otherwise use larger nodes, or homes that several nodes can mount",
        ),
        LogInMessage(
            messages.terms_not_accepted("USER", "VERSION"),
            "The user has not accepted this version of `pangeo:termsOfUse`, and the user, an admin or a program with a "
            "token wanted to start the user's server (HTTP 403)",
            "The user accepts them on the page; `python -m components terms STACK` lists who has",
        ),
        LogInMessage(
            messages.terms_unavailable(),
            "The hub cannot read or write the record of accepted terms on its volume (HTTP 503)",
            "See the hub's log, and whether the volume of the hub's database is full",
        ),
        LogInMessage(
            messages.LOG_IN_CLOSED,
            "A setting of the running hub was changed so that it would admit other users; log-in is closed for all",
            "See the hub's log for the setting, and restart the hub: it does not start while the setting is configured",
        ),
        LogInMessage(
            messages.INVALID_NAME,
            "The text entered is not a FreeIPA user name; for example, it has capital letters. "
            "The directory was not asked",
            "Give the user the name as FreeIPA shows it",
        ),
        LogInMessage(
            messages.access_ended(),
            "The user was removed while the log-in was under way",
            "None; if the user is a member again, they sign in again",
        ),
        LogInMessage(
            messages.PASSWORD_MISSING,
            "The password was left empty. The directory was not asked",
            "None",
        ),
    ]


def directory_errors() -> Iterator[type[DirectoryError]]:
    """Yield every error with a message that a server can cause, in the order of their definitions."""
    for module in (connection_errors, errors, group_errors):
        kinds = [kind for kind in vars(module).values() if isinstance(kind, type) and issubclass(kind, DirectoryError)]
        yield from (kind for kind in kinds if kind.__module__ == module.__name__ and "message" in vars(kind))


def render_messages() -> str:
    """Return the reference as Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Messages"
    yield ""
    yield "<!-- Generated by `python -m docs.generate`; do not edit. -->"
    yield ""
    yield "## Log-in page"
    yield ""
    yield "USER, GROUP and SERVER are placeholders."
    yield ""
    yield "| Message | Meaning | Action |"
    yield "|---|---|---|"
    for message in log_in_messages():
        yield _row(*message)
    yield ""
    yield "## FreeIPA errors"
    yield ""
    yield (
        "`pulumi up` and the hub's log show these errors as `<operation> at <server>: <message>`, followed by the "
        "server's own text in brackets. For a refused log-in, the hub's log has only the name of the error."
    )
    yield ""
    yield "| Name | LDAP result codes | Message |"
    yield "|---|---|---|"
    for error in directory_errors():
        codes = ", ".join(map(str, error.result_codes))
        yield _row(f"`{error.__name__}`", codes, error.message.format(bind_dn="BIND_DN"))
    yield ""
    yield f"If there is no bind password: *{PasswordMissing()}*"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
