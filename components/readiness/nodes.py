"""Whether a node could ever run a pod, if it were empty. Pure.

The rules are the scheduler's for resources, labels and taints. Taints that come and go with a node's health, cordoned
nodes and everything else (volumes, ports, other pods) count as temporary.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal

from components.in_hub.quantity import size_bytes
from components.readiness.finding import printable
from components.readiness.objects import Object, field, items, name

TEMPORARY_TAINTS = (
    "node.kubernetes.io/",
    "node.cloudprovider.kubernetes.io/",
    "ToBeDeletedByClusterAutoscaler",
    "DeletionCandidateOfClusterAutoscaler",
)
"""Beginnings of taints that come and go with a node's health."""


def no_node_fits(pod: Object, nodes: Sequence[Object]) -> str | None:
    """Return why no node could ever run the pod; None if one could, or if there is no node."""
    obstacles = [_obstacle(pod, node, nodes) for node in nodes]
    if not obstacles or None in obstacles:
        return None
    counts = Counter(each for each in obstacles if each)
    return "; ".join(f"{count} of {len(nodes)} nodes {obstacle}" for obstacle, count in counts.most_common())


def requests(pod: Object) -> dict[str, Decimal]:
    """Return what a pod requests of each resource: the sum of its containers, or more for an init container."""
    found: dict[str, Decimal] = {}
    for container in items(pod, "spec", "containers"):
        for resource, amount in _amounts(field(container, "resources", "requests")).items():
            found[resource] = found.get(resource, Decimal()) + amount
    for container in items(pod, "spec", "initContainers"):
        for resource, amount in _amounts(field(container, "resources", "requests")).items():
            found[resource] = max(found.get(resource, Decimal()), amount)
    return found


def _obstacle(pod: Object, node: Object, nodes: Iterable[Object]) -> str | None:
    if not _matches_labels(pod, node):
        return "do not have the labels that it requires"
    taint = next((each for each in items(node, "spec", "taints") if not _is_tolerated(each, pod)), None)
    if taint:
        return f"have the taint {printable(taint.get('key'))}, which it does not tolerate"
    for resource, amount in requests(pod).items():
        if amount > _allocatable(node, resource):
            most = max(_allocatable(each, resource) for each in nodes)
            return (
                f"are too small: it requests {_text(resource, amount)}, and the largest node has "
                f"{_text(resource, most)}"
            )
    return None


def _allocatable(node: Object, resource: str) -> Decimal:
    return _amounts(field(node, "status", "allocatable")).get(resource, Decimal())


def _amounts(quantities: object) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for resource, quantity in quantities.items() if isinstance(quantities, dict) else ():
        try:
            found[str(resource)] = size_bytes(str(quantity))
        except ValueError:
            continue
    return found


def _text(resource: str, amount: Decimal) -> str:
    if resource in ("memory", "ephemeral-storage"):
        return f"{amount / 1024**3:.1f} GiB of {resource}"
    return f"{amount.normalize():f} {resource}"


def _is_tolerated(taint: Object, pod: Object) -> bool:
    if taint.get("effect") == "PreferNoSchedule" or str(taint.get("key")).startswith(TEMPORARY_TAINTS):
        return True
    return any(_tolerates(each, taint) for each in items(pod, "spec", "tolerations"))


def _tolerates(toleration: Object, taint: Object) -> bool:
    if toleration.get("effect") and toleration.get("effect") != taint.get("effect"):
        return False
    if toleration.get("operator") == "Exists":
        return not toleration.get("key") or toleration.get("key") == taint.get("key")
    return toleration.get("key") == taint.get("key") and (toleration.get("value") or "") == (taint.get("value") or "")


def _matches_labels(pod: Object, node: Object) -> bool:
    labels = field(node, "metadata", "labels") or {}
    selector = field(pod, "spec", "nodeSelector") or {}
    if any(labels.get(key) != value for key, value in selector.items()):
        return False
    required = field(pod, "spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    terms = items(required or {}, "nodeSelectorTerms")
    return not terms or any(_matches_term(term, labels, {"metadata.name": name(node)}) for term in terms)


def _matches_term(term: Object, labels: Object, fields: Object) -> bool:
    by_label, by_field = items(term, "matchExpressions"), items(term, "matchFields")
    return all(_matches(each, labels) for each in by_label) and all(_matches(each, fields) for each in by_field)


def _matches(expression: Object, values: Object) -> bool:
    value, wanted = values.get(str(expression.get("key"))), expression.get("values") or []
    match expression.get("operator"):
        case "In":
            return value in wanted
        case "NotIn":
            return value not in wanted
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case _:  # Gt and Lt, which this program and both charts do not use
            return True
