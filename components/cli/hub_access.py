"""End of users' access at the hub: log-ins, tokens, servers and Dask clusters, for ``members remove``.

The hub's service for this has its token in the Kubernetes Secret of the tenancy. The token is sent only to the hub,
over a verified connection.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from components.chart.members_access import TOKEN_KEY
from components.chart.secrets import SECRET_NAME
from components.cli.diagnose.certificates import NoConnection, trust
from components.cli.diagnose.checks import CheckEnvironment, hub_endpoint
from components.cli.diagnose.hub_client import HubClient
from components.cli.service_token import read_service_token
from components.cluster.client import Api, connect_to_cluster
from components.cluster.errors import CannotAsk
from components.cluster.kubeconfig import find_kubeconfig
from components.config.tenancy import Tenancy
from components.escape import escape_control_characters
from components.in_hub.api_names import END_ACCESS_PATH

STOP_SECONDS = 180.0
"""Time to wait for servers and Dask clusters to stop; the hub goes on after that."""

POLL_SECONDS = 2.0

_OK, _FORBIDDEN, _NOT_FOUND = 200, 403, 404


class AccessNotEnded(Exception):
    """The hub did not end the access. The text gives the reason."""


@dataclass(frozen=True)
class Remaining:
    """What of a user's access has not ended yet."""

    servers: int = 0
    clusters: int = 0
    problem: str = ""
    """Reason why the user's Dask clusters are not known; empty if they are."""
    visited: tuple[str, ...] = ()
    """Other users whose running servers the user had opened, which only the first answer names."""

    def __str__(self) -> str:
        kinds = ((self.servers, "server"), (self.clusters, "Dask cluster"))
        return " and ".join(f"{count} {kind}{'' if count == 1 else 's'}" for count, kind in kinds if count)


@dataclass(frozen=True)
class HubAccess:
    """The hub's service that ends users' access."""

    client: HubClient
    token: str
    ids: Mapping[str, str] = field(default_factory=dict)
    """The users' ``ipaUniqueID`` by name, as far as it is known; the hub finds renamed users by it."""

    def end(self, user: str, *, keep_server: bool) -> Remaining:
        """End the access of a user; a repeated call returns what has not stopped yet.

        Raises:
            AccessNotEnded: the hub did not answer, or refused.
        """
        ids = {user: self.ids[user]} if user in self.ids else {}
        body = {"users": [user], "keepServer": keep_server, "ids": ids}
        try:
            page = self.client.post_json(f"/hub{END_ACCESS_PATH}", body, self.token)
        except NoConnection as failure:
            raise AccessNotEnded(str(failure)) from None
        if page.status != _OK:
            reasons = {
                _FORBIDDEN: "the hub refused the token in the cluster's Secret; run pulumi up, which restarts the hub",
                _NOT_FOUND: "the hub is older than this program, or does not answer at this address; run pulumi up",
            }
            raise AccessNotEnded(reasons.get(page.status, f"the hub answered with HTTP {page.status}"))
        return _remaining(page.body, user)


def connect(tenancy: Tenancy, env: CheckEnvironment) -> HubAccess:
    """Return the access to the hub's service, with the token from the cluster.

    Raises:
        AccessNotEnded: the cluster did not give the token.
    """
    try:
        kubeconfig = find_kubeconfig(tenancy.kubernetes, env.environment)
        with connect_to_cluster(kubeconfig, env.environment) as api:
            token = read_token(api, tenancy.namespace)
    except CannotAsk as failure:
        raise AccessNotEnded(f"the cluster did not give the hub's token: {failure}") from None
    return HubAccess(HubClient(hub_endpoint(tenancy, env), trust(env.hub_authority)), token)


def read_token(api: Api, namespace: str) -> str:
    """Return the service's token from the tenancy's Secret.

    Raises:
        CannotAsk: the cluster gives no answer.
        AccessNotEnded: the Secret has no token.
    """
    token = read_service_token(api, namespace, TOKEN_KEY)
    if token is None:
        reason = f"the Secret {namespace}/{SECRET_NAME} has no {TOKEN_KEY}; run pulumi up with this version"
        raise AccessNotEnded(reason)
    return token


def end_access(
    hub: HubAccess,
    user: str,
    *,
    keep_server: bool,
    report: Callable[[str], None],
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> bool:
    """End the access of a user, and wait until servers and Dask clusters have stopped. Return whether all has ended.

    Args:
        hub: the hub's service.
        user: the user.
        keep_server: let the running server and Dask clusters go on.
        report: receives lines for the operator.
        sleep: waits between two questions.
        clock: gives the time in seconds.

    Raises:
        AccessNotEnded: the hub did not answer, or refused.
    """
    remaining = hub.end(user, keep_server=keep_server)
    if remaining.visited:
        report(
            f"{user} had opened the servers of {', '.join(remaining.visited)}: pages that are still open there may go "
            "on until these servers are stopped"
        )
    ended = f"{user}: log-in, sessions and API tokens have ended, and no server can be started"
    if keep_server:
        goes_on = f"; {remaining} and Dask clusters go on until they are stopped" if remaining.servers else ""
        report(f"{ended}{goes_on}")
        return True
    report(f"{ended}{f'; {remaining} stopping …' if f'{remaining}' else ''}")
    began, shown = clock(), f"{remaining}"
    while f"{remaining}" and clock() - began < STOP_SECONDS:
        sleep(POLL_SECONDS)
        remaining = hub.end(user, keep_server=False)
        if f"{remaining}" and f"{remaining}" != shown:
            report(f"{user}: {remaining} still stopping …")
        shown = f"{remaining}"
    if remaining.problem:
        report(f"{user}: the Dask clusters were not ended: the hub had no answer from Kubernetes ({remaining.problem})")
    if f"{remaining}":
        report(f"{user}: {remaining} did not stop within {STOP_SECONDS:g} s")
    elif not remaining.problem:
        report(f"{user}: no server and no Dask cluster runs; the home is kept")
    return not f"{remaining}" and not remaining.problem


def explain_remaining(tenancy: Tenancy, stack: str, user: str, reason: str, *, keep_server: bool) -> str:
    """Return the message for an access that was not ended at the hub: what remains, how long, and what to do."""
    check = tenancy.identity.membership_check
    if check is not None:
        limit = f"a hub that runs ends them itself within {check.every_minutes + 1} minutes (identity.membershipCheck)"
    else:
        limit = (
            f"sessions and tokens end at most {tenancy.identity.log_in_hours:g} hours after the log-in "
            "(identity.logInHours), servers and clusters go on until they are culled or stopped"
        )
    option = " --keep-server" if keep_server else ""
    return (
        f"{user} cannot log in any more, but an open session, API tokens, a running server and Dask clusters remain: "
        f"{reason}. Meanwhile {limit}. Repeat: python -m components members remove {stack} {user}{option}"
    )


def _remaining(text: str, user: str) -> Remaining:
    try:
        answer: Mapping[str, Any] = json.loads(text)["users"][user]
        visited = tuple(escape_control_characters(str(each)) for each in answer["visited"])
        return Remaining(len(answer["servers"]), len(answer["clusters"]), str(answer["problem"]), visited)
    except (ValueError, KeyError, TypeError):
        raise AccessNotEnded("the answer is not that of a Pangeo hub; check pangeoDomain and externalIp") from None
