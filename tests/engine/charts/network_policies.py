"""What Kubernetes' NetworkPolicies allow, worked out from their text, as a plug-in that enforces them would.

Source: https://kubernetes.io/docs/concepts/services-networking/network-policies/ and the API's reference. A pod that
no policy of a direction selects is open in that direction; one that is selected is closed but for what any of those
policies allows. A connection must be allowed where it leaves and where it arrives. A selector matches pods by label.
An ``ipBlock`` is for what is no pod; whether it matches pods' addresses too is left to the plug-in, and most do it, so
both can be asked. Nothing is known here of this project.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

Policy = dict[str, Any]
Labels = Mapping[str, str]

NAME_LABEL = "kubernetes.io/metadata.name"
"""Every namespace carries its own name under it."""


@dataclass(frozen=True)
class Pod:
    """One end of a connection that policies may select. ``ports`` are its named container ports."""

    name: str
    labels: Labels
    namespace: str = "default"
    address: str = "10.42.0.1"
    ports: Mapping[str, int] = field(default_factory=dict)
    namespace_labels: Labels = field(default_factory=dict)


@dataclass(frozen=True)
class Host:
    """One end of a connection that is no pod: a node, a server, the internet."""

    name: str
    address: str


End = Pod | Host


@dataclass(frozen=True)
class Network:
    """Policies of a cluster, each with the namespace it is in."""

    policies: tuple[tuple[str, Policy], ...]
    blocks_match_pods: bool = True

    @classmethod
    def of(cls, policies: Iterable[Policy], namespace: str = "default", *, blocks_match_pods: bool = True) -> "Network":
        """Policies as rendered; one without a namespace is in the given one."""
        placed = tuple((each["metadata"].get("namespace", namespace), each) for each in policies)
        return cls(placed, blocks_match_pods)

    def allows(self, source: End, target: End, port: int, protocol: str = "TCP") -> bool:
        """Whether ``source`` may open a connection to a port of ``target``."""
        return self.leaves(source, target, port, protocol) and self.arrives(source, target, port, protocol)

    def leaves(self, source: End, target: End, port: int, protocol: str = "TCP") -> bool:
        """Whether the source's own policies let the connection out, whatever the target's say."""
        return self._lets("Egress", source, target, target, port, protocol)

    def arrives(self, source: End, target: End, port: int, protocol: str = "TCP") -> bool:
        """Whether the target's own policies let the connection in, whatever the source's say."""
        return self._lets("Ingress", target, source, target, port, protocol)

    def _lets(self, direction: str, selected: End, peer: End, target: End, port: int, protocol: str) -> bool:
        if isinstance(selected, Host):
            return True
        specs = [(where, policy["spec"]) for where, policy in self.policies if _selects(where, policy, selected)]
        specs = [(where, spec) for where, spec in specs if direction in _types(spec)]
        if not specs:
            return True
        rules, peers = direction.lower(), "to" if direction == "Egress" else "from"
        return any(
            self._any_peer(rule.get(peers), peer, where) and _any_port(rule.get("ports"), target, port, protocol)
            for where, spec in specs
            for rule in spec.get(rules) or []
        )

    def _any_peer(self, peers: list[Mapping[str, Any]] | None, end: End, where: str) -> bool:
        """No peers, or an empty list, are everybody."""
        return not peers or any(self._is_peer(peer, end, where) for peer in peers)

    def _is_peer(self, peer: Mapping[str, Any], end: End, where: str) -> bool:
        if "ipBlock" in peer:
            matched = self.blocks_match_pods or isinstance(end, Host)
            return matched and _in_block(peer["ipBlock"], end.address)
        if isinstance(end, Host):
            return False
        if "namespaceSelector" in peer:
            labels = {NAME_LABEL: end.namespace, **end.namespace_labels}
            if not matches(peer["namespaceSelector"], labels):
                return False
        elif end.namespace != where:
            return False
        return matches(peer.get("podSelector"), end.labels)


def matches(selector: Mapping[str, Any] | None, labels: Labels) -> bool:
    """Whether a label selector matches; an empty one matches everything."""
    selector = selector or {}
    wanted = selector.get("matchLabels") or {}
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        _satisfies(each, labels) for each in selector.get("matchExpressions") or []
    )


def _satisfies(expression: Mapping[str, Any], labels: Labels) -> bool:
    key, operator, values = expression["key"], expression["operator"], expression.get("values") or []
    there = {
        "In": key in labels and labels[key] in values,
        "NotIn": key not in labels or labels[key] not in values,
        "Exists": key in labels,
        "DoesNotExist": key not in labels,
    }
    return there[operator]


def _selects(where: str, policy: Policy, pod: Pod) -> bool:
    return where == pod.namespace and matches(policy["spec"].get("podSelector"), pod.labels)


def _types(spec: Mapping[str, Any]) -> list[str]:
    """Left out, a policy is of ingress, and of egress where it has rules of it."""
    given: list[str] | None = spec.get("policyTypes")
    return given or (["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])


def _in_block(block: Mapping[str, Any], address: str) -> bool:
    target = ip_address(address)
    return target in ip_network(block["cidr"]) and not any(target in ip_network(but) for but in block.get("except", []))


def _any_port(ports: list[Mapping[str, Any]] | None, target: End, port: int, protocol: str) -> bool:
    """No ports, or an empty list, are all of them."""
    return not ports or any(each.get("protocol", "TCP") == protocol and _is_port(each, target, port) for each in ports)


def _is_port(rule: Mapping[str, Any], target: End, port: int) -> bool:
    given = rule.get("port")
    if given is None:
        return True
    if isinstance(given, str):
        return isinstance(target, Pod) and target.ports.get(given) == port
    return bool(given <= port <= rule.get("endPort", given))
