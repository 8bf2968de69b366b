"""The hub's web address, its certificate, and whether it answers."""

import base64
import json
import time
from ipaddress import IPv4Address

import requests

from components.config.domain import derived_domain
from local.failure import Failure
from local.host.commands import output
from local.paths import State
from local.tenancy.addresses import INGRESS_ADDRESS
from local.tenancy.ingress_ports import ingress_ports
from local.tenancy.pki import authority, issue

NAMESPACE = "local"
SECRET = "pangeo-tls"  # noqa: S105 - the name of a Secret, as in the stack file
DOMAIN = derived_domain(IPv4Address(INGRESS_ADDRESS))

HUB_TIMEOUT_SECONDS = 180.0
CALL_TIMEOUT_SECONDS = 10.0


def url(state: State) -> str:
    """Return the hub's address for a browser on this machine."""
    port = ingress_ports(state).https
    return f"https://{DOMAIN}" if port == 443 else f"https://{DOMAIN}:{port}"


def apply_certificate(state: State) -> None:
    """Create the TLS Secret that the stack file names, in the namespace that ``up`` has created."""
    certificate = issue(state, "tenancy", "web", dns_names=[DOMAIN])
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {"name": SECRET, "namespace": NAMESPACE},
        "data": {
            "tls.crt": base64.b64encode(certificate.crt.read_bytes()).decode(),
            "tls.key": base64.b64encode(certificate.key.read_bytes()).decode(),
        },
    }
    words = ["--kubeconfig", str(state.kubeconfig), "apply", "--server-side", "--field-manager=local-tenancy"]
    output([state.bin / "kubectl", *words, "-f", "-"], stdin=json.dumps(secret), timeout_seconds=60)


def answers(state: State) -> bool:
    """Return whether the hub's health page answers through the ingress, over a verified connection."""
    try:
        page = requests.get(
            f"{url(state)}/hub/health", verify=str(authority(state, "tenancy").crt), timeout=CALL_TIMEOUT_SECONDS
        )
    except requests.RequestException:
        return False
    return page.ok


def wait_for_hub(state: State) -> None:
    """Wait until the hub answers.

    Raises:
        Failure: the hub does not answer within ``HUB_TIMEOUT_SECONDS``.
    """
    deadline = time.monotonic() + HUB_TIMEOUT_SECONDS
    while not answers(state):
        if time.monotonic() > deadline:
            raise Failure(
                f"{url(state)} does not answer after {HUB_TIMEOUT_SECONDS:g} s",
                fix='see make status and the hub\'s log: make shell COMMAND="kubectl logs deploy/hub"',
                log=state.logs / "traefik.log",
            )
        time.sleep(0.2)
