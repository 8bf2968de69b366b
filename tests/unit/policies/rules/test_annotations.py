"""The stack file's annotations of the Ingress."""

import pytest

from tests.unit.policies import declared

RULE = "known-annotations"
NGINX = "nginx.ingress.kubernetes.io"


def check(annotations: dict[str, str], further: tuple[str, ...] = ()) -> list[str]:
    stack = declared.config(ingress={"annotations": annotations})
    resource = declared.ingress(metadata__annotations=annotations)
    return declared.check(RULE, resource, stack=stack, organisation={"furtherAnnotations": list(further)}).messages


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (f"{NGINX}/auth-url", "https://attacker.example"),
        (f"{NGINX}/auth-signin", "https://attacker.example"),
        (f"{NGINX}/mirror-target", "https://attacker.example$request_uri"),
        (f"{NGINX}/mirror-host", "attacker.example"),
        (f"{NGINX}/upstream-vhost", "other"),
        (f"{NGINX}/rewrite-target", "/hub/admin"),
        (f"{NGINX}/default-backend", "other"),
        (f"{NGINX}/custom-http-errors", "404"),
        (f"{NGINX}/enable-cors", "true"),
        (f"{NGINX}/cors-allow-origin", "https://attacker.example"),
        (f"{NGINX}/canary", "true"),
        (f"{NGINX}/ssl-passthrough", "true"),
        (f"{NGINX}/ssl-ciphers", "NULL"),
        (f"{NGINX}/backend-protocol", "AJP"),
        (f"{NGINX}/proxy-redirect-to", "https://attacker.example"),
        (f"{NGINX}/proxy-body-size", "1m; } location /x { proxy_pass http://hub:8081"),
        (f"{NGINX}/proxy-read-timeout", "60\n}"),
        ("traefik.ingress.kubernetes.io/router.middlewares", "other-strip@kubernetescrd"),
        ("traefik.ingress.kubernetes.io/router.tls.options", "default-weak@kubernetescrd"),
        ("traefik.ingress.kubernetes.io/service.serversscheme", "http"),
        ("haproxy.org/auth-secret", "other"),
        ("konghq.com/plugins", "cors"),
        ("projectcontour.io/tls-minimum-protocol-version", "1.0"),
        ("alb.ingress.kubernetes.io/scheme", "internet-facing"),
        ("external-dns.alpha.kubernetes.io/hostname", "www.example.org"),
        ("cert-manager.io/common-name", "www.example.org"),
        ("example.org/cost-centre", "7"),
    ],
)
def test_annotations_of_unknown_effect_are_refused(name: str, value: str) -> None:
    (message,) = check({name: value})
    assert message == (f"pangeo:ingress.annotations contains {name}, which is not known to be harmless with this value")
    assert check({name: value}, further=(name,)) == []


def test_annotations_of_speed_size_and_certificates_are_accepted() -> None:
    usual = {
        "cert-manager.io/duration": "2160h",
        "cert-manager.io/private-key-algorithm": "ECDSA",
        f"{NGINX}/proxy-body-size": "500m",
        f"{NGINX}/proxy-read-timeout": "86400",
        f"{NGINX}/limit-rps": "50",
        f"{NGINX}/whitelist-source-range": "192.0.2.0/24, 2001:db8::/32",
        "haproxy.org/ssl-redirect": "true",
        "traefik.ingress.kubernetes.io/router.tls": "true",
    }
    assert check(usual) == []


def test_an_organisation_may_accept_all_annotations_of_a_controller() -> None:
    annotations = {"haproxy.org/timeout-tunnel": "1h", "haproxy.org/rate-limit-requests": "50"}
    assert len(check(annotations)) == 2
    assert check(annotations, further=("haproxy.org/*",)) == []
