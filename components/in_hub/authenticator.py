"""Log-in with FreeIPA: LDAPAuthenticator with several servers, clear error messages and a group of admins.

LDAPAuthenticator's own configuration and check decide which users are admitted. If this class were not registered,
LDAPAuthenticator itself would still admit only those users. The mounted statement of the admitted users is compared
with that configuration when the hub starts and at every log-in, and decides once more about each user.
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
    FreeIpaError,
    SearchFailed,
    Unreachable,
    WrongPassword,
)
from components.freeipa.names import escaped
from components.freeipa.server_health import ServerHealth
from components.freeipa.settings import Directory, directory
from components.in_hub import admission, messages
from components.in_hub.admission_settings import AUTHENTICATOR, NEUTRAL
from components.in_hub.live_settings import live_settings
from components.in_hub.log_in_identity import check_identity
from components.in_hub.membership import Membership, find_memberships, group_name
from components.in_hub.own_host import HANDLERS
from components.in_hub.user_id import STATE_KEY
from components.in_hub.user_objects import hub_objects

SIMULTANEOUS_LOG_INS = 16
"""Number of threads for requests to the directory: a directory that hangs must not block the hub."""

MAX_PASSWORD_BYTES = 4096
"""Longest password that is sent. FreeIPA allows 1000 bytes (``util/ipa_krb5.h``), and a code after them.

