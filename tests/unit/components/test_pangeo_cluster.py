"""The resources that the component declares, and their options."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, fields
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks, rpc
from pulumi.runtime.proto import resource_pb2

from components.chart.crds import Crd
from components.chart.secrets import HubSecrets
from components.config.controllers import INGRESS_NGINX, TRAEFIK
from components.config.tenancy import Tenancy
from components.ownership.mark import ANNOTATION
from components.pangeo_cluster import PangeoCluster
from components.resources.monitoring import API_VERSION, BUILDERS
from tests.support.tenancies import DOMAIN, tenancy

SERVICE = "kubernetes:core/v1:Service"
NAMESPACE = "kubernetes:core/v1:Namespace"
STORAGE_CLASS = "kubernetes:storage.k8s.io/v1:StorageClass"
HUB_READY = "pulumi-python:dynamic/tenancy:HubReady"
RELEASE = "kubernetes:helm.sh/v3:Release"
INGRESS = "kubernetes:networking.k8s.io/v1:Ingress"
CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"
VOLUME = "kubernetes:core/v1:PersistentVolume"
GROUP = "pulumi-python:dynamic/freeipa:Group"
RANDOM = "random:index/randomPassword:RandomPassword"
SECRET = "kubernetes:core/v1:Secret"
MIDDLEWARE = "kubernetes:traefik.io/v1alpha1:Middleware"
CRD = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"
COMPONENT = "pangeo:caas:PangeoCluster"

DASK_CRD = Crd("daskclusters.gateway.dask.org", "2026.3.0", {}, {"from": "2026.3.0"}, {"scope": "Namespaced"})


@dataclass
class Declared:
    """All registrations of one run of the program, by type and name."""

    requests: dict[tuple[str, str], resource_pb2.RegisterResourceRequest] = field(default_factory=dict)
    inputs: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def one(self, type_: str) -> resource_pb2.RegisterResourceRequest:
        (request,) = (request for (found, _), request in self.requests.items() if found == type_)
        return request

    def input(self, type_: str) -> dict[str, Any]:
        (inputs,) = (inputs for (found, _), inputs in self.inputs.items() if found == type_)
        return inputs

    def names(self, type_: str) -> list[str]:
        return [name for found, name in self.requests if found == type_]


class Echo(pulumi.runtime.Mocks):
    """Returns the inputs of every registration as its outputs; random passwords get a value."""

    def __init__(self, declared: Declared) -> None:
        self.declared = declared

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        self.declared.inputs[(args.typ, args.name)] = args.inputs
        more = {"result": "0f" * 32} if args.typ == RANDOM else {}
        return f"{args.name}-id", {**args.inputs, **more}

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise AssertionError(f"the program calls {args.token}")


class Recorder(mocks.MockMonitor):
    """Records the options, which the mocks do not show."""

    def __init__(self, answers: Echo, declared: Declared) -> None:
        super().__init__(answers)
        self.declared = declared

    def RegisterResource(self, request: resource_pb2.RegisterResourceRequest) -> Any:  # noqa: N802 - gRPC's name
        self.declared.requests[(request.type, request.name)] = request
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]


@pytest.fixture
def declared() -> Iterator[Declared]:
    found = Declared()
    answers = Echo(found)
    pulumi.runtime.set_mocks(answers, project="pangeo", stack="vis", monitor=Recorder(answers, found))
    yield found
    pulumi.runtime.settings.reset_options()


def declare(
    *tenancies: Tenancy, crds: list[Crd] | None = None, mark: str | None = None, monitoring: Collection[str] = ()
) -> None:
    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def program() -> pulumi.Output[list[Any]]:
        clusters = [
            PangeoCluster(
                f"hub-{index}",
                one,
                crds=crds,
                mark=mark,
                ingress_controller=one.ingress.controller or INGRESS_NGINX,
                monitoring=monitoring,
            )
            for index, one in enumerate(tenancies)
        ]
        return pulumi.Output.all(*(cluster.url for cluster in clusters))

    program()


def test_all_resources_are_children_of_the_component(declared: Declared) -> None:
    declare(tenancy())

    for type_ in (NAMESPACE, RELEASE, INGRESS, GROUP):
        assert declared.one(type_).parent.endswith(f"{COMPONENT}::hub-0"), type_
    assert len(declared.names(RANDOM)) == len(fields(HubSecrets))


def test_ingress_serves_the_derived_domain_over_tls(declared: Declared) -> None:
    declare(tenancy())

    spec = declared.input(INGRESS)["spec"]
    assert spec["rules"][0]["host"] == DOMAIN
    assert spec["tls"][0]["hosts"] == [DOMAIN]


def test_release_has_a_fixed_name_and_a_long_timeout(declared: Declared) -> None:
    declare(tenancy())

    release = declared.input(RELEASE)
    assert release["name"] == "vis-pangeo"
    assert release["timeout"] >= 900
    assert release["cleanupOnFail"] is True
    assert release["maxHistory"] > 0
    assert declared.one(RELEASE).deleteBeforeReplace


def test_hubs_secrets_are_in_a_kubernetes_secret_and_nowhere_else(declared: Declared) -> None:
    declare(tenancy())

    assert rpc.is_rpc_secret(declared.input(SECRET)["stringData"])
    assert len(declared.input(SECRET)["stringData"]["value"]) == len(fields(HubSecrets))
    assert declared.one(SECRET).deleteBeforeReplace
    assert any(urn.endswith("hub-0-secrets") for urn in declared.one(RELEASE).dependencies)
    assert "0f" * 32 not in repr(declared.input(RELEASE))


def test_release_has_digests_of_chart_and_secrets_in_plain_text(declared: Declared) -> None:
    declare(tenancy())

    digests = declared.input(RELEASE)["values"]["digests"]
    assert re.fullmatch("[0-9a-f]{64}", digests["chart"])
    assert re.fullmatch("[0-9a-f]{64}", digests["secrets"])


def test_ingress_waits_for_a_hub_that_is_ready_in_the_releases_revision(declared: Declared) -> None:
    declare(tenancy())

    ready = declared.one(HUB_READY)
    assert declared.input(RELEASE)["skipAwait"] is True
    assert any(RELEASE in urn for urn in ready.dependencies)
    assert any(HUB_READY in urn for urn in declared.one(INGRESS).dependencies)
    inputs = {key: value for key, value in declared.input(HUB_READY).items() if key != "__provider"}
    assert inputs == {"release": "vis-pangeo", "namespace": "vis-pangeo", "revision": 0, "limitSeconds": 1200}


@pytest.mark.parametrize("protect", [True, False])
def test_engine_never_deletes_the_namespace_and_the_storage_class(declared: Declared, protect: bool) -> None:
    declare(tenancy(protect=protect, storage={"create": {"provisioner": "csi.example.org"}}))

    assert declared.one(NAMESPACE).retainOnDelete
    assert declared.one(STORAGE_CLASS).retainOnDelete
    assert declared.input(GROUP)["protect"] is protect


def test_every_object_of_the_component_is_marked(declared: Declared) -> None:
    marked = tenancy(storage={"create": {"provisioner": "csi.example.org"}}, ingress={"controller": TRAEFIK})
    declare(marked, mark="stack vis, cluster 1, deployment 2")

    kinds = (NAMESPACE, STORAGE_CLASS, INGRESS, MIDDLEWARE)
    metadata = [inputs["metadata"] for (kind, _), inputs in declared.inputs.items() if kind in kinds]
    assert len(metadata) == 5, "one of each kind, and the redirect's Ingress"
    assert {each["annotations"][ANNOTATION] for each in metadata} == {"stack vis, cluster 1, deployment 2"}


def test_objects_of_the_metrics_are_marked_and_have_names_of_their_own(declared: Declared) -> None:
    prometheus = {"namespace": "monitoring", "podLabels": {"app": "prometheus"}}
    declare(tenancy(metrics={"prometheus": prometheus}), mark="stack vis", monitoring=BUILDERS)

    services, operators = declared.names(SERVICE), [f"kubernetes:{API_VERSION}:{kind}" for kind in BUILDERS]
    assert services == ["hub-0-metrics-hub", "hub-0-metrics-proxy", "hub-0-metrics-gateway"]
    assert [declared.names(each) for each in operators] == [["hub-0"]] * len(BUILDERS)
    metadata = [inputs["metadata"] for (kind, _), inputs in declared.inputs.items() if kind in (SERVICE, *operators)]
    assert {each["annotations"][ANNOTATION] for each in metadata} == {"stack vis"}


def test_namespace_refuses_privileged_pods(declared: Declared) -> None:
    declare(tenancy())

    labels = declared.input(NAMESPACE)["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "baseline"


def test_storage_class_is_created_only_on_request(declared: Declared) -> None:
    declare(tenancy())

    assert declared.names(STORAGE_CLASS) == []


def test_created_storage_class_retains_and_expands_volumes(declared: Declared) -> None:
    declare(tenancy(storage={"create": {"provisioner": "cinder.csi.openstack.org"}}))

    made = declared.input(STORAGE_CLASS)
    assert made["reclaimPolicy"] == "Retain"
    assert made["allowVolumeExpansion"] is True
    assert made["volumeBindingMode"] == "WaitForFirstConsumer"


def test_shared_folders_are_marked_retained_and_there_before_the_hub(declared: Declared) -> None:
    export = {"name": "era5", "nfs": {"server": "192.0.2.9", "path": "/era5"}, "readers": "all"}
    created = {"name": "ocean", "create": {"sizeGb": 5, "className": "cephfs"}, "writers": "all"}
    declare(tenancy(sharedFolders=[export, created]), mark="a mark")

    names = {VOLUME: ["hub-0-folder-era5"], CLAIM: ["hub-0-folder-era5", "hub-0-folder-ocean"]}
    for type_, expected in names.items():
        assert declared.names(type_) == expected
        for name in expected:
            request = declared.requests[type_, name]
            assert request.retainOnDelete
            assert any(urn.endswith(f"{type_}::{name}") for urn in declared.one(RELEASE).dependencies)
            assert declared.inputs[type_, name]["metadata"]["annotations"][ANNOTATION] == "a mark"


def test_release_depends_on_declared_crds_and_installs_none(declared: Declared) -> None:
    declare(tenancy(), crds=[DASK_CRD])

    crd = declared.one(CRD)
    assert declared.input(CRD)["metadata"]["name"] == "daskclusters.gateway.dask.org"
    assert declared.input(CRD)["spec"] == {"scope": "Namespaced"}
    assert crd.parent.endswith(f"{COMPONENT}::hub-0")
    assert any(urn.endswith(crd.name) for urn in declared.one(RELEASE).dependencies)
    assert declared.input(RELEASE)["skipCrds"] is True


@pytest.mark.parametrize("protect", [True, False])
def test_crds_are_always_retained(declared: Declared, protect: bool) -> None:
    declare(tenancy(protect=protect), crds=[DASK_CRD])

    assert declared.one(CRD).retainOnDelete


def test_no_crds_without_dask(declared: Declared) -> None:
    declare(tenancy(dask={"enabled": False}), crds=[DASK_CRD])

    assert declared.names(CRD) == []


def test_helm_installs_crds_if_none_are_given(declared: Declared) -> None:
    declare(tenancy())

    assert declared.input(RELEASE)["skipCrds"] is False


def test_group_resource_is_not_named_after_the_cluster(declared: Declared) -> None:
    declare(tenancy())

    assert declared.names(GROUP) == ["hub-0-notebook-users"]
    assert declared.input(GROUP)["name"] == "vis_pangeo_notebook_users"


def test_no_resource_contains_the_bind_password(declared: Declared, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FREEIPA_BIND_PASSWORD", "sesame-open")
    declare(tenancy())

    assert "sesame-open" not in repr(declared.inputs)


def test_two_tenancies_in_one_program_share_no_name(declared: Declared) -> None:
    declare(tenancy(clusterName="one", externalIp="192.0.2.1"), tenancy(clusterName="two", externalIp="192.0.2.2"))

    namespaces = {inputs["metadata"]["name"] for (type_, _), inputs in declared.inputs.items() if type_ == NAMESPACE}
    assert namespaces == {"one", "two"}
