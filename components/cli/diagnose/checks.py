"""Checks shared by ``status`` and ``doctor``: domain, the hub's certificate and health, its pods, directory servers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from components.cli.diagnose.certificates import (
    CertificateRefused,
    Endpoint,
    NoConnection,
    format_time,
    read_certificate,
    trust,
)
from components.cli.diagnose.deployed_hub import DeployedHub
from components.cli.diagnose.hub_client import HubClient
from components.cli.diagnose.result import CheckResult, Status, broken, good, unknown, warning
from components.cluster.kubeconfig import Kubeconfig
from components.cluster.pod_command import run_in_deployment
from components.config.tenancy import Tenancy
from components.preflight.dns import NameUnknown, Resolver, ResolverFailed, resolve_by_system
from components.programs import report_on_stderr

RunInDeployment = Callable[[Kubeconfig, Mapping[str, str], str, str, Sequence[str]], bytes]
"""Type of :func:`components.cluster.pod_command.run_in_deployment`."""

HUB, HUB_PODS, HUB_CERTIFICATE, DIRECTORY = "hub", "hub pods", "hub certificate", "directory"
"""Subjects of results. That of a directory server continues with its address."""

HTTP_PORT, HTTPS_PORT = 80, 443
FIX_CLUSTER_ACCESS = "kubectl get namespaces must answer, with the kubeconfig and the context of pulumi up"
"""Fix for a cluster that gives no answer."""

_OK, _NOT_FOUND = 200, 404


@dataclass(frozen=True)
class CheckEnvironment:
    """Inputs of the checks that are not in the stack file."""

    environment: Mapping[str, str]
    now: datetime
    hub_authority: str | None = None
    """PEM of the authority that signed the hub's certificate, where the system does not trust it."""
    resolve: Resolver = resolve_by_system
    https_port: int = HTTPS_PORT
    http_port: int = HTTP_PORT
    run_in_deployment: RunInDeployment = run_in_deployment
    report: Callable[[str], None] = report_on_stderr
    """Receives the messages of kubectl and its log-in program."""


def hub_endpoint(tenancy: Tenancy, env: CheckEnvironment) -> Endpoint:
    """Return the hub's address, with the name that its certificate must contain."""
    return Endpoint(tenancy.domain, str(tenancy.external_ip), env.https_port)


def check_domain(tenancy: Tenancy, env: CheckEnvironment) -> CheckResult:
    """Check that the hub's name resolves to the ingress."""
    subject, name, address = "domain", tenancy.domain, tenancy.external_ip
    if tenancy.pangeo_domain:
        fix = f"add an {'A' if address.version == 4 else 'AAAA'} record {name} for {address} to the DNS"
    else:
        fix = (
            f"let users' resolvers answer for {tenancy.domain_suffix}: some suppress names that resolve to private "
            "addresses"
        )
    try:
        found = env.resolve(name)
    except NameUnknown:
        return broken(subject, f"{name} does not resolve: the name has no address", fix)
    except ResolverFailed as failure:
        return unknown(subject, f"{name}: this machine's resolver failed ({failure})", "try again")
    if address in found:
        return good(subject, f"{name} resolves to {address}")
    others = ", ".join(sorted(map(str, found)))
    return broken(subject, f"{name} resolves to {others}, not to externalIp {address}", fix)


def check_hub_certificate(tenancy: Tenancy, env: CheckEnvironment) -> CheckResult:
    """Check that the tenancy's address answers HTTPS with a certificate that browsers accept."""
    subject, endpoint = HUB_CERTIFICATE, hub_endpoint(tenancy, env)
    try:
        certificate = read_certificate(endpoint, lambda: trust(env.hub_authority))
    except NoConnection as failure:
        fix = "check that the ingress controller runs, and that every firewall lets connections to externalIp through"
        return broken(subject, str(failure), fix)
    except CertificateRefused as failure:
        private = "" if env.hub_authority else "; name a private authority with --ca-file"
        return broken(subject, f"{endpoint}: {failure}", _renewal(tenancy) + private)
    details = {"ends": certificate.ends.isoformat(), "issuer": certificate.issuer}
    ends = format_time(certificate.ends)
    message = f"is valid for {tenancy.domain}, signed by {certificate.issuer} and ends {ends}"
    if certificate.is_ending(env.now):
        return warning(subject, message, _renewal(tenancy), **details)
    return good(subject, message, **details)


