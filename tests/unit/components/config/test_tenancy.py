# ruff: noqa: E501 - a table of messages has one message per line

import json
from ipaddress import IPv4Address, IPv6Address
from typing import Any

import pytest
from pydantic import ValidationError

from components.config.notebook import DEFAULT_IMAGE
from components.config.tenancy import Tenancy
from tests.support.tenancies import ABSENT, CA_CERTIFICATE, problem, problems, settings, tenancy

NODES = {"count": 3, "cpus": 8, "ramGb": 32, "expectedUsers": 20}


def test_the_required_keys_are_caas_variables_and_the_directory() -> None:
    required = {field.alias for field in Tenancy.model_fields.values() if field.is_required()}
    assert required == {
        "clusterName", "externalIp", "notebookCpus", "notebookRamGb", "notebookStorageGb", "identity",
    }  # fmt: skip


def test_numbers_and_booleans_may_be_strings() -> None:
    read = tenancy(notebookCpus="2", notebookRamGb="1.5", notebookStorageGb="10", protect="false")
    assert (read.notebook_cpus, read.notebook_ram_gb, read.notebook_storage_gb, read.protect) == (2, 1.5, 10, False)


def test_data_is_protected_by_default() -> None:
    assert tenancy().protect
    assert tenancy(storage__create__provisioner="csi.example.org").storage.create.reclaim_policy == "Retain"  # type: ignore[union-attr]
    assert tenancy().identity.existing_group == "refuse"


def test_the_group_follows_from_the_cluster_name_and_the_realm() -> None:
    read = tenancy(clusterName="vis-pangeo-2")
    assert read.notebook_users_group == "vis_pangeo_2_notebook_users"
    assert read.notebook_users_group_dn == "cn=vis_pangeo_2_notebook_users,cn=groups,cn=accounts,dc=example,dc=org"


def test_the_domain_is_the_given_one_or_derived() -> None:
    assert tenancy().domain == "pangeo.192-171-139-83.sslip.io"
    assert tenancy(domainSuffix="nip.io").domain == "pangeo.192-171-139-83.nip.io"
    assert tenancy(pangeoDomain="hub.vis.example.org").domain == "hub.vis.example.org"


@pytest.mark.parametrize("empty", ["", "  ", None])
def test_an_empty_domain_is_none(empty: str | None) -> None:
    assert tenancy(pangeoDomain=empty).pangeo_domain is None


def test_tenancies_share_no_name_in_the_cluster() -> None:
    one, other = tenancy(clusterName="vis"), tenancy(clusterName="sim")
    assert {one.namespace, one.release}.isdisjoint({other.namespace, other.release})


def test_the_storage_class_of_homes_has_three_sources() -> None:
    assert tenancy(storage__className="csi-retain").storage_class_name == "csi-retain"
    assert tenancy(storage__create__provisioner="csi.example.org").storage_class_name == "vis-pangeo-homes"
    assert tenancy().storage_class_name is None


@pytest.mark.parametrize(
    ("changes", "attribute", "one_spelling"),
    [
        ({"pangeoDomain": "Hub.VIS.example.org."}, "pangeo_domain", "hub.vis.example.org"),
        ({"externalIp": " 192.171.139.83 "}, "external_ip", IPv4Address("192.171.139.83")),
        ({"externalIp": "2001:DB8:0:0::1"}, "external_ip", IPv6Address("2001:db8::1")),
        ({"identity__realm": "example.org"}, "identity.realm", "EXAMPLE.ORG"),
        (
            {"identity__baseDn": "DC=Example, dc=ORG", "identity__realm": ABSENT},
            "identity.base_dn",
            "dc=example,dc=org",
        ),
        ({"identity__bindDn": "UID=x , cn=users"}, "identity.bind_dn", "uid=x,cn=users"),
        ({"identity__server": "IPA.example.org"}, "identity.servers", ("ipa.example.org",)),
        ({"identity__adminUsers": ["Admin"]}, "identity.admin_users", ("admin",)),
    ],
)
def test_spellings_of_the_same_value_become_one(changes: dict[str, Any], attribute: str, one_spelling: object) -> None:
    value: object = tenancy(**changes)
    for name in attribute.split("."):
        value = getattr(value, name)
    assert value == one_spelling


