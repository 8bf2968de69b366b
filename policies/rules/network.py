"""How browsers reach the hub: one way in, encrypted, under the stack's own name."""

from collections.abc import Iterator
from ipaddress import ip_address

from components.config.domain import derived_domain
from policies.kinds import INGRESS, MIDDLEWARE, RELEASE, gateway, hub
from policies.rule import Context, Resource, Rule
from policies.tree import at, leaves, shown, texts

INSIDE = "ClusterIP"

TRAEFIK = "traefik.ingress.kubernetes.io/router."
REDIRECT = "pangeo-https"
TO_HTTPS = {"redirectScheme": {"scheme": "https", "permanent": True}}


def _tls(resource: Resource, _: Context) -> Iterator[str]:
    if resource.type == RELEASE.type:
        if at(hub(resource), "ingress", "enabled", default=False) is not False:
            yield "the chart's own ingress is on (ingress.enabled), beside the one that this rule sees"
        return
    spec = at(resource.props, "spec", default={})
    if resource.type == MIDDLEWARE.type:
        if at(resource.props, "metadata", "name") == REDIRECT and dict(leaves(spec)) != dict(leaves(TO_HTTPS)):
            yield f"{REDIRECT} does not answer every request with https://: the log-in page would be there in the clear"
        return
    if _only_redirects(resource):
        return
    covered = [
        host for entry in at(spec, "tls", default=[]) if at(entry, "secretName") for host in texts(at(entry, "hosts"))
    ]
    rules = at(spec, "rules", default=[])
    if not rules:
        yield "it has no rule with a host, so it answers for any name, without a certificate of its own"
    for entry in rules:
        host = at(entry, "host")
        if not host:
            yield "a rule without a host answers for any name, without a certificate of its own"
        elif not any(_covers(name, host) for name in covered):
            yield f"{host} is in no entry of spec.tls that names a Secret: passwords would be sent in the clear"


def _only_redirects(ingress: Resource) -> bool:
    """Whether every request of an ingress of plain HTTP is answered by the redirect, which this rule sees as well."""
    metadata = at(ingress.props, "metadata", default={})
    annotations = at(metadata, "annotations", default={})
    return (
        at(annotations, f"{TRAEFIK}entrypoints") == "web"
        and at(annotations, f"{TRAEFIK}middlewares") == f"{at(metadata, 'namespace')}-{REDIRECT}@kubernetescrd"
        and not at(ingress.props, "spec", "tls")
    )


def _covers(name: str, host: str) -> bool:
    # A wildcard stands for one label (RFC 9525, section 6.3).
    return name == host or (name.startswith("*.") and host.partition(".")[2] == name[2:])


def _own_host(ingress: Resource, context: Context) -> Iterator[str]:
    try:
        own = _host_of_the_stack(context)
    except ValueError:
        said = shown(context.text("externalIp"))
        yield f"pangeo:externalIp is {said} in the stack's configuration, so the host cannot be checked"
        return
    for entry in at(ingress.props, "spec", "rules", default=[]):
        host = at(entry, "host")
        if host != own:
            yield f"host is {shown(host)}; of this stack's configuration follows {own}"


def _host_of_the_stack(context: Context) -> str:
    given = context.text("pangeoDomain")
    if given:
        return given.lower()
    address = ip_address(context.text("externalIp"))
    suffix = context.text("domainSuffix")
    return derived_domain(address, suffix) if suffix else derived_domain(address)


def _one_way_in(release: Resource, _: Context) -> Iterator[str]:
    kind = at(hub(release), "proxy", "service", "type")
    if kind != INSIDE:
        yield (
            f"proxy.service.type is {shown(kind)}{'' if kind else ', which the chart takes for LoadBalancer'}: the hub "
            "would answer without TLS beside the ingress"
        )
    dask = gateway(release)
    kind = at(dask, "traefik", "service", "type", default=INSIDE)
    if dask is not None and kind != INSIDE:
        yield f"dask-gateway.traefik.service.type is {shown(kind)}: schedulers and dashboards would be open to anybody"


RULES = (
    Rule(
        "tls-on-every-host",
        "Every host of every ingress has a certificate, or does nothing but redirect to the one that has",
        "The log-in page takes directory passwords.",
        "Give pangeo:ingress.tls a clusterIssuer or a secretName; components/pangeo_cluster.py names every host in "
        "spec.tls.",
        "critical",
        on=(INGRESS, MIDDLEWARE, RELEASE),
        find=_tls,
    ),
    Rule(
        "ingress-host",
        "The hub answers under the name that its own address gives, or the one its configuration states",
        "A name that leads elsewhere takes other people's visitors, or sends this hub's users to a stranger.",
        "Leave pangeo:pangeoDomain out, or set it to a name that resolves to pangeo:externalIp (previews verify that).",
        "high",
        on=(INGRESS,),
        find=_own_host,
    ),
    Rule(
        "no-public-services",
        "No service of the charts is reachable from outside but through the ingress",
        "The hub's chart opens a load balancer of its own, without TLS, unless it is told not to.",
        "Keep proxy.service.type and traefik.service.type at ClusterIP.",
        "critical",
        on=(RELEASE,),
        find=_one_way_in,
    ),
)
