"""Checks of the hub that need no server, as ``doctor`` makes them, and of the release's pods."""

from components.cli.diagnose.checks import check_domain, check_hub_certificate, check_hub_health
from components.cli.diagnose.hub_log_in import check_hub_log_in
from components.cli.diagnose.plain_http import check_plain_http
from components.cli.diagnose.result import CheckResult, broken, good
from components.cli.diagnose.user_hosts import check_user_hosts
from components.cli.verify.context import Context
from components.readiness.observe import observe
from components.readiness.verdict import Verdict, judge

DOMAIN, CERTIFICATE, PLAIN_HTTP, LOG_IN, PODS = "domain", "hub certificate", "plain http", "hub to directory", "pods"


def check_name(context: Context) -> list[CheckResult]:
    """Check that the hub's name resolves to the ingress."""
    return [check_domain(context.tenancy, context.env)]


def check_certificates(context: Context) -> list[CheckResult]:
    """Check the hub's certificate and, with hosts of users' own, theirs: valid, for these names, with time left."""
    tenancy, env = context.tenancy, context.env
    return [check_hub_certificate(tenancy, env), *check_user_hosts(tenancy, env)]


def check_redirect(context: Context) -> list[CheckResult]:
    """Check that a request without encryption leads to ``https://`` or gets no answer."""
    return [check_plain_http(context.tenancy, context.env)]


def check_log_in(context: Context) -> list[CheckResult]:
    """Check that the hub answers and asks the directory about a log-in."""
    return [check_hub_health(context.tenancy, context.env), check_hub_log_in(context.tenancy, context.env)]


def check_pods(context: Context) -> list[CheckResult]:
    """Check that all pods of the release run, as ``pulumi up`` does, with the reason where one does not."""
    tenancy = context.tenancy
    with context.cluster() as api:
        verdict = judge(observe(api, tenancy.release, tenancy.namespace))
    return [assess_pods(verdict, tenancy.namespace)]


def assess_pods(verdict: Verdict, namespace: str) -> CheckResult:
    """Return the result for the verdict about the release. Pure."""
    if verdict.is_ready:
        return good(PODS, "all pods of hub, proxy and Dask gateway run")
    first = verdict.missing[0]
    fix = first.fix or f"kubectl describe pods --namespace {namespace}"
    return broken(PODS, "; ".join(map(str, verdict.missing)), fix)
