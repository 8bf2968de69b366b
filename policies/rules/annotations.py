"""The stack file's annotations of the Ingress: ones that change neither who reaches the hub nor what answers.

Sources: https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/ and
https://cert-manager.io/docs/usage/ingress/#supported-annotations.
"""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from components.config.controllers import ENTRY_POINTS, TRAEFIK_TLS
from policies.kinds import INGRESS
from policies.rule import STRINGS, Context, Resource, Rule, Setting
from policies.tree import get

_NGINX, _CERT_MANAGER = "nginx.ingress.kubernetes.io/", "cert-manager.io/"
_SIZE = r"\d+[kKmMgG]?"
_NUMBER = r"\d+(\.\d+)?"
_NETWORKS = r"[0-9a-fA-F.:/, ]+"
_WORD = r"[A-Za-z0-9._-]{1,253}"


def _each(prefix: str, names: str, pattern: str) -> dict[str, str]:
    return {f"{prefix}{name}": pattern for name in names.split()}


KNOWN: dict[str, str] = {
    **_each(_NGINX, "proxy-body-size client-body-buffer-size proxy-buffer-size proxy-max-temp-file-size", _SIZE),
    **_each(_NGINX, "proxy-connect-timeout proxy-read-timeout proxy-send-timeout proxy-buffers-number", _NUMBER),
    **_each(_NGINX, "limit-rps limit-rpm limit-connections limit-rate limit-rate-after", _NUMBER),
    **_each(_NGINX, "limit-burst-multiplier", _NUMBER),
    **_each(_NGINX, "proxy-buffering proxy-request-buffering", "on|off"),
    **_each(_NGINX, "whitelist-source-range denylist-source-range", _NETWORKS),
    **_each(_CERT_MANAGER, "cluster-issuer issuer issuer-kind issuer-group duration renew-before", _WORD),
    **_each(_CERT_MANAGER, "private-key-algorithm private-key-encoding private-key-size", _WORD),
    **_each(_CERT_MANAGER, "private-key-rotation-policy revision-history-limit", _WORD),
    # tls-on-every-host checks their values.
    **_each("", f"{ENTRY_POINTS} {TRAEFIK_TLS}", r"[a-z0-9, -]+"),
    **_each("*/", "ssl-redirect force-ssl-redirect", "true"),
    **_each("*/", "ingress.allow-http allow-http", "false"),
}
"""Names of annotations, with ``*`` for any text, and the patterns of their values."""


def _check_annotations(ingress: Resource, context: Context) -> Iterator[str]:
    """Check those of the configuration; program-objects refuses all others."""
    further = context.settings["furtherAnnotations"]
    found = get(ingress.props, "metadata", "annotations", default={})
    for name, value in found.items():
        if name not in context.tenancy.ingress.annotations:
            continue
        if not any(fnmatchcase(name, pattern) for pattern in further) and not _is_known(name, value):
            yield f"pangeo:ingress.annotations contains {name}, which is not known to be harmless with this value"


def _is_known(name: str, value: str) -> bool:
    return any(fnmatchcase(name, each) and re.fullmatch(pattern, value) for each, pattern in KNOWN.items())


RULES = (
    Rule(
        "known-annotations",
        "pangeo:ingress.annotations contains only annotations that change neither the hub's visitors nor its pages",
        "An annotation can contain free configuration of the controller, send passwords to another server, allow "
        "other web sites to use a visitor's log-in, or take over another host name.",
        "Remove the annotation from pangeo:ingress.annotations. If the organisation has reviewed it, add its name to "
        "this rule's setting furtherAnnotations.",
        "critical",
        kinds=(INGRESS,),
        settings=(
            Setting(
                "furtherAnnotations",
                "Names of reviewed annotations, with any value; * stands for any text, as in haproxy.org/*",
                STRINGS,
                [],
            ),
        ),
        check=_check_annotations,
    ),
)
