"""Facts for a repair, read from the stack's backend and from the cluster."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from components.cli.repair.backend import Backend
from components.cli.repair.creations import KubernetesName, kubernetes_name
from components.cli.repair.state import Export, StateFacts, read_state
from components.cli.repair.verdict import ReleaseFacts
from components.cluster.answers import METADATA_ONLY
from components.cluster.client import Api, connect_to_cluster
from components.cluster.helm import Helm
from components.cluster.identity import read_cluster_id
from components.cluster.kubeconfig import Kubeconfig
from components.config.tenancy import Tenancy
from components.ownership.mark import ANNOTATION, Mark, read_mark

_CORE = "v1"


@dataclass(frozen=True)
class Facts:
    """Everything that a repair is decided from."""

    export: Export
    state: StateFacts
    cluster: ReleaseFacts
    existing: frozenset[KubernetesName]
    """The objects of pending creations that exist in the cluster."""
    has_kubeconfig: bool = False
    """Whether the stack file contains a kubeconfig."""


def read_facts(
    tenancy: Tenancy, backend: Backend, kubeconfig: Kubeconfig, helm: Helm, environment: Mapping[str, str]
) -> Facts:
    """Read the facts.

    Raises:
        PulumiFailed: the state cannot be read.
        CannotAsk: the cluster gives no answer.
        HelmFailed: helm failed.
    """
    export = backend.export()
    state = read_state(export)
    with connect_to_cluster(kubeconfig, environment) as api:
        cluster_id = read_cluster_id(api)
        mark = _read_mark(api, tenancy.namespace)
        names = {name for each in state.pending if each.is_creation and (name := kubernetes_name(each))}
        existing = frozenset(_find_existing(api, names))
    history = tuple(helm.history(tenancy.release, tenancy.namespace))
    release = ReleaseFacts(cluster_id, tenancy.namespace, tenancy.release, mark, history)
    return Facts(export, state, release, existing, has_kubeconfig=tenancy.kubernetes.kubeconfig is not None)


def _read_mark(api: Api, namespace: str) -> Mark | None:
    items = api.get(f"/api/v1/namespaces?{_named(namespace)}", accept=METADATA_ONLY).get("items") or []
    annotations = [(each.get("metadata") or {}).get("annotations") or {} for each in items]
    return next((read_mark(str(each[ANNOTATION])) for each in annotations if ANNOTATION in each), None)


def _find_existing(api: Api, names: Collection[KubernetesName]) -> Collection[KubernetesName]:
    """Return those of the objects that exist. An object of a kind that the cluster does not have does not exist."""
    groups = {"", *(str(group["name"]) for group in api.get("/apis").get("groups") or [])} if names else set()
    found = set()
    for each in names:
        group = each.api_version.rpartition("/")[0]
        if group not in groups:
            continue
        base = f"/api/{each.api_version}" if each.api_version == _CORE else f"/apis/{each.api_version}"
        kinds = {str(kind["kind"]): kind for kind in api.get(base).get("resources") or [] if "/" not in kind["name"]}
        kind = kinds.get(each.kind)
        if kind is None:
            continue
        inside = f"/namespaces/{quote(each.namespace)}" if each.namespace and kind.get("namespaced") else ""
        if api.get(f"{base}{inside}/{kind['name']}?{_named(each.name)}", accept=METADATA_ONLY).get("items"):
            found.add(each)
    return found


def _named(name: str) -> str:
    return f"fieldSelector={quote(f'metadata.name={name}')}"