def test_servers_keep_their_order_and_tls_sets_the_port() -> None:
    read = tenancy(identity__server=["ipa1.example.org", "ipa2.example.org:1636"]).identity
    assert [str(server) for server in read.directory().servers] == ["ipa1.example.org:636", "ipa2.example.org:1636"]
    assert str(tenancy(identity__tls="starttls").identity.directory().servers[0]) == "ipa.example.org:389"


def test_the_suffix_is_the_base_dn_or_derived_from_the_realm() -> None:
    assert tenancy().directory_suffix == "dc=example,dc=org"
    assert tenancy(identity__realm=ABSENT, identity__baseDn="dc=other").directory_suffix == "dc=other"


IMAGE = {"name": "a", "image": "a.example/b:1"}

NUMBERS = (
    "notebookCpus",
    "notebookRamGb",
    "notebookStorageGb",
    "notebook.profiles[0].cpus",
    "notebook.profiles[0].ramGb",
    "notebook.profiles[0].sizes[0].cpus",
    "notebook.profiles[0].sizes[0].ramGb",
    *(f"dask.workerRamGb.{key}" for key in ("min", "max", "default")),
    *(f"dask.workerCores.{key}" for key in ("min", "max", "default")),
    *(f"dask.{key}" for key in ("maxWorkers", "maxCores", "maxRamGb", "totalCores", "totalRamGb", "clustersPerUser")),
    *(f"workers.{key}" for key in ("count", "cpus", "ramGb", "expectedUsers")),
)


@pytest.mark.parametrize("key", NUMBERS)
def test_every_number_has_a_floor_and_a_unit(key: str) -> None:
    """Values whose unit or notation is a mistake are refused by their key, and nothing else is reported."""
    values: tuple[object, ...] = (0, -1, 1e-9, 0.00001, 1e400, True, [])
    texts = ("1e-5", "1e400", "nan", "inf", "-inf", "2,5", "2 GB", "0x10", "")
    for wrong in (*values, *texts):
        assert [each.key for each in problems(**_with(key, wrong))] == [f"pangeo:{key}"], wrong


def _with(key: str, value: object) -> dict[str, Any]:
    section, _, rest = key.partition(".")
    if "sizes" in key:
        return {"notebook": {"profiles": [{"name": "a", "sizes": [{"name": "b", key.rpartition(".")[2]: value}]}]}}
    if section == "notebook":
        return {"notebook": {"profiles": [{"name": "a", rest.partition(".")[2]: value}]}}
    if section == "workers":
        return {"workers": {"count": 2, "cpus": 8, "ramGb": 32, rest: value}}
    return {key.replace(".", "__"): value}


def test_an_ipv6_address_may_be_in_brackets() -> None:
    assert tenancy(externalIp=" [2001:db8::1] ") == tenancy(externalIp="2001:db8::1")


def test_a_certificate_authority_is_kept_as_pem() -> None:
    assert tenancy(identity__caCertificate=CA_CERTIFICATE).identity.ca_certificate == CA_CERTIFICATE


