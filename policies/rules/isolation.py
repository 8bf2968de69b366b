"""What a notebook may do on its node and whom it may reach."""

from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import Any

from policies.kinds import NAMESPACE, RELEASE, SPAWNERS, given, hub
from policies.rule import TEXTS, Context, Resource, Rule, Setting
from policies.tree import at, shown, texts

ENFORCE = "pod-security.kubernetes.io/enforce"
METADATA_ADDRESS = ip_address("169.254.169.254")
"""Where clouds tell a machine its credentials."""

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


def _network_policies(release: Resource, _: Context) -> Iterator[str]:
    for part in POLICIES:
        policy = at(hub(release), *part, "networkPolicy", default={})
        where = ".".join((*part, "networkPolicy"))
        if at(policy, "enabled", default=True) is not True:
            yield f"{where}.enabled is {shown(at(policy, 'enabled'))}"
        if at(policy, "interNamespaceAccessLabels", default="ignore") != "ignore":
            yield f"{where}.interNamespaceAccessLabels lets other tenancies' pods in"
    policy = at(hub(release), "singleuser", "networkPolicy", default={})
    for name in ("privateIPs", "cloudMetadataServer"):
        if at(policy, "egressAllowRules", name, default=False) is not False:
            yield f"singleuser.networkPolicy.egressAllowRules.{name} lets notebooks out to where they have no business"
    for index, entry in enumerate(at(policy, "egress", default=[])):
        where = f"singleuser.networkPolicy.egress[{index}]"
        peers = at(entry, "to", default=[])
        if not peers:
            yield f"{where} names nobody in `to`, which is everybody"
        elif not _names_only(entry) and any(_reaches_metadata(at(peer, "ipBlock", default={})) for peer in peers):
            yield f"{where} lets notebooks out to {METADATA_ADDRESS}, where the node's credentials are"


def _names_only(entry: Any) -> bool:  # noqa: ANN401 - a view of any kind
    """Whether only a name server can be asked there, as some clouds and node-local caches have it at such addresses."""
    ports = at(entry, "ports", default=[])
    return bool(ports) and all(at(each, "port") == DNS_PORT and not at(each, "endPort") for each in ports)


def _reaches_metadata(block: Any) -> bool:  # noqa: ANN401 - a view of any kind
    if not at(block, "cidr"):
        return False
    networks = [ip_network(text, strict=False) for text in (at(block, "cidr"), *texts(at(block, "except")))]
    return METADATA_ADDRESS in networks[0] and not any(METADATA_ADDRESS in network for network in networks[1:])


RULES = (
    Rule(
        "pod-security",
        "The namespace enforces a pod-security level, and notebooks run without root, capabilities or a token",
        "Users run any code they like; it must not reach the node or other users.",
        "Leave the labels to components/pangeo_cluster.py and the security contexts to components/chart_values.py.",
        "critical",
        on=(NAMESPACE, RELEASE),
        settings=(Setting("levels", "Pod-security levels that may be enforced", TEXTS, ["baseline", "restricted"]),),
        find=_pod_security,
    ),
    Rule(
        "network-policies",
        "Hub, proxy and notebooks have network policies, and notebooks reach no private or metadata address",
        "A notebook is a stranger's computer in the middle of the cluster.",
        "Leave networkPolicy to components/chart_values.py; name pods, not everybody, in further egress rules.",
        "critical",
        on=(RELEASE,),
        find=_network_policies,
    ),
)
