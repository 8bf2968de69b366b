"""Counting of log-ins by their result."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from tornado.web import HTTPError, RequestHandler  # type: ignore[import-not-found,unused-ignore]

from components.in_hub import outcomes
from components.in_hub.outcomes import COUNTS


class LogInRefused(HTTPError):  # type: ignore[misc,unused-ignore]
    """A refused log-in, with its result."""

    def __init__(self, result: str, status: int, message: str) -> None:
        super().__init__(status, message)
        self.result = result


class CountedLogIns:
    """Base class of an authenticator that counts each log-in with the form."""

    async def get_authenticated_user(self, handler: RequestHandler, data: Mapping[str, str]) -> dict[str, Any] | None:
        """Return the user's model as JupyterHub's own method does, after all checks; None for a wrong password."""
        try:
            model: dict[str, Any] | None = await super().get_authenticated_user(handler, data)  # type: ignore[misc]
        except HTTPError as refusal:
            COUNTS[_result(refusal)] += 1
            raise
        refused = outcomes.PROBE if data.get("username") == outcomes.PROBE_USER else outcomes.WRONG_PASSWORD
        COUNTS[outcomes.SUCCESS if model else refused] += 1
        return model


def _result(refusal: HTTPError) -> str:
    if isinstance(refusal, LogInRefused):
        return refusal.result
    # The check of the account that owns the name (log_in_identity) refuses with 403 or 503.
    is_refused = refusal.status_code == HTTPStatus.FORBIDDEN
    return outcomes.OTHER_ACCOUNT if is_refused else outcomes.KUBERNETES_UNREACHABLE
