"""What a notebook may do on its node and whom it may reach."""

import functools
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from policies.kinds import NAMESPACE, RELEASE, SPAWNERS, gateway, given, hub
from policies.rule import TEXTS, Context, Resource, Rule, Setting
from policies.tree import at, shown, texts

ENFORCE = "pod-security.kubernetes.io/enforce"
Network = IPv4Network | IPv6Network

METADATA = tuple(ip_network(text) for text in ("169.254.169.254", "fd00:ec2::254", "fd20:ce::254"))
"""Where clouds tell a machine its credentials; the two last are Amazon's and Google's by IPv6."""

PRIVATE = tuple(ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))
"""Where pods, nodes and the directory are (RFC 1918, RFC 4193)."""

DNS_PORT = 53

POLICIES = (("hub",), ("proxy", "chp"), ("singleuser",))
"""The parts of the hub's chart that have a network policy."""


def _pod_security(resource: Resource, context: Context) -> Iterator[str]:
    if resource.type == NAMESPACE.type:
        level = at(resource.props, "metadata", "labels", ENFORCE)
        if level not in context.settings["levels"]:
            yield f"the label {ENFORCE} is {shown(level)}, not {' or '.join(context.settings['levels'])}"
        return
    yield from _of_the_pod(resource)
    yield from _dask_pods(resource)
    user = at(hub(resource), "singleuser", default={})
    if at(user, "allowPrivilegeEscalation") is not False:
        yield "singleuser.allowPrivilegeEscalation is not false: set-uid programs could make a user root"
    if at(user, "serviceAccountName"):
        yield f"singleuser.serviceAccountName is {shown(at(user, 'serviceAccountName'))}: users would get its token"
    if at(user, "cloudMetadata", "blockWithIptables", default=True) is not False:
        yield "singleuser.cloudMetadata.blockWithIptables adds a container with NET_ADMIN; the network policy does that"
    for where, value in given(resource, SPAWNERS, "privileged").items():
        if value is not False:
            yield f"{where} is {shown(value)}: users would own the node"


def _of_the_pod(release: Resource) -> Iterator[str]:
    pods = given(release, SPAWNERS, "pod_security_context")
    if not any(pods.values()):
        yield "hub.config.KubeSpawner.pod_security_context is not set"
    for where, pod in pods.items():
        if at(pod, "runAsNonRoot") is not True:
            yield f"{where}.runAsNonRoot is not true"
        if at(pod, "seccompProfile", "type") not in ("RuntimeDefault", "Localhost"):
            yield f"{where}.seccompProfile.type is {shown(at(pod, 'seccompProfile', 'type'))}, not RuntimeDefault"
    containers = given(release, SPAWNERS, "container_security_context")
    if not any(containers.values()):
        yield "hub.config.KubeSpawner.container_security_context is not set"
    for where, container in containers.items():
        if "ALL" not in texts(at(container, "capabilities", "drop")):
            yield f"{where}.capabilities.drop does not hold ALL"


def _dask_pods(release: Resource) -> Iterator[str]:
    for part in ("scheduler", "worker") if gateway(release) is not None else ():
        where = f"dask-gateway.gateway.backend.{part}"
        pod = at(gateway(release), "gateway", "backend", part, "extraPodConfig", default={})
        container = at(gateway(release), "gateway", "backend", part, "extraContainerConfig", default={})
        if at(pod, "automountServiceAccountToken") is not False:
            yield f"{where}.extraPodConfig.automountServiceAccountToken is not false: users would get a token"
        if at(pod, "securityContext", "runAsNonRoot") is not True:
            yield f"{where}.extraPodConfig.securityContext.runAsNonRoot is not true"
        if at(container, "securityContext", "allowPrivilegeEscalation") is not False:
            yield f"{where}.extraContainerConfig.securityContext.allowPrivilegeEscalation is not false"
        if "ALL" not in texts(at(container, "securityContext", "capabilities", "drop")):
            yield f"{where}.extraContainerConfig.securityContext.capabilities.drop does not hold ALL"


