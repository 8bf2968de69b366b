"""Every resource besides the release has the program's inputs."""

import gzip
import io
import shutil
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.chart.crds import packaged_crds
from components.resources.kubernetes import declared_form
from policies import kinds
from policies.rule import Context, InvalidConfiguration, Resource
from policies.rules.objects import RULES
from tests.unit.policies import declared
from tests.unit.policies.declared import REMOVED, Declared

RULE = "program-objects"
NGINX = "nginx.ingress.kubernetes.io"
TRAEFIK = "traefik.ingress.kubernetes.io"
TEXT = "is another text; the program does not set it"


def check(resource: Declared, **given: Any) -> list[str]:
    return declared.check(RULE, resource, **given).messages


def annotated(resource: Declared, **annotations: str) -> Declared:
    """Return the resource with annotations; ``__`` stands for ``/`` in their names."""
    props = {**resource.props, "metadata": {**resource.props["metadata"]}}
    own = props["metadata"].get("annotations", {})
    props["metadata"]["annotations"] = {**own, **{key.replace("__", "/"): each for key, each in annotations.items()}}
    return resource._replace(props=props)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (f"{NGINX}/configuration-snippet", "return 200;"),
        (f"{NGINX}/server-snippet", "location /x { proxy_pass http://hub:8081; }"),
        (f"{NGINX}/auth-url", "https://attacker.example"),
        (f"{NGINX}/permanent-redirect", "https://attacker.example"),
        (f"{NGINX}/mirror-target", "https://attacker.example"),
        (f"{NGINX}/upstream-vhost", "other"),
        (f"{NGINX}/server-alias", "other.example"),
        (f"{NGINX}/cors-allow-origin", "https://attacker.example"),
        (f"{TRAEFIK}/router.middlewares", "other-strip@kubernetescrd"),
        (f"{TRAEFIK}/router.priority", "1"),
        ("haproxy.org/backend-config-snippet", "http-request deny"),
        ("external-dns.alpha.kubernetes.io/hostname", "www.example.org"),
        ("konghq.com/plugins", "anything"),
    ],
)
def test_an_annotation_beside_those_of_the_configuration_is_refused(name: str, value: str) -> None:
    (message,) = check(annotated(declared.ingress(), **{name: value}))
    assert message == f"metadata.annotations.{name} {TEXT}"


@pytest.mark.parametrize(
    ("resource", "message"),
    [
        (declared.namespace(metadata__labels__kind="shared"), f"metadata.labels.kind {TEXT}"),
        (
            declared.namespace(**{"metadata__labels__pod-security.kubernetes.io/enforce-version": "v1.0"}),
            f"metadata.labels.pod-security.kubernetes.io/enforce-version {TEXT}",
        ),
        (
            declared.namespace(**{"metadata__annotations__scheduler.alpha.kubernetes.io/node-selector": "a=b"}),
            f"metadata.annotations.scheduler.alpha.kubernetes.io/node-selector {TEXT}",
        ),
        (declared.namespace(metadata__finalizers=["example.org/x"]), f"metadata.finalizers[0] {TEXT}"),
        (declared.namespace(spec={"finalizers": ["x"]}), f"spec.finalizers[0] {TEXT}"),
        (declared.storage_class(provisioner="example.org/other"), "provisioner is another text; the program sets an"),
        (declared.storage_class(parameters={"path": "/etc"}), f"parameters.path {TEXT}"),
        (declared.storage_class(mountOptions=["suid"]), f"mountOptions[0] {TEXT}"),
        (declared.storage_class(volumeBindingMode="Immediate"), "volumeBindingMode is another text"),
        (declared.storage_class(reclaimPolicy="Delete"), "reclaimPolicy is another text"),
        (
            declared.storage_class(**{"metadata__annotations__storageclass.kubernetes.io/is-default-class": "true"}),
            f"metadata.annotations.storageclass.kubernetes.io/is-default-class {TEXT}",
        ),
        (declared.secret(immutable=True), "immutable is true; the program does not set it"),
        (declared.secret(metadata__annotations={"reflector/allowed": "true"}), f"reflector/allowed {TEXT}"),
        (declared.ingress(spec__rules=[]), "spec.rules differs from the program's value"),
        (declared.ingress(spec__defaultBackend={"service": {"name": "x"}}), f"spec.defaultBackend.service.name {TEXT}"),
        (declared.ingress(spec__ingressClassName="public"), f"spec.ingressClassName {TEXT}"),
        (declared.ingress(spec__tls=REMOVED), "spec.tls is missing; the program sets it"),
        (declared.redirect(spec__stripPrefix={})[0], "spec.stripPrefix is empty; the program does not set it"),
        (declared.group(servers=["ldap.attacker.example:636"]), "servers[0] is another text"),
        (declared.group(caCertificate="another"), "caCertificate is another text"),
        (declared.group(bindDn="uid=admin"), "bindDn is another text"),
        (declared.group(existingGroup="adopt"), "existingGroup is another text"),
        (declared.group(protect=False), "protect is false; the program sets true"),
        (declared.cluster(protect=False), "protect is false; the program sets true"),
        (declared.cluster(clusterName="other"), "clusterName is another text"),
        (declared.contract(protect=False), "protect is false; the program sets true"),
        (declared.contract(settings__domain="other.example"), "settings.domain is another text"),
        (declared.destroy_check(namespace="other"), "namespace is another text"),
    ],
)
def test_inputs_that_differ_from_the_programs_are_refused(resource: Declared, message: str) -> None:
    assert message in "\n".join(check(resource))


