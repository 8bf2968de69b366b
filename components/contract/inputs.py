"""The contract's properties: the comparison of those in the stack's state with those of the current run. Pure.

A property that is unknown in a preview, or that an older version of the program did not store, is not compared.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from components.cluster.identity import ClusterId, another_cluster
from components.contract.immutable import DEFAULTS, ImmutableSettings, list_refused_changes
from components.ownership.existing import Decision, FoundObject, TakenOver, decide
from components.ownership.mark import Owner

Props = dict[str, Any]
"""Stored properties.

- ``settings``: :class:`ImmutableSettings`
- ``cluster``: :class:`ClusterId`; empty in a first preview without access to the cluster
- ``owner``: ``stack`` and ``deployment`` of :class:`components.ownership.mark.Owner`; stored since version 0.3
- ``namespace``: name of the tenancy's namespace
- ``protect``: whether a destroy keeps the namespace
- ``ingress``: :class:`components.preflight.ingress.ServingController`; stored since version 0.4
- ``takenOver``: :class:`TakenOver` by name, of objects that existed without this deployment's mark

Properties that are only compared, and never stored:

- ``found``: every :class:`FoundObject`
- ``existingNamespace``: ``refuse`` or ``adopt``
- ``storesKubeconfig``: whether the stack file contains a kubeconfig
"""

STORED = ("settings", "cluster", "owner", "namespace", "protect", "ingress", "takenOver")
"""Names of the properties in the stack's state."""

STORES_KUBECONFIG = "storesKubeconfig"

COMPARED = ("found", "existingNamespace", STORES_KUBECONFIG)
"""Names of the properties that are removed by :func:`check_inputs`."""

REDEPLOY_HINT = (
    "if the hub has no users yet, for example after a failed first up, make the change with: pulumi destroy, then "
    "pulumi up"
)
"""Last message of a refusal. The contract is stored at the start of the first ``up``, also if that fails later."""

IsUnknown = Callable[[object], bool]
"""Returns whether a property has no value yet, as in a preview."""


def check_inputs(olds: Props, news: Props, is_unknown: IsUnknown, deployment: str) -> tuple[Props, list[str]]:
    """Return the properties to store, and a message for each change that is refused.

    If ``news`` has no cluster, because it could not be reached, the one in ``olds`` is kept. If both have none, in a
    first preview, it is empty: an unknown one would hide the inputs of all Kubernetes resources from policies.

    Args:
        olds: the stored properties; empty at the first deployment.
        news: the properties that the program declares.
        is_unknown: whether a value is not known yet.
        deployment: a new random id, used if none is stored yet.
    """
    inputs = {key: value for key, value in news.items() if value is not None}
    if "cluster" not in inputs:
        inputs["cluster"] = olds.get("cluster") or {}
    stored_owner = olds.get("owner") or {}
    inputs["owner"] = {**inputs["owner"], "deployment": stored_owner.get("deployment") or deployment}
    compared = {key: inputs.pop(key, None) for key in COMPARED}
    refusals = [*_find_refusals(olds, inputs, is_unknown), *_keep_controller(olds, inputs, is_unknown)]
    if compared[STORES_KUBECONFIG] and not refusals:
        refusals += _find_replacement(olds, inputs, is_unknown)
    decision = _decide(olds, inputs, compared, is_unknown)
    if decision.taken_over:
        inputs["takenOver"] = {key: each.as_props() for key, each in decision.taken_over.items()}
    # Under another name or in another cluster, other objects were found.
    return inputs, refusals or list(decision.refusals)


def taken_over(props: Props) -> dict[str, TakenOver]:
    """Return the objects that the deployment took over."""
    return {key: TakenOver.from_props(each) for key, each in (props.get("takenOver") or {}).items()}


