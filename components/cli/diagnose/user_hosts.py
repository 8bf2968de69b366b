"""Checks of the users' host names, ``*.<domain>``, for a tenancy with ``ingress.userSubdomains``."""

from collections.abc import Iterator

from components.cli.diagnose.certificates import CertificateRefused, Endpoint, NoConnection, read_certificate, trust
from components.cli.diagnose.checks import CheckEnvironment
from components.cli.diagnose.result import CheckResult, broken, good, unknown
from components.config.tenancy import Tenancy
from components.preflight.dns import USERS_HOST, NameUnknown, ResolverFailed


def check_user_hosts(tenancy: Tenancy, env: CheckEnvironment) -> Iterator[CheckResult]:
    """Check that a name below the domain resolves to the ingress and has a certificate; nothing without subdomains."""
    if tenancy.ingress.user_subdomains:
        yield _check_names(tenancy, env)
        yield _check_certificate(tenancy, env)


def _check_names(tenancy: Tenancy, env: CheckEnvironment) -> CheckResult:
    subject, name, address = "users' host names", f"*.{tenancy.domain}", tenancy.external_ip
    fix = f"add {'an A' if address.version == 4 else 'an AAAA'} record {name} for {address} to the DNS"
    try:
        found = env.resolve(f"{USERS_HOST}.{tenancy.domain}")
    except NameUnknown:
        return broken(subject, f"{name} does not resolve, so no user can open a server", fix)
    except ResolverFailed as failure:
        return unknown(subject, f"{name}: this machine's resolver failed ({failure})", "try again")
    if address in found:
        return good(subject, f"{name} resolves to {address}")
    return broken(subject, f"{name} resolves to {', '.join(sorted(map(str, found)))}, not to externalIp {address}", fix)


def _check_certificate(tenancy: Tenancy, env: CheckEnvironment) -> CheckResult:
    subject = "users' certificate"
    endpoint = Endpoint(f"{USERS_HOST}.{tenancy.domain}", str(tenancy.external_ip), env.https_port)
    try:
        certificate = read_certificate(endpoint, lambda: trust(env.hub_authority))
    except NoConnection as failure:
        return unknown(subject, str(failure))
    except CertificateRefused as failure:
        return broken(subject, f"{endpoint}: {failure}", _fix(tenancy))
    return good(subject, f"is valid for *.{tenancy.domain}, signed by {certificate.issuer}")


def _fix(tenancy: Tenancy) -> str:
    tls, names = tenancy.ingress.tls, " and ".join(tenancy.hosts)
    if tls is None:
        return f"set pangeo:ingress.tls to the source of a certificate for {names}"
    if tls.secret_name:
        return f"put a certificate for {names} into the Secret {tenancy.namespace}/{tls.secret_name}"
    return f"give {tls.cluster_issuer} a DNS-01 solver, which wildcard names need, or set pangeo:ingress.tls.secretName"
