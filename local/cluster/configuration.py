"""The cluster's certificates, kubeconfigs and configuration files, rendered from the templates in ``config/``."""

import base64
from collections.abc import Iterator
from ipaddress import IPv4Network
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from local.cluster.names import (
    ENFORCER,
    FIREWALL_CHAIN,
    HELPER_IMAGE,
    NODE_NAME,
    PAUSE_IMAGE,
    POLICY_QUEUE,
    PROGRAMS,
    REFUSED_MARK,
    RUN,
)
from local.cluster.ports import LOOPBACK
from local.host.stamps import digest
from local.paths import State
from local.tenancy import pki
from local.tenancy.addresses import (
    API_SERVICE_ADDRESS,
    BRIDGE,
    DIRECTORY_NAME,
    INGRESS_ADDRESS,
    NODE_ADDRESS,
    OBJECT_STORE_NAME,
    POD_NETWORK,
    SERVICE_NETWORK,
)
from local.tenancy.ingress_ports import IngressPorts

FOLDER = Path(__file__).parent
TEMPLATES = FOLDER / "config"
MANIFESTS = FOLDER / "manifests"

RESERVED_POD_ADDRESSES = 10
"""Number of the pod network's first addresses that no pod gets; the bridge has one of them."""

FIRST_POD_ADDRESS = IPv4Network(POD_NETWORK)[RESERVED_POD_ADDRESSES]

API_NAMES = ("kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local")

USERS: dict[str, tuple[str, str | None]] = {
    "admin": ("admin", "system:masters"),
    "kube-controller-manager": ("system:kube-controller-manager", None),
    "kube-scheduler": ("system:kube-scheduler", None),
    "kubelet": (f"system:node:{NODE_NAME}", "system:nodes"),
    "kube-proxy": ("system:kube-proxy", None),
    "coredns": ("coredns", None),
    "traefik": ("traefik", None),
    "local-path-provisioner": ("local-path-provisioner", None),
    ENFORCER: (ENFORCER, None),
}
"""User and group of each client of the API server: those that Kubernetes gives to its components
(https://kubernetes.io/docs/reference/access-authn-authz/rbac/#core-component-roles), else those of ``manifests/``."""


def write(state: State, ports: IngressPorts) -> str:
    """Write every certificate and file that the programs read; return a digest of everything that affects them."""
    config = state.node.absolute() / "config"
    for folder in (state.node, config, config / "cni", state.volumes):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    # etcd refuses a data folder that other users can read.
    (state.node / "etcd" / "data").mkdir(exist_ok=True, parents=True, mode=0o700)
    _issue_server_certificates(state)
    files = {
        state.kubeconfig if user == "admin" else config / f"{user}.kubeconfig": _kubeconfig(state, user)
        for user in USERS
    }
    files |= {
        config / ("cni" if name.endswith(".conflist") else "") / name: _render(name, **_values(state, ports))
        for name in sorted(template.name for template in TEMPLATES.iterdir())
        if name != "kubeconfig" and not name.endswith(".rules")
    }
    for path, text in files.items():
        _write(path, text)
    return digest(files=[FOLDER / "supervisor.conf"], texts=[*files.values(), *_binaries(state)])


def firewall_rules() -> str:
    """Input of ``iptables-restore --noflush``: rules that keep the pods' traffic on this machine."""
    return _render(
        "firewall.rules",
        firewall_chain=FIREWALL_CHAIN,
        bridge=BRIDGE,
        pod_network=POD_NETWORK,
        service_network=SERVICE_NETWORK,
    )


def policy_rules() -> str:
    """Input of ``iptables-restore --noflush``: rules that pass packets to the enforcer and reject refused ones."""
    return _render(
        "policies.rules", firewall_chain=FIREWALL_CHAIN, bridge=BRIDGE, queue=POLICY_QUEUE, refused_mark=REFUSED_MARK
    )


def _issue_server_certificates(state: State) -> None:
    addresses = [API_SERVICE_ADDRESS, NODE_ADDRESS, LOOPBACK]
    pki.issue(state, "cluster", "kube-apiserver", dns_names=[*API_NAMES, "localhost"], addresses=addresses)
    pki.issue(state, "cluster", "kube-apiserver-kubelet", organization="system:masters")
    pki.issue(state, "cluster", "etcd", addresses=[LOOPBACK])
    pki.issue(state, "cluster", "service-accounts")


def _kubeconfig(state: State, user: str) -> str:
    common_name, organization = USERS[user]
    certificate = pki.issue(
        state,
        "cluster",
        user,
        common_name=common_name,
        organization=organization,
        addresses=[NODE_ADDRESS] if user == "kubelet" else [],
    )
    return _render(
        "kubeconfig",
        node_address=NODE_ADDRESS,
        user=common_name,
        authority=_base64(pki.authority(state, "cluster").crt),
        certificate=_base64(certificate.crt),
        key=_base64(certificate.key),
    )


def _values(state: State, ports: IngressPorts) -> dict[str, object]:
    return {
        "bridge": BRIDGE,
        "config": state.node.absolute() / "config",
        "directory_name": DIRECTORY_NAME,
        "first_pod_address": FIRST_POD_ADDRESS,
        "helper_image": HELPER_IMAGE,
        "http_port": ports.http,
        "https_port": ports.https,
        "ingress_address": INGRESS_ADDRESS,
        "logs": state.logs.absolute(),
        "node": state.node.absolute(),
        "node_address": NODE_ADDRESS,
        "node_name": NODE_NAME,
        "object_store_name": OBJECT_STORE_NAME,
        "pause_image": PAUSE_IMAGE,
        "pki": state.pki.absolute(),
        "pod_network": POD_NETWORK,
        "run": RUN,
        "volumes": state.volumes.absolute(),
    }


def _render(template: str, **values: object) -> str:
    # No template is HTML; escaping would corrupt paths.
    jinja = Environment(loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, autoescape=False)  # noqa: S701
    return jinja.get_template(template).render(values) + "\n"


def _binaries(state: State) -> Iterator[str]:
    """Size and time of each program, which change with its build; reading the files would take too long."""
    for name in PROGRAMS:
        if (binary := state.bin / name).exists():
            stat = binary.stat()
            yield f"{name} {stat.st_size} {stat.st_mtime_ns}"


def _base64(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def _write(path: Path, text: str) -> None:
    if path.is_file() and path.read_text() == text:
        return
    path.touch(mode=0o600)
    path.write_text(text)
