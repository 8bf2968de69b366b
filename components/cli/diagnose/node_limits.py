"""The check of ``doctor`` and ``status`` for temporary storage and volumes of the cluster's nodes."""

from collections.abc import Iterator

from components.cli.diagnose.result import CheckResult, good, unknown, warning
from components.cluster.client import Api
from components.cluster.errors import CannotAsk
from components.config.tenancy import Tenancy
from components.preflight.node_limits import read_limit_differences

SUBJECT = "limits of nodes"


def check_node_limits(tenancy: Tenancy, api: Api) -> Iterator[CheckResult]:
    """Yield a result for each limit that the nodes do not have.

    An account that may not read nodes matters only if the stack file describes what they have.
    """
    kinds = tenancy.nodes.kinds if tenancy.nodes else ()
    try:
        differences = read_limit_differences(api, tenancy)
    except CannotAsk as failure:
        if any(pool.disk_gb or pool.max_volumes for pool in kinds):
            fix = "let the account read nodes, csinodes and storageclasses, to compare them with pangeo:workers"
            yield unknown(SUBJECT, str(failure), fix)
        return
    for each in differences:
        yield warning(SUBJECT, each.message, each.fix)
    if not differences:
        yield good(SUBJECT, "the nodes limit temporary storage, and attach the volumes that are counted")
