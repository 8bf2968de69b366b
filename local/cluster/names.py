"""Fixed names of the cluster. One machine runs one local tenancy, so none depends on the state folder."""

from pathlib import Path

from local.images.definitions import reference
from local.tenancy import addresses

NODE_NAME = "pangeo"
"""The node's name, as in ``supervisor.conf``."""

RUN = Path("/run/pangeo-tenancy")
"""The folder of files that exist while the cluster runs: sockets, pods' mounts and network namespaces, the owner."""

CONTAINERD_SOCKET = RUN / "containerd.sock"
OWNER = RUN / "owner"
"""The file with the state folder of the checkout whose cluster runs or ran last."""

VARIABLE = "TENANCY_NODE"
"""The environment variable that marks each process of the cluster; its value is the state folder."""

FIREWALL_CHAIN = addresses.BRIDGE.upper()
OWN_CHAINS = ("KUBE-", f"{FIREWALL_CHAIN}-")
"""Prefixes of the names of the cluster's firewall chains."""

POLICY_QUEUE = 244
"""The netfilter queue that passes each connection of a pod to the policy enforcer."""

REFUSED_MARK = 0x1000000
"""The firewall mark of packets that a network policy refuses; kube-proxy uses 0x4000 and 0x8000."""

POD_CGROUPS = ("kubepods", "k8s.io")

PAUSE_IMAGE = reference("pause")
"""The image of the process that keeps a pod's network namespace open."""

HELPER_IMAGE = reference("base")
"""The image of the pods that make and remove volumes' folders; it has a shell."""

STORES = ("etcd", "containerd")
API = "kube-apiserver"
CORE = ("kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy")
ENFORCER = "policy-enforcer"
ADDONS = ("coredns", "local-path-provisioner", "traefik", ENFORCER)
PROGRAMS = (*STORES, API, *CORE, *ADDONS)
