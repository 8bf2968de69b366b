"""The section ``objectStore``: its values, and the messages for invalid ones."""

from collections.abc import Callable

import pytest

from components.config.environment import SecretKey
from components.config.object_store import VARIABLES
from tests.support.tenancies import problems, tenancy

STORE = {"endpoint": "https://s3.example.org"}


@pytest.mark.parametrize(
    ("endpoint", "message"),
    [
        ("s3.example.org", "is not a URL with http or https"),
        ("ftp://s3.example.org", "is not a URL with http or https"),
        ("https://", "is not a URL with http or https"),
        ("https://s3.example.org:port", "is not a URL;"),
        ("https://s3.example.org/bucket", "has a path"),
        ("https://s3.example.org?x=1", "has a path"),
    ],
)
def test_invalid_endpoints_are_refused(endpoint: str, message: str) -> None:
    [problem] = problems(objectStore={"endpoint": endpoint})
    assert problem.key == "pangeo:objectStore.endpoint"
    assert problem.message.startswith(message)


def test_keys_in_the_endpoint_are_refused_and_hidden() -> None:
    [problem] = problems(objectStore={"endpoint": "https://id:k3y@s3.example.org"})
    assert "k3y" not in f"{problem}"
    assert "credentials.secret" in problem.message


@pytest.mark.parametrize(
    "secret", ["hub", "pangeo-secrets", "sh.helm.release.v1.x", "{user}", "sh.helm.release.{user}"]
)
def test_secrets_of_the_hub_are_refused(secret: str) -> None:
    [problem] = problems(objectStore={**STORE, "credentials": {"secret": secret}})
    assert problem.key == "pangeo:objectStore.credentials.secret"
    assert problem.message.startswith("may be a Secret of the hub itself")


@pytest.mark.parametrize("secret", ["S3", "s3-{group}", "s3-{user}-{user}", "-s3", "s3 keys", "s3-{username}"])
def test_invalid_names_of_secrets_are_refused(secret: str) -> None:
    [problem] = problems(objectStore={**STORE, "credentials": {"secret": secret}})
    assert problem.message.startswith("is not the name of a Secret")


@pytest.mark.parametrize("bucket", ["ab", "Scratch", "scratch/folder", "scratch..x", "-scratch", "s" * 64, "s3://"])
def test_invalid_buckets_are_refused(bucket: str) -> None:
    [problem] = problems(objectStore={**STORE, "scratchBucket": bucket})
    assert problem.message.startswith("is not the name of a bucket")


@pytest.mark.parametrize("name", VARIABLES)
@pytest.mark.parametrize(
    ("place", "notebook"),
    [
        ("notebook.environment", lambda environment: {"environment": environment}),
        ("notebook.groupEnvironment.ocean", lambda environment: {"groupEnvironment": {"ocean": environment}}),
        (
            "notebook.profiles[0].environment",
            lambda environment: {"profiles": [{"name": "A", "environment": environment}]},
        ),
    ],
)
def test_variables_of_the_store_are_set_in_one_section_only(
    name: str, place: str, notebook: Callable[[object], dict[str, object]]
) -> None:
    environment = {name: {"secret": "s3", "key": "key"}, "OTHER": "1"}
    found = problems(objectStore=STORE, notebook=notebook(environment))
    assert [problem.message for problem in found] == [f"sets {name}, as {place} does; remove it there"]


def test_groups_are_listed_once() -> None:
    [problem] = problems(objectStore={**STORE, "groupCredentials": [{"group": "a", "secret": each} for each in "xy"]})
    assert problem.message == "lists the group a twice; remove one of the entries"


def test_all_problems_are_reported_at_once() -> None:
    found = problems(objectStore={"endpoint": "x", "region": "EU West", "credentials": {}, "scratchBucket": "X"})
    assert {problem.key.removeprefix("pangeo:objectStore.") for problem in found} == {
        *("endpoint", "region", "credentials.secret", "scratchBucket"),
    }


def test_secrets_that_users_share_must_exist_and_those_of_single_users_may_be_missing() -> None:
    groups = [{"group": "ocean", "secret": "s3-o"}, {"group": "zonal", "secret": "s3-{user}"}]
    store = tenancy(
        objectStore={**STORE, "credentials": {"secret": "s3", "accessKeyIdKey": "id"}, "groupCredentials": groups}
    ).object_store
    assert store is not None
    assert list(store.secret_keys()) == [
        (("credentials", "secret"), SecretKey("s3", "id")),
        (("credentials", "secret"), SecretKey("s3", "AWS_SECRET_ACCESS_KEY")),
        (("groupCredentials", 0, "secret"), SecretKey("s3-o", "AWS_ACCESS_KEY_ID")),
        (("groupCredentials", 0, "secret"), SecretKey("s3-o", "AWS_SECRET_ACCESS_KEY")),
    ]
