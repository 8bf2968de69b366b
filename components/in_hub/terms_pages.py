"""The page of the terms of use, and JupyterHub's pages that lead to it, or start no server without an acceptance."""

from typing import Any
from urllib.parse import urlencode

from jupyterhub.handlers.base import BaseHandler  # type: ignore[import-not-found,unused-ignore]
from jupyterhub.handlers.pages import HomeHandler  # type: ignore[import-not-found,unused-ignore]
from jupyterhub.utils import url_path_join  # type: ignore[import-not-found,unused-ignore]
from tornado.web import authenticated  # type: ignore[import-not-found,unused-ignore]

from components.in_hub.accepted_terms import AcceptedTerms
from components.in_hub.linked_text import link_addresses
from components.in_hub.replaced_pages import LogInHandler
from components.in_hub.server_entrances import StartApiHandler, StartHandler
from components.in_hub.terms import Terms

TERMS_PAGE = "terms"
"""Path of the terms of use below the hub's own."""

SETTING = "accepted_terms"
"""Key of the application's settings: the terms of use, and who has accepted them."""


class _WithTerms:
    """Page or API that knows who has accepted the terms of use."""

    @property
    def _accepted(self: Any) -> AcceptedTerms:
        accepted: AcceptedTerms = self.settings[SETTING]
        return accepted


class TermsHandler(_WithTerms, BaseHandler):  # type: ignore[misc,unused-ignore]
    """The terms of use. Everybody can read them; users who are logged in accept them in a form."""

    async def get(self) -> None:
        """Show the terms, and the form unless the user has accepted them."""
        accepted = await self._accepted.find(self.current_user) if self.current_user else None
        terms = self._accepted.terms
        self.finish(
            await self.render_template(
                "terms.html",
                terms=terms,
                text=link_addresses(terms.text),
                accepted=accepted,
                next=self.get_argument("next", ""),
            )
        )

    @authenticated  # type: ignore[untyped-decorator,unused-ignore]
    async def post(self) -> None:
        """Record the acceptance, and go on to the page that the user wanted."""
        if self.get_argument("accept", "") != self._accepted.terms.version:
            await self.get()  # not ticked, or the version has changed meanwhile
            return
        await self._accepted.accept(self.current_user)
        self.redirect(self.get_next_url(self.current_user))


def terms_url(handler: BaseHandler, next_url: str) -> str:
    """Return the address of the terms of use, which lead on to another page."""
    return f"{url_path_join(handler.hub.base_url, TERMS_PAGE)}?{urlencode({'next': next_url})}"


class LogInThenTermsHandler(_WithTerms, LogInHandler):  # type: ignore[misc,unused-ignore]
    """The log-in page, which leads on to the terms of use if the user has not accepted them."""

    _must_accept = False

    async def login_user(self, data: dict[str, str] | None = None) -> Any:  # noqa: ANN401 - JupyterHub has no types
        """Log the user in.

        Raises:
            HTTPError: 403 if the user's access has ended in the meantime, 503 if the record cannot be read.
        """
        user = await super().login_user(data)
        self._must_accept = user is not None and await self._accepted.must_accept(user)
        return user

    def get_next_url(self, user: Any = None, default: str | None = None) -> str:  # noqa: ANN401 - JupyterHub has no types
        """Return the page to go on to."""
        url = str(super().get_next_url(user, default))
        return terms_url(self, url) if self._must_accept else url


class _TermsFirst(_WithTerms):
    """Page that shows the terms of use first to users who have not accepted them."""

    async def prepare(self: Any) -> None:
        await super().prepare()  # type: ignore[misc]
        is_visit = self.request.method == "GET" and self.current_user and not self._finished
        if is_visit and await self._accepted.must_accept(self.current_user):
            self.redirect(terms_url(self, self.request.uri))


class _CheckStart(_WithTerms):
    """Start of a server that is refused before it counts as a failed one; after five, z2jh restarts the hub."""

    async def spawn_single_user(self: Any, user: Any, server_name: str = "", options: Any = None) -> None:  # noqa: ANN401
        await self._accepted.check(user)
        await super().spawn_single_user(user, server_name, options)  # type: ignore[misc]


class HomeAfterTermsHandler(_TermsFirst, HomeHandler):  # type: ignore[misc,unused-ignore]
    """JupyterHub's page Home."""


class StartAfterTermsHandler(_CheckStart, _TermsFirst, StartHandler):  # type: ignore[misc,unused-ignore]
    """JupyterHub's page that starts a server."""


class StartAfterTermsApiHandler(_CheckStart, StartApiHandler):  # type: ignore[misc,unused-ignore]
    """JupyterHub's API that starts and stops servers."""


def terms_pages(app: Any, terms: Terms) -> list[tuple[Any, ...]]:  # noqa: ANN401 - JupyterHub has no types
    """Return the handlers of a hub with terms of use, and let its authenticator refuse starts without them."""
    accepted = AcceptedTerms(terms, app.log)
    app.tornado_settings[SETTING] = accepted
    app.authenticator.start_checks.append(accepted.check)
    return [
        (f"/{TERMS_PAGE}", TermsHandler),
        ("/login", LogInThenTermsHandler),
        ("/home", HomeAfterTermsHandler),
        *((f"/spawn{path}", StartAfterTermsHandler) for path in ("", "/([^/]+)", "/([^/]+)/([^/]+)")),
        (r"/api/users/([^/]+)/server", StartAfterTermsApiHandler),
        (r"/api/users/([^/]+)/servers/([^/]*)", StartAfterTermsApiHandler),
    ]
