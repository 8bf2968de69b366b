"""Log-in by FreeIPA: LDAPAuthenticator with several servers, sentences for what goes wrong, and a group of admins.

Who may come in is LDAPAuthenticator's own configuration and its own check; if this class were ever left out, the plain
one would still let in no stranger.
"""

import asyncio
import re
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ldap3.core.exceptions import LDAPSASLPrepError
from ldap3.protocol.sasl.sasl import validate_simple_password
from ldapauthenticator import LDAPAuthenticator  # type: ignore[import-not-found,unused-ignore]
from ldapauthenticator.ldapauthenticator import TlsStrategy  # type: ignore[import-not-found,unused-ignore]
from tornado.web import HTTPError, RequestHandler  # type: ignore[import-not-found,unused-ignore]
from traitlets import Bool, Int, List, Unicode  # type: ignore[import-not-found,unused-ignore]

from components.freeipa.errors import (
    AccountUnusable,
    AllServersFailed,
    BindRefused,
    FreeIpaError,
    Unreachable,
    WrongPassword,
)
from components.freeipa.names import escaped
from components.freeipa.settings import Directory, directory
from components.in_hub import messages
from components.in_hub.membership import group_name, memberships

SIMULTANEOUS_LOG_INS = 16
"""Directory calls wait in threads, so that a directory that hangs does not hold up the hub."""

GROUPS = "groups"
"""Where ``auth_state`` keeps the names of the user's groups, of those the hub knows."""

LOGGED_IN = "logged_in"
"""When ``auth_state`` was made, in seconds since 1970."""

NOT_SUPPORTED = ("lookup_dn", "search_filter", "lookup_dn_search_user")


class FreeIpaAuthenticator(LDAPAuthenticator):  # type: ignore[misc,unused-ignore]
    """Admits members of ``allowed_groups`` and, by name, ``allowed_users``; both need their FreeIPA password.

    Somebody who leaves a group is out at the next log-in, not before: the hub keeps no password and has no account to
    ask with in between. ``JupyterHub.cookie_max_age_days`` says for browsers how long that can be, and
    ``log_in_lasts_seconds`` for API tokens, which otherwise outlive it. A server that runs goes on until it is culled
    or an admin stops it.
    """

    servers = List(Unicode(), config=True, help="Directory servers, tried in this order: a host, optionally with :port")
    admin_group = Unicode(
        config=True,
        help="DN of the group whose members are hub admins. When it is set, it and admin_users alone decide: anybody "
        "else ceases to be an admin at the next log-in. When it is not, nobody is made or unmade an admin by a group.",
    )
    profile_groups = List(Unicode(), config=True, help="DNs of the groups that profiles are limited to")
    nested_groups = Bool(False, config=True, help="Count memberships by way of another group too")

    log_in_lasts_seconds = Int(0, config=True, help="After so long users must log in again; 0 is never")

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401 - traitlets' own signature
        super().__init__(**kwargs)
        if self.tls_strategy == TlsStrategy.insecure:
            raise ValueError("LDAPAuthenticator.tls_strategy is insecure; use on_connect or before_bind")
        if len(self.bind_dn_template) != 1 or not self.allowed_groups:
            raise ValueError("LDAPAuthenticator needs one bind_dn_template and the allowed_groups")
        for trait in NOT_SUPPORTED:
            if getattr(self, trait):
                raise ValueError(f"LDAPAuthenticator.{trait} is not supported by {type(self).__name__}; leave it out")
        self._threads = ThreadPoolExecutor(SIMULTANEOUS_LOG_INS, thread_name_prefix="directory")

    async def authenticate(self, handler: RequestHandler, data: Mapping[str, str]) -> dict[str, Any] | None:
        """The user and their groups, or None for a wrong name or password.

        Raises:
            HTTPError: 403 for what is no name or no password, 503 when the directory could not be asked.
        """
        username, password = data.get("username", ""), data.get("password", "")
        if not password.strip():  # an empty one would log in as nobody, successfully (RFC 4513, section 5.1.2)
            raise HTTPError(403, messages.PASSWORD_MISSING)
        if not re.fullmatch(self.valid_username_regex, username):
            self.log.warning("log-in refused: not a user name")
            raise HTTPError(403, messages.INVALID_NAME)
        if not _can_be_sent(password):
            self.log.warning("log-in of %s refused: the password has characters no password can have", username)
            return None
        groups = await self._groups(username, password)
        if groups is None:
            return None
        state = {
            "ldap_groups": sorted(groups),
            "user_attributes": {},
            GROUPS: sorted(map(group_name, groups)),
            LOGGED_IN: int(time.time()),
        }
        return {"name": username, "auth_state": state}

    async def refresh_user(self, user: Any, handler: RequestHandler | None = None) -> bool:  # noqa: ANN401 - untyped
        """Whether the user may go on without a new log-in. The token of a server that runs must keep working."""
        if not self.log_in_lasts_seconds or user.active:
            return True
        state = await user.get_auth_state() or {}
        return bool(time.time() - int(state.get(LOGGED_IN, 0)) < self.log_in_lasts_seconds)

    async def check_allowed(self, username: str, auth_model: Mapping[str, Any]) -> bool:
        """Whether the user, whose password was right, may come in.

        Raises:
            HTTPError: 403, naming the groups, when not.
        """
        if await super().check_allowed(username, auth_model):
            return True
        names = [group_name(group) for group in self.allowed_groups]
        self.log.warning("log-in of %s refused: in none of %s", username, ", ".join(names))
        raise HTTPError(403, messages.not_a_member(username, names, nested=self.nested_groups))

    def is_admin(self, handler: RequestHandler, authentication: Mapping[str, Any]) -> bool | None:
        """True or False as the directory says; None, which changes nothing, where it has no say."""
        admin: bool | None = super().is_admin(handler, authentication)
        if admin or not self.admin_group:
            return admin
        return self.admin_group in authentication["auth_state"]["ldap_groups"]

    async def _groups(self, username: str, password: str) -> frozenset[str] | None:
        asked = {*self.allowed_groups, *self.profile_groups, *filter(None, [self.admin_group])}

        def ask() -> frozenset[str]:
            return memberships(self._directory(username), password, asked, nested=self.nested_groups)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, ask)
        except (WrongPassword, AccountUnusable, BindRefused) as refusal:
            # Its sentence is written for the program's own account, not for a user's.
            self.log.warning("log-in of %s refused by the directory: %s", username, type(refusal).__name__)
            return None
        except (Unreachable, AllServersFailed) as failure:
            self.log.error("log-in of %s not possible: %s", username, failure)
            raise HTTPError(503, messages.unreachable(self._servers())) from None
        except FreeIpaError as failure:
            self.log.error("log-in of %s not possible: %s", username, failure)
            raise HTTPError(503, messages.not_asked(self._servers())) from None

    def _servers(self) -> list[str]:
        return list(self.servers) or [f"{self.server_address}:{self.server_port}"]

    def _directory(self, username: str) -> Directory:
        return directory(
            servers=self._servers(),
            tls="ldaps" if self.tls_strategy == TlsStrategy.on_connect else "starttls",
            ca_certificate=self.tls_kwargs.get("ca_certs_data"),
            bind_dn=self.bind_dn_template[0].format(username=escaped(username)),
        )


def _can_be_sent(password: str) -> bool:
    try:
        validate_simple_password(password)
    except LDAPSASLPrepError:
        return False
    return True
