"""The looks that ``status`` and ``doctor`` share: the name, the hub by HTTPS, its pods, the directory's servers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from components.cli.diagnose.certificates import Endpoint, NoConnection, Refused, certificate, day, trust
from components.cli.diagnose.deployed_hub import DeployedHub
from components.cli.diagnose.hub_client import HubWeb
from components.cli.diagnose.result import Finding, State, broken, good, unknown, warning
from components.config.tenancy import Tenancy
from components.preflight.dns import NameUnknown, Resolver, ResolverFailed, resolve_by_system

HTTPS_PORT = 443
ASK_CLUSTER = "kubectl get namespaces must answer, with the kubeconfig and the context of an up"
"""What to do where the cluster could not be asked."""

_OK, _NOT_FOUND = 200, 404


@dataclass(frozen=True)
class CheckEnvironment:
    """What of the world outside the stack file counts for a look at it."""

    environment: Mapping[str, str]
    now: datetime
    hub_authority: str | None = None
    """PEM of the authority that signed the hub's certificate, where the system does not trust it."""
    resolve: Resolver = resolve_by_system
    https_port: int = HTTPS_PORT


def hub_endpoint(tenancy: Tenancy, env: CheckEnvironment) -> Endpoint:
    """Where the hub answers."""
    return Endpoint(tenancy.domain, str(tenancy.external_ip), env.https_port)


def domain(tenancy: Tenancy, env: CheckEnvironment) -> Finding:
    """Whether browsers find the ingress by the hub's name."""
    what, name, address = "domain", tenancy.domain, tenancy.external_ip
    if tenancy.pangeo_domain:
        remedy = f"make an {'A' if address.version == 4 else 'AAAA'} record {name} for {address} in the DNS"
    else:
        remedy = (
            f"have users' resolvers answer for {tenancy.domain_suffix}: some hold back names that lead to private "
            "addresses"
        )
    try:
        found = env.resolve(name)
    except NameUnknown:
        return broken(what, f"{name} does not resolve: the name has no address here", remedy)
    except ResolverFailed as failure:
        return unknown(what, f"{name}: this machine's resolver failed ({failure})", "try again")
    if address in found:
        return good(what, f"{name} resolves to {address}")
    others = ", ".join(sorted(map(str, found)))
    return broken(what, f"{name} resolves to {others}, not to externalIp {address}", remedy)


def hub_certificate(tenancy: Tenancy, env: CheckEnvironment) -> Finding:
    """Whether something answers HTTPS at the tenancy's address with a certificate that browsers take."""
    what, endpoint = "hub certificate", hub_endpoint(tenancy, env)
    try:
        shown = certificate(endpoint, lambda: trust(env.hub_authority))
    except NoConnection as failure:
        do = "check that the ingress controller runs, and that externalIp leads to it through every firewall"
        return broken(what, str(failure), do)
    except Refused as failure:
        private = "" if env.hub_authority else "; a private authority is named by --ca-file"
        return broken(what, f"{endpoint}: {failure}", _renewal(tenancy) + private)
    facts = {"ends": shown.ends.isoformat(), "issuer": shown.issuer}
    told = f"names {tenancy.domain}, is signed by {shown.issuer} and ends {day(shown.ends)}"
    if shown.is_ending(env.now):
        return warning(what, told, _renewal(tenancy), **facts)
    return good(what, told, **facts)


def hub_health(tenancy: Tenancy, env: CheckEnvironment) -> Finding:
    """Whether JupyterHub itself answers. Only for a hub whose certificate is good."""
    what = "hub"
    url, namespace = f"https://{tenancy.domain}/hub/health", tenancy.namespace
    try:
        status = HubWeb(hub_endpoint(tenancy, env), trust(env.hub_authority)).healthy()
    except NoConnection as failure:
        return broken(what, str(failure), f"kubectl get pods,ingress --namespace {namespace}")
    if status == _OK:
        return good(what, f"{url} answers")
    if status == _NOT_FOUND:
        do = f"kubectl describe ingress pangeo --namespace {namespace}; if it is not there: pulumi up"
        return broken(what, f"{url}: HTTP {status}, so the ingress controller knows no hub of this name", do)
    do = f"kubectl get pods --namespace {namespace}; kubectl logs --namespace {namespace} deployment/hub"
    return broken(what, f"{url}: HTTP {status}, so the ingress answers and the hub behind it does not", do)


def hub_pods(tenancy: Tenancy, hub: DeployedHub) -> Finding:
    """Whether hub and proxy run.

    Raises:
        CannotAsk: the cluster gives no answer.
    """
    what, namespace = "hub pods", tenancy.namespace
    counts = {name: hub.ready(name) for name in ("hub", "proxy")}
    missing = [name for name, count in counts.items() if count is None]
    if missing:
        return broken(what, f"there is no deployment {' and no '.join(missing)} in {namespace}", "run pulumi up")
    short = [f"{name}: {count[0]} of {count[1]} ready" for name, count in counts.items() if count and count[0] < 1]
    if short:
        do = f"kubectl describe pods --namespace {namespace} --selector component; the events at the end say why"
        return broken(what, ", ".join(short), do)
    return good(what, "hub and proxy are ready")


def directory_servers(tenancy: Tenancy, env: CheckEnvironment) -> list[Finding]:
    """Whether each FreeIPA server answers with a certificate that is good, from here.

    One that does not is a warning only, as long as another does.
    """
    directory = tenancy.identity.directory()
    found = [
        _directory_server(
            Endpoint(each.host, each.host, each.port, directory.tls == "starttls"), directory.ca_certificate, env
        )
        for each in directory.servers
    ]
    if all(finding.state is State.BROKEN for finding in found):
        return found
    return [
        warning(each.what, f"{each.told}; users log in by another server", each.do)
        if each.state is State.BROKEN
        else each
        for each in found
    ]


def _directory_server(server: Endpoint, authority: str | None, env: CheckEnvironment) -> Finding:
    what = f"directory {server}"
    try:
        shown = certificate(server, lambda: trust(authority))
    except NoConnection as failure:
        do = "check identity.server, that FreeIPA runs there, and the network and firewalls between"
        return broken(what, str(failure), do)
    except Refused as failure:
        do = (
            "set identity.caCertificate to FreeIPA's /etc/ipa/ca.crt and identity.server to the name FreeIPA has, then "
            "pulumi up; or renew the certificate in FreeIPA"
        )
        return broken(what, str(failure), do)
    facts = {"ends": shown.ends.isoformat(), "issuer": shown.issuer}
    told = f"answers; its certificate is signed by {shown.issuer} and ends {day(shown.ends)}"
    if shown.is_ending(env.now):
        return warning(what, told, "see on the server: getcert list", **facts)
    return good(what, told, **facts)


def _renewal(tenancy: Tenancy) -> str:
    tls, namespace = tenancy.ingress.tls, tenancy.namespace
    if tls is None:
        return "it is the ingress controller's own: renew it there, or set pangeo:ingress.tls"
    if tls.cluster_issuer:
        return f"kubectl describe certificate --namespace {namespace} says why {tls.cluster_issuer} did not renew it"
    return f"put the right certificate into the Secret {namespace}/{tls.secret_name}"
