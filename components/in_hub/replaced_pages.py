"""Pages and APIs of JupyterHub with stricter rules: only a log-in gives access, and no access outlasts it.

JupyterHub looks for a page among the authenticator's first (``JupyterHub.init_handlers``, JupyterHub 5.5).
"""

from collections.abc import Callable
from typing import Any

from jupyterhub.apihandlers import APIHandler  # type: ignore[import-not-found,unused-ignore]
from jupyterhub.apihandlers.groups import (  # type: ignore[import-not-found,unused-ignore]
    GroupAPIHandler,
    GroupListAPIHandler,
    GroupPropertiesAPIHandler,
    GroupUsersAPIHandler,
)
from jupyterhub.apihandlers.services import (  # type: ignore[import-not-found,unused-ignore]
    ServiceAPIHandler,
)
from jupyterhub.apihandlers.shares import (  # type: ignore[import-not-found,unused-ignore]
    ServerShareAPIHandler,
    ServerShareCodeAPIHandler,
)
from jupyterhub.apihandlers.users import (  # type: ignore[import-not-found,unused-ignore]
    UserAPIHandler,
    UserTokenListAPIHandler,
)
from jupyterhub.user import User  # type: ignore[import-not-found,unused-ignore]
from tornado.web import HTTPError  # type: ignore[import-not-found,unused-ignore]

from components.in_hub import messages
from components.in_hub.api_names import END_ACCESS_PATH, USAGE_PATH, VERIFICATION_PATH
from components.in_hub.home_problems import PROBLEMS_PATH
from components.in_hub.home_reports import HomeUseHandler
from components.in_hub.home_use import REPORT_PATH
from components.in_hub.own_host import OwnHostLoginHandler
from components.in_hub.pending_check import ProgressHandler, StartPageHandler
from components.in_hub.problem_reports import HomeProblemsHandler
from components.in_hub.revocation import LOGGED_IN
from components.in_hub.revocation_api import EndedAccessHandler
from components.in_hub.server_entrances import HANDLERS as START_HANDLERS
from components.in_hub.server_host import ServerLogInHandler
from components.in_hub.usage_api import UsageHandler
from components.in_hub.verification_api import VerificationHandler


class LogInHandler(OwnHostLoginHandler):  # type: ignore[misc,unused-ignore]
    """JupyterHub's log-in page; a log-in is void if the user's access ended before it was saved."""

    async def login_user(self, data: dict[str, str] | None = None) -> Any:  # noqa: ANN401 - JupyterHub has no types
        """Log the user in.

        Raises:
            HTTPError: 403 if the user's access has ended in the meantime.
        """
        user = await super().login_user(data)
        if user is not None and await self.authenticator.revocation.void_late_log_in(user):
            raise HTTPError(403, messages.access_ended())
        return user


class NoLookUpHandler(APIHandler):  # type: ignore[misc,unused-ignore]
    """JupyterHub's deprecated look-ups of tokens and cookies, which do not ask whether the log-in is still valid."""

    async def get(self, *_: str) -> None:
        """Refuse the request; ``/hub/api/user`` replaces it."""
        raise HTTPError(404, "this look-up does not exist any more; use /hub/api/user")

    post = get


class OwnTokensHandler(UserTokenListAPIHandler):  # type: ignore[misc,unused-ignore]
    """API tokens of a user. An admin creates no token of another user: it would outlast the admin's removal."""

    def get_scope_filter(self, req_scope: str) -> Callable[[Any, str], bool]:
        """Return a function that returns whether the requester has the scope for a user's tokens."""
        has_scope = super().get_scope_filter(req_scope)

        def has_scope_for_own(owner: Any, kind: str) -> bool:  # noqa: ANN401 - JupyterHub has no types
            if isinstance(self.current_user, User) and owner.name != self.current_user.name:
                return False
            return bool(has_scope(owner, kind))

        return has_scope_for_own if req_scope == "tokens" else has_scope


class OwnSharesHandler(ServerShareAPIHandler):  # type: ignore[misc,unused-ignore]
    """Shares of a server. An admin shares no server of another user: the share would outlast the admin's removal."""

    async def post(self, user_name: str, server_name: str | None = None) -> None:
        """Share a server of the requester."""
        _check_owner(self, user_name)
        await super().post(user_name, server_name)


class OwnShareCodesHandler(ServerShareCodeAPIHandler):  # type: ignore[misc,unused-ignore]
    """Codes that share a server, with the same rule."""

    async def post(self, user_name: str, server_name: str | None = None) -> None:
        """Create a code for a server of the requester."""
        _check_owner(self, user_name)
        await super().post(user_name, server_name)


