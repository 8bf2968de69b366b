"""Declared resources: only those that a tenancy consists of, each in its own place."""

from collections.abc import Iterable, Iterator, Mapping

from pulumi_policy.proxy import UnknownValueError

from policies.kinds import (
    CONTRACT,
    CRD,
    DESTROY_CHECK,
    GROUP,
    HUB_READY,
    INGRESS,
    MIDDLEWARE,
    MONITORING,
    NAMESPACE,
    PROVIDERS,
    RANDOM,
    RELEASE,
    SECRET,
    SERVICE,
    STORAGE_CLASS,
    TENANCY,
    VOLUME,
    VOLUME_CLAIM,
)
from policies.rule import STRINGS, Check, Context, Resource, Rule, Setting
from policies.tree import format_value, get

CRD_GROUPS = ("gateway.dask.org", "traefik.io")
"""API groups of the CRDs in the gateway's chart."""

PROVIDER_NAME = "cluster"
"""Name of the program's Kubernetes provider in the state."""

DYNAMIC = (GROUP.type, CONTRACT.type, HUB_READY, DESTROY_CHECK)
"""The program's dynamic resources. The engine does not pass the classes of their providers to policies."""

BACKEND = "proxy-public"
"""Name of the Service of the hub's proxy."""


def _check_resource(resource: Resource, context: Context) -> Iterator[str]:
    if resource.type in context.settings["furtherTypes"]:
        return
    check = CHECKS.get(resource.type)
    if check is None:
        yield f"{resource.type} is not a type of resource that a tenancy consists of"
        return
    if resource.type.startswith("kubernetes:") and resource.type != RELEASE.type:
        yield from _check_manifest_type(resource)
    yield from check(resource, context)


def _check_manifest_type(resource: Resource) -> Iterator[str]:
    """Compare the type with the manifest, from which the provider takes the object's kind."""
    api_version, kind = get(resource.props, "apiVersion", default=""), get(resource.props, "kind", default="")
    group = api_version if "/" in str(api_version) else f"core/{api_version}"
    if f"kubernetes:{group}:{kind}" != resource.type:
        yield f"apiVersion {format_value(api_version)} and kind {format_value(kind)} are not those of its type"


def _check_nothing(_resource: Resource, _context: Context) -> Iterator[str]:
    yield from ()


def _check_place(resource: Resource, names: Iterable[str | None], namespace: str | None) -> Iterator[str]:
    """Compare an object's name and namespace with the tenancy's."""
    name, expected = get(resource.props, "metadata", "name"), [each for each in names if each]
    if name not in expected:
        own = f"only {' and '.join(expected)}" if expected else "none of this kind"
        yield f"its name is {format_value(name)}; a tenancy has {own}"
    found = get(resource.props, "metadata", "namespace")
    if found != namespace:
        yield f"its namespace is {format_value(found)}, not the tenancy's {namespace}"


def _check_namespace(resource: Resource, context: Context) -> Iterator[str]:
    yield from _check_place(resource, [context.tenancy.namespace], None)


def _check_storage_class(resource: Resource, context: Context) -> Iterator[str]:
    tenancy, create = context.tenancy, context.tenancy.storage.create
    yield from _check_place(resource, [tenancy.storage_class_name if create else None], None)


def _check_folder(resource: Resource, context: Context) -> Iterator[str]:
    from components.resources.shared_folders import folder_manifests

    is_claim = resource.type == VOLUME_CLAIM.type
    kind = "PersistentVolumeClaim" if is_claim else "PersistentVolume"
    names = [each["metadata"]["name"] for each in folder_manifests(context.tenancy) if each["kind"] == kind]
    yield from _check_place(resource, names, context.tenancy.namespace if is_claim else None)


def _check_secret(resource: Resource, context: Context) -> Iterator[str]:
    # They import pydantic, which loads at the same time as the program.
    from components.chart.secrets import SECRET_NAME, secret_manifest, without_values

    yield from _check_place(resource, [SECRET_NAME], context.tenancy.namespace)
    expected = secret_manifest(
        context.tenancy, without_values(), "" if context.tenancy.identity.membership_check else None
    )
    if get(resource.props, "type", default="Opaque") != expected["type"]:
        yield f"its type is {format_value(get(resource.props, 'type'))}, not {expected['type']}"
    for part in ("data", "stringData"):
        try:
            found = get(resource.props, part, default={})
        except UnknownValueError:  # a first preview knows none of the random secrets
            continue
        if others := sorted(set(found) - set(expected["stringData"])):
            yield f"{part} contains {', '.join(others)}, which are not secrets of the hub"


def _check_release(resource: Resource, context: Context) -> Iterator[str]:
    tenancy = context.tenancy
    for key, expected in (("name", tenancy.release), ("namespace", tenancy.namespace)):
        found = get(resource.props, key)
        if found != expected:
            yield f"its {key} is {format_value(found)}; a tenancy has one release, {expected} in {tenancy.namespace}"
    if not RELEASE.includes(resource):
        yield f"its chart is {format_value(get(resource.props, 'chart'))}, which no other rule checks"