def differs(olds: Props, news: Props, is_unknown: IsUnknown) -> bool:
    """Return whether a stored value changes; another spelling of the same value is no change.

    The cluster's address is not compared: two operators may reach the same cluster at two addresses.
    """
    if _has_unknown(news, is_unknown):
        return True
    compared = [key for key in (*STORED, "__provider") if key not in ("settings", "cluster", "ingress")]
    if any(olds.get(key) != news.get(key) for key in compared):
        return True
    if any(_controller(olds).get(key) != _controller(news).get(key) for key in ("className", "controller")):
        return True
    if (olds.get("cluster") or {}).get("uid") != (news.get("cluster") or {}).get("uid"):
        return True
    before, after = olds.get("settings") or {}, news["settings"]
    return before.keys() != after.keys() or ImmutableSettings.from_props(before) != ImmutableSettings.from_props(after)


def _find_refusals(olds: Props, news: Props, is_unknown: IsUnknown) -> Iterator[str]:
    before = _known(olds.get("cluster"), is_unknown)
    after = _known(news.get("cluster"), is_unknown)
    if before and after:
        refusal = another_cluster(ClusterId.from_props(before), ClusterId.from_props(after))
        if refusal:
            yield refusal
    stored = _known(olds.get("settings"), is_unknown)
    if stored:
        wanted = {**stored, **DEFAULTS, **_known(news.get("settings"), is_unknown)}
        deployed = {**wanted, **DEFAULTS, **stored}
        messages = list_refused_changes(ImmutableSettings.from_props(deployed), ImmutableSettings.from_props(wanted))
        yield from messages
        if messages:
            yield REDEPLOY_HINT


def _keep_controller(olds: Props, inputs: Props, is_unknown: IsUnknown) -> Iterator[str]:
    """Keep the deployed controller in a run that did not ask the cluster; refuse an assumption that contradicts it."""
    before, after = _known(_controller(olds), is_unknown), _known(_controller(inputs), is_unknown)
    if not after or after["source"] == "cluster" or before.get("className") != after["className"]:
        return
    if after["source"] == "stack file" or not before.get("controller"):
        inputs["ingress"] = {**after, "defaultClass": before.get("defaultClass", "")}
        return
    inputs["ingress"] = before
    if after.get("controller") and before["controller"] != after["controller"]:
        yield (
            f"ingress.controller: the controller of the deployed hub is {before['controller']}, and this preview has "
            f"no access to the cluster; write ingress.controller: {before['controller']}"
        )


def _controller(props: Props) -> Props:
    return props.get("ingress") or {}


def _decide(olds: Props, inputs: Props, compared: Props, is_unknown: IsUnknown) -> Decision:
    before = taken_over(olds)
    cluster = _known(inputs.get("cluster"), is_unknown)
    if not compared["found"] or "uid" not in cluster:
        return Decision(before)
    owner = Owner(inputs["owner"]["stack"], cluster["uid"], inputs["owner"]["deployment"])
    return decide(
        [FoundObject.from_props(each) for each in compared["found"]],
        owner,
        standing="first" if not olds else "marked" if olds.get("owner") else "older",
        permission=compared["existingNamespace"] or "refuse",
        taken_over=before,
    )


def _find_replacement(olds: Props, news: Props, is_unknown: IsUnknown) -> Iterator[str]:
    """Refuse another address in the same step that adds the cluster's UID to the Kubernetes provider.

    Versions before 0.3 stored no owner, and no UID in the provider. The Kubernetes plugin would replace the provider
    with all its resources, as it does for a kubeconfig of another cluster.
    """
    before = _known(olds.get("cluster"), is_unknown)
    after = _known(news.get("cluster"), is_unknown)
    if before and after and not olds.get("owner") and before.get("server") != after.get("server"):
        yield (
            f"kubernetes.kubeconfig: {before.get('server')} → {after.get('server')} is another address of the same "
            "cluster, but the state of a version before 0.3 does not identify the cluster, so that everything in it "
            f"would be replaced; run first: python -m components repair {news['owner']['stack']}"
        )


def _known(props: object, is_unknown: IsUnknown) -> Props:
    if not isinstance(props, Mapping):
        return {}
    return {key: value for key, value in props.items() if not _has_unknown(value, is_unknown)}


def _has_unknown(value: object, is_unknown: IsUnknown) -> bool:
    if isinstance(value, Mapping):
        return any(_has_unknown(inner, is_unknown) for inner in value.values())
    if isinstance(value, list):
        return any(_has_unknown(inner, is_unknown) for inner in value)
    return is_unknown(value)
