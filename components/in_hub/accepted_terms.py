"""The rule that no server starts for a user who has not accepted the terms of use."""

import sqlite3
from datetime import UTC, datetime
from logging import Logger
from typing import Any

from tornado.web import HTTPError  # type: ignore[import-not-found,unused-ignore]

from components.in_hub import messages
from components.in_hub.acceptances import Acceptance, Acceptances
from components.in_hub.api_names import VERIFICATION_USER
from components.in_hub.terms import Terms
from components.in_hub.user_id import STATE_KEY


class AcceptedTerms:
    """The tenancy's terms of use, and the users who have accepted them."""

    def __init__(self, terms: Terms, log: Logger) -> None:
        """Receive the terms of the stack file, and the hub's log."""
        self.terms = terms
        self._records = Acceptances()
        self._log = log

    async def find(self, user: Any) -> Acceptance | None:  # noqa: ANN401 - JupyterHub has no types
        """Return the record of the user's acceptance of the present version; None if there is none.

        Raises:
            HTTPError: 503 if the records cannot be read.
        """
        user_id = await _id_of(user)
        if not user_id:
            return None
        try:
            return self._records.find(user_id, self.terms.version)
        except sqlite3.Error as error:
            raise self._unavailable(error) from None

    async def must_accept(self, user: Any) -> bool:  # noqa: ANN401 - JupyterHub has no types
        """Return whether the user still has to accept the terms; the user of a verification is no person.

        Raises:
            HTTPError: 503 if the records cannot be read.
        """
        return user.name != VERIFICATION_USER and await self.find(user) is None

    async def check(self, user: Any) -> None:  # noqa: ANN401 - JupyterHub has no types
        """Check that the user's server may start, whoever starts it.

        Raises:
            HTTPError: 403 if the user has not accepted the terms, 503 if that is not known.
        """
        if await self.must_accept(user):
            self._log.warning("the server of %s does not start: the terms of use are not accepted", user.name)
            raise HTTPError(403, messages.terms_not_accepted(user.name, self.terms.version))

    async def accept(self, user: Any) -> None:  # noqa: ANN401 - JupyterHub has no types
        """Record that the user has accepted the terms.

        Raises:
            HTTPError: 403 if the log-in does not show whose it is, 503 if the record cannot be written.
        """
        user_id = await _id_of(user)
        if not user_id:
            raise HTTPError(403, messages.sign_in_again())
        try:
            self._records.add(user_id, user.name, self.terms, datetime.now(UTC).isoformat(timespec="seconds"))
        except sqlite3.Error as error:
            raise self._unavailable(error) from None
        self._log.info("%s has accepted the terms of use, version %s", user.name, self.terms.version)

    def _unavailable(self, error: sqlite3.Error) -> HTTPError:
        self._log.error("the record of accepted terms of use cannot be used: %s", error)
        return HTTPError(503, messages.terms_unavailable())


async def _id_of(user: Any) -> str:  # noqa: ANN401 - JupyterHub has no types
    return str((await user.get_auth_state() or {}).get(STATE_KEY) or "")
