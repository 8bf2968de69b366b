"""The section ``objectStore``: its values, and the messages for invalid ones."""

from collections.abc import Callable

import pytest

from components.config.environment import SecretKey
from components.config.object_store import VARIABLES
from components.config.problems import HIDDEN
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
        ("https://s3.example.org:0", "has the port 0"),
        ("https://{bucket}.example.org", "has a host that "),
        ("https://-$(a).example.org", "has a host that "),
        ("http://localhost:9000", "has a host that "),
        (
            "http://127.0.0.1:9000",
            "has a host that is a loopback address, which no other host can reach; write the address of the store",
        ),
        ("http://0.0.0.0:9000", "has a host that is not the address of a host"),
        ("http://169.254.169.254", "has a host that is a link-local address"),
        ("http://[::ffff:169.254.169.254]", "has a host that is an IPv4-mapped IPv6 address"),
        ("http://[fe80::1%eth0]", "has a host that is a link-local address with a zone"),
        ("http://[fd00:ec2::254]", "has a host that is a metadata server of a cloud, which no pod may reach"),
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


@pytest.mark.parametrize("secret", ["hub", "pangeo-secrets", "sh.helm.release.v1.x"])
def test_secrets_of_the_hub_are_refused(secret: str) -> None:
    [problem] = problems(objectStore={**STORE, "credentials": {"secret": secret}})
    assert problem.key == "pangeo:objectStore.credentials.secret"
    assert problem.message.startswith("is a Secret of the hub itself")


@pytest.mark.parametrize("secret", ["{user}", "h{user}", "s3.{user}"])
def test_names_of_users_secrets_have_a_beginning_of_their_own(secret: str) -> None:
    [problem] = problems(objectStore={**STORE, "credentials": {"secret": secret}})
    assert problem.message == "has no beginning of its own for {user}; write for example s3-user-{user}"


@pytest.mark.parametrize(
    ("pattern", "changes", "message"),
    [
        ("s3-{user}", {"groups": "s3-ocean"}, "is s3-ocean for a user named ocean"),
        ("s3-{user}-keys", {"variable": "s3-a-b-keys"}, "is s3-a-b-keys for a user named a-b"),
        ("s3-{user}", {"pull": "s3-registry"}, "is s3-registry for a user named registry"),
        ("tls-{user}", {"tls": "tls-hub"}, "is tls-hub for a user named hub"),
        ("pangeo-{user}", {}, "is pangeo-secrets for a user named secrets"),
        ("api-{user}", {}, "is api-vis-pangeo-dask-gateway for a user named vis-pangeo-dask-gateway"),
        ("dask-{user}", {}, "can be the name of a Secret that begins with dask-credentials-"),
        ("s3-{user}", {"groups": "s3-group-{user}"}, "can be the name of a Secret that begins with s3-group-"),
    ],
)
def test_secret_of_a_user_is_never_another_one(pattern: str, changes: dict[str, str], message: str) -> None:
    store: dict[str, object] = {**STORE, "credentials": {"secret": pattern}}
    if "groups" in changes:
        store["groupCredentials"] = [{"group": "ocean", "secret": changes["groups"]}]
    variable = {"A": {"secret": changes["variable"], "key": "key"}} if "variable" in changes else {}
    found = problems(
        objectStore=store,
        notebook={"environment": variable},
        registries={"pullSecrets": [changes["pull"]] if "pull" in changes else []},
        ingress={"tls": {"secretName": changes.get("tls", "certificate")}},
    )
    assert message in [problem.message.partition(";")[0] for problem in found if problem.value == pattern]


@pytest.mark.parametrize("secret", ["S3", "s3-{group}", "s3-{user}-{user}", "-s3", "s3 keys", "s3-{username}"])
def test_invalid_names_of_secrets_are_refused(secret: str) -> None:
    [problem] = problems(objectStore={**STORE, "credentials": {"secret": secret}})
    assert problem.message.startswith("is not the name of a Secret")


@pytest.mark.parametrize("key", ["secret", "accessKeyIdKey", "secretAccessKeyKey", "accessKey"])
def test_keys_in_place_of_names_are_hidden(key: str) -> None:
    found = problems(objectStore={**STORE, "credentials": {"secret": "s3", key: "wJalr/XUtnFEMI"}})
    assert [problem.value for problem in found] == [HIDDEN]


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
    listed = [{"group": group, "secret": group.lower()} for group in ("b", "a", " A ")]
    [problem] = problems(objectStore={**STORE, "groupCredentials": listed})
    assert (problem.key, problem.message) == (
        "pangeo:objectStore.groupCredentials[2].group",
        "is also the group of pangeo:objectStore.groupCredentials[1]; remove one of the entries",
    )


def test_all_problems_are_reported_at_once() -> None:
    found = problems(objectStore={"endpoint": "x", "region": "EU West", "credentials": {}, "scratchBucket": "X"})
    assert {problem.key.removeprefix("pangeo:objectStore.") for problem in found} == {
        *("endpoint", "region", "credentials.secret", "scratchBucket"),
    }


def test_secrets_that_users_share_must_exist_and_those_of_single_users_may_be_missing() -> None:
    groups = [{"group": "ocean", "secret": "s3-o"}, {"group": "zonal", "secret": "s3-user-{user}"}]
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
