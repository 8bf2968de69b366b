"""An evaluator of Kubernetes' NetworkPolicies, which decides as a network plugin would. Independent of this project.

Source: https://kubernetes.io/docs/concepts/services-networking/network-policies/ and the API's reference. A pod is open
in a direction if no policy for that direction selects it; otherwise only the connections in any of these policies are
allowed. A connection must be allowed by the policies of both ends. Selectors match pods by their labels. An
``ipBlock`` is meant for hosts outside the cluster; most plugins match it with pods' addresses, too, but not all, so
both variants can be evaluated.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

Policy = dict[str, Any]
Labels = Mapping[str, str]

NAME_LABEL = "kubernetes.io/metadata.name"
"""Label of every namespace; its value is the namespace's name."""


@dataclass(frozen=True)
class Pod:
    """An end of a connection that policies can select. ``ports`` are its named container ports."""

    name: str
    labels: Labels
    namespace: str = "default"
    address: str = "10.42.0.1"
    ports: Mapping[str, int] = field(default_factory=dict)
    namespace_labels: Labels = field(default_factory=dict)


@dataclass(frozen=True)
class Host:
    """An end of a connection that is not a pod: a node, a server, the internet."""

    name: str
    address: str


End = Pod | Host


@dataclass(frozen=True)
class Network:
    """The policies of a cluster, each with its namespace."""

    policies: tuple[tuple[str, Policy], ...]
    blocks_match_pods: bool = True

    @classmethod
    def of(cls, policies: Iterable[Policy], namespace: str = "default", *, blocks_match_pods: bool = True) -> "Network":
        """Read rendered policies; ``namespace`` is the namespace of those without one."""
        placed = tuple((each["metadata"].get("namespace", namespace), each) for each in policies)
        return cls(placed, blocks_match_pods)

    def allows(self, source: End, target: End, port: int, protocol: str = "TCP") -> bool:
        """Return whether ``source`` may connect to a port of ``target``."""
        return self.allows_egress(source, target, port, protocol) and self.allows_ingress(
            source, target, port, protocol
        )

    def allows_egress(self, source: End, target: End, port: int, protocol: str = "TCP") -> bool:
        """Return whether the source's policies allow the connection, regardless of the target's."""
        return self._is_allowed("Egress", source, target, target, port, protocol)

    def allows_ingress(self, source: End, target: End, port: int, protocol: str = "TCP") -> bool:
        """Return whether the target's policies allow the connection, regardless of the source's."""
        return self._is_allowed("Ingress", target, source, target, port, protocol)

    def _is_allowed(self, direction: str, selected: End, peer: End, target: End, port: int, protocol: str) -> bool:
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
        """Return whether a peer matches; a missing or empty list matches every end."""
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
    """Return whether a label selector matches; an empty selector matches everything."""
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
    """Return the policy's types; the default is ingress, and egress if it has egress rules."""
    given: list[str] | None = spec.get("policyTypes")
    return given or (["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])


def _in_block(block: Mapping[str, Any], address: str) -> bool:
    target = ip_address(address)
    return target in ip_network(block["cidr"]) and not any(target in ip_network(but) for but in block.get("except", []))


def _any_port(ports: list[Mapping[str, Any]] | None, target: End, port: int, protocol: str) -> bool:
    """Return whether a port matches; a missing or empty list matches every port."""
    return not ports or any(each.get("protocol", "TCP") == protocol and _is_port(each, target, port) for each in ports)


def _is_port(rule: Mapping[str, Any], target: End, port: int) -> bool:
    given = rule.get("port")
    if given is None:
        return True
    if isinstance(given, str):
        return isinstance(target, Pod) and target.ports.get(given) == port
    return bool(given <= port <= rule.get("endPort", given))
