"""The node's fixed names. One machine holds one local tenancy, so none of them depends on the state folder."""

from pathlib import Path

from local.images.definitions import reference
from local.tenancy import addresses

NODE_NAME = "pangeo"
"""As in ``supervisor.conf``."""

RUN = Path("/run/pangeo-tenancy")
"""What lives as long as the node runs: sockets, pods' mounts and network namespaces, whose the node is."""

CONTAINERD_SOCKET = RUN / "containerd.sock"
OWNER = RUN / "owner"
"""Holds the state folder of the checkout whose node runs or ran last."""

VARIABLE = "TENANCY_NODE"
"""Each process of the node has it in its environment, with the state folder as its value; see supervisor.conf."""

FIREWALL_CHAIN = addresses.BRIDGE.upper()
OWN_CHAINS = ("KUBE-", f"{FIREWALL_CHAIN}-")
"""How the names of the firewall chains begin that the node makes."""

POLICY_QUEUE = 244
"""The netfilter queue on which the policy enforcer is asked about each connection that a pod opens."""

REFUSED_MARK = 0x1000000
"""The firewall mark it gives to what a network policy refuses; kube-proxy has 0x4000 and 0x8000."""

POD_CGROUPS = ("kubepods", "k8s.io")

PAUSE_IMAGE = reference("pause")
"""Sleeps, and so holds a pod's network."""

HELPER_IMAGE = reference("base")
"""Has a shell, and so makes and removes volumes' folders."""

STORES = ("etcd", "containerd")
API = "kube-apiserver"
CORE = ("kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy")
ENFORCER = "policy-enforcer"
ADDONS = ("coredns", "local-path-provisioner", "traefik", ENFORCER)
PROGRAMS = (*STORES, API, *CORE, *ADDONS)