@pytest.mark.parametrize(
    "weak",
    [{"length": 1}, {"overrideSpecial": "a"}, {"numeric": False}, {"minSpecial": 64}, {"keepers": {"a": "b"}}],
    ids=str,
)
def test_a_secret_that_can_be_guessed_is_refused(weak: dict[str, Any]) -> None:
    own = declared.random_secret("0")
    assert check(own) == []
    assert check(own._replace(props={**own.props, **weak})) != []


def test_annotations_of_the_configuration_are_the_programs() -> None:
    stack = declared.config(ingress={"annotations": {"cert-manager.io/duration": "2160h"}})
    resource = annotated(declared.ingress(), **{"cert-manager.io__duration": "2160h"})
    assert check(resource, stack=stack) == []
    assert check(declared.ingress(), stack=stack) == [
        "metadata.annotations.cert-manager.io/duration is missing; the program sets it"
    ]


def test_the_mark_of_the_owner_may_have_any_value() -> None:
    mark = {"tenancy.pangeo__owner": "stack vis, cluster 1, deployment 2", "pulumi.com__patchForce": "true"}
    for resource in (declared.ingress(), declared.namespace(), declared.storage_class(), declared.secret()):
        assert check(annotated(resource, **mark)) == []


def test_an_organisation_may_add_labels_and_annotations() -> None:
    resource = declared.namespace(**{"metadata__labels__example.org/cost-centre": "7"})
    assert check(resource) != []
    assert check(resource, organisation={"furtherMetadata": ["example.org/cost-centre"]}) == []


def test_a_higher_pod_security_level_is_left_to_its_rule() -> None:
    assert check(declared.namespace(**{"metadata__labels__pod-security.kubernetes.io/enforce": "restricted"})) == []


def test_messages_show_no_text_of_an_input() -> None:
    secret = "a secret that no message may contain"
    messages = check(annotated(declared.ingress(metadata__labels={"a": secret}), note=secret))
    assert len(messages) == 2
    assert secret not in "".join(messages)


def test_the_redirect_needs_no_other_inputs() -> None:
    assert [check(each) for each in declared.redirect()] == [[], []]
    stated = declared.config(ingress={"redirectedBy": "controller"})
    assert [check(each, stack=stated) for each in declared.redirect()] == [
        ["the program declares no resource of this type and name for this configuration"]
    ] * 2


CRD = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "daskclusters.gateway.dask.org"},
    "spec": {
        "group": "gateway.dask.org",
        "names": {"kind": "DaskCluster", "plural": "daskclusters"},
        "scope": "Namespaced",
        "versions": [{"name": "v1alpha1", "served": True, "storage": True, "schema": {}}],
    },
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose gateway's archive has one CRD."""
    chart = tmp_path / "chart"
    (chart / "charts").mkdir(parents=True)
    shutil.copy("chart/Chart.lock", chart)
    version = next(
        each["version"]
        for each in yaml.safe_load((chart / "Chart.lock").read_text())["dependencies"]
        if each["name"] == "dask-gateway"
    )
    text = yaml.safe_dump(CRD).encode()
    with (
        gzip.open(chart / f"charts/dask-gateway-{version}.tgz", "wb") as file,
        tarfile.open(fileobj=file, mode="w") as tar,
    ):
        member = tarfile.TarInfo("dask-gateway/crds/daskclusters.yaml")
        member.size = len(text)
        tar.addfile(member, io.BytesIO(text))
    return tmp_path


def check_crd(checkout: Path, props: dict[str, Any]) -> list[str]:
    (rule,) = RULES
    context = Context("vis", declared.context().tenancy, settings=rule.defaults, checkout=checkout)
    assert rule.check
    return list(rule.check(Resource(kinds.CRD, "pangeo", props), context))


def test_a_crd_must_be_the_one_in_the_gateways_archive(checkout: Path) -> None:
    (crd,) = packaged_crds(checkout / "chart")
    own = declared_form(crd.manifest())
    assert check_crd(checkout, own) == []
    older = {**own, "metadata": {**own["metadata"], "annotations": {**own["metadata"]["annotations"]}}}
    older["metadata"]["annotations"]["pulumi.com/patchFieldManager"] = "pulumi-kubernetes-0123abcd"
    assert check_crd(checkout, older) == []
    (message,) = check_crd(checkout, {**own, "spec": {**own["spec"], "scope": "Cluster"}})
    assert message == "spec.scope is another text; the program sets another text"
    (message,) = check_crd(checkout, {**own, "metadata": {"name": "middlewares.traefik.io"}})
    assert message == "the program declares no resource of this type and name for this configuration"


def test_a_damaged_archive_cannot_be_checked(checkout: Path) -> None:
    (crd,) = packaged_crds(checkout / "chart")
    (archive,) = (checkout / "chart/charts").iterdir()
    archive.write_bytes(b"no archive")
    with pytest.raises(InvalidConfiguration, match="cannot be read"):
        check_crd(checkout, crd.manifest())


def test_a_checkout_without_archives_is_not_the_deployed_one(checkout: Path) -> None:
    (crd,) = packaged_crds(checkout / "chart")
    shutil.rmtree(checkout / "chart/charts")
    assert check_crd(checkout, crd.manifest()) == []
