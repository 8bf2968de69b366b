"""The lease of the verification's user at the hub: begin, renew, end (``components/in_hub/verification.py``)."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from secrets import token_hex
from typing import Any

from components.chart.secrets import SECRET_NAME
from components.chart.verification_access import TOKEN_KEY
from components.cli.diagnose.certificates import NoConnection
from components.cli.service_token import read_service_token
from components.cli.verify.context import Context
from components.cli.verify.failures import CheckFailed, Ended
from components.cli.verify.web import Answer, AnswerLost
from components.in_hub.api_names import VERIFICATION_PATH

RENEWAL_SECONDS = 10.0
"""Interval of the renewals, a small part of the lease's duration."""

POLL_SECONDS = 2.0
"""Interval at which a begin or a removal that the hub could not complete is repeated."""

LOST = "the hub has ended the lease: it was restarted, or did not receive the renewals"
"""Reason for the end of a run whose user the hub has removed."""

_BEGUN = {"token": str, "choice": dict}
"""Content of the hub's answer to the begin of a lease."""


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
        self._may_have_begun = False
        self._beginning = threading.Lock()
        self._ended = threading.Event()
        self._lost = False

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
        age_seconds: float | None = None
        self._token = token
        while True:
            answer = self._try_to_begin()
            if answer.status == HTTPStatus.OK:
                found = answer.json_object(**_BEGUN)
                threading.Thread(target=self._keep, name="lease", daemon=True).start()
                return Begun(found["token"], found["choice"])
            if answer.status != HTTPStatus.CONFLICT:
                raise _refusal(answer.status)
            busy = answer.json_object(remains=list)
            age_seconds = self._check_owner(age_seconds, busy.get("renewedSeconds"))
            report(_waiting([str(each) for each in busy["remains"]]))
            self._context.wait(POLL_SECONDS)

    def stop(self) -> bool:
        """Let no thread begin or renew the lease any more; return whether the hub may have something to remove."""
        self._ended.set()
        with self._beginning:  # a request that has been sent is answered first
            return self._may_have_begun

    def renew(self) -> bool:
        """Renew the lease; return False, and end the run, if the hub has ended it, now or before.

        The hub does so when it restarts, or when no renewal has arrived for long.
        """
        with suppress(NoConnection):
            self._lost = self._lost or _is_refusal(self._send("PUT"))
        if self._lost:
            self._context.end_early(LOST)
        return not self._lost

    def end(self, limit_seconds: float) -> Sequence[str]:
        """End the lease after :meth:`stop`, wait until the hub has removed everything, and return what is still there.

        Raises:
            NoConnection: the hub does not answer.
            CheckFailed: the hub refuses.
        """
        end = time.monotonic() + limit_seconds
        while True:
            try:
                remains = self._remove()
            except NoConnection:
                if time.monotonic() > end:
                    raise
            else:
                if not remains or time.monotonic() > end:
                    return remains
            time.sleep(POLL_SECONDS)

    def _try_to_begin(self) -> Answer:
        with self._beginning:
            if self._ended.is_set():
                raise Ended
            try:
                answer = self._send("POST")
            except AnswerLost:
                self._may_have_begun = True
                raise
            if answer.status == HTTPStatus.OK:
                answer.json_object(**_BEGUN)
            self._may_have_begun = answer.status == HTTPStatus.OK or answer.status == HTTPStatus.GATEWAY_TIMEOUT
            return answer

    def _remove(self) -> list[str]:
        answer = self._send("DELETE")
        if answer.status == HTTPStatus.CONFLICT:
            return []  # another run's lease, which the hub grants only after everything of this one is gone
        if _is_refusal(answer):
            raise _refusal(answer.status)
        if answer.status != HTTPStatus.OK:
            raise NoConnection(f"the hub answered with HTTP {answer.status}")
        return [str(each) for each in answer.json_object(remains=list)["remains"]]

    def _check_owner(self, age_seconds: float | None, renewed_seconds: Any) -> float | None:  # noqa: ANN401 - JSON
        """Return the seconds since another run renewed its lease. For a run that was killed, they only grow.

        Raises:
            CheckFailed: the other run has renewed it.
        """
        if not isinstance(renewed_seconds, (int, float)):
            return None
        if age_seconds is not None and renewed_seconds < age_seconds:
            raise CheckFailed(
                "another verification of this tenancy is running, and a hub has one at a time",
                "wait until it has ended",
            )
        return renewed_seconds

    def _keep(self) -> None:
        while not self._ended.wait(RENEWAL_SECONDS) and self.renew():
            pass

    def _send(self, method: str) -> Answer:
        return self._context.web.request(method, f"/hub{VERIFICATION_PATH}", {"lease": self._id}, token=self._token)


def _is_refusal(answer: Answer) -> bool:
    """Return whether the hub has refused.

    Raises:
        NoConnection: the answer is another program's: an ingress has such pages while the hub restarts.
    """
    return answer.status in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND) and bool(answer.json_object(message=str))


def _refusal(status: int) -> CheckFailed:
    reasons: dict[int, tuple[str, str]] = {
        HTTPStatus.FORBIDDEN: (
            "the hub refused the token in the cluster's Secret, so it runs with other secrets than the stack's",
            "run pulumi up, which restarts the hub",
        ),
        HTTPStatus.NOT_FOUND: (
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
