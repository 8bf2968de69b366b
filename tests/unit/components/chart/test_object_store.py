"""Variables that configure S3 clients, in the chart's values."""

from typing import Any

from components.chart.environment import declared_references, variable_names
from components.chart.gateway_code import common_variables
from components.chart.object_store import object_store_environment
from components.chart.values import chart_values, freeipa_authenticator
from components.config.object_store import VARIABLES
from components.freeipa.names import group_dn
from tests.support.tenancies import tenancy

STORE = {"endpoint": "https://s3.example.org:9000/", "region": "eu"}


def reference(name: str, key: str, *, optional: bool = False) -> dict[str, Any]:
    return {"valueFrom": {"secretKeyRef": {"name": name, "key": key, "optional": optional}}}


def test_clients_find_the_store_and_its_region() -> None:
    assert object_store_environment(tenancy(objectStore=STORE)) == {
        "AWS_ENDPOINT_URL": "https://s3.example.org:9000",
        "AWS_REGION": "eu",
        "AWS_DEFAULT_REGION": "eu",
        "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
        "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def test_keys_of_all_users_come_from_one_secret() -> None:
    credentials = {"secret": "s3", "accessKeyIdKey": "id", "secretAccessKeyKey": "key"}
    environment = object_store_environment(tenancy(objectStore={**STORE, "credentials": credentials}))
    assert environment["AWS_ACCESS_KEY_ID"] == reference("s3", "id")
    assert environment["AWS_SECRET_ACCESS_KEY"] == reference("s3", "key")


def test_each_user_has_an_own_secret_or_no_keys() -> None:
    environment = object_store_environment(tenancy(objectStore={**STORE, "credentials": {"secret": "s3-user-{user}"}}))
    assert environment["AWS_ACCESS_KEY_ID"] == reference("s3-user-{username}", "AWS_ACCESS_KEY_ID", optional=True)


def test_last_group_in_the_list_decides() -> None:
    listed = [{"group": "zonal", "secret": "s3-z"}, {"group": "ocean", "secret": "s3-o", "accessKeyIdKey": "id"}]
    changed = tenancy(objectStore={**STORE, "groupCredentials": listed})
    overrides = chart_values(changed)["jupyterhub"]["hub"]["config"]["KubeSpawner"]["group_overrides"]
    assert [overrides[key]["groups"] for key in sorted(overrides)] == [["zonal"], ["ocean"]]
    assert overrides["object-store-001-ocean"]["spawner_override"] == {
        "environment": {
            "AWS_ACCESS_KEY_ID": reference("s3-o", "id"),
            "AWS_SECRET_ACCESS_KEY": reference("s3-o", "AWS_SECRET_ACCESS_KEY"),
        }
    }
    assert set(variable_names(changed)) >= {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    assert declared_references(changed) == [
        *(reference("s3-z", key) for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")),
        *(reference("s3-o", key) for key in ("id", "AWS_SECRET_ACCESS_KEY")),
    ]


def test_hub_asks_for_the_groups_of_the_list() -> None:
    changed = tenancy(objectStore={**STORE, "groupCredentials": [{"group": "Ocean", "secret": "s3-o"}]})
    assert group_dn(changed.directory_suffix, "ocean") in freeipa_authenticator(changed)["profile_groups"]


def test_scratch_bucket_is_the_users_own_prefix() -> None:
    environment = object_store_environment(tenancy(objectStore={**STORE, "scratchBucket": "scratch"}))
    assert environment["SCRATCH_BUCKET"].format(unescaped_username="an_na") == "s3://scratch/an_na"


def test_notebooks_and_dask_have_the_variables() -> None:
    store = {**STORE, "credentials": {"secret": "s3"}, "scratchBucket": "scratch"}
    changed = tenancy(objectStore=store, notebook__environment={"A": "1"})
    environment = chart_values(changed)["jupyterhub"]["singleuser"]["extraEnv"]
    assert environment.items() >= object_store_environment(changed).items()
    assert variable_names(changed) == tuple(sorted(("A", *VARIABLES)))


def test_clusters_of_users_without_a_server_have_what_all_users_share() -> None:
    store = {**STORE, "scratchBucket": "scratch"}
    shared = common_variables(tenancy(objectStore={**store, "credentials": {"secret": "s3"}}))
    assert {"name": "AWS_ENDPOINT_URL", "value": "https://s3.example.org:9000"} in shared
    assert {"name": "AWS_ACCESS_KEY_ID", **reference("s3", "AWS_ACCESS_KEY_ID")} in shared

    personal = common_variables(tenancy(objectStore={**store, "credentials": {"secret": "s3-user-{user}"}}))
    assert {each["name"] for each in personal}.isdisjoint(
        {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "SCRATCH_BUCKET"}
    )


def test_values_without_a_store_are_those_of_earlier_versions() -> None:
    assert object_store_environment(tenancy()) == {}
