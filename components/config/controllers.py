"""Ingress controllers that the program can configure, and the annotations with which they refuse plain HTTP.

Pure, and without pydantic: the policies import it while the program still loads its model.
"""

from collections.abc import Iterator, Mapping

TRAEFIK = "traefik.io/ingress-controller"
INGRESS_NGINX = "k8s.io/ingress-nginx"

CONFIGURABLE = (TRAEFIK, INGRESS_NGINX)
"""Values of an IngressClass's ``spec.controller`` whose controller the program can tell to redirect to ``https://``."""

PLAIN_HTTP, HTTPS = "web", "websecure"
"""Traefik's names of its entry points."""

ENTRY_POINTS = "traefik.ingress.kubernetes.io/router.entrypoints"
"""Entry points that serve an Ingress; without this annotation Traefik serves it on every one, also for plain HTTP."""

MIDDLEWARES = "traefik.ingress.kubernetes.io/router.middlewares"
TRAEFIK_TLS = "traefik.ingress.kubernetes.io/router.tls"
NGINX_REDIRECT = "nginx.ingress.kubernetes.io/ssl-redirect"
NGINX_FORCED_REDIRECT = "nginx.ingress.kubernetes.io/force-ssl-redirect"
"""Redirects also without a certificate for the host; the other one redirects only where there is one."""

CLASS_ANNOTATION = "kubernetes.io/ingress.class"

ONLY_HTTPS = {ENTRY_POINTS: HTTPS, NGINX_REDIRECT: "true", NGINX_FORCED_REDIRECT: "true"}
"""Annotations of every Ingress with content, for all controllers: each ignores those of the others.

They hold whatever the controller is, so also if the class is given to another controller after the deployment.
"""

_HARMLESS = {"true", "443", "301", "302", "307", "308"}
"""Values of annotations about redirects that do not undo one: yes, the port of HTTPS, and the redirect's status."""

_NGINX_SWITCHES = {NGINX_REDIRECT, NGINX_FORCED_REDIRECT}
"""Annotations of ingress-nginx that are yes or no. It ignores every other value and then uses its own default."""

_REFUSED_PARTS = {
    "snippet": "contains free configuration of the controller, which can undo the redirect to https://",
    "server-alias": "adds host names without a certificate",
}


def annotation_problem(key: str, value: object, *, is_stated: bool = False) -> str | None:
    """Return why an annotation of an Ingress with content could expose it over plain HTTP; None if it does not.

    Args:
        key: the annotation. Traefik does not distinguish upper and lower case in its annotations.
        value: its value; a stack file may have a boolean or a number.
        is_stated: whether the stack file states that the controller redirects all requests. Traefik's entry points may
            then have other names.
    """
    name, text = key.strip().lower(), str(value).strip().lower()
    if name == CLASS_ANNOTATION:
        return "selects another controller; remove it and set ingress.className"
    if name == ENTRY_POINTS:
        names = [each.strip() for each in text.split(",")]
        if names == [HTTPS] or (is_stated and all(names) and PLAIN_HTTP not in names):
            return None
        return f"would serve the log-in page over plain HTTP; write {HTTPS} or remove it"
    if name == TRAEFIK_TLS:
        return None if text == "true" else "would serve the log-in page without TLS; write true or remove it"
    last = name.rpartition("/")[2]
    for part, reason in _REFUSED_PARTS.items():
        if part in last:
            return f"{reason}; remove it"
    harmless = {"true"} if name in _NGINX_SWITCHES else _HARMLESS
    if "redirect" in last and not last.startswith(("auth-", "proxy-")) and text not in harmless:
        return "can undo the redirect to https://; write true or remove it"
    if "allow-http" in last and "https" not in last and text != "false":
        return "would serve the log-in page over plain HTTP; write false or remove it"
    return None


def annotation_problems(annotations: Mapping[str, object], *, is_stated: bool = False) -> Iterator[str]:
    """Yield a message for each annotation that could expose an Ingress over plain HTTP."""
    for key, value in annotations.items():
        if problem := annotation_problem(key, value, is_stated=is_stated):
            yield f"{key} {problem}"


def is_only_https(annotations: Mapping[str, object], controller: str | None) -> bool:
    """Return whether the annotations keep the content of an Ingress away from plain HTTP at this controller.

    None asks whether they do at any controller that the program can configure.
    """
    traefik = str(annotations.get(ENTRY_POINTS, "")).strip() == HTTPS
    # The unforced redirect stops while the certificate's Secret is missing or wrong.
    nginx = str(annotations.get(NGINX_FORCED_REDIRECT)).strip() == "true"
    if controller is None:
        return traefik or nginx
    return (traefik and controller == TRAEFIK) or (nginx and controller == INGRESS_NGINX)


def refusal_of(controller: str | None, class_name: str | None) -> str:
    """Return why a controller cannot be used without the statement that it redirects all requests."""
    serves = f"the controller {controller} of the class {class_name or '(default)'}" if controller else "the controller"
    reason = f"{serves} cannot be configured by this program" if controller else f"{serves} is not known"
    return (
        f"{reason}, so the log-in page could be served over plain HTTP. If this controller redirects every request "
        "from http:// to https://, write ingress.redirectedBy: controller; if not, use a class of "
        f"{' or '.join(CONFIGURABLE)}"
    )
