"""The lease of the verification's user at the hub: begin, renew, end (``components/in_hub/verification.py``)."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from components.chart.secrets import SECRET_NAME
from components.chart.verification_access import TOKEN_KEY
from components.cli.diagnose.certificates import NoConnection
from components.cli.service_token import read_service_token
from components.cli.verify.context import Context
from components.cli.verify.failures import CheckFailed, Ended
from components.cli.verify.web import Answer
from components.in_hub.api_names import VERIFICATION_PATH

RENEWAL_SECONDS = 10.0
"""Interval of the renewals, a small part of the lease's duration."""

POLL_SECONDS = 2.0

_OK, _FORBIDDEN, _NOT_FOUND, _CONFLICT = 200, 403, 404, 409


@dataclass(frozen=True)
class Begun:
    """A lease that has begun."""

    token: str
    """Token of the verification's user."""
    choice: dict[str, str]
    """Choice of the smallest server; empty if there is nothing to choose."""


class Lease:
    """The lease of one run. Nothing is sent before :meth:`begin`."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._id = token_hex(16)
        self._token = ""
        self.has_begun = False
        """Whether the hub may have something to remove."""
        self._ended = threading.Event()

    def begin(self, report: Callable[[str], None]) -> Begun:
        """Begin the lease, after what an earlier run has left was removed, and renew it until its end.

        Raises:
            CheckFailed: another run is using it, or the hub refuses.
            NoConnection: the hub does not answer.
            CannotAsk: the cluster does not give the service's token.
            Ended: the run has ended before.
        """
        tenancy = self._context.tenancy
        with self._context.cluster() as api:
            token = read_service_token(api, tenancy.namespace, TOKEN_KEY)
        if token is None:
            reason = f"the Secret {tenancy.namespace}/{SECRET_NAME} has no {TOKEN_KEY}"
            raise CheckFailed(reason, "run pulumi up with this version")
        age: float | None = None
        self._token = token
        while True:
            answer = self._send("POST")
            if answer.status == _OK:
                found, self.has_begun = answer.json(), True
                threading.Thread(target=self._renew, name="lease", daemon=True).start()
                return Begun(str(found["token"]), dict(found["choice"]))
            if answer.status != _CONFLICT:
                raise _refusal(answer.status)
            busy = answer.json()
            age = self._check_owner(age, busy.get("renewedSeconds"))
            report(_waiting(busy.get("remains") or ()))
            self._context.wait(POLL_SECONDS)

    def end(self, limit_seconds: float) -> Sequence[str]:
        """End the lease, wait until the hub has removed everything, and return what is still there.

        Raises:
            NoConnection: the hub does not answer.
        """
        self._ended.set()
        end = time.monotonic() + limit_seconds
        while True:
            answer = self._send("DELETE")
            if answer.status != _OK:
                raise NoConnection(f"the hub answered with HTTP {answer.status}")
            remains = [str(each) for each in answer.json()["remains"]]
            if not remains or time.monotonic() > end:
                return remains
            time.sleep(POLL_SECONDS)

    def _check_owner(self, age: float | None, renewed: Any) -> float | None:  # noqa: ANN401 - JSON
        """Return the age of another run's lease. That of a run that was killed only grows.

        Raises:
            CheckFailed: the other run has renewed it.
        """
        if not isinstance(renewed, (int, float)):
            return None
        if age is not None and renewed < age:
            raise CheckFailed(
                "another verification of this tenancy is running, and a hub has one at a time",
                "wait until it has ended",
            )
        return renewed

    def _renew(self) -> None:
        while not self._ended.wait(RENEWAL_SECONDS):
            with suppress(NoConnection, Ended):
                self._send("PUT")

    def _send(self, method: str) -> Answer:
        return self._context.web.request(method, f"/hub{VERIFICATION_PATH}", {"lease": self._id}, token=self._token)


def _refusal(status: int) -> CheckFailed:
    reasons = {
        _FORBIDDEN: (
            "the hub refused the token in the cluster's Secret, so it runs with other secrets than the stack's",
            "run pulumi up, which restarts the hub",
        ),
        _NOT_FOUND: (
            "the hub does not know verifications, so it is older than this program or is not this tenancy's",
            "run pulumi up; check pangeoDomain and externalIp",
        ),
    }
    unknown = (f"the hub answered with HTTP {status}", "kubectl logs deployment/hub shows the cause")
    return CheckFailed(*reasons.get(status, unknown))


def _waiting(remains: Sequence[str]) -> str:
    if remains:
        return f"waiting until the hub has removed what an earlier run left: {', '.join(remains)}"
    return "waiting until the lease of another run ends, which may have been killed"
