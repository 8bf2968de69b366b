"""The hub as seen from outside: its name, its certificate, whether it answers."""

import base64
import json
import time
from ipaddress import IPv4Address

import requests

from components.config.domain import derived_domain
from local.cluster import ingress_ports
from local.failure import Failure
from local.host.commands import output
from local.paths import State
from local.tenancy.addresses import INGRESS_ADDRESS
from local.tenancy.pki import authority, issue

NAMESPACE = "local"
SECRET = "pangeo-tls"  # noqa: S105 - the name of the Secret that the stack file names
DOMAIN = derived_domain(IPv4Address(INGRESS_ADDRESS))

HUB_TIMEOUT_SECONDS = 180.0
CALL_TIMEOUT_SECONDS = 10.0


def url(state: State) -> str:
    """Where a browser on this machine finds the hub."""
    port = ingress_ports(state).https
    return f"https://{DOMAIN}" if port == 443 else f"https://{DOMAIN}:{port}"


def give_certificate(state: State) -> None:
    """Put the Secret that the stack file names into the hub's namespace, as an operator with a certificate would."""
    certificate = issue(state, "tenancy", "web", dns_names=[DOMAIN])
    objects = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "kubernetes.io/tls",
            "metadata": {"name": SECRET, "namespace": NAMESPACE},
            "data": {
                "tls.crt": base64.b64encode(certificate.crt.read_bytes()).decode(),
                "tls.key": base64.b64encode(certificate.key.read_bytes()).decode(),
            },
        },
    ]
    for wanted in objects:
        output(
            [
                state.bin / "kubectl",
                "--kubeconfig",
                state.kubeconfig,
                "apply",
                "--server-side",
                "--field-manager=local-tenancy",
                "-f",
                "-",
            ],
            stdin=json.dumps(wanted),
            timeout_seconds=60,
        )


def answers(state: State) -> bool:
    """Whether the hub's health page answers through the ingress, over a verified connection."""
    try:
        page = requests.get(
            f"{url(state)}/hub/health", verify=str(authority(state, "tenancy").crt), timeout=CALL_TIMEOUT_SECONDS
        )
    except requests.RequestException:
        return False
    return page.ok


def wait_for_hub(state: State) -> None:
    """Until the hub answers.

    Raises:
        Failure: it does not within ``HUB_TIMEOUT_SECONDS``.
    """
    deadline = time.monotonic() + HUB_TIMEOUT_SECONDS
    while not answers(state):
        if time.monotonic() > deadline:
            raise Failure(
                f"{url(state)} does not answer after {HUB_TIMEOUT_SECONDS:g} s",
                way_on="make status says what does not run; kubectl logs -n local deploy/hub says why",
                log=state.logs / "traefik.log",
            )
        time.sleep(0.2)
