"""The fixed names and addresses of the local tenancy. Nothing listens outside loopback and the pod bridge."""

from ipaddress import IPv4Address

BRIDGE = "pangeo0"
"""The Linux bridge every pod is plugged into; made before anything binds to its address."""

NODE_ADDRESS = IPv4Address("10.244.0.1")
"""The bridge's own address: apiserver, kubelet, CoreDNS and the directory answer here."""

POD_NETWORK = "10.244.0.0/24"
SERVICE_NETWORK = "10.96.0.0/16"
API_SERVICE_ADDRESS = IPv4Address("10.96.0.1")

INGRESS_ADDRESS = IPv4Address("127.0.0.1")
"""Where Traefik answers: the stack's externalIp."""

DIRECTORY_NAME = "ipa.tenancy.test"
"""The directory's host name; `.test` is reserved for this (RFC 6761)."""

REALM = "TENANCY.TEST"
