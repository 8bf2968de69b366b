"""The resources that a tenancy consists of; every other one is refused."""

from typing import Any

import pytest

from policies import kinds
from tests.unit.policies import declared
from tests.unit.policies.declared import REMOVED, Declared, manifest

RULE = "known-resources"
HERE = "vis-pangeo"


def check(resource: Declared, **given: Any) -> list[str]:
    return declared.check(RULE, resource, **given).messages


STRANGERS = [
    manifest("v1", "ConfigMap", "hub", namespace=HERE),
    manifest("v1", "Pod", "debug", namespace=HERE),
    manifest("apps/v1", "DaemonSet", "agent", namespace="kube-system"),
    manifest("apps/v1", "Deployment", "shell", namespace=HERE),
    manifest("batch/v1", "CronJob", "job", namespace=HERE),
    manifest("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "users"),
    manifest("rbac.authorization.k8s.io/v1", "Role", "users", namespace=HERE),
    manifest("networking.k8s.io/v1", "NetworkPolicy", "open", namespace=HERE),
    manifest("networking.k8s.io/v1beta1", "Ingress", "pangeo", namespace=HERE),
    manifest("extensions/v1beta1", "Ingress", "pangeo", namespace=HERE),
    manifest("traefik.containo.us/v1alpha1", "Middleware", "pangeo-https", namespace=HERE),
    manifest("traefik.io/v1alpha1", "IngressRoute", "pangeo", namespace=HERE),
    manifest("gateway.networking.k8s.io/v1", "HTTPRoute", "pangeo", namespace=HERE),
    manifest("cilium.io/v2", "CiliumNetworkPolicy", "open", namespace=HERE),
    manifest("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", "all"),
    manifest("apiregistration.k8s.io/v1", "APIService", "v1.example.org"),
    manifest("storage.k8s.io/v1beta1", "StorageClass", "vis-pangeo-homes"),
    Declared("kubernetes:core/v1:NamespacePatch", {"metadata": {"name": HERE}}),
    Declared("kubernetes:networking.k8s.io/v1:IngressPatch", {"metadata": {"name": "pangeo", "namespace": HERE}}),
    Declared("kubernetes:core/v1:SecretList", {"items": []}),
    Declared("kubernetes:apiextensions.k8s.io:CustomResource", {"metadata": {"name": "x", "namespace": HERE}}),
    Declared("kubernetes:apiextensions.k8s.io/v1beta1:CustomResourceDefinition", {}),
    Declared("kubernetes:helm.sh/v3:Chart", {"chart": "jupyterhub"}),
    Declared("kubernetes:helm.sh/v4:Chart", {"chart": "jupyterhub"}),
    Declared("kubernetes:helm.sh/v2:Chart", {"chart": "jupyterhub"}),
    *(
        Declared(f"kubernetes:{module}:{kind}", {})
        for module in ("yaml", "yaml/v2")
        for kind in ("ConfigFile", "ConfigGroup")
    ),
    Declared("kubernetes:kustomize:Directory", {}),
    Declared("kubernetes:kustomize/v2:Directory", {}),
    Declared("pulumi:pulumi:StackReference", {"name": "organization/pangeo/other"}),
    Declared("command:local:Command", {"create": "id"}),
    Declared("pulumi-python:dynamic:Resource", {}),
    Declared("pulumi-python:dynamic/tenancy:Other", {}),
    Declared("pulumi-nodejs:dynamic:Resource", {}),
    Declared("example:index:Component", {}),
    Declared("openstack:compute/instance:Instance", {}),
    Declared("random:index/randomBytes:RandomBytes", {"length": 32.0}),
    declared.provider("command"),
    declared.provider("pulumi"),
    declared.provider("terraform-provider", name="default"),
]


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda each: f"{each.type} {each.name}")
def test_resources_of_other_types_are_refused(stranger: Declared) -> None:
    assert check(stranger) == [f"{stranger.type} is not a type of resource that a tenancy consists of"]


def test_an_organisation_may_add_a_type() -> None:
    stranger = manifest("v1", "ConfigMap", "notes", namespace=HERE)
    assert check(stranger, organisation={"furtherTypes": ["kubernetes:core/v1:ConfigMap"]}) == []
    assert check(stranger, organisation={"furtherTypes": ["kubernetes:core/v1:Secret"]}) != []


