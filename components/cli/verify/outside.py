"""Checks from outside, as ``doctor`` makes them: the certificates, and the redirect to HTTPS."""

from typing import TYPE_CHECKING

from components.cli.diagnose.checks import check_domain, check_hub_certificate
from components.cli.diagnose.plain_http import check_plain_http
from components.cli.diagnose.result import CheckResult
from components.cli.diagnose.user_hosts import check_user_hosts

if TYPE_CHECKING:
    from components.cli.verify.context import Context

CERTIFICATE, PLAIN_HTTP = "hub certificate", "plain http"


def check_certificates(context: "Context") -> list[CheckResult]:
    """Check the hub's certificate and, with hosts of users' own, theirs: valid, for these names, with time left."""
    tenancy, env = context.tenancy, context.env
    return [check_domain(tenancy, env), check_hub_certificate(tenancy, env), *check_user_hosts(tenancy, env)]


def check_redirect(context: "Context") -> list[CheckResult]:
    """Check that a request without encryption leads to ``https://`` or gets no answer."""
    return [check_plain_http(context.tenancy, context.env)]