def _network_policies(release: Resource, _: Context) -> Iterator[str]:
    for part in POLICIES:
        policy = at(hub(release), *part, "networkPolicy", default={})
        where = ".".join((*part, "networkPolicy"))
        if at(policy, "enabled", default=True) is not True:
            yield f"{where}.enabled is {shown(at(policy, 'enabled'))}"
        if at(policy, "interNamespaceAccessLabels", default="ignore") != "ignore":
            yield f"{where}.interNamespaceAccessLabels lets other tenancies' pods in"
        of_users = part == ("singleuser",)
        # The chart's own default is true for hub and proxy.
        if at(policy, "egressAllowRules", "cloudMetadataServer", default=not of_users) is not False:
            yield f"{where}.egressAllowRules.cloudMetadataServer is not false: the node's credentials are there"
        if of_users and at(policy, "egressAllowRules", "privateIPs", default=False) is not False:
            yield f"{where}.egressAllowRules.privateIPs lets notebooks out to the cluster's own network"
        yield from _egress(f"{where}.egress", at(policy, "egress", default=[]), of_users=of_users)
    if gateway(release) is not None:
        for whose in ("users", "gateway"):
            found = at(release.props, "values", "dask", "egress", whose, default=[])
            yield from _egress(f"dask.egress.{whose}", found, of_users=whose == "users")


def _egress(where: str, rules: Sequence[Any], *, of_users: bool) -> Iterator[str]:
    forbidden = [*METADATA, *(PRIVATE if of_users else ())]
    for index, entry in enumerate(rules):
        peers = at(entry, "to", default=[])
        if not peers:
            yield f"{where}[{index}] names nobody in `to`, which is everybody"
        elif not _names_only(entry):
            blocks = [block for peer in peers if (block := at(peer, "ipBlock"))]
            reached = [str(network) for network in forbidden if any(_reaches(block, network) for block in blocks)]
            if reached:
                yield f"{where}[{index}] lets pods out to {', '.join(reached)}"


def _names_only(entry: Any) -> bool:  # noqa: ANN401 - a view of any kind
    """Whether only a name server can be asked there, as some clouds and node-local caches have it at such addresses."""
    ports = at(entry, "ports", default=[])
    return bool(ports) and all(at(each, "port") == DNS_PORT and not at(each, "endPort") for each in ports)


def _reaches(block: Mapping[str, Any], forbidden: Network) -> bool:
    allowed = _network(at(block, "cidr"))
    if not _overlap(allowed, forbidden):
        return False
    smaller = max(allowed, forbidden, key=lambda network: network.prefixlen)
    left_out = [_network(text) for text in texts(at(block, "except"))]
    return not any(_overlap(each, smaller) and each.prefixlen <= smaller.prefixlen for each in left_out)


@functools.lru_cache(maxsize=256)  # the same few in every rule of every tenancy
def _network(text: str) -> Network:
    return ip_network(text, strict=False)


def _overlap(one: Network, other: Network) -> bool:
    return one.version == other.version and one.overlaps(other)


RULES = (
    Rule(
        "pod-security",
        "The namespace enforces a pod-security level; notebooks and Dask run without root, capabilities or a token",
        "Users run any code they like; it must not reach the node or other users.",
        "Leave the labels to components/pangeo_cluster.py and the security contexts to components/chart/values.py.",
        "critical",
        on=(NAMESPACE, RELEASE),
        settings=(Setting("levels", "Pod-security levels that may be enforced", TEXTS, ["baseline", "restricted"]),),
        find=_pod_security,
    ),
    Rule(
        "network-policies",
        "Every pod of the hub has a network policy, none reaches the metadata address, and users' none that is private",
        "A notebook is a stranger's computer in the middle of the cluster.",
        "Leave networkPolicy to components/chart/values.py; in further egress rules name pods, not everybody.",
        "critical",
        on=(RELEASE,),
        find=_network_policies,
    ),
)
