"""The check of ``doctor`` that compares the stack file's node pools with the cluster's nodes."""

from collections.abc import Iterator

from components.cli.diagnose.result import CheckResult, good, unknown, warning
from components.cluster.client import Api
from components.cluster.errors import CannotAsk
from components.cluster.pages import NODES, read_pages
from components.config.tenancy import Tenancy
from components.preflight.nodes import compare_pools

SUBJECT = "node pools"


def check_pools(tenancy: Tenancy, api: Api) -> Iterator[CheckResult]:
    """Yield a result for each pool that the nodes do not match; nothing if the stack file describes no pools."""
    pools = tenancy.nodes.pools if tenancy.nodes else ()
    if not pools:
        return
    try:
        differences = list(compare_pools(pools, list(read_pages(api, NODES))))
    except CannotAsk as failure:
        yield unknown(SUBJECT, str(failure), "let the account read nodes, to compare them with pangeo:workers.pools")
        return
    for each in differences:
        yield warning(SUBJECT, each.message, each.fix)
    if not differences:
        yield good(SUBJECT, f"the nodes are those of the {len(pools)} pools in pangeo:workers.pools")