def _check_ingress(resource: Resource, context: Context) -> Iterator[str]:
    from components.resources.ingress import HUB, REDIRECT

    yield from _check_place(resource, [HUB, REDIRECT], context.tenancy.namespace)
    spec = get(resource.props, "spec", default={})
    default = get(spec, "defaultBackend")
    backends = [path for rule in get(spec, "rules", default=[]) for path in get(rule, "http", "paths", default=[])]
    for backend in (*([default] if default else []), *(get(path, "backend", default={}) for path in backends)):
        if get(backend, "service", "name") != BACKEND or get(backend, "resource"):
            yield f"it leads to {format_value(backend)}, not to the hub's proxy {BACKEND}"


def _check_middleware(resource: Resource, context: Context) -> Iterator[str]:
    from components.resources.ingress import REDIRECT

    yield from _check_place(resource, [REDIRECT], context.tenancy.namespace)


def _check_monitoring(resource: Resource, context: Context) -> Iterator[str]:
    from components.resources.monitoring import BUILDERS, monitoring_manifests

    kind = resource.type.rpartition(":")[2]
    own = monitoring_manifests(context.tenancy, BUILDERS)
    names = [each["metadata"]["name"] for each in own if each["kind"] == kind]
    yield from _check_place(resource, names, context.tenancy.namespace)


def _check_crd(resource: Resource, _: Context) -> Iterator[str]:
    name = str(get(resource.props, "metadata", "name", default=""))
    if name.partition(".")[2] not in CRD_GROUPS:
        yield f"its name is {format_value(name)}; the gateway's CRDs are in {' and '.join(CRD_GROUPS)}"
    if get(resource.props, "spec", "conversion", "strategy", default="None") != "None":
        yield "spec.conversion is set: a web server would see and change every object of this kind"


def _check_cluster_provider(resource: Resource, context: Context) -> Iterator[str]:
    kubernetes = context.tenancy.kubernetes
    kubeconfig = kubernetes.kubeconfig.get_secret_value() if kubernetes.kubeconfig else None
    if resource.name != PROVIDER_NAME:
        yield f"its name is {resource.name}; a tenancy has one Kubernetes provider, {PROVIDER_NAME}"
    if get(resource.props, "context") != kubernetes.context:
        found, expected = format_value(get(resource.props, "context")), format_value(kubernetes.context)
        yield f"context is {found}; for pangeo:kubernetes.context it must be {expected}"
    if get(resource.props, "kubeconfig") != kubeconfig:
        yield "kubeconfig is not the one of pangeo:kubernetes.kubeconfig, so it may be another cluster"
    yield from _check_provider_keys(
        resource, ("context", "kubeconfig", "clusterIdentifier", "upsertExistingObjects", "version")
    )


def _check_provider(resource: Resource, _: Context) -> Iterator[str]:
    yield from _check_provider_keys(resource, ("version",))


def _check_provider_keys(resource: Resource, known: tuple[str, ...]) -> Iterator[str]:
    # Providers of dynamic resources get the stack's configuration, in keys such as pangeo:clusterName.
    others = [key for key in resource.props if key not in known and ":" not in key]
    if others:
        yield f"{', '.join(others)} must not be set"


CHECKS: Mapping[str, Check] = {
    TENANCY.type: _check_nothing,
    RANDOM: _check_nothing,
    NAMESPACE.type: _check_namespace,
    STORAGE_CLASS.type: _check_storage_class,
    VOLUME.type: _check_folder,
    VOLUME_CLAIM.type: _check_folder,
    SECRET.type: _check_secret,
    RELEASE.type: _check_release,
    INGRESS.type: _check_ingress,
    MIDDLEWARE.type: _check_middleware,
    **dict.fromkeys((SERVICE.type, *MONITORING), _check_monitoring),
    CRD: _check_crd,
    f"{PROVIDERS}kubernetes": _check_cluster_provider,
    f"{PROVIDERS}pulumi-python": _check_provider,
    f"{PROVIDERS}random": _check_provider,
    **dict.fromkeys(DYNAMIC, _check_nothing),
}
"""All types of a tenancy's resources, each with the check of its instances."""

RULES = (
    Rule(
        "known-resources",
        "Every resource is one that a tenancy consists of, with its name, in its namespace and cluster",
        "No other rule knows other kinds: a Service, a second chart, a cluster role or another provider could expose "
        "the hub or control the cluster.",
        "Remove the resource. The program declares all resources of a tenancy; no configuration key adds one. Once "
        "your organisation has reviewed a further type, add it to this rule's setting furtherTypes.",
        "critical",
        settings=(Setting("furtherTypes", "Reviewed further types of resources, as in the state", STRINGS, []),),
        check=_check_resource,
    ),
)