def test_annotations_are_strings() -> None:
    read = tenancy(ingress__annotations={"a/size": 0, "a/on": True, "a/text": "x"})
    assert read.ingress.annotations == {"a/size": "0", "a/on": "true", "a/text": "x"}


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"clusterName": "Vis Cluster"}, "clusterName", "must consist of lower-case letters, digits and dashes, begin with a letter and not end with a dash; write vis-cluster"),
        ({"clusterName": "a" * 41}, "clusterName", "is too long (41 characters); write at most 40"),
        ({"clusterName": "kube-system"}, "clusterName", "is a namespace of Kubernetes itself; write another name, for example vis-pangeo"),
        ({"externalIp": "192.171.139"}, "externalIp", "is not an IPv4 or IPv6 address; write for example 192.171.139.83"),
        ({"externalIp": 3232235777}, "externalIp", "is not an IPv4 or IPv6 address; write for example 192.171.139.83"),
        ({"externalIp": "::ffff:192.0.2.1"}, "externalIp", "is an IPv4-mapped IPv6 address; write 192.0.2.1"),
        ({"externalIp": "fe80::1%eth0"}, "externalIp", "is a link-local address with a zone; write the address without %zone"),
        ({"externalIp": "fe80::1"}, "externalIp", "is a link-local address; write the address of the ingress"),
        ({"externalIp": "255.255.255.255"}, "externalIp", "is not the address of a host; write the address of the ingress"),
        ({"externalIp": "0.1.2.3"}, "externalIp", "is not the address of a host; write the address of the ingress"),
        ({"externalIp": "192.171.139.083"}, "externalIp", "is not an IPv4 or IPv6 address; write for example 192.171.139.83"),
        ({"externalIp": "224.0.0.1"}, "externalIp", "is not the address of a host; write the address of the ingress"),
        ({"pangeoDomain": "https://hub.example.org"}, "pangeoDomain", "is a URL or a path; write only the host name, for example hub.example.org"),
        ({"pangeoDomain": "192.0.2.1"}, "pangeoDomain", "is an IP address; write a host name, for example hub.example.org"),
        ({"pangeoDomain": "hub"}, "pangeoDomain", "has no dot; write the fully qualified name, for example hub.example.org"),
        ({"pangeoDomain": "hüb.example.org"}, "pangeoDomain", "is not ASCII; write the name in its Punycode form, which begins with xn--"),
        ({"pangeoDomain": "-hub.example.org"}, "pangeoDomain", "has the invalid part '-hub'; write 1 to 63 letters, digits and dashes, with no dash at either end"),
        ({"notebookCpus": 0}, "notebookCpus", "must be at least 0.01 CPUs"),
        ({"notebookCpus": 1e-9}, "notebookCpus", "must be at least 0.01 CPUs"),
        ({"notebookRamGb": 0.00001}, "notebookRamGb", "must be at least 0.1 gigabytes"),
        ({"notebookRamGb": "2,5"}, "notebookRamGb", "is not a number of gigabytes; write 2.5"),
        ({"notebookRamGb": "2 GB"}, "notebookRamGb", "is not a number of gigabytes; write 2"),
        ({"notebookCpus": True}, "notebookCpus", "is not a number; write a number"),
        ({"notebookCpus": "nan"}, "notebookCpus", "is not a number of CPUs; write for example 2"),
        ({"notebookRamGb": 8192}, "notebookRamGb", "must be at most 4096 gigabytes"),
        ({"notebookRamGb": "2048Mi"}, "notebookRamGb", "is not a number of gigabytes; write 2"),
        ({"notebookStorageGb": "10Gi"}, "notebookStorageGb", "is not a whole number of gigabytes; write 10"),
        ({"notebookStorageGb": 2.5}, "notebookStorageGb", "is not a whole number of gigabytes; write 3"),
        ({"notebookStorageGb": 0}, "notebookStorageGb", "must be at least 1 gigabyte"),
        ({"protect": "maybe"}, "protect", "must be true or false"),
        ({"identity__server": "192.0.2.1"}, "identity.server[0]", "is an IP address, but certificates are issued for host names; write for example ipa.example.org"),
        ({"identity__server": "ldaps://ipa.example.org"}, "identity.server[0]", "is a URL; write only the host name, for example ipa.example.org, and set identity.tls"),
        ({"identity__server": "ipa.example.org:0"}, "identity.server[0]", "has no valid port after the colon; write for example ipa.example.org:636"),
        ({"identity__server": []}, "identity.server", "is an empty list; write for example ipa.example.org"),
        ({"identity__tls": "none"}, "identity.tls", "must be ldaps or starttls"),
        ({"identity__bindDn": "deployer"}, "identity.bindDn", "is not a distinguished name; write for example uid=pangeo,cn=users,cn=accounts,dc=example,dc=org"),
        ({"identity__caCertificate": "/etc/ipa/ca.crt"}, "identity.caCertificate", "is not a PEM certificate; write the content of FreeIPA's /etc/ipa/ca.crt"),
        ({"identity__adminUsers": ["12"]}, "identity.adminUsers[0]", "is not a FreeIPA name; write letters, digits, _ . - and optionally a final $, but not only digits; for example alice"),
        ({"notebook__image": "pangeo/pangeo-notebook"}, "notebook.image", "is not an image with a tag or digest; write for example quay.io/pangeo/pangeo-notebook:2026.06.04"),
        ({"notebook__image": "docker://pangeo/pangeo-notebook:1"}, "notebook.image", "is a URL; write the image without the protocol"),
        ({"notebook__image": "docker.io//pangeo-notebook:1"}, "notebook.image", "is not an image with a tag or digest; write for example quay.io/pangeo/pangeo-notebook:2026.06.04"),
        ({"identity__server": "[2001:db8::1]:636"}, "identity.server[0]", "is an IP address, but certificates are issued for host names; write for example ipa.example.org"),
        ({"notebook__image": "pangeo/pangeo-notebook:latest"}, "notebook.image", "has the tag latest, which is not fixed; write for example quay.io/pangeo/pangeo-notebook:2026.06.04"),
        ({"notebook__defaultUrl": "lab"}, "notebook.defaultUrl", "is not a path on the notebook server; write for example /lab"),
        ({"notebook__defaultUrl": "//example.org/lab"}, "notebook.defaultUrl", "is not a path on the notebook server; write for example /lab"),
        ({"notebook__defaultUrl": "/\\example.org"}, "notebook.defaultUrl", "is not a path on the notebook server; write for example /lab"),
        ({"notebook__culling": 5}, "notebook.culling", "is not a section; write its keys below it"),
        ({"notebook__profiles": [{"name": 7}, {"name": "7"}]}, "notebook.profiles[1].name", "is also the name of pangeo:notebook.profiles[0]; write another name"),
        ({"notebook__profiles": [{"name": "a"}, {"name": "b", "default": "yes"}, {"name": "c", "default": True}]}, "notebook.profiles[2].default", "is also true in pangeo:notebook.profiles[1]; keep it on one of them"),
        ({"notebook__profiles": [{"name": "a", "images": [IMAGE, IMAGE]}]}, "notebook.profiles[0].images[1].name", "is also the name of pangeo:notebook.profiles[0].images[0]; write another name"),
        ({"notebook__profiles": [{"name": "a", "sizes": [{"name": "b"}, {"name": "b"}]}]}, "notebook.profiles[0].sizes[1].name", "is also the name of pangeo:notebook.profiles[0].sizes[0]; write another name"),
        ({"notebook__profiles": [{"name": "a", "sizes": [{"name": "b", "default": True}, {"name": "c", "default": True}]}]}, "notebook.profiles[0].sizes[1].default", "is also true in pangeo:notebook.profiles[0].sizes[0]; keep it on one of them"),
        ({"notebook__profiles": [{"name": "a", "image": "a.example/b:1", "images": [IMAGE]}]}, "notebook.profiles[0].image", "must not be set together with images; add it to images as the default, or remove it"),
        ({"notebook__profiles": [{"name": "a", "sizes": [{"name": "b", "cpus": 513}]}]}, "notebook.profiles[0].sizes[0].cpus", "must be at most 512 CPUs"),
        ({"notebook__profiles": [{"name": "a", "customImages": {"pattern": "a.example:5000/*"}}], "registries": {"mirror": "r.example/cache"}}, "notebook.profiles[0].customImages.pattern", "names a registry with a port, which names of images in pangeo:registries.mirror do not have; use a registry without a port, or the mirror itself"),
        ({"dask__maxCores": 1, "dask__workerCores": {"default": 2}}, "dask", "has maxCores 1, but a scheduler (1) and a worker of the default size need 3; raise maxCores"),
        ({"ingress__className": "Big Ingress"}, "ingress.className", "is not a name of a Kubernetes object; write lower-case letters, digits, dashes and dots, for example pangeo-data"),
    ],
)  # fmt: skip
def test_an_invalid_value_is_reported_with_a_fix(changes: dict[str, Any], field: str, message: str) -> None:
    found = problem(**changes)
    assert (found.key, found.message) == (f"pangeo:{field}", message)


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"identity__realm": ABSENT}, "identity.realm", "is required; set realm or baseDn"),
        ({"identity__baseDn": "dc=x"}, "identity.baseDn", "must not be set together with realm; remove one of them"),
        ({"storage": {"className": "a", "create": {"provisioner": "b"}}}, "storage.create", "must not be set together with className; remove one of them"),
        ({"ingress__tls": {}}, "ingress.tls.clusterIssuer", "is required; set clusterIssuer or secretName"),
        ({"ingress__tls": {"clusterIssuer": "a", "secretName": "b"}}, "ingress.tls.secretName", "must not be set together with clusterIssuer; remove one of them"),
        ({"dask__workerCores": {"min": 4, "max": 2, "default": 3}}, "dask.workerCores", "has min 4, default 3 and max 2; default must be between min and max"),
        ({"dask__workerRamGb": {"default": 20}}, "dask.workerRamGb", "has min 1, default 20 and max 16; default must be between min and max"),
    ],
)  # fmt: skip
def test_contradicting_keys_are_reported(changes: dict[str, Any], field: str, message: str) -> None:
    found = problem(**changes)
    assert (found.key, found.message) == (f"pangeo:{field}", message)


