"""The section ``network.dns``: the pods of the cluster's DNS service."""

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from components.config.section import Place, Section
from components.config.types import Namespace, WholeNumber

DNS_PORT = 53

KUBERNETES_PORTS = (2379, 2380, 6443, 8443, 10250, 10255, 10256, 10257, 10259)
"""Ports of Kubernetes' own servers, some of which are pods in the namespace of the DNS service."""


def _port(value: int) -> int:
    if value in KUBERNETES_PORTS or (value < 1024 and value != DNS_PORT):
        raise ValueError("is not a port of DNS pods; write 53 or a number from 1024 that Kubernetes does not use")
    return value


class Dns(Section):
    """The pods of the cluster's DNS service."""

    namespace: Namespace = Field("kube-system", description="Namespace of the DNS pods", examples=["openshift-dns"])
    ports: tuple[Annotated[WholeNumber, Field(ge=1, le=65535), AfterValidator(_port)], ...] = Field(
        (DNS_PORT,),
        min_length=1,
        description="Ports on which the DNS pods listen, UDP and TCP, if other than that of their Service. Port 53 is "
        "always allowed",
        examples=[[53, 5353]],
    )

    @property
    def further_ports(self) -> tuple[int, ...]:
        """The ports other than 53."""
        return tuple(each for each in self.ports if each != DNS_PORT)

    @classmethod
    def find_contradictions(cls, given: Mapping[str, object]) -> Iterator[tuple[str | Place, str]]:
        """Refuse repeated ports."""
        ports = given.get("ports")
        if isinstance(ports, list | tuple):
            texts = [str(each) for each in ports]
            for index, text in enumerate(texts):
                if text in texts[:index]:
                    yield ("ports", index), "is repeated; remove one of them"
