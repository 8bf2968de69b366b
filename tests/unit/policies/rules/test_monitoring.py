"""The Services of the metrics and the objects of the Prometheus Operator: only the program's own."""

import json

import pytest

from components.resources.kubernetes import declared_form, type_token
from components.resources.monitoring import BUILDERS, monitoring_manifests
from policies import kinds
from tests.support.tenancies import tenancy
from tests.unit.policies import declared
from tests.unit.policies.declared import Declared, change, manifest

HERE = "vis-pangeo"
METRICS = {"prometheus": {"namespace": "monitoring", "podLabels": {"app": "prometheus"}}}
STACK = declared.config() | {"pangeo:metrics": json.dumps(METRICS)}
OWN = [
    Declared(type_token(each["apiVersion"], each["kind"]), dict(declared_form(each)))
    for each in monitoring_manifests(tenancy(metrics=METRICS), BUILDERS)
]
SERVICE = OWN[0]


def check(resource: Declared, stack: dict[str, str] = STACK) -> list[str]:
    return [
        message
        for rule in ("known-resources", "program-objects")
        for message in declared.check(rule, resource, stack=stack).messages
    ]


@pytest.mark.parametrize("own", OWN, ids=lambda each: each.props["metadata"]["name"])
def test_own_objects_are_accepted_only_with_the_section(own: Declared) -> None:
    assert check(own) == []
    name = own.props["metadata"]["name"]
    assert check(own, declared.config())[0] == f'its name is "{name}"; a tenancy has none of this kind'


@pytest.mark.parametrize("spec", [{"type": "LoadBalancer"}, {"type": "NodePort"}, {"externalIPs": ["192.0.2.1"]}])
def test_a_service_that_others_can_reach_is_refused(spec: dict[str, object]) -> None:
    opened = SERVICE._replace(props=change(SERVICE.props, {f"spec__{key}": each for key, each in spec.items()}))
    assert check(opened) != []


@pytest.mark.parametrize("kind", ["LoadBalancer", "ExternalName"])
def test_another_service_is_refused(kind: str) -> None:
    (message, *_) = check(manifest("v1", "Service", "lb", namespace=HERE, spec={"type": kind}))
    assert message.startswith('its name is "lb"; a tenancy has only pangeo-metrics-')


def test_every_operator_kind_is_known_to_the_policies() -> None:
    assert {type_token("monitoring.coreos.com/v1", kind) for kind in BUILDERS} <= set(kinds.MONITORING)


def test_a_missing_service_is_refused() -> None:
    services = [each for each in OWN if each.type == kinds.SERVICE.type]
    assert len(services) == 3
    assert declared.check_stack("complete-tenancy", [*declared.good_stack(), *services], stack=STACK) == []
    (message,) = declared.check_stack("complete-tenancy", [*declared.good_stack(), *services[1:]], stack=STACK)
    assert message == f"there are 2 resources of the type {kinds.SERVICE.type}; this tenancy has 3"


def test_hooks_of_servers_are_refused_with_metrics_too() -> None:
    own = declared.release(hub__config__KubeSpawner__lifecycle_hooks={"postStart": {"exec": {"command": ["id"]}}})
    (message,) = declared.check("pod-security", own, stack=STACK).messages
    assert message.startswith("hub.config.KubeSpawner.lifecycle_hooks is set")
