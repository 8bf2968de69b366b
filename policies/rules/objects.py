"""Every declared resource besides the Helm release: its inputs are the program's for the stack's configuration."""

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from components.chart.digest import ARCHIVES
from policies.differences import find_differences
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
    RANDOM,
    SECRET,
    SERVICE,
    STORAGE_CLASS,
    TENANCY,
    VOLUME,
    VOLUME_CLAIM,
)
from policies.rule import STRINGS, Context, InvalidConfiguration, Resource, Rule, Setting
from policies.tree import Path as TreePath
from policies.tree import format_path, get

ENFORCED_LEVEL = ("metadata", "labels", "pod-security.kubernetes.io/enforce")
"""The label that another rule checks; the organisation may demand a higher level."""

MAX_MESSAGES = 10
"""Number of differences of one resource that are listed."""

Inputs = Mapping[str, Any]


def _check_object(resource: Resource, context: Context) -> Iterator[str]:
    find_own = OWN_INPUTS.get(resource.type)
    if find_own is None:
        return
    own = find_own(resource, context)
    if own is None:
        yield "the program declares no resource of this type and name for this configuration"
        return
    free, metadata = FREE.get(resource.type, ()), context.settings["furtherMetadata"]

    def is_free(path: TreePath, _value: object) -> bool:
        return path in free or _is_mark(path) or (len(path) == 3 and path[0] == "metadata" and path[2] in metadata)

    found = [each for each in find_differences(resource.props, own, is_free) if not _is_default(each.path, each.value)]
    for each in found[:MAX_MESSAGES]:
        yield f"{format_path(each.path)} {each.message}"
    if len(found) > MAX_MESSAGES:
        yield f"and {len(found) - MAX_MESSAGES} more inputs differ from the program's"


def _is_mark(path: TreePath) -> bool:
    """Return whether a property is the mark of the owner, or an instruction to the provider to overwrite an old one."""
    from components.ownership.field_manager import FORCE_ANNOTATION
    from components.ownership.mark import ANNOTATION

    return path in [("metadata", "annotations", name) for name in (ANNOTATION, FORCE_ANNOTATION)]


def _is_default(path: TreePath, value: object) -> bool:
    """Return whether an input is one that the program sends without a value."""
    return len(path) == 1 and value is None


def _sent(manifest: dict[str, Any]) -> Inputs:
    """Return a manifest in the form in which the program sends it."""
    from components.resources.kubernetes import declared_form

    return declared_form(manifest)


def _find_own(resource: Resource, manifests: Iterable[dict[str, Any]]) -> Inputs | None:
    """Return the program's manifest of the resource's kind and name, in the form in which it is sent; None if none."""
    name, kind = get(resource.props, "metadata", "name"), get(resource.props, "kind")
    for manifest in manifests:
        if (manifest["kind"], manifest["metadata"]["name"]) == (kind, name):
            return _sent(manifest)
    return None


def _own_namespace(_: Resource, context: Context) -> Inputs:
    from components.resources.tenancy_objects import namespace_manifest

    return _sent(namespace_manifest(context.tenancy))


def _own_storage_class(_: Resource, context: Context) -> Inputs | None:
    from components.resources.tenancy_objects import storage_class_manifest

    create = context.tenancy.storage.create
    return None if create is None else _sent(storage_class_manifest(context.tenancy, create))


def _own_folder(resource: Resource, context: Context) -> Inputs | None:
    from components.resources.shared_folders import folder_manifests

    return _find_own(resource, folder_manifests(context.tenancy))


def _own_ingress(ingress: Resource, context: Context) -> Inputs | None:
    from components.resources.ingress import HUB, hub_ingress

    if get(ingress.props, "metadata", "name") == HUB:
        return _sent(hub_ingress(context.tenancy))
    return _redirect(ingress, context)


def _redirect(resource: Resource, context: Context) -> Inputs | None:
    """Return the program's Ingress or middleware of Traefik's redirect; None if it has none of this name."""
    from components.config.controllers import TRAEFIK
    from components.resources.ingress import https_redirect

    return _find_own(resource, https_redirect(context.tenancy, TRAEFIK))


def _own_monitoring(resource: Resource, context: Context) -> Inputs | None:
    from components.resources.monitoring import BUILDERS, monitoring_manifests

    return _find_own(resource, monitoring_manifests(context.tenancy, BUILDERS))


def _own_secret(_: Resource, context: Context) -> Inputs:
    from components.chart.secrets import secret_manifest, without_values

    return _sent(secret_manifest(context.tenancy, without_values()))


