"""Checks that run in the verification's server: connections that must be blocked, and whether policies are enforced."""

from components.cli.diagnose.result import CheckResult, unknown
from components.cli.verify.attempts import attempts_source, read_attempts
from components.cli.verify.cluster_facts import ClusterFacts, read_cluster_facts
from components.cli.verify.context import Context
from components.cli.verify.forbidden import HUB, forbidden_servers
from components.cli.verify.isolation import ENFORCEMENT, assess_database, assess_isolation
from components.cluster.errors import CannotAsk
from components.in_hub.api_names import VERIFICATION_USER

SCHEDULER_SECONDS = 120.0
"""Longest time to wait for a Dask scheduler, which is one of the targets: the check of Dask starts one, or ends."""

_POLL_SECONDS = 2.0


def check_isolation(context: Context) -> list[CheckResult]:
    """Try to connect from the verification's server to all that users' servers must not reach."""
    facts = _read_facts(context)
    forbidden = forbidden_servers(context.tenancy, facts)
    targets = [HUB, *(target for each in forbidden for target in each.targets)]
    database = assess_database(facts.database_users, facts.pods_unread)
    try:
        attempts = read_attempts(context.server.run(attempts_source(targets)))
    except ValueError as failure:
        return [unknown(ENFORCEMENT, f"not tested: {failure}"), database]
    return [*assess_isolation(context.tenancy, forbidden, attempts), database]


def _read_facts(context: Context) -> ClusterFacts:
    """Read the targets, as soon as there is a Dask scheduler among them."""
    end = context.clock() + (SCHEDULER_SECONDS if context.tenancy.dask.enabled else 0.0)
    try:
        with context.cluster() as api:
            while True:
                is_last = context.dask_ended.is_set() or context.clock() > end
                facts = read_cluster_facts(api, context.tenancy, VERIFICATION_USER)
                if facts.schedulers or facts.pods_unread or is_last:
                    return facts
                context.wait(_POLL_SECONDS)
    except CannotAsk as failure:
        return ClusterFacts(addresses_unread=str(failure), pods_unread=str(failure))
