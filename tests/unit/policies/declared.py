"""Resources of a tenancy that follows every rule, as the engine passes them to policies, and checks of them."""

import base64
import copy
import functools
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pulumi_policy import (
    PolicyCustomTimeouts,
    PolicyResource,
    PolicyResourceOptions,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, unknown_checking_proxy

from components.chart.secrets import SECRET_DIGITS, secret_manifest
from components.chart.values import Values, chart_values
from components.config.controllers import INGRESS_NGINX, TRAEFIK
from components.config.tenancy import Tenancy
from components.contract.immutable import immutable_settings
from components.freeipa.names import notebook_users_description
from components.resources.ingress import https_redirect, hub_ingress
from components.resources.kubernetes import declared_form, type_token
from components.resources.random import hex_inputs
from components.resources.tenancy_objects import namespace_manifest, storage_class_manifest
from policies import kinds
from policies.pack import make_policies, read_tenancy
from policies.rule import Context, Rule
from policies.rules import RULES
from tests.support.rendered_values import SECRETS
from tests.support.tenancies import settings, tenancy

RESOURCE_RULES = [rule.id for rule in RULES if rule.check]
STACK_RULES = [rule.id for rule in RULES if rule.check_stack]
UNKNOWN = UNKNOWN_STRING_VALUE
REMOVED = object()
"""A change that removes the key."""

STORAGE: dict[str, Any] = {
    "create": {"provisioner": "cinder.csi.openstack.org"},
    "hubDatabaseClass": "vis-pangeo-homes",
}
STACK = "vis"


class Declared(NamedTuple):
    """A resource: its type, its properties, its parent's type, and its option ``protect``."""

    type: str
    props: dict[str, Any]
    parent: str = kinds.TENANCY.type
    protect: bool = False
    name: str = "pangeo"

    @property
    def urn(self) -> str:
        return f"urn:pulumi:{STACK}::pangeo::{self.parent}${self.type}::{self.name}"

    @property
    def options(self) -> PolicyResourceOptions:
        parent = f"urn:pulumi:{STACK}::pangeo::{self.parent}::pangeo" if self.parent else None
        return PolicyResourceOptions(self.protect, [], None, [], PolicyCustomTimeouts(0, 0, 0), [], parent)


class Result(NamedTuple):
    """The messages of a rule, without its fix; ``applies`` is False if the rule does not apply to the resource."""

    messages: list[str]
    applies: bool = True


def release(**changes: Any) -> Declared:
    """Return the hub's Helm release; ``hub__config__JupyterHub__admin_access`` is a key of the chart's values."""
    own = {f"jupyterhub__{path}": value for path, value in changes.items()}
    return release_with(values=change(_values(), own))


def gateway(**changes: Any) -> Declared:
    """Return the hub's Helm release with changed values of the chart ``dask-gateway``."""
    return release_with(values=change(_values(), {f"dask-gateway__{path}": value for path, value in changes.items()}))


def release_with(**changes: Any) -> Declared:
    """Return the hub's Helm release with changed properties of the release itself."""
    own = {"name": _tenancy().release, "namespace": _tenancy().namespace}
    props = {**own, "chart": "./chart", "version": "", "values": _values()}
    return Declared(kinds.RELEASE.type, change(props, changes))


def namespace(**changes: Any) -> Declared:
    return Declared(kinds.NAMESPACE.type, change(declared_form(namespace_manifest(_tenancy())), changes))


def ingress(**changes: Any) -> Declared:
    return Declared(kinds.INGRESS.type, change(declared_form(hub_ingress(_tenancy())), changes))


def redirect(**changes: Any) -> list[Declared]:
    """Return the middleware and the Ingress of Traefik's redirect; the changes are made to the middleware."""
    middleware, plain_http = https_redirect(_tenancy(), TRAEFIK)
    return [
        Declared(kinds.MIDDLEWARE.type, change(middleware, changes)),
        Declared(kinds.INGRESS.type, plain_http, name="pangeo-https"),
    ]


def contract(
    controller: str = INGRESS_NGINX, source: str = "cluster", default_class: str = "", **changes: Any
) -> Declared:
    """Return the contract, with the controller that the program has read from the cluster."""
    facts = {"className": "", "defaultClass": default_class, "controller": controller, "source": source}
    own = {
        "settings": immutable_settings(_tenancy()).as_props(),
        "namespace": "vis-pangeo",
        "protect": True,
        "ingress": facts,
        "owner": {"stack": STACK, "deployment": "1"},
    }
    return Declared(kinds.CONTRACT.type, change(own, changes), parent="pulumi:pulumi:Stack")


def storage_class(**changes: Any) -> Declared:
    create = _tenancy().storage.create
    assert create
    manifest = declared_form(storage_class_manifest(_tenancy(), create))
    return Declared(kinds.STORAGE_CLASS.type, change(manifest, changes))


def group(**changes: Any) -> Declared:
    identity = _tenancy().identity
    props = {
        "servers": [str(server) for server in identity.directory().servers],
        "tls": "ldaps",
        "caCertificate": identity.ca_certificate,
        "bindDn": identity.directory().bind_dn,
        "suffix": _tenancy().directory_suffix,
        "name": "vis_pangeo_notebook_users",
        "description": notebook_users_description("vis-pangeo"),
        "existingGroup": "refuse",
        "protect": True,
        "mark": "stack vis, cluster 1, deployment 1",
        "dn": _tenancy().notebook_users_group_dn,
    }
    return Declared(kinds.GROUP.type, change({key: value for key, value in props.items() if value}, changes))


def cluster(**changes: Any) -> Declared:
    """Return the tenancy's component."""
    return Declared(kinds.TENANCY.type, change(_tenancy().as_inputs(), changes), parent="pulumi:pulumi:Stack")


def random_secret(digits: str) -> Declared:
    return Declared(kinds.RANDOM, {**hex_inputs(SECRET_DIGITS), "result": digits, "id": "none"})


def destroy_check(**changes: Any) -> Declared:
    own = {"namespace": "vis-pangeo", "cluster": {"uid": "1"}, "owner": {"stack": STACK, "deployment": "1"}}
    return Declared(kinds.DESTROY_CHECK, change(own, changes), parent="pulumi:pulumi:Stack")


def secret(**changes: Any) -> Declared:
    """Return the Secret with the hub's secrets."""
    manifest = secret_manifest(_tenancy(), SECRETS)
    texts = manifest.pop("stringData")
    data = {key: base64.b64encode(value.encode()).decode() for key, value in texts.items()}
    return Declared(kinds.SECRET.type, change({**manifest, "data": data}, changes))


def provider(plugin: str = "kubernetes", name: str = "cluster", **props: Any) -> Declared:
    """Return a provider; its inputs are those of the program's Kubernetes provider, and ``props``."""
    own = {"clusterIdentifier": "uid", "upsertExistingObjects": "true"} if plugin == "kubernetes" else {}
    return Declared(f"{kinds.PROVIDERS}{plugin}", {**own, "version": "4.32.0", **props}, parent="", name=name)


def manifest(api_version: str, kind: str, name: str, *, namespace: str | None = None, **more: Any) -> Declared:
    """Return a Kubernetes object."""
    metadata = {"name": name, **({} if namespace is None else {"namespace": namespace})}
    props = {"apiVersion": api_version, "kind": kind, "metadata": metadata, **more}
    return Declared(type_token(api_version, kind), props)


def good_stack() -> list[Declared]:
    secrets = [random_secret(str(each)) for each in vars(SECRETS).values()]
    own = [cluster(), namespace(), storage_class(), *secrets, secret(), release(), ingress(), group(), contract()]
    return [provider(), provider("random"), provider("pulumi-python", **config()), *own, destroy_check()]


def rule(name: str) -> Rule:
    return next(each for each in RULES if each.id == name)


def config(**changes: Any) -> dict[str, str]:
    """Return the stack's configuration as the engine passes it, with changes as in ``tenancies.settings``."""
    given = settings(storage=STORAGE, **changes)
    return {f"pangeo:{key}": value if isinstance(value, str) else json.dumps(value) for key, value in given.items()}


def check(
    name: str,
    declared: Declared,
    *,
    stack: Mapping[str, str] | None = None,
    organisation: Mapping[str, Any] | None = None,
) -> Result:
    """Check one resource with the policy of that name."""
    (policy,) = make_policies([rule(name)], lambda: context(stack))
    assert isinstance(policy, ResourceValidationPolicy)
    args = ResourceValidationArgs(
        declared.type,
        unknown_checking_proxy(as_engine_passes(declared.props)),
        declared.urn,
        declared.name,
        declared.options,
        None,
        organisation,
    )
    found: list[str] = []
    try:
        policy.validate(args, lambda message, urn: found.append(message))
    except Exception as error:
        if type(error).__name__ != "_NotApplicableError":
            raise
        return Result([], applies=False)
    return Result([_without_fix(each) for each in found])


def check_stack(
    name: str,
    resources: Sequence[Declared],
    *,
    stack: Mapping[str, str] | None = None,
    organisation: Mapping[str, Any] | None = None,
    bind_password: str = "",
    read_password: str = "",
) -> list[str]:
    """Check all resources together with the policy of that name."""
    (policy,) = make_policies([rule(name)], lambda: context(stack, bind_password, read_password))
    assert isinstance(policy, StackValidationPolicy)
    shown = [
        PolicyResource(
            each.type,
            unknown_checking_proxy(as_engine_passes(each.props)),
            each.urn,
            "pangeo",
            each.options,
            None,
            None,
            [],
            {},
        )
        for each in resources
    ]
    found: list[str] = []
    policy.validate(StackValidationArgs(shown, organisation), lambda message, urn: found.append(message))
    return [_without_fix(each) for each in found]


def change(tree: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``tree`` with the leaves at ``a__b__c`` changed."""
    result: dict[str, Any] = copy.deepcopy(dict(tree))
    for path, value in changes.items():
        *parents, key = path.split("__")
        inner = result
        for parent in parents:
            inner = inner.setdefault(parent, {})
        if value is REMOVED:
            del inner[key]
        else:
            inner[key] = value
    return result


@functools.cache
def _values() -> Values:
    return chart_values(_tenancy(), chart_digest="0" * 64, secrets_digest="1" * 64)


def _tenancy() -> Tenancy:
    return tenancy(storage=STORAGE)


def context(stack: Mapping[str, str] | None = None, bind_password: str = "", read_password: str = "") -> Context:
    given = config() if stack is None else stack
    return Context(
        STACK, read_tenancy(STACK, tuple(given.items())), bind_passwords=(bind_password,), read_password=read_password
    )


def as_engine_passes(tree: Any) -> Any:
    """Return plain dictionaries and lists, with every number as a float."""
    return json.loads(json.dumps(tree), parse_int=float)


def _without_fix(message: str) -> str:
    return message.partition("\nFix: ")[0]
