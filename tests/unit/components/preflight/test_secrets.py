"""The check of the Secrets that the stack file names, against answers of a cluster."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest

from components.cluster.errors import CannotAsk
from components.config.problems import InvalidTenancy
from components.preflight.secrets import check_secrets
from tests.support.cluster_answers import ClusterAnswers
from tests.support.tenancies import tenancy

NAMESPACE = "/api/v1/namespaces/vis-pangeo"
SECRET = f"{NAMESPACE}/secrets/registry-login"
CONTENT = "hunter2"
GOOD = {
    "type": "kubernetes.io/dockerconfigjson",
    "data": {".dockerconfigjson": base64.b64encode(CONTENT.encode()).decode()},
}


def check(objects: Mapping[str, Any], *names: str) -> list[str]:
    stack = tenancy(registries={"pullSecrets": list(names or ("registry-login",))})
    return check_secrets(ClusterAnswers(objects), stack, source="stacks/Pulumi.vis.yaml")


def refusal(secret: object) -> str:
    with pytest.raises(InvalidTenancy) as caught:
        check({NAMESPACE: {}, SECRET: secret})
    [problem] = caught.value.problems
    assert (problem.key, problem.value) == ("pangeo:registries.pullSecrets[0]", "registry-login")
    assert CONTENT not in str(caught.value)
    return problem.message


def test_a_pull_secret_of_the_right_type_is_accepted() -> None:
    assert check({NAMESPACE: {}, SECRET: GOOD}) == []


def test_nothing_is_asked_without_named_secrets() -> None:
    assert check_secrets(ClusterAnswers({NAMESPACE: AssertionError()}), tenancy(), source="test") == []


def test_a_missing_secret_is_an_error_with_the_command() -> None:
    assert refusal(None) == (
        "does not exist in the namespace vis-pangeo; create it with: podman login --authfile FILE REGISTRY && "
        "kubectl create secret generic registry-login --namespace vis-pangeo --from-file=.dockerconfigjson=FILE "
        "--type=kubernetes.io/dockerconfigjson"
    )


@pytest.mark.parametrize(
    ("secret", "message"),
    [
        ({**GOOD, "type": "Opaque"}, "has the type Opaque, not kubernetes.io/dockerconfigjson; delete it and create"),
        ({"data": GOOD["data"]}, "has the type Opaque, not kubernetes.io/dockerconfigjson; delete it and create"),
        ({**GOOD, "data": None}, "has no key .dockerconfigjson, or an empty one; add it to the Secret in the"),
        ({**GOOD, "data": {".dockerconfigjson": ""}}, "has no key .dockerconfigjson, or an empty one"),
    ],
)
def test_an_unusable_secret_is_an_error(secret: object, message: str) -> None:
    assert message in refusal(secret)


def test_all_missing_secrets_are_reported_at_once() -> None:
    with pytest.raises(InvalidTenancy) as caught:
        check({NAMESPACE: {}, SECRET: GOOD}, "one", "registry-login", "two")
    assert [each.value for each in caught.value.problems] == ["one", "two"]


def test_before_the_first_up_there_is_only_a_warning() -> None:
    [warning] = check({})
    assert warning == (
        "the namespace vis-pangeo does not exist yet, so these Secrets could not be checked: registry-login; create "
        "them when pulumi up has created the namespace, and run it again if it stopped because of them"
    )


def test_a_secret_that_may_not_be_read_is_a_warning() -> None:
    [warning] = check({NAMESPACE: {}, SECRET: CannotAsk("the account may not read it")})
    assert warning == (
        "pangeo:registries.pullSecrets[0]: the Secret registry-login cannot be checked: the account may not read it"
    )


MIRROR = "registry.example.org:5000/cache"


def log_in(*servers: str) -> dict[str, object]:
    """Return a Secret with log-ins for these servers."""
    content = json.dumps({"auths": {server: {"password": CONTENT} for server in servers}})
    return {**GOOD, "data": {".dockerconfigjson": base64.b64encode(content.encode()).decode()}}


def check_mirror(*secrets: object) -> list[str]:
    names = [f"login-{number}" for number in range(len(secrets))]
    objects = {f"{NAMESPACE}/secrets/{name}": secret for name, secret in zip(names, secrets, strict=True)}
    stack = tenancy(registries={"mirror": MIRROR, "pullSecrets": names})
    return check_secrets(ClusterAnswers({NAMESPACE: {}, **objects}), stack, source="stacks/Pulumi.vis.yaml")


@pytest.mark.parametrize(
    "server",
    [
        "registry.example.org:5000",
        "https://registry.example.org:5000",
        "https://registry.example.org:5000/v2/",
        "registry.example.org:5000/cache",
        "registry.example.org:5000/cache/quay.io",
        "*.example.org:5000",
    ],
)
def test_a_log_in_for_the_mirror_is_recognised(server: str) -> None:
    assert check_mirror(log_in("other.example.org"), log_in(server)) == []


@pytest.mark.parametrize(
    "server", ["registry.example.org", "example.org:5000", "*:5000", "registry.example.org:5000/other", ""]
)
def test_a_mirror_without_a_log_in_is_a_warning(server: str) -> None:
    [warning] = check_mirror(log_in(server))
    assert warning == (
        "pangeo:registries.pullSecrets: login-0: no log-in for registry.example.org:5000/cache "
        "(pangeo:registries.mirror), so the nodes pull from it without one; if it requires one, delete the Secret and "
        "create it with: podman login --authfile FILE registry.example.org:5000 && kubectl create secret generic "
        "login-0 --namespace vis-pangeo --from-file=.dockerconfigjson=FILE --type=kubernetes.io/dockerconfigjson"
    )


@pytest.mark.parametrize("content", ["hunter2", "[]", '{"auths": []}', "{}", '{"auths": {"https://[foo": {}}}'])
def test_log_ins_that_cannot_be_read_are_none(content: str) -> None:
    data = {".dockerconfigjson": base64.b64encode(content.encode()).decode()}
    [warning] = check_mirror({**GOOD, "data": data})
    assert "no log-in" in warning
    assert CONTENT not in warning


def test_a_missing_secret_for_the_mirror_names_its_registry() -> None:
    with pytest.raises(InvalidTenancy, match=r"podman login --authfile FILE registry\.example\.org:5000 "):
        check_mirror(None)


REFERENCE = {"secret": "s3", "key": "secret-key"}
S3 = {"type": "Opaque", "data": {"secret-key": base64.b64encode(CONTENT.encode()).decode(), "other": "eA=="}}


def check_variables(secret: object, **changes: Any) -> list[str]:
    stack = tenancy(**(changes or {"notebook__environment": {"KEY": REFERENCE}}))
    return check_secrets(
        ClusterAnswers({NAMESPACE: {}, f"{NAMESPACE}/secrets/s3": secret}), stack, source="stacks/Pulumi.vis.yaml"
    )


def variable_problems(secret: object, **changes: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidTenancy) as caught:
        check_variables(secret, **changes)
    assert CONTENT not in str(caught.value)
    return [(each.key, each.message) for each in caught.value.problems]


def test_a_variable_from_an_existing_key_is_accepted() -> None:
    assert check_variables(S3) == []


def test_a_variable_without_its_secret_is_an_error_with_the_command() -> None:
    [(key, message)] = variable_problems(None)
    assert key == "pangeo:notebook.environment.KEY"
    assert message == (
        "does not exist in the namespace vis-pangeo; create it with: kubectl create secret generic s3 "
        "--namespace vis-pangeo --from-file=secret-key=FILE"
    )


def test_a_missing_key_is_reported_with_those_that_exist() -> None:
    [(_, message)] = variable_problems({"data": {"b": "eA==", "a": "eA=="}})
    assert message.startswith("has no key secret-key, or an empty one (its keys: a, b); add it")


@pytest.mark.parametrize(
    ("content", "mistake"),
    [
        ("hunter2\n", "has a line break at the end"),
        ("hunter2\r\n", "has a line break at the end"),
        ("hunter2\n\n", "has a line break at the end"),
        ("\n", "has only blanks or line breaks"),
        (" ", "has only blanks or line breaks"),
    ],
)
def test_content_that_programs_cannot_use_is_an_error_with_the_command(content: str, mistake: str) -> None:
    secret = {"data": {"secret-key": base64.b64encode(content.encode()).decode()}}
    [(_, message)] = variable_problems(secret)
    assert message == (
        f"{mistake} in the key secret-key; write only the value into FILE, for example with printf %s, delete "
        "the Secret and create it again: kubectl create secret generic s3 --namespace vis-pangeo "
        "--from-file=secret-key=FILE"
    )
    store = {"endpoint": "https://s3.example.org", "credentials": {"secret": "s3", "accessKeyIdKey": "secret-key"}}
    secret["data"]["AWS_SECRET_ACCESS_KEY"] = secret["data"]["secret-key"]
    found = variable_problems(secret, objectStore=store)
    assert [message.partition(";")[0] for _, message in found] == [
        f"{mistake} in the key {key}" for key in ("secret-key", "AWS_SECRET_ACCESS_KEY")
    ]
    assert "create it again, with its other keys: " in found[0][1]


@pytest.mark.parametrize(
    "content", ["a", "a b", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "\xa0x"]
)
def test_other_content_is_accepted(content: str) -> None:
    assert check_variables({"data": {"secret-key": base64.b64encode(content.encode()).decode()}}) == []


def test_every_variable_of_groups_profiles_and_the_store_is_checked() -> None:
    store = {"endpoint": "https://s3.example.org", "credentials": {"secret": "s3"}}
    found = variable_problems(
        S3,
        notebook__groupEnvironment={"ocean": {"A": {"secret": "s3", "key": "none"}}},
        notebook__profiles=[{"name": "x", "environment": {"B": {"secret": "s3", "key": "none"}, "C": REFERENCE}}],
        objectStore=store,
    )
    assert [key for key, _ in found] == [
        "pangeo:notebook.groupEnvironment.ocean.A",
        "pangeo:notebook.profiles[0].environment.B",
        *["pangeo:objectStore.credentials.secret"] * 2,
    ]


@pytest.mark.parametrize(
    "more",
    [
        {"type": "kubernetes.io/service-account-token"},
        {"type": "helm.sh/release.v1"},
        {"metadata": {"annotations": {"meta.helm.sh/release-name": "vis-pangeo"}}},
        {"metadata": {"labels": {"gateway.dask.org/cluster": "0123"}}},
    ],
)
def test_secrets_of_the_hub_and_of_kubernetes_are_refused(more: dict[str, Any]) -> None:
    [(_, message)] = variable_problems({**S3, **more})
    assert message.startswith("belongs to the hub or to Kubernetes")


def test_secret_of_another_chart_may_be_for_users() -> None:
    metadata = {
        "annotations": {"meta.helm.sh/release-name": "minio"},
        "labels": {"app.kubernetes.io/managed-by": "Helm"},
    }
    assert check_variables({**S3, "metadata": metadata}) == []
