"""Check that a Dask cluster's dashboard opens for its owner, through the hub, and for nobody without a log-in."""

import re
from http import HTTPStatus
from urllib.parse import urlsplit

from components.chart.dask_access import PREFIX
from components.cli.diagnose.result import CheckResult, Status, broken, good, unknown
from components.cli.verify.context import Context
from components.cli.verify.web import Answer

OWNERS, STRANGERS = "dashboard", "blocked: dashboard without log-in"

_TITLE = re.compile(rb"<title>\s*Dask")
"""Begin of each page of a dashboard. Pages of the hub and of JupyterLab may contain the word elsewhere."""


def check_dashboard(context: Context) -> list[CheckResult]:
    """Open the dashboard of the verification's running cluster, at its link, with its token and without."""
    cluster, server = context.dask_cluster, context.server
    if cluster is None:
        return [unknown(OWNERS, "not tested: there is no cluster")]
    path = urlsplit(cluster.dashboard).path
    owner = assess_owner(server.web.request("GET", path, token=server.token))
    return [
        owner,
        assess_stranger(
            [
                (f"{web.endpoint.name}{where}", web.request("GET", where))
                # The second path is that of the upstream set-up, in which everybody can open dashboards.
                for web, where in ((server.web, path), (context.web, f"{PREFIX}/clusters/{cluster.name}/status"))
            ],
            opens_for_owner=owner.status is Status.GOOD,
        ),
    ]


def assess_owner(answer: Answer) -> CheckResult:
    """Return the result of the owner's request. Pure."""
    if answer.status == HTTPStatus.OK and _TITLE.search(answer.body):
        return good(OWNERS, "opens for the cluster's owner through the hub")
    if answer.status == HTTPStatus.NOT_FOUND:
        return broken(
            OWNERS,
            "the owner gets HTTP 404: the server has no way to dashboards",
            "add jupyter-server-proxy to the image in pangeo:notebook.image; dask-labextension brings it",
        )
    fix = "kubectl logs of the gateway's pod traefik, and of the user's server, show the reason"
    if answer.status == HTTPStatus.FORBIDDEN:
        fix = "run pulumi up and start the server again: it must be started with ServerProxy.host_allowlist"
    return broken(OWNERS, f"the owner gets HTTP {answer.status} instead of the dashboard", fix)


def assess_stranger(answers: list[tuple[str, Answer]], *, opens_for_owner: bool) -> CheckResult:
    """Return the result of the requests without a log-in, by their addresses. Pure.

    A dashboard that does not open for its owner either proves nothing.
    """
    for address, answer in answers:
        if answer.status < HTTPStatus.MULTIPLE_CHOICES and _TITLE.search(answer.body):
            return broken(
                STRANGERS,
                f"everybody can open https://{address}",
                "run pulumi up; remove Ingresses and routes to the Dask gateway that are not this program's",
            )
    statuses = ", ".join(f"HTTP {answer.status}" for _, answer in answers)
    if not opens_for_owner:
        return unknown(STRANGERS, "not tested: the dashboard does not open for its owner either")
    return good(STRANGERS, f"without a log-in the dashboard is not shown ({statuses})")