def test_contradictions_and_invalid_values_are_reported_together() -> None:
    found = problems(identity__realm=ABSENT, identity__tls="none", clusterName="A", storage__create__provisioner=[])
    assert [one.key for one in found] == [
        "pangeo:clusterName", "pangeo:identity.tls", "pangeo:identity.realm", "pangeo:storage.create.provisioner",
    ]  # fmt: skip


def test_a_tenancy_is_immutable() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        tenancy().cluster_name = "other"  # type: ignore[misc]


def test_inputs_are_json_that_reads_back_as_the_same_tenancy() -> None:
    read = tenancy(storage__create__provisioner="csi.example.org", externalIp="2001:db8::1", workers=NODES)
    inputs = json.loads(json.dumps(read.as_inputs()))
    assert inputs["workers"] == NODES
    assert inputs["notebook"]["image"] == DEFAULT_IMAGE
    assert Tenancy.model_validate(inputs, by_alias=True, by_name=False) == read


def test_no_text_of_a_tenancy_holds_its_kubeconfig() -> None:
    read = tenancy(kubernetes={"context": "vis", "kubeconfig": '{"token": "hunter2"}'})
    assert read.kubernetes.kubeconfig is not None
    assert read.kubernetes.kubeconfig.get_secret_value() == '{"token": "hunter2"}'
    assert "hunter2" not in f"{read} {read!r} {read.as_inputs()} {read.model_dump_json()}"