@pytest.mark.parametrize(
    ("resource", "message"),
    [
        (declared.namespace(metadata__name="other"), 'its name is "other"; a tenancy has only vis-pangeo'),
        (declared.namespace(metadata__name=REMOVED), "its name is null"),
        (declared.namespace(kind="ClusterRoleBinding"), "are not those of its type"),
        (declared.namespace(apiVersion="rbac.authorization.k8s.io/v1"), "are not those of its type"),
        (declared.namespace(kind=REMOVED), "are not those of its type"),
        (declared.secret(metadata__name="other"), 'its name is "other"; a tenancy has only pangeo-secrets'),
        (declared.secret(metadata__namespace="kube-system"), 'its namespace is "kube-system", not the tenancy\'s'),
        (declared.secret(type="kubernetes.io/service-account-token"), 'its type is "kubernetes.io/service-account-'),
        (declared.secret(data={"values.yaml": "eA=="}), "data contains values.yaml"),
        (declared.secret(stringData={"hub.config.JupyterHub.x": "x"}), "stringData contains hub.config.JupyterHub.x"),
        (declared.storage_class(metadata__name="other"), "a tenancy has only vis-pangeo-homes"),
        (declared.release_with(name="second"), 'its name is "second"; a tenancy has one release'),
        (declared.release_with(namespace="kube-system"), 'its namespace is "kube-system"'),
        (declared.release_with(chart="prometheus", values={}), 'its chart is "prometheus", which no other rule checks'),
        (declared.ingress(metadata__name="other"), "a tenancy has only pangeo and pangeo-https"),
        (declared.ingress(metadata__namespace="other"), 'its namespace is "other"'),
        (declared.ingress(metadata__namespace=REMOVED), "its namespace is null"),
        (declared.ingress(spec__defaultBackend={"service": {"name": "hub"}}), "not to the hub's proxy proxy-public"),
        (declared.ingress(spec__defaultBackend={"resource": {"kind": "Bucket"}}), "not to the hub's proxy"),
        (
            declared.ingress(spec__rules=[{"http": {"paths": [{"backend": {"service": {"name": "hub"}}}]}}]),
            'it leads to {"service": {"name": "hub"}}',
        ),
        (manifest("traefik.io/v1alpha1", "Middleware", "strip", namespace=HERE), "a tenancy has only pangeo-https"),
        (manifest("traefik.io/v1alpha1", "Middleware", "pangeo-https", namespace="other"), "its namespace is"),
        (
            manifest("apiextensions.k8s.io/v1", "CustomResourceDefinition", "as.example.org"),
            "the gateway's CRDs are in",
        ),
        (
            manifest(
                "apiextensions.k8s.io/v1",
                "CustomResourceDefinition",
                "daskclusters.gateway.dask.org",
                spec={"conversion": {"strategy": "Webhook"}},
            ),
            "spec.conversion is set",
        ),
        (declared.provider(name="other"), "its name is other; a tenancy has one Kubernetes provider, cluster"),
        (declared.provider(name="default"), "its name is default"),
        (declared.provider(context="other"), 'context is "other"'),
        (declared.provider(kubeconfig="{}"), "it may be another cluster"),
        (declared.provider(renderYamlToDirectory="/tmp/x"), "renderYamlToDirectory must not be set"),
        (declared.provider(pluginDownloadURL="https://example.org"), "pluginDownloadURL must not be set"),
        (declared.provider("random", pluginDownloadURL="https://example.org"), "pluginDownloadURL must not be set"),
    ],
)
def test_known_types_are_refused_elsewhere_and_in_other_forms(resource: Declared, message: str) -> None:
    (found,) = check(resource)
    assert message in found


def test_another_cluster_than_the_configured_one_is_refused() -> None:
    stack = declared.config(kubernetes={"context": "vis", "kubeconfig": '{"kind": "Config"}'})
    own = {"context": "vis", "kubeconfig": '{"kind": "Config"}'}
    assert check(declared.provider(**own), stack=stack) == []
    assert len(check(declared.provider(), stack=stack)) == 2


def test_a_tenancy_with_an_existing_storage_class_declares_none() -> None:
    (message,) = check(declared.storage_class(), stack={**declared.config(), "pangeo:storage": '{"className": "fast"}'})
    assert "a tenancy has none of this kind" in message


def test_the_gateways_crds_and_the_redirect_are_accepted() -> None:
    crd = manifest("apiextensions.k8s.io/v1", "CustomResourceDefinition", "daskclusters.gateway.dask.org", spec={})
    for resource in (crd, manifest("traefik.io/v1alpha1", "Middleware", "pangeo-https", namespace=HERE)):
        assert check(resource) == []


@pytest.mark.parametrize("name", ["Contract", "HubReady", "DestroyCheck"])
def test_the_programs_dynamic_resources_are_accepted(name: str) -> None:
    assert check(Declared(f"pulumi-python:dynamic/tenancy:{name}", {})) == []
    assert check(Declared(kinds.GROUP.type, {})) == []
