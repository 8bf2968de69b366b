"""The Secrets that the stack file names are checked in a real cluster, in previews and before an ``up``."""

import json
import os

import pytest

from components.config.problems import InvalidTenancy
from components.preflight.cluster import verify_cluster
from tests.support.api_server import ApiServer
from tests.support.tenancies import tenancy

pytestmark = pytest.mark.engine

NAMESPACE, SECRET = "secrets-preflight", "registry-login"


def check(server: ApiServer, *, preview: bool = True) -> tuple[str, ...]:
    """Run all checks of the cluster; return the warnings about Secrets."""
    stack = tenancy(
        clusterName=NAMESPACE,
        registries={"pullSecrets": [SECRET]},
        ingress={"redirectedBy": "controller"},
    )
    environment = {**os.environ, "KUBECONFIG": str(server.kubeconfig)}
    facts = verify_cluster(stack, stack="vis", preview=preview, environment=environment)
    return tuple(each for each in facts.warnings if "Secret" in each)


def create_secret(server: ApiServer, type_: str) -> None:
    login = json.dumps({"auths": {"registry.example.org": {"username": "pangeo", "password": "hunter2"}}})
    secret = {"apiVersion": "v1", "kind": "Secret", "type": type_, "metadata": {"name": SECRET}}
    server.kubectl(
        *("create", "--namespace", NAMESPACE, "--filename=-"),
        stdin=json.dumps({**secret, "stringData": {".dockerconfigjson": login}}),
    )


def test_a_missing_pull_secret_is_found_once_the_namespace_exists(api_server: ApiServer) -> None:
    [warning] = check(api_server, preview=False)
    assert "registry-login; create them when pulumi up has created the namespace" in warning
    api_server.kubectl("create", "namespace", NAMESPACE)
    for preview in (True, False):
        with pytest.raises(InvalidTenancy, match="does not exist in the namespace secrets-preflight"):
            check(api_server, preview=preview)
    create_secret(api_server, "Opaque")
    with pytest.raises(InvalidTenancy, match="has the type Opaque"):
        check(api_server)
    api_server.kubectl("delete", "secret", "--namespace", NAMESPACE, SECRET)
    create_secret(api_server, "kubernetes.io/dockerconfigjson")
    assert check(api_server) == check(api_server, preview=False) == ()
