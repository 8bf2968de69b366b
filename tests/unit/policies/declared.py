"""What a good tenancy declares, as the engine shows it to policies, and what the pack's policies say of it."""

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

from components.chart.secrets import HubSecrets
from components.chart.values import Values, chart_values
from components.config.tenancy import Tenancy
from policies import kinds
from policies.pack import policies
from policies.rule import Context, Rule
from policies.rules import RULES
from tests.support.tenancies import settings, tenancy

UNKNOWN = UNKNOWN_STRING_VALUE
GONE = object()
"""A change that takes the key away."""

SECRETS = HubSecrets(proxy_token="a" * 64, cookie_secret="b" * 64, crypt_key="c" * 64, gateway_token="d" * 64)
STORAGE = {"create": {"provisioner": "cinder.csi.openstack.org"}, "hubDatabaseClass": "vis-pangeo-homes"}
STACK = "vis"


class Declared(NamedTuple):
    """A resource: its type, its properties, the type of its parent, its protect option."""

    type: str
    props: dict[str, Any]
    parent: str = kinds.TENANCY.type
    protect: bool = False

    @property
    def urn(self) -> str:
        return f"urn:pulumi:{STACK}::pangeo::{self.parent}${self.type}::pangeo"

    @property
    def options(self) -> PolicyResourceOptions:
        parent = f"urn:pulumi:{STACK}::pangeo::{self.parent}::pangeo" if self.parent else None
        return PolicyResourceOptions(self.protect, [], None, [], PolicyCustomTimeouts(0, 0, 0), [], parent)


class Said(NamedTuple):
    """What a rule said: its sentences without what to do about them; ``applies`` False: it had nothing to say."""

    sentences: list[str]
    applies: bool = True


def release(**changes: Any) -> Declared:
    """The hub's Helm release; ``hub__config__JupyterHub__admin_access`` is a key of the hub's chart's values."""
    own = {f"jupyterhub__{path}": value for path, value in changes.items()}
    return of_release(values=changed(_values(), own))


def gateway(**changes: Any) -> Declared:
    """The same with the Dask gateway's chart's values changed."""
    return of_release(values=changed(_values(), {f"dask-gateway__{path}": value for path, value in changes.items()}))


def of_release(**changes: Any) -> Declared:
    """The same with the release's own properties changed."""
    props = {"chart": "./chart", "version": "", "values": _values()}
    return Declared(kinds.RELEASE.type, changed(props, changes))


def namespace(**changes: Any) -> Declared:
    labels = {"pod-security.kubernetes.io/enforce": "baseline"}
    return Declared(kinds.NAMESPACE.type, changed({"metadata": {"name": "vis-pangeo", "labels": labels}}, changes))


def ingress(**changes: Any) -> Declared:
    host = _tenancy().domain
    spec = {"rules": [{"host": host}], "tls": [{"hosts": [host], "secretName": "pangeo-tls"}]}
    return Declared(kinds.INGRESS.type, changed({"spec": spec}, changes))


def storage_class(**changes: Any) -> Declared:
    return Declared(
        kinds.STORAGE_CLASS.type, changed({"reclaimPolicy": "Retain", "allowVolumeExpansion": True}, changes)
    )


def group(**changes: Any) -> Declared:
    props = {"name": "vis_pangeo_notebook_users", "tls": "ldaps", "protect": True}
    return Declared(kinds.GROUP.type, changed(props, changes))


def cluster(**changes: Any) -> Declared:
    """The tenancy's component."""
    return Declared(kinds.TENANCY.type, changed(_tenancy().as_inputs(), changes), parent="pulumi:pulumi:Stack")


def random_bytes(hex_digits: str) -> Declared:
    return Declared("random:index/randomBytes:RandomBytes", {"length": 32.0, "hex": hex_digits})


def a_good_stack() -> list[Declared]:
    secrets = [random_bytes(str(each)) for each in vars(SECRETS).values()]
    return [cluster(), namespace(), storage_class(), *secrets, release(), ingress(), group()]


def rule(name: str) -> Rule:
    return next(each for each in RULES if each.id == name)


def config(**changes: Any) -> dict[str, str]:
    """The stack's configuration as the engine hands it over; a key can be changed as in ``tenancies.settings``."""
    given = settings(storage=STORAGE, **changes)
    return {f"pangeo:{key}": value if isinstance(value, str) else json.dumps(value) for key, value in given.items()}


def of(
    name: str,
    declared: Declared,
    *,
    stack: Mapping[str, str] | None = None,
    organisation: Mapping[str, Any] | None = None,
) -> Said:
    """What the policy of that name says of one resource."""
    (policy,) = policies([rule(name)], lambda: _context(stack))
    assert isinstance(policy, ResourceValidationPolicy)
    args = ResourceValidationArgs(
        declared.type,
        unknown_checking_proxy(_as_the_engine_has_it(declared.props)),
        declared.urn,
        "pangeo",
        declared.options,
        None,
        organisation,
    )
    found: list[str] = []
    try:
        policy.validate(args, lambda said, urn: found.append(said))
    except Exception as nothing_to_say:
        if type(nothing_to_say).__name__ != "_NotApplicableError":
            raise
        return Said([], applies=False)
    return Said([_sentence(each) for each in found])


def of_stack(
    name: str,
    resources: Sequence[Declared],
    *,
    stack: Mapping[str, str] | None = None,
    organisation: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
) -> list[str]:
    """What the policy of that name says of all resources together."""
    (policy,) = policies([rule(name)], lambda: _context(stack, environment))
    assert isinstance(policy, StackValidationPolicy)
    shown = [
        PolicyResource(
            each.type,
            unknown_checking_proxy(_as_the_engine_has_it(each.props)),
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
    policy.validate(StackValidationArgs(shown, organisation), lambda said, urn: found.append(said))
    return [_sentence(each) for each in found]


def changed(tree: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """``tree`` with the leaves at ``a__b__c`` changed."""
    result: dict[str, Any] = copy.deepcopy(dict(tree))
    for path, value in changes.items():
        *parents, key = path.split("__")
        inner = result
        for parent in parents:
            inner = inner.setdefault(parent, {})
        if value is GONE:
            del inner[key]
        else:
            inner[key] = value
    return result


@functools.cache
def _values() -> Values:
    return chart_values(_tenancy(), SECRETS)


def _tenancy() -> Tenancy:
    return tenancy(storage=STORAGE)


def _context(stack: Mapping[str, str] | None, environment: Mapping[str, str] | None = None) -> Context:
    return Context(STACK, config() if stack is None else stack, environment=environment or {})


def _as_the_engine_has_it(tree: Any) -> Any:
    """Plain dictionaries and lists, and every number a float."""
    return json.loads(json.dumps(tree), parse_int=float)


def _sentence(said: str) -> str:
    return said.partition("\nWhat to do: ")[0]
