"""The ports on which the ingress controller answers, recorded in the state folder."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from local.paths import State


@dataclass(frozen=True)
class IngressPorts:
    """The TCP ports of Traefik on the ingress address. ``http`` only redirects to ``https``."""

    http: int = 80
    https: int = 443

    @property
    def are_default(self) -> bool:
        """Whether a URL needs no port."""
        return self == IngressPorts()


def ingress_ports(state: State) -> IngressPorts:
    """Return the recorded ports, or the default ones if there is no readable record."""
    try:
        return IngressPorts(**json.loads(_file(state).read_text()))
    except (OSError, ValueError, TypeError):
        return IngressPorts()


def record_ingress_ports(state: State, ports: IngressPorts) -> None:
    """Record the ports that Traefik will use."""
    state.node.mkdir(parents=True, exist_ok=True, mode=0o700)
    _file(state).write_text(json.dumps(asdict(ports)))


def _file(state: State) -> Path:
    return state.node / "ingress-ports.json"
