"""Isolation: the rights of a notebook on its node, and the addresses it can reach."""

import functools
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from policies.kinds import NAMESPACE, RELEASE, SPAWNERS, class_settings, gateway_values, hub_values
from policies.merged import release_values
from policies.rule import STRINGS, Context, Resource, Rule, Setting
from policies.tree import as_list, format_value, get

ENFORCE = "pod-security.kubernetes.io/enforce"
Network = IPv4Network | IPv6Network

METADATA = tuple(ip_network(text) for text in ("169.254.169.254", "fd00:ec2::254", "fd20:ce::254"))
"""Metadata servers of clouds, which return a node's credentials; the last two are Amazon's and Google's for IPv6."""

PRIVATE = tuple(ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))
"""Addresses of pods, nodes and the directory (RFC 1918, RFC 4193)."""

DNS_PORT = 53

POLICIES = (("hub",), ("proxy", "chp"), ("singleuser",))
"""The parts of the hub's chart that have a network policy."""


def _check_pod_security(resource: Resource, context: Context) -> Iterator[str]:
    if resource.type == NAMESPACE.type:
        level = get(resource.props, "metadata", "labels", ENFORCE)
        if level not in context.settings["levels"]:
            yield f"the label {ENFORCE} is {format_value(level)}, not {' or '.join(context.settings['levels'])}"
        return
    yield from _check_security_contexts(resource, context)
    yield from _check_dask_pods(resource, context)
    notebook = get(hub_values(resource, context), "singleuser", default={})
    if get(notebook, "allowPrivilegeEscalation") is not False:
        yield "singleuser.allowPrivilegeEscalation is not false: a user could become root by a setuid program"
    account = get(notebook, "serviceAccountName")
    if account:
        yield f"singleuser.serviceAccountName is {format_value(account)}: users would get its token"
    if get(notebook, "cloudMetadata", "blockWithIptables", default=True) is not False:
        yield (
            "singleuser.cloudMetadata.blockWithIptables is not false: it adds a container with NET_ADMIN, and the "
            "network policy already blocks the metadata address"
        )
    for path, value in class_settings(resource, context, SPAWNERS, "privileged").items():
        if value is not False:
            yield f"{path} is {format_value(value)}: users would control the node"


def _check_security_contexts(release: Resource, context: Context) -> Iterator[str]:
    pods = class_settings(release, context, SPAWNERS, "pod_security_context")
    if not any(pods.values()):
        yield "hub.config.KubeSpawner.pod_security_context is not set"
    for path, pod in pods.items():
        if get(pod, "runAsNonRoot") is not True:
            yield f"{path}.runAsNonRoot is not true"
        profile = get(pod, "seccompProfile", "type")
        if profile not in ("RuntimeDefault", "Localhost"):
            yield f"{path}.seccompProfile.type is {format_value(profile)}, not RuntimeDefault"
    containers = class_settings(release, context, SPAWNERS, "container_security_context")
    if not any(containers.values()):
        yield "hub.config.KubeSpawner.container_security_context is not set"
    for path, container in containers.items():
        if "ALL" not in as_list(get(container, "capabilities", "drop")):
            yield f"{path}.capabilities.drop does not contain ALL"


def _check_dask_pods(release: Resource, context: Context) -> Iterator[str]:
    gateway = gateway_values(release, context)
    for part in ("scheduler", "worker") if gateway is not None else ():
        path = f"dask-gateway.gateway.backend.{part}"
        pod = get(gateway, "gateway", "backend", part, "extraPodConfig", default={})
        container = get(gateway, "gateway", "backend", part, "extraContainerConfig", default={})
        if get(pod, "automountServiceAccountToken") is not False:
            yield f"{path}.extraPodConfig.automountServiceAccountToken is not false: users would get a token"
        if get(pod, "securityContext", "runAsNonRoot") is not True:
            yield f"{path}.extraPodConfig.securityContext.runAsNonRoot is not true"
        if get(container, "securityContext", "allowPrivilegeEscalation") is not False:
            yield f"{path}.extraContainerConfig.securityContext.allowPrivilegeEscalation is not false"
        if "ALL" not in as_list(get(container, "securityContext", "capabilities", "drop")):
            yield f"{path}.extraContainerConfig.securityContext.capabilities.drop does not contain ALL"