def check_hub_health(tenancy: Tenancy, env: CheckEnvironment) -> CheckResult:
    """Check that JupyterHub answers, for a hub whose certificate is good."""
    subject = HUB
    url, namespace = f"https://{tenancy.domain}/hub/health", tenancy.namespace
    try:
        status = HubClient(hub_endpoint(tenancy, env), trust(env.hub_authority)).health_status()
    except NoConnection as failure:
        return broken(subject, str(failure), f"kubectl get pods,ingress --namespace {namespace}")
    if status == _OK:
        return good(subject, f"{url} answers")
    if status == _NOT_FOUND:
        fix = f"kubectl describe ingress pangeo --namespace {namespace}; if it does not exist: pulumi up"
        return broken(subject, f"{url}: HTTP {status}, so the ingress controller has no rule for this name", fix)
    fix = f"kubectl get pods --namespace {namespace}; kubectl logs --namespace {namespace} deployment/hub"
    return broken(subject, f"{url}: HTTP {status}, so the ingress answers and the hub behind it does not", fix)


def check_hub_pods(tenancy: Tenancy, hub: DeployedHub) -> CheckResult:
    """Check that the hub's and the proxy's pods are ready.

    Raises:
        CannotAsk: the cluster gives no answer.
    """
    subject, namespace = HUB_PODS, tenancy.namespace
    counts = {name: hub.count_ready(name) for name in ("hub", "proxy")}
    missing = [name for name, count in counts.items() if count is None]
    if missing:
        return broken(subject, f"there is no deployment {' and no '.join(missing)} in {namespace}", "run pulumi up")
    short = [f"{name}: {count[0]} of {count[1]} ready" for name, count in counts.items() if count and count[0] < 1]
    if short:
        fix = f"kubectl describe pods --namespace {namespace} --selector component; the events at the end give a reason"
        return broken(subject, ", ".join(short), fix)
    return good(subject, "hub and proxy are ready")


def check_directory_servers(tenancy: Tenancy, env: CheckEnvironment) -> list[CheckResult]:
    """Check that each FreeIPA server answers this machine with a valid certificate.

    While at least one server does, the others are warnings.
    """
    directory = tenancy.identity.directory()
    start_tls = directory.tls == "starttls"
    results = [
        _check_directory_server(
            Endpoint(server.host, server.host, server.port, start_tls), directory.ca_certificate, env
        )
        for server in directory.servers
    ]
    if all(result.status is Status.BROKEN for result in results):
        return results
    return [
        warning(each.subject, f"{each.message}; users log in through another server", each.fix)
        if each.status is Status.BROKEN
        else each
        for each in results
    ]


def _check_directory_server(server: Endpoint, authority: str | None, env: CheckEnvironment) -> CheckResult:
    subject = f"{DIRECTORY} {server}"
    try:
        certificate = read_certificate(server, lambda: trust(authority))
    except NoConnection as failure:
        fix = "check identity.server, that FreeIPA runs there, and the network and its firewalls"
        return broken(subject, str(failure), fix)
    except CertificateRefused as failure:
        fix = (
            "set identity.caCertificate to FreeIPA's /etc/ipa/ca.crt and identity.server to the server's name in "
            "FreeIPA, then run pulumi up; or renew the certificate in FreeIPA"
        )
        return broken(subject, str(failure), fix)
    details = {"ends": certificate.ends.isoformat(), "issuer": certificate.issuer}
    message = f"answers; its certificate is signed by {certificate.issuer} and ends {format_time(certificate.ends)}"
    if certificate.is_ending(env.now):
        return warning(subject, message, "on the server, run: getcert list", **details)
    return good(subject, message, **details)


def _renewal(tenancy: Tenancy) -> str:
    tls, namespace = tenancy.ingress.tls, tenancy.namespace
    if tls is None:
        return "it is the ingress controller's default certificate: renew it there, or set pangeo:ingress.tls"
    if tls.cluster_issuer:
        issuer = tls.cluster_issuer
        return f"kubectl describe certificate --namespace {namespace} gives the reason why {issuer} did not renew it"
    return f"put a valid certificate into the Secret {namespace}/{tls.secret_name}"