def _own_crd(crd: Resource, context: Context) -> Inputs | None:
    chart = context.checkout / "chart"
    archives = tuple((each.name, each.stat().st_mtime_ns) for each in sorted(chart.glob(f"{ARCHIVES}*.tgz")))
    if not archives:
        # This checkout is not the one that is deployed. known-resources checks the name and the conversion.
        return crd.props
    return _packaged_manifests(chart, archives).get(get(crd.props, "metadata", "name"))


@functools.lru_cache(maxsize=2)  # the archive has eleven CRDs, and its reading takes longer than all comparisons
def _packaged_manifests(chart: Path, _archives: tuple[tuple[str, int], ...]) -> Mapping[str, Inputs]:
    from components.chart.archives import ChartDependenciesError
    from components.chart.crds import packaged_crds

    try:
        return {each.name: _sent(each.manifest()) for each in packaged_crds(chart)}
    except (ChartDependenciesError, OSError) as error:
        raise InvalidConfiguration(str(error)) from None


def _own_group(_: Resource, context: Context) -> Inputs:
    from components.freeipa.names import notebook_users_description

    tenancy, directory = context.tenancy, context.tenancy.identity.directory()
    return {
        "servers": [str(server) for server in directory.servers],
        "tls": directory.tls,
        "caCertificate": directory.ca_certificate,
        "bindDn": directory.bind_dn,
        "suffix": tenancy.directory_suffix,
        "name": tenancy.notebook_users_group,
        "description": notebook_users_description(tenancy.cluster_name),
        "existingGroup": tenancy.identity.existing_group,
        "protect": tenancy.protect,
    }


def _own_password(_: Resource, __: Context) -> Inputs:
    from components.chart.secrets import SECRET_DIGITS
    from components.resources.random import hex_inputs

    return hex_inputs(SECRET_DIGITS)


def _own_tenancy(_: Resource, context: Context) -> Inputs:
    return context.tenancy.as_inputs()


def _own_contract(_: Resource, context: Context) -> Inputs:
    from components.contract.immutable import immutable_settings

    return {
        "settings": immutable_settings(context.tenancy).as_props(),
        "namespace": context.tenancy.namespace,
        "protect": context.tenancy.protect,
    }


def _own_wait(_: Resource, context: Context) -> Inputs:
    return {"release": context.tenancy.release, "namespace": context.tenancy.namespace}


def _own_destroy_check(_: Resource, context: Context) -> Inputs:
    return {"namespace": context.tenancy.namespace}


OWN_INPUTS: Mapping[str, Callable[[Resource, Context], Inputs | None]] = {
    NAMESPACE.type: _own_namespace,
    STORAGE_CLASS.type: _own_storage_class,
    VOLUME.type: _own_folder,
    VOLUME_CLAIM.type: _own_folder,
    INGRESS.type: _own_ingress,
    MIDDLEWARE.type: _redirect,
    SECRET.type: _own_secret,
    **dict.fromkeys((SERVICE.type, *MONITORING), _own_monitoring),
    CRD: _own_crd,
    GROUP.type: _own_group,
    RANDOM: _own_password,
    TENANCY.type: _own_tenancy,
    CONTRACT.type: _own_contract,
    HUB_READY: _own_wait,
    DESTROY_CHECK: _own_destroy_check,
}
"""The program's inputs of a resource by its type; None if the program declares none of its name."""

FREE: Mapping[str, tuple[TreePath, ...]] = {
    NAMESPACE.type: (ENFORCED_LEVEL,),
    # Another rule checks that they are random secrets of the stack; a first preview does not know them.
    SECRET.type: (("data",), ("stringData",)),
    # The cluster's CRD may have been set under the name of an older stack.
    CRD: (("metadata", "annotations", "pulumi.com/patchFieldManager"),),
    RANDOM: (("result",), ("bcryptHash",), ("id",)),
    GROUP.type: (("dn",), ("mark",), ("preview",)),
    # The cluster, and what it contains.
    CONTRACT.type: (("cluster",), ("owner",), ("ingress",), ("takenOver",), ("found",), ("existingNamespace",)),
    HUB_READY: (("revision",), ("limitSeconds",)),
    DESTROY_CHECK: (("cluster",), ("owner",)),
}
"""Inputs that depend on more than the configuration, or that other rules check."""

RULES = (
    Rule(
        "program-objects",
        "Every resource besides the hub's release has the inputs that the program declares for this configuration",
        "Annotations, labels, ports and parameters change what a controller does with an object: a snippet in an "
        "Ingress publishes the hub without TLS, a short random password can be guessed, another server of the "
        "directory learns a password.",
        "Restore the program's inputs; change the configuration key instead, for example pangeo:ingress.annotations. "
        "If the organisation adds labels or annotations, add their names to this rule's setting furtherMetadata.",
        "critical",
        settings=(
            Setting("furtherMetadata", "Names of labels and annotations that may be added to the objects", STRINGS, []),
        ),
        check=_check_object,
    ),
)