def test_every_key_is_described() -> None:
    assert [name for name, field in Tenancy.model_fields.items() if not field.description] == []


def test_files_must_not_use_snake_case() -> None:
    assert Tenancy.model_fields["notebook_cpus"].alias == "notebookCpus"
    found = problem(**{"notebookCpus": ABSENT}, notebook_cpus=2)
    assert (found.key, found.message) == ("pangeo:notebook_cpus", "is not a known key; did you mean notebookCpus?")
    assert settings()["notebookCpus"] == 2


@pytest.mark.parametrize(
    "group",
    [
        "ipausers", "IPAusers", " ipausers ", "editors", "Editors", "trust admins", "Trust  Admins",
        "default smb group", "Default SMB Group",
    ],
)  # fmt: skip
def test_freeipas_groups_of_ordinary_users_are_no_admin_groups(group: str) -> None:
    found = problem(identity__adminGroup=group)
    assert found.key == "pangeo:identity.adminGroup"
    assert "each of whom would be an admin" in found.message
    assert found.message.endswith("write a group of admins, for example pangeo_admins")


@pytest.mark.parametrize("group", ["vis_pangeo_notebook_users", "Vis_Pangeo_Notebook_Users", "other_notebook_users"])
def test_users_group_of_any_tenancy_is_no_admin_group(group: str) -> None:
    found = problem(clusterName="vis-pangeo", identity__adminGroup=group)
    assert found.key == "pangeo:identity.adminGroup"
    assert "is the users' group of a tenancy" in found.message


def test_refused_admin_group_is_reported_with_all_other_problems() -> None:
    found = problems(identity__adminGroup="ipausers", identity__tls="none", notebookCpus=0)
    assert [each.key for each in found] == [
        "pangeo:notebookCpus", "pangeo:identity.tls", "pangeo:identity.adminGroup",
    ]  # fmt: skip


@pytest.mark.parametrize("group", ["admins", "pangeo_admins", "ipausers_admins", "notebook_users_admins"])
def test_other_groups_may_be_admin_groups(group: str) -> None:
    assert tenancy(identity__adminGroup=group).identity.admin_group == group


def test_all_problems_of_a_profiles_choices_are_reported_at_once() -> None:
    images = [{**IMAGE, "image": "a"}, {"name": "b", "image": "a.example/b:latest", "default": "maybe"}]
    profile = {
        "name": "a",
        "image": "a.example/b:1",
        "images": images,
        "sizes": [{"name": "b", "cpus": 0}, {"ramGb": 5000, "gpu": 1}],
        "customImages": {"pattern": "*"},
    }
    found = [each.key for each in problems(notebook__profiles=[profile])]
    assert sorted(key.removeprefix("pangeo:notebook.profiles[0].") for key in found) == [
        "customImages.pattern",
        "image",
        "images[0].image",
        "images[1].default",
        "images[1].image",
        "sizes[0].cpus",
        "sizes[1].gpu",
        "sizes[1].name",
        "sizes[1].ramGb",
    ]