389-ds closes the connection after much longer requests, which would look like a faulty server.
"""

GROUPS = "groups"
"""Key of ``auth_state``: names of the user's groups, of those that the hub's configuration contains."""

LOGGED_IN = "logged_in"
"""Key of ``auth_state``: time of the log-in, in seconds since 1970."""


class AdmissionRefused(ValueError):
    """The authenticator's settings admit other users than the statement."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class FreeIpaAuthenticator(LDAPAuthenticator):  # type: ignore[misc,unused-ignore]
    """Admits members of ``allowed_groups`` and, by name, ``allowed_users``; both need their FreeIPA password.

    A user who leaves a group is refused at the next log-in, not before: the hub stores no password and has no account
    to ask the directory with. The time until then is limited by ``JupyterHub.cookie_max_age_days`` for browsers and by
    ``log_in_lasts_seconds`` for API tokens, which would otherwise stay valid. A running server continues until it is
    culled or an admin stops it.
    """

    servers = List(Unicode(), config=True, help="Directory servers, tried in this order: a host, optionally with :port")
    admin_group = Unicode(
        config=True,
        help="DN of the group whose members are hub admins. If set, only its members and admin_users are admins; all "
        "others lose the role at the next log-in. If empty, groups do not change who is an admin.",
    )
    profile_groups = List(Unicode(), config=True, help="DNs of the groups that profiles are limited to")
    nested_groups = Bool(False, config=True, help="Also count membership through another group")

    log_in_lasts_seconds = Int(0, config=True, help="Seconds after which users must log in again; 0 for never")

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401 - traitlets' own signature
        super().__init__(**kwargs)
        self._statement = admission.read_statement()
        if problems := self._find_problems():
            raise AdmissionRefused(problems)
        self._threads = ThreadPoolExecutor(SIMULTANEOUS_LOG_INS, thread_name_prefix="directory")
        self._health = ServerHealth(report=self.log.warning)

    async def authenticate(self, handler: RequestHandler, data: Mapping[str, str]) -> dict[str, Any] | None:
        """Return the user's name and groups, or None if the name or the password is wrong.

        Raises:
            HTTPError: 403 for an invalid name or an empty password, 503 if the directory does not answer or does not
                show the user's ``ipaUniqueID``, or if the settings were changed after the start.
        """
        if problems := self._find_problems():
            self.log.critical("log-in refused, because settings were changed: %s", "; ".join(problems))
            raise HTTPError(503, messages.LOG_IN_CLOSED)
        username, password = data.get("username", ""), data.get("password", "")
        if not password.strip():  # LDAP accepts an empty password as an anonymous log-in (RFC 4513, 5.1.2)
            raise HTTPError(403, messages.PASSWORD_MISSING)
        if not re.fullmatch(self.valid_username_regex, username):
            self.log.warning("log-in refused: invalid user name")
            raise HTTPError(403, messages.INVALID_NAME)
        if not _is_valid_password(password):
            self.log.warning("log-in of %s refused: the password has invalid characters or is too long", username)
            return None
        membership = await self._find_membership(username, password)
        if membership is None:
            return None
        if membership.unique_id is None:
            self.log.error("log-in of %s failed: the directory does not show the user's ipaUniqueID", username)
            raise HTTPError(503, messages.identity_hidden(self._servers()))
        state = {
            "ldap_groups": sorted(membership.groups),
            "user_attributes": {},
            GROUPS: sorted(map(group_name, membership.groups)),
            LOGGED_IN: int(time.time()),
            STATE_KEY: membership.unique_id,
        }
        return {"name": username, "auth_state": state}

    def get_handlers(self, app: Any) -> list[tuple[str, Any]]:  # noqa: ANN401 - JupyterHub's own signature
        """Return the log-in page, which works only at the hub's own host."""
        return HANDLERS

    async def refresh_user(self, user: Any, handler: RequestHandler | None = None) -> bool:  # noqa: ANN401 - untyped
        """Return whether the user's log-in is still valid. It is while a server runs, whose token must keep working."""
        if not self.log_in_lasts_seconds or user.active:
            return True
        state = await user.get_auth_state() or {}
        return bool(time.time() - int(state.get(LOGGED_IN, 0)) < self.log_in_lasts_seconds)

    async def check_allowed(self, username: str, auth_model: Mapping[str, Any]) -> bool:
        """Return True if the user, whose password is correct, is admitted.

        Raises:
            HTTPError: 403 if not; its message names the groups.
        """
        groups = (auth_model.get("auth_state") or {}).get("ldap_groups", [])
        if await super().check_allowed(username, auth_model) and self._statement.admits(username, groups):
            return True
        names = [group_name(group) for group in self.allowed_groups]
        self.log.warning("log-in of %s refused: not a member of %s", username, ", ".join(names))
        raise HTTPError(403, messages.not_a_member(username, names, nested=self.nested_groups))

    def is_admin(self, handler: RequestHandler, authentication: Mapping[str, Any]) -> bool | None:
        """Return whether the user is an admin; None, which changes nothing, if no group of admins is configured."""
        admin: bool | None = super().is_admin(handler, authentication)
        if admin or not self.admin_group:
            return admin
        return self.admin_group in authentication["auth_state"]["ldap_groups"]

    async def run_post_auth_hook(self, handler: RequestHandler, auth_model: dict[str, Any]) -> dict[str, Any]:
        """Refuse another account than the one that the hub's user of this name belongs to; JupyterHub's last check.

        Raises:
            HTTPError: 403 if an operator must decide, 503 if it is not known whose the name is.
        """
        model: dict[str, Any] = await super().run_post_auth_hook(handler, auth_model)
        objects = hub_objects(self.config.KubeSpawner)
        await check_identity(handler, model["name"], model["auth_state"][STATE_KEY], objects, self.log)
        return model

    async def _find_membership(self, username: str, password: str) -> Membership | None:
        groups = {*self.allowed_groups, *self.profile_groups, *filter(None, [self.admin_group])}

        def search() -> Membership:
            return find_memberships(
                self._directory(username), password, groups, nested=self.nested_groups, health=self._health
            )

        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, search)
        except (WrongPassword, AccountUnusable) as refusal:
            # The error's text is not logged: it describes the deployment's account, not a user's.
            self.log.warning("log-in of %s refused by the directory: %s", username, type(refusal).__name__)
            return None
        except (Unreachable, AllServersFailed) as failure:
            self.log.error("log-in of %s failed: %s", username, failure)
            was_accepted = any(isinstance(each, SearchFailed) for each in getattr(failure, "failures", [failure]))
            explain = messages.groups_unavailable if was_accepted else messages.directory_unreachable
            raise HTTPError(503, explain(self._servers())) from None
        except FreeIpaError as failure:
            self.log.error("log-in of %s failed: %s", username, failure)
            raise HTTPError(503, messages.groups_unavailable(self._servers())) from None

    def _find_problems(self) -> list[str]:
        live = live_settings(self, NEUTRAL[AUTHENTICATOR])
        return list(admission.check_authenticator(live, self._statement))

    def _servers(self) -> list[str]:
        return list(self.servers) or [f"{self.server_address}:{self.server_port}"]

    def _directory(self, username: str) -> Directory:
        return directory(
            servers=self._servers(),
            tls="ldaps" if self.tls_strategy == TlsStrategy.on_connect else "starttls",
            ca_certificate=self.tls_kwargs.get("ca_certs_data"),
            bind_dn=self.bind_dn_template[0].format(username=escaped(username)),
        )


def _is_valid_password(password: str) -> bool:
    if len(password.encode("utf-8", "replace")) > MAX_PASSWORD_BYTES:
        return False
    try:
        validate_simple_password(password)
    except LDAPSASLPrepError:
        return False
    return True
