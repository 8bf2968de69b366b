"""Log-in with FreeIPA: LDAPAuthenticator with several servers, clear error messages and a group of admins.

LDAPAuthenticator's own configuration and check decide which users are admitted. If this class were not registered,
LDAPAuthenticator itself would still admit only those users. The mounted statement of the admitted users is compared
with that configuration when the hub starts and at every log-in, and decides once more about each user.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from jupyterhub import orm  # type: ignore[import-not-found,unused-ignore]
from ldapauthenticator import LDAPAuthenticator  # type: ignore[import-not-found,unused-ignore]
from tornado.web import HTTPError, RequestHandler  # type: ignore[import-not-found,unused-ignore]
from traitlets import Bool, Dict, Int, List, Unicode  # type: ignore[import-not-found,unused-ignore]

from components.freeipa.admin_group import FIX
from components.freeipa.errors import (
    AccountUnusable,
    AllServersFailed,
    FreeIpaError,
    SearchFailed,
    Unreachable,
    WrongPassword,
)
from components.freeipa.names import first_value
from components.freeipa.server_health import ServerHealth
from components.in_hub import admission, log_ins, messages, outcomes
from components.in_hub.admission_settings import AUTHENTICATOR, NEUTRAL
from components.in_hub.api_names import VERIFICATION_USER
from components.in_hub.comparison import Comparison
from components.in_hub.dask_clusters import DaskClusters
from components.in_hub.directory_reader import DirectoryReader, Users
from components.in_hub.directory_settings import directory_as, list_servers, user_directory
from components.in_hub.group_names import hub_groups
from components.in_hub.group_updates import GroupUpdates
from components.in_hub.live_settings import live_settings
from components.in_hub.log_in_identity import check_identity
from components.in_hub.log_in_time import is_valid
from components.in_hub.membership import Membership, find_memberships
from components.in_hub.passwords import is_valid_password
from components.in_hub.replaced_pages import EXTENSIONS, HANDLERS
from components.in_hub.revocation import LOGGED_IN, Revocation
from components.in_hub.server_token import uses_server_token
from components.in_hub.statement import read_statement
from components.in_hub.user_id import STATE_KEY
from components.in_hub.user_objects import hub_objects
from components.in_hub.verification import Verification

T = TypeVar("T")

SIMULTANEOUS_LOG_INS = 16
"""Number of threads for requests to the directory: a directory that hangs must not block the hub."""


class AdmissionRefused(ValueError):
    """The authenticator's settings admit other users than the statement."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class FreeIpaAuthenticator(log_ins.CountedLogIns, LDAPAuthenticator):  # type: ignore[misc,unused-ignore]
    """Admits members of ``allowed_groups`` and, by name, ``allowed_users``; both need their FreeIPA password.

    A log-in, with all cookies and API tokens of the user, ends after ``log_in_lasts_seconds``, and at once when the
    operator removes the user (``revocation_api``). With ``read_dn``, the hub also compares its users with the directory
    and ends the access of those that are not admitted any more. Without a log-in, only the token of a running server is
    accepted, and no server starts.

    The user's FreeIPA groups are the hub's groups (``manage_groups``), as of the last log-in, and with ``read_dn`` as
    of the last comparison or start of a server. A group gives no permission in the hub.
    """

    servers = List(Unicode(), config=True, help="Directory servers, tried in this order: a host, optionally with :port")
    admin_group = Unicode(
        config=True,
        help="DN of the group whose members are hub admins. If set, only its members and admin_users are admins; all "
        "others lose the role at the next log-in. If empty, groups do not change who is an admin.",
    )
    profile_groups = List(Unicode(), config=True, help="DNs of the groups that the configuration names")
    nested_groups = Bool(False, config=True, help="Also count membership through another group")
    log_in_lasts_seconds = Int(0, config=True, help="Seconds after which users must log in again")
    read_dn = Unicode(config=True, help="DN of the account to compare users with the directory; empty: no comparison")
    read_password_file = Unicode(config=True, help="File with the password of that account")
    compare_seconds = Int(300, min=1, config=True, help="Interval of the comparison in seconds")
    dask_namespace = Unicode(config=True, help="Namespace of users' Dask clusters; empty if there is no Dask gateway")
    sizes = Dict(config=True, help="Sizes of servers and homes by group and by user (``in_hub.user_sizes``)")
    dask_gpu_groups = List(Unicode(), config=True, help="Groups whose Dask workers may have GPUs; empty: no limit")

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401 - traitlets' own signature
        super().__init__(**kwargs)
        self._statement = read_statement()
        if problems := self._find_problems():
            raise AdmissionRefused(problems)
        self._threads = ThreadPoolExecutor(SIMULTANEOUS_LOG_INS, thread_name_prefix="directory")
        self._health = ServerHealth(report=self.log.warning)
        self.revocation = Revocation(self.parent, DaskClusters(self.dask_namespace), self.log)
        self.verification = Verification(self.revocation, lambda: hub_objects(self.config.KubeSpawner), self.log)
        self._groups = GroupUpdates(self.parent, self._read_groups if self.read_dn else None, self.log)
        self._comparison: Comparison | None = None
        # Checks of the user before each start of a server, which raise an HTTPError (``replaced_pages.EXTENSIONS``).
        self.start_checks: list[Callable[[Any], Awaitable[None]]] = []

    async def authenticate(self, handler: RequestHandler, data: Mapping[str, str]) -> dict[str, Any] | None:
        """Return the user's name and groups, or None if the name or the password is wrong.

        Raises:
            HTTPError: 403 for an invalid name or an empty password, 503 if the directory does not answer or does not
                show the user's ``ipaUniqueID``, or if the settings were changed after the start.
        """
        if problems := self._find_problems():
            self.log.critical("log-in refused, because settings were changed: %s", "; ".join(problems))
            raise log_ins.LogInRefused(outcomes.CLOSED, 503, messages.LOG_IN_CLOSED)
        username, password = data.get("username", ""), data.get("password", "")
        if not password.strip():  # LDAP accepts an empty password as an anonymous log-in (RFC 4513, 5.1.2)
            raise log_ins.LogInRefused(outcomes.INVALID_INPUT, 403, messages.PASSWORD_MISSING)
        if not re.fullmatch(self.valid_username_regex, username):
            self.log.warning("log-in refused: invalid user name")
            raise log_ins.LogInRefused(outcomes.INVALID_INPUT, 403, messages.INVALID_NAME)
        if not is_valid_password(password):
            self.log.warning("log-in of %s refused: the password has invalid characters or is too long", username)
            return None
        began = time.time()
        membership = await self._find_membership(username, password)
        if membership is None:
            return None
        if membership.unique_id is None:
            self.log.error("log-in of %s failed: the directory does not show the user's ipaUniqueID", username)
            raise log_ins.LogInRefused(outcomes.DIRECTORY_INCOMPLETE, 503, messages.identity_hidden(list_servers(self)))
        state = {
            "ldap_groups": sorted(membership.groups),
            "user_attributes": {},
            LOGGED_IN: began,
            STATE_KEY: membership.unique_id,
        }
        self._groups.note_log_in(username, began)
        groups = sorted(hub_groups(membership.names, self._named_groups()))
        return {"name": username, "groups": groups, "auth_state": state}

    def get_handlers(self, app: Any) -> list[tuple[str, Any]]:  # noqa: ANN401 - JupyterHub's own signature
        """Return the pages of JupyterHub that are replaced, and the API that ends users' access.

        JupyterHub calls this once, when its event loop runs; the comparison with the directory starts here.
        """
        self._verifying = asyncio.get_running_loop().create_task(self.verification.run_for_ever())
        self._groups.begin([user.name for user in app.db.query(orm.User)], self._has_log_in)
        if self.read_dn and self._comparison is None:
            end_access = self.revocation.end_removed
            self._comparison = Comparison(self._compare, end_access, self.compare_seconds, self.log)
            self._comparing = asyncio.get_running_loop().create_task(self._comparison.run_for_ever())
        return [*(page for extend in EXTENSIONS for page in extend(app)), *HANDLERS]  # the first of a path is used

    async def refresh_user(self, user: Any, handler: RequestHandler | None = None) -> bool:  # noqa: ANN401 - untyped
        """Return whether the user's log-in is still valid, or the request has the token of the user's running server.

        JupyterHub asks at every request and before every start of a server (``auth_refresh_age`` below zero). If it
        remembered a yes to a server's token, it would accept the user's other tokens for that time.
        """
        if self._comparison is not None:
            await self._comparison.run_if_due()
        state = await user.get_auth_state() or {}
        return self._has_log_in(user.name, state) or uses_server_token(user, handler)

    async def check_allowed(self, username: str, auth_model: Mapping[str, Any]) -> bool:
        """Return True if the user, whose password is correct, is admitted.

        Raises:
            HTTPError: 403 if not; its message names the groups.
        """
        state = auth_model.get("auth_state") or {}
        groups = state.get("ldap_groups", [])
        if await super().check_allowed(username, auth_model) and self._statement.admits(username, groups):
            # The access may have ended after the directory answered.
            return self._has_log_in(username, state)
        names = [first_value(group) for group in self.allowed_groups]
        self.log.warning("log-in of %s refused: not a member of %s", username, ", ".join(names))
        message = messages.not_a_member(username, names, nested=self.nested_groups)
        raise log_ins.LogInRefused(outcomes.NOT_A_MEMBER, 403, message)

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
        user_id = model["auth_state"][STATE_KEY]
        await check_identity(handler, model["name"], user_id, objects, self.revocation.clusters, self.log)
        return model

    async def pre_spawn_start(self, user: Any, spawner: Any) -> None:  # noqa: ANN401 - JupyterHub has no types
        """Update the user's groups; check the log-in again, when the start is visible to whatever ends the access.

        Whatever depends on groups is applied to the server afterwards (JupyterHub 5.5, ``User.spawn``). JupyterHub asks
        ``refresh_user`` once in a request, which may be before the access ended.

        Raises:
            HTTPError: 403 if the user has no valid log-in, or a check refuses the start.
        """
        await self._groups.update_for_start(user)
        if not self._has_log_in(user.name, await user.get_auth_state() or {}):
            spawner.log.warning("the server of %s does not start: the log-in has ended", user.name)
            raise HTTPError(403, messages.sign_in_again())
        for check in self.start_checks:
            await check(user)

    def add_user(self, user: Any) -> Any:  # noqa: ANN401 - JupyterHub has no types
        """Check the name of a user in the hub's database, which may still have the user of a verification."""
        return None if user.name == VERIFICATION_USER else super().add_user(user)

    async def delete_user(self, user: Any) -> None:  # noqa: ANN401 - JupyterHub has no types
        """End the access of a user whom an admin deletes: JupyterHub itself stops only the default server.

        Raises:
            HTTPError: 503 if servers have not stopped yet, or Kubernetes does not end the Dask clusters.
        """
        if problem := await self.revocation.end_deleted(user):
            raise HTTPError(503, problem)
        super().delete_user(user)

    async def _find_membership(self, username: str, password: str) -> Membership | None:
        groups = {*self.allowed_groups, *self.profile_groups, *filter(None, [self.admin_group])}

        def search() -> Membership:
            nested, admins = self.nested_groups, self.admin_group
            return find_memberships(
                user_directory(self, username), password, groups, nested=nested, admin_group=admins, health=self._health
            )

        try:
            membership = await self._in_thread(search)
        except (WrongPassword, AccountUnusable) as refusal:
            # The error's text is not logged: it describes the deployment's account, not a user's.
            self.log.warning("log-in of %s refused by the directory: %s", username, type(refusal).__name__)
            return None
        except (Unreachable, AllServersFailed) as failure:
            self.log.error("log-in of %s failed: %s", username, failure)
            result, explain = outcomes.DIRECTORY_UNREACHABLE, messages.directory_unreachable
            if any(isinstance(each, SearchFailed) for each in getattr(failure, "failures", [failure])):
                result, explain = outcomes.DIRECTORY_INCOMPLETE, messages.groups_unavailable
            raise log_ins.LogInRefused(result, 503, explain(list_servers(self))) from None
        except FreeIpaError as failure:
            self.log.error("log-in of %s failed: %s", username, failure)
            raise log_ins.LogInRefused(
                outcomes.DIRECTORY_INCOMPLETE, 503, messages.groups_unavailable(list_servers(self))
            ) from None
        if membership.admin_problem:
            self.log.error("%s is no admin, as nobody is by group: %s; %s", username, membership.admin_problem, FIX)
        return membership

    def _find_problems(self) -> list[str]:
        live = live_settings(self, NEUTRAL[AUTHENTICATOR])
        problems = list(admission.check_authenticator(live, self._statement))
        if not self.refresh_pre_spawn or self.auth_refresh_age >= 0 or self.log_in_lasts_seconds <= 0:
            problems.append("refresh_pre_spawn must be true, auth_refresh_age below 0, log_in_lasts_seconds above 0")
        return problems

    def _has_log_in(self, username: str, state: Mapping[str, Any]) -> bool:
        if username == VERIFICATION_USER:
            return self.verification.is_current()
        logged_in = float(state.get(LOGGED_IN, 0))
        return is_valid(logged_in, time.time(), self.log_in_lasts_seconds) and not self.revocation.is_ended(
            username, logged_in
        )

    async def _compare(self) -> Mapping[str, str]:
        """Return the users with a log-in, a token, a server or a Dask cluster that are not admitted any more."""
        users = await self.revocation.list_users_with_access()
        if not users:
            return {}
        refused = await self._in_thread(self._reader().find_refused, users)
        self._groups.update_later({name: known_id for name, known_id in users.items() if name not in refused})
        return refused

    async def _read_groups(self, users: Users) -> Mapping[str, frozenset[str]]:
        return await self._in_thread(self._reader().read_groups, users)

    async def _in_thread(self, function: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)

    def _reader(self) -> DirectoryReader:
        directory, file = directory_as(self, self.read_dn), Path(self.read_password_file)
        return DirectoryReader(directory, file, self._statement, self._named_groups(), self._health, self.log.error)

    def _named_groups(self) -> frozenset[str]:
        return frozenset(first_value(group).lower() for group in self.profile_groups)
