"""Access by browsers: only through the ingress, encrypted, under the stack's own host name."""

from collections.abc import Iterator

from components.config.controllers import annotation_problems, is_only_https
from policies.kinds import INGRESS, MIDDLEWARE, RELEASE, gateway_values, hub_values
from policies.rule import Context, Resource, Rule
from policies.rules.redirect import (
    REDIRECT,
    STATEMENTS,
    TO_HTTPS,
    annotations_of,
    check_redirects,
    is_statement_accepted,
    only_redirects,
)
from policies.tree import as_list, format_value, get, leaves

CLUSTER_IP = "ClusterIP"


def _check_tls(resource: Resource, context: Context) -> Iterator[str]:
    if resource.type == RELEASE.type:
        if get(hub_values(resource, context), "ingress", "enabled", default=False) is not False:
            yield "ingress.enabled is not false: the chart would add an ingress that this rule cannot check"
        return
    spec = get(resource.props, "spec", default={})
    if resource.type == MIDDLEWARE.type:
        if get(resource.props, "metadata", "name") == REDIRECT and dict(leaves(spec)) != dict(leaves(TO_HTTPS)):
            yield f"{REDIRECT} does not redirect every request to https://: the log-in page would be unencrypted"
        return
    if only_redirects(resource):
        return
    annotations = annotations_of(resource)
    is_stated = is_statement_accepted(context)
    for problem in annotation_problems(annotations, is_stated=is_stated):
        yield f"metadata.annotations: {problem}"
    if not is_stated and not is_only_https(annotations, None):
        yield "it has no annotation that redirects to https://: the log-in page could be served over plain HTTP"
    if get(spec, "defaultBackend") is not None:
        yield "spec.defaultBackend answers for any host name, without a certificate for it"
    covered = [
        host
        for entry in get(spec, "tls", default=[])
        if get(entry, "secretName")
        for host in as_list(get(entry, "hosts"))
    ]
    rules = get(spec, "rules", default=[])
    if not rules:
        yield "it has no rule with a host, so it answers for any host name, without a certificate for it"
    for entry in rules:
        host = get(entry, "host")
        if not host:
            yield "a rule without a host answers for any host name, without a certificate for it"
        elif not any(_covers(name, host) for name in covered):
            yield f"{host} is in no entry of spec.tls with a secretName: passwords would be sent unencrypted"


def _covers(name: str, host: str) -> bool:
    # A wildcard stands for one label (RFC 9525, section 6.3).
    return name == host or (name.startswith("*.") and host.partition(".")[2] == name[2:])


def _check_host(ingress: Resource, context: Context) -> Iterator[str]:
    for entry in get(ingress.props, "spec", "rules", default=[]):
        host = get(entry, "host")
        if host not in context.tenancy.hosts:
            expected = " or ".join(context.tenancy.hosts)
            yield f"host is {format_value(host)}; for this stack's configuration it must be {expected}"


def _check_services(release: Resource, context: Context) -> Iterator[str]:
    service_type = get(hub_values(release, context), "proxy", "service", "type")
    if service_type != CLUSTER_IP:
        default = "" if service_type else ", and the chart's default is LoadBalancer"
        yield (
            f"proxy.service.type is {format_value(service_type)}{default}: the hub would be reachable without TLS, "
            "beside the ingress"
        )
    dask = gateway_values(release, context)
    service_type = get(dask, "traefik", "service", "type", default=CLUSTER_IP)
    if dask is not None and service_type != CLUSTER_IP:
        yield (
            f"dask-gateway.traefik.service.type is {format_value(service_type)}: Dask schedulers and dashboards would "
            "be reachable from outside the cluster"
        )


RULES = (
    Rule(
        "tls-on-every-host",
        "Every host of every ingress has a certificate and visibly redirects from http:// to https://",
        "Users enter their directory passwords on the log-in page.",
        "Remove the annotation from pangeo:ingress.annotations. The program's ingress has the annotations of the "
        "redirect and names every host in spec.tls; no configuration key changes that.",
        "critical",
        kinds=(INGRESS, MIDDLEWARE, RELEASE),
        settings=(STATEMENTS,),
        check=_check_tls,
    ),
    Rule(
        "redirect-to-https",
        "The controller of every ingress is known, and is configured to redirect every host to https://",
        "A controller ignores the annotations of others: it would serve the log-in page over plain HTTP.",
        "Set pangeo:ingress.controller to spec.controller of the ingress class, or, if this controller redirects all "
        "requests by itself, pangeo:ingress.redirectedBy to controller.",
        "critical",
        settings=(STATEMENTS,),
        check_stack=check_redirects,
    ),
    Rule(
        "ingress-host",
        "The host of every ingress is the domain that follows from the stack's configuration, or the wildcard of its "
        "users' hosts",
        "Another host name could intercept another site's visitors, or lead this hub's users to another server.",
        "Omit pangeo:pangeoDomain, or set it to a name that resolves to pangeo:externalIp; previews check that.",
        "high",
        kinds=(INGRESS,),
        check=_check_host,
    ),
    Rule(
        "no-public-services",
        "No service of the charts is reachable from outside the cluster except through the ingress",
        "By default, the hub's chart opens a load balancer without TLS.",
        "Restore the program's value, ClusterIP, for proxy.service.type and traefik.service.type. No configuration key "
        "sets them.",
        "critical",
        kinds=(RELEASE,),
        check=_check_services,
    ),
)