def _check_owner(handler: APIHandler, owner: str) -> None:
    if isinstance(handler.current_user, User) and handler.current_user.name != owner:
        raise HTTPError(403, f"only {owner} can share this server")


class UserHandler(UserAPIHandler):  # type: ignore[misc,unused-ignore]
    """A user of the hub. Only a log-in decides that a user is logged in, and only FreeIPA what the user's name is."""

    async def patch(self, user_name: str) -> None:
        """Change a user, except for the name.

        Raises:
            HTTPError: 400 for another name.
        """
        body = self.get_json_body()
        if isinstance(body, dict) and body.get("name", user_name) != user_name:
            raise HTTPError(400, "users have their names in FreeIPA and cannot be renamed here")
        await super().patch(user_name)

    def get_json_body(self) -> Any:  # noqa: ANN401 - JSON
        """Return the request's body, with a state that is not logged in."""
        body = super().get_json_body()
        if isinstance(body, dict) and isinstance(body.get("auth_state"), dict):
            body["auth_state"][LOGGED_IN] = 0
        return body


class ServiceHandler(ServiceAPIHandler):  # type: ignore[misc,unused-ignore]
    """A service of the hub. JupyterHub lets admins create services, with tokens and rights that outlast theirs."""

    async def post(self, service_name: str) -> None:
        """Refuse the request."""
        raise HTTPError(403, f"the service {service_name} is not created: this program declares all services")


class GroupListHandler(GroupListAPIHandler):  # type: ignore[misc,unused-ignore]
    """The hub's groups. JupyterHub lets admins change them; membership here must follow FreeIPA alone."""

    async def post(self) -> None:
        """Refuse the request."""
        raise _unchanged_group()


class GroupHandler(GroupAPIHandler):  # type: ignore[misc,unused-ignore]
    """A group of the hub, with the same rule. A group without users, which FreeIPA may have no more, can be deleted."""

    async def post(self, group_name: str) -> None:
        """Refuse the request."""
        raise _unchanged_group()

    def delete(self, group_name: str) -> None:
        """Delete a group without users.

        Raises:
            HTTPError: 403 if the group has users, 404 if there is no such group.
        """
        if self.find_group(group_name).users:
            raise _unchanged_group()
        super().delete(group_name)


class GroupUsersHandler(GroupUsersAPIHandler):  # type: ignore[misc,unused-ignore]
    """Members of a group of the hub, with the same rule."""

    def post(self, group_name: str) -> None:
        """Refuse the request."""
        raise _unchanged_group()

    delete = post


class GroupPropertiesHandler(GroupPropertiesAPIHandler):  # type: ignore[misc,unused-ignore]
    """Properties of a group of the hub, with the same rule."""

    def put(self, group_name: str) -> None:
        """Refuse the request."""
        raise _unchanged_group()


def _unchanged_group() -> HTTPError:
    return HTTPError(403, "the hub's groups are those of FreeIPA and cannot be changed here")


HANDLERS: list[tuple[str, Any]] = [
    ("/login", LogInHandler),
    ("/api/oauth2/authorize", ServerLogInHandler),
    (r"/api/authorizations/(?:token|cookie)/.*", NoLookUpHandler),
    (r"/api/users/([^/]+)/tokens", OwnTokensHandler),
    (r"/api/users/([^/]+)", UserHandler),
    (r"/api/shares/([^/]+)/([^/]*)", OwnSharesHandler),
    (r"/api/share-codes/([^/]+)/([^/]*)", OwnShareCodesHandler),
    (r"/api/services/([^/]+)", ServiceHandler),
    (r"/api/groups", GroupListHandler),
    (r"/api/groups/([^/]+)", GroupHandler),
    (r"/api/groups/([^/]+)/users", GroupUsersHandler),
    (r"/api/groups/([^/]+)/properties", GroupPropertiesHandler),
    (r"/spawn-pending/([^/]+)", StartPageHandler),
    (r"/spawn-pending/([^/]+)/([^/]+)", StartPageHandler),
    (r"/api/users/([^/]+)/server/progress", ProgressHandler),
    (r"/api/users/([^/]+)/servers/([^/]*)/progress", ProgressHandler),
    *START_HANDLERS,
    (PROBLEMS_PATH, HomeProblemsHandler),
    (END_ACCESS_PATH, EndedAccessHandler),
    (USAGE_PATH, UsageHandler),
    (REPORT_PATH, HomeUseHandler),
    (VERIFICATION_PATH, VerificationHandler),
]
"""Result of ``Authenticator.get_handlers``."""

EXTENSIONS: list[Callable[[Any], list[tuple[Any, ...]]]] = []
"""Functions that add pages, and may start tasks: each is called once, with the application, when its loop runs."""