def _check_network_policies(release: Resource, context: Context) -> Iterator[str]:
    for part in POLICIES:
        policy = get(hub_values(release, context), *part, "networkPolicy", default={})
        path = ".".join((*part, "networkPolicy"))
        if get(policy, "enabled", default=True) is not True:
            yield f"{path}.enabled is {format_value(get(policy, 'enabled'))}"
        if get(policy, "interNamespaceAccessLabels", default="ignore") != "ignore":
            yield f"{path}.interNamespaceAccessLabels is not ignore: other tenancies' pods could connect"
        of_users = part == ("singleuser",)
        # The chart's default is true for hub and proxy.
        if get(policy, "egressAllowRules", "cloudMetadataServer", default=not of_users) is not False:
            yield f"{path}.egressAllowRules.cloudMetadataServer is not false: it returns the node's credentials"
        if of_users and get(policy, "egressAllowRules", "privateIPs", default=False) is not False:
            yield f"{path}.egressAllowRules.privateIPs is not false: notebooks could reach the cluster's own network"
        yield from _check_egress(f"{path}.egress", get(policy, "egress", default=[]), of_users=of_users)
    if gateway_values(release, context) is not None:
        for group in ("users", "gateway"):
            rules = get(release_values(release, context), "dask", "egress", group, default=[])
            yield from _check_egress(f"dask.egress.{group}", rules, of_users=group == "users")


def _check_egress(path: str, rules: Sequence[Any], *, of_users: bool) -> Iterator[str]:
    forbidden = [*METADATA, *(PRIVATE if of_users else ())]
    for index, rule in enumerate(rules):
        peers = get(rule, "to", default=[])
        if not peers:
            yield f"{path}[{index}] has no destination in `to`, so it allows every destination"
        elif not _is_dns_only(rule):
            blocks = [block for peer in peers if (block := get(peer, "ipBlock"))]
            allowed = [str(network) for network in forbidden if any(_allows(block, network) for block in blocks)]
            if allowed:
                yield f"{path}[{index}] allows connections to {', '.join(allowed)}"


def _is_dns_only(rule: Any) -> bool:  # noqa: ANN401 - a view of any kind
    """Return whether the rule allows only DNS, which some clouds and node-local caches serve at such addresses."""
    ports = get(rule, "ports", default=[])
    return bool(ports) and all(get(each, "port") == DNS_PORT and not get(each, "endPort") for each in ports)


def _allows(block: Mapping[str, Any], forbidden: Network) -> bool:
    allowed = _network(get(block, "cidr"))
    if not _overlap(allowed, forbidden):
        return False
    smaller = max(allowed, forbidden, key=lambda network: network.prefixlen)
    excluded = [_network(text) for text in as_list(get(block, "except"))]
    return not any(_overlap(each, smaller) and each.prefixlen <= smaller.prefixlen for each in excluded)


@functools.lru_cache(maxsize=256)  # every rule of every tenancy contains the same few
def _network(text: str) -> Network:
    return ip_network(text, strict=False)


def _overlap(one: Network, other: Network) -> bool:
    return one.version == other.version and one.overlaps(other)


RULES = (
    Rule(
        "pod-security",
        "The namespace enforces a pod-security level; notebooks and Dask pods have no root, capabilities or API token",
        "Users run any code; it must not control the node or reach other users.",
        "Restore the program's labels and security contexts. No configuration key sets them.",
        "critical",
        kinds=(NAMESPACE, RELEASE),
        settings=(Setting("levels", "Pod-security levels that may be enforced", STRINGS, ["baseline", "restricted"]),),
        check=_check_pod_security,
    ),
    Rule(
        "network-policies",
        "Every pod of the hub has a network policy: none allows the metadata address, and for users' pods none allows "
        "private addresses",
        "A notebook runs its user's code inside the cluster's network.",
        "Restore the program's network policies; no configuration key sets them. An additional egress rule must name "
        "pods or public addresses in `to`.",
        "critical",
        kinds=(RELEASE,),
        check=_check_network_policies,
    ),
)
