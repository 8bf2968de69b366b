"""The redirect from ``http://`` to ``https://``, as the controller that serves an ingress needs it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from components.config.controllers import (
    CLASS_ANNOTATION,
    CONFIGURABLE,
    ENTRY_POINTS,
    MIDDLEWARES,
    PLAIN_HTTP,
    TRAEFIK,
    is_only_https,
)
from components.escape import escape_control_characters
from policies.kinds import CONTRACT, INGRESS, MIDDLEWARE
from policies.rule import BOOLEAN, Context, Resource, Setting
from policies.tree import get, leaves

REDIRECT = "pangeo-https"
"""Name of the redirecting middleware."""

TO_HTTPS = {"redirectScheme": {"scheme": "https", "permanent": True}}

STATEMENTS = Setting(
    "statements",
    "Whether pangeo:ingress.redirectedBy: controller is accepted, which states that the controller redirects all "
    "requests and cannot be checked",
    BOOLEAN,
    True,
)


def is_statement_accepted(context: Context) -> bool:
    """Return whether the stack file states that the controller redirects, and the organisation accepts statements."""
    return context.tenancy.ingress.is_redirect_stated and context.settings[STATEMENTS.name] is True


def annotations_of(resource: Resource) -> Mapping[str, Any]:
    """Return the annotations of an object; UNKNOWN for those that a preview does not know."""
    found = leaves(get(resource.props, "metadata", "annotations", default={}))
    return {str(path[0]): value for path, value in found}


def only_redirects(ingress: Resource) -> bool:
    """Return whether the redirecting middleware answers every request of this ingress."""
    annotations = annotations_of(ingress)
    return (
        annotations.get(ENTRY_POINTS) == PLAIN_HTTP
        and annotations.get(MIDDLEWARES) == _middleware(_namespace(ingress))
        and not get(ingress.props, "spec", "tls")
    )


def check_redirects(resources: Sequence[Resource], context: Context) -> Iterator[str | tuple[str, str]]:
    """Check that the controller of each ingress redirects its hosts, in the way that this controller needs."""
    recorded = [get(each.props, "ingress", default={}) for each in resources if CONTRACT.includes(each)]
    controller, doubt = _controller(recorded, context)
    own = _own_classes(recorded, context)
    ingresses = [each for each in resources if INGRESS.includes(each)]
    middlewares = {_middleware(_namespace(each)) for each in resources if MIDDLEWARE.includes(each) and _is_good(each)}
    redirects = [
        each
        for each in ingresses
        if controller == TRAEFIK
        and _class_name(each) in own
        and only_redirects(each)
        and annotations_of(each)[MIDDLEWARES] in middlewares
    ]
    redirected = {host for each in redirects for host in _hosts(each)}
    for ingress in ingresses:
        if ingress not in redirects:
            for message in _check(ingress, context, own, controller, doubt, redirected):
                yield message, ingress.urn


def _check(
    ingress: Resource, context: Context, own: Collection[str], controller: str, doubt: str, redirected: set[str]
) -> Iterator[str]:
    annotations = annotations_of(ingress)
    if _class_name(ingress) not in own or CLASS_ANNOTATION in annotations:
        name = escape_control_characters(_class_name(ingress))
        yield f"its class {name} is not that of pangeo:ingress.className, so its controller is not known"
    elif only_redirects(ingress):
        yield f"it redirects only with Traefik and with the middleware {REDIRECT}, one of which is not there"
    elif is_statement_accepted(context):
        return
    elif doubt:
        yield doubt
    elif not is_only_https(annotations, controller):
        yield f"no annotation makes its controller, {controller}, redirect to https://"
    elif controller == TRAEFIK:
        for host in _hosts(ingress):
            if host not in redirected:
                yield f"no ingress with the middleware {REDIRECT} redirects http://{host} to https://"


def _own_classes(recorded: Sequence[Mapping[str, Any]], context: Context) -> Collection[str]:
    """Return the names of the class whose controller the program has read. Outputs contain the default class's name."""
    name = context.tenancy.ingress.class_name
    return {name} if name else {"", *(str(get(each, "defaultClass", default="")) for each in recorded)}


def _controller(recorded: Sequence[Mapping[str, Any]], context: Context) -> tuple[str, str]:
    """Return the controller of the stack's ingress class, and why it is not known or cannot be configured."""
    stated = context.tenancy.ingress.controller or ""
    read = [get(each, "controller", default="") for each in recorded if get(each, "source") == "cluster"]
    # The program compares a stated controller with the cluster's in every pulumi up.
    controller = escape_control_characters(str(stated or (read[0] if read else "")))
    if not controller:
        return "", "its controller is not known: this preview has not read it from the cluster"
    if controller not in CONFIGURABLE:
        return controller, f"its controller, {controller}, cannot be configured to redirect to https://"
    return controller, ""


def _class_name(ingress: Resource) -> str:
    return str(get(ingress.props, "spec", "ingressClassName", default=""))


def _hosts(ingress: Resource) -> list[str]:
    return [str(get(each, "host", default="")) for each in get(ingress.props, "spec", "rules", default=[])]


def _namespace(resource: Resource) -> str:
    return str(get(resource.props, "metadata", "namespace", default=""))


def _middleware(namespace: str) -> str:
    return f"{namespace}-{REDIRECT}@kubernetescrd"


def _is_good(middleware: Resource) -> bool:
    spec = get(middleware.props, "spec", default={})
    return get(middleware.props, "metadata", "name") == REDIRECT and dict(leaves(spec)) == dict(leaves(TO_HTTPS))
