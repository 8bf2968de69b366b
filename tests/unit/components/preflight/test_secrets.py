"""The check of the Secrets that the stack file names, against answers of a cluster."""

import base64
from collections.abc import Mapping
from typing import Any

import pytest

from components.cluster.errors import CannotAsk
from components.config.problems import InvalidTenancy
from components.preflight.secrets import check_secrets
from tests.support.tenancies import tenancy

NAMESPACE = "/api/v1/namespaces/vis-pangeo"
SECRET = f"{NAMESPACE}/secrets/registry-login"
CONTENT = "hunter2"
GOOD = {
    "type": "kubernetes.io/dockerconfigjson",
    "data": {".dockerconfigjson": base64.b64encode(CONTENT.encode()).decode()},
}


class Cluster:
    """Answers requests with these objects, by path; an exception is raised."""

    server = "https://cluster.example.org"

    def __init__(self, objects: Mapping[str, Any]) -> None:
        self.objects = objects

    def get(self, path: str, accept: str = "") -> Mapping[str, Any]:
        raise AssertionError(path)

    def send(self, method: str, path: str, body: object = None) -> tuple[int, Mapping[str, Any]]:
        found = self.objects.get(path)
        if isinstance(found, Exception):
            raise found
        return (404, {}) if found is None else (200, found)


def check(objects: Mapping[str, Any], *names: str) -> list[str]:
    stack = tenancy(registries={"pullSecrets": list(names or ("registry-login",))})
    return check_secrets(Cluster(objects), stack, source="stacks/Pulumi.vis.yaml")


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
    assert check_secrets(Cluster({NAMESPACE: AssertionError()}), tenancy(), source="test") == []


def test_a_missing_secret_is_an_error_with_the_command() -> None:
    assert refusal(None) == (
        "does not exist in the namespace vis-pangeo; create it with: kubectl create secret docker-registry "
        "registry-login --namespace vis-pangeo …"
    )


@pytest.mark.parametrize(
    ("secret", "message"),
    [
        ({**GOOD, "type": "Opaque"}, "has the type Opaque, not kubernetes.io/dockerconfigjson; delete it and create"),
        ({"data": GOOD["data"]}, "has the type Opaque, not kubernetes.io/dockerconfigjson; delete it and create"),
        ({**GOOD, "data": None}, "has no key .dockerconfigjson, or an empty one; add it to the Secret"),
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
