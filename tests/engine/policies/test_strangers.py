"""Resources that no tenancy consists of, declared beside the program's in the real engine."""

from collections.abc import Callable
from dataclasses import fields

import pulumi
import pytest

from components.chart.secrets import HubSecrets
from policies.kinds import RANDOM
from tests.engine.policies.reviewed_stack import STACK, ReviewedStack

pytestmark = pytest.mark.engine

RULE = "known-resources"
BINDING = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRoleBinding",
    "metadata": {"name": "everybody"},
}
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "public", "namespace": "reviewed"},
    "spec": {"type": "LoadBalancer"},
}
ELSEWHERE = {"name": "pangeo-secrets", "namespace": "kube-system"}
Declare = Callable[[pulumi.ResourceOptions], object]


def _object(type_token: str, **props: object) -> Declare:
    return lambda options: pulumi.CustomResource(type_token, "stranger", props, options)


STRANGERS: dict[str, tuple[Declare, str]] = {
    "Secret of another namespace": (
        _object("kubernetes:core/v1:Secret", apiVersion="v1", kind="Secret", metadata=ELSEWHERE),
        'its namespace is "kube-system", not the tenancy\'s reviewed',
    ),
    "another kind under a known type": (
        _object("kubernetes:core/v1:Namespace", **BINDING),
        "are not those of its type",
    ),
    "chart": (
        lambda options: pulumi.ComponentResource("kubernetes:helm.sh/v4:Chart", "stranger", {}, options),
        "kubernetes:helm.sh/v4:Chart is not a type",
    ),
    "manifests": (
        lambda options: pulumi.ComponentResource("kubernetes:yaml/v2:ConfigGroup", "stranger", {}, options),
        "kubernetes:yaml/v2:ConfigGroup is not a type",
    ),
    "provider": (
        lambda options: pulumi.ProviderResource("kubernetes", "stranger", {"context": "other"}, options),
        "its name is stranger; a tenancy has one Kubernetes provider, cluster",
    ),
    "default provider": (
        lambda _: pulumi.CustomResource("kubernetes:core/v1:Service", "stranger", SERVICE),
        "its name is default",
    ),
    "other stack": (
        lambda _: pulumi.StackReference("organization/pangeo/other"),
        "pulumi:providers:pulumi is not a type",
    ),
    "second release": (
        _object("kubernetes:helm.sh/v3:Release", name="second", namespace="reviewed", chart="./chart", values={}),
        'its name is "second"; a tenancy has one release, reviewed in reviewed',
    ),
}


@pytest.fixture
def reviewed_again(reviewed: ReviewedStack) -> ReviewedStack:
    reviewed.write(STACK)
    return reviewed


@pytest.mark.parametrize("name", STRANGERS)
def test_a_stranger_stops_the_preview(reviewed_again: ReviewedStack, name: str) -> None:
    declare, message = STRANGERS[name]
    declared: list[object] = []

    def beside(args: pulumi.ResourceTransformationArgs) -> None:
        """Declare the stranger as a sibling of the namespace, so that it has the program's provider."""
        if args.type_ == "kubernetes:core/v1:Namespace" and not declared:
            declared.append(None)
            declare(pulumi.ResourceOptions(parent=args.opts.parent))

    found = reviewed_again.preview(beside)
    assert declared
    assert found.refusal
    assert message in found.by(RULE), found.refusal


def test_a_secret_that_is_read_instead_of_generated_stops_the_preview(reviewed_again: ReviewedStack) -> None:
    """Its id is the value, which the program and the state would have in plain text."""

    def read_token(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if args.type_ != RANDOM or "proxy-token" not in args.name:
            return None
        read = pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(id="known"))
        return pulumi.ResourceTransformationResult(args.props, read)

    found = reviewed_again.preview(read_token)
    assert found.refusal
    count = len(fields(HubSecrets))
    message = f"there are {count - 1} resources of the type {RANDOM}; this tenancy has {count}"
    assert message in found.by("complete-tenancy")
