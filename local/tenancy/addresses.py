"""The fixed names and addresses of the local tenancy. Nothing listens outside loopback and the pod bridge."""

from ipaddress import IPv4Address

BRIDGE = "pangeo0"
"""The Linux bridge that connects the pods; it is made before any program listens on its address."""

NODE_ADDRESS = IPv4Address("10.244.0.1")
"""The bridge's own address, on which the API server, kubelet, CoreDNS and the directory listen."""

POD_NETWORK = "10.244.0.0/24"
SERVICE_NETWORK = "10.96.0.0/16"
API_SERVICE_ADDRESS = IPv4Address("10.96.0.1")

INGRESS_ADDRESS = IPv4Address("127.0.0.1")
"""The address on which Traefik listens: the stack's ``externalIp``."""

DIRECTORY_NAME = "ipa.tenancy.test"
"""The directory's host name. ``.test`` is reserved for tests (RFC 6761)."""

OBJECT_STORE_NAME = "objects.tenancy.test"
"""The host name of the S3 server for backups."""

REALM = "TENANCY.TEST"


def variables() -> dict[str, str]:
    """Return this module's constants as environment variables ``TENANCY_<name>`` for supervisord's programs."""
    return {f"TENANCY_{name}": str(value) for name, value in globals().items() if name.isupper()}
