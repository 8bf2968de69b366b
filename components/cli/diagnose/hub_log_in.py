"""Check that the hub reaches the directory, by a log-in that must fail."""

from components.cli.diagnose.certificates import NoConnection, trust
from components.cli.diagnose.checks import CheckEnvironment, hub_endpoint
from components.cli.diagnose.hub_client import HubClient
from components.cli.diagnose.result import CheckResult, broken, good, unknown
from components.config.tenancy import Tenancy
from components.in_hub.outcomes import PROBE_USER

HUB_TO_DIRECTORY = "hub to directory"


def check_hub_log_in(tenancy: Tenancy, env: CheckEnvironment) -> CheckResult:
    """Log in as a user that does not exist; the directory must have refused it. The hub's certificate is good."""
    namespace = tenancy.namespace
    try:
        log_in = HubClient(hub_endpoint(tenancy, env), trust(env.hub_authority)).probe_log_in()
    except NoConnection as failure:
        return unknown(HUB_TO_DIRECTORY, str(failure))
    if log_in.was_refused_by_directory:
        return good(HUB_TO_DIRECTORY, "the hub reaches the directory, which refused a user name that does not exist")
    fix = (
        f'kubectl logs --namespace {namespace} deployment/hub | grep --after-context=3 "log-in of {PROBE_USER}" '
        "shows the cause; if the directory answers this machine but not the hub, check DNS, firewall and network "
        "policies of the cluster"
    )
    message = log_in.message or "the log-in page gives no reason"
    return broken(HUB_TO_DIRECTORY, f"HTTP {log_in.status}: {message}", fix)
