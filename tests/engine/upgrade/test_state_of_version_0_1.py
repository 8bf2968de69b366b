"""A stack deployed by version 0.1 is previewed, refreshed, updated and destroyed by this version.

The recorded objects are put into a cluster and a directory, the state is imported, and this version is run.
"""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from pulumi.automation import OpType

from components.ownership.mark import ANNOTATION
from tests.engine.upgrade.old_stack import GROUP, NAME, RELEASE, OldStack
from tests.support.administrator import Administrator
from tests.support.api_server import ApiServer
from tests.support.directory import ThrowAwayDirectory
from tests.support.tenancy_stack import CONTRACT

pytestmark = pytest.mark.engine


HUB_READY = "pulumi-python:dynamic/tenancy:HubReady"
OLD_RANDOM = "random:index/randomBytes:RandomBytes"
IN_PLACE = {
    "pangeo:caas:PangeoCluster": OpType.UPDATE,
    RELEASE: OpType.UPDATE,
    HUB_READY: OpType.CREATE,
    CONTRACT: OpType.UPDATE,
    "pulumi-python:dynamic/freeipa:Group": OpType.UPDATE,
    "kubernetes:core/v1:Namespace": OpType.UPDATE,
    "kubernetes:networking.k8s.io/v1:Ingress": OpType.UPDATE,
    "kubernetes:storage.k8s.io/v1:StorageClass": OpType.UPDATE,
    "pulumi:providers:kubernetes": OpType.UPDATE,
    "pulumi-python:dynamic/tenancy:DestroyCheck": OpType.CREATE,
    "kubernetes:traefik.io/v1alpha1:Middleware": OpType.UPDATE,
    "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition": OpType.UPDATE,
    "random:index/randomPassword:RandomPassword": OpType.CREATE,
    "kubernetes:core/v1:Secret": OpType.CREATE,
    OLD_RANDOM: OpType.DELETE,
}
"""The paths of the files mounted into the hub changed, so Helm upgrades the release; the contract's entry in the state
names its new module; and the objects and the group of the stack get their owner's mark. The provider gets the
cluster's UID in place of a kubeconfig's path. CRDs get a digest of their content and a fixed field manager. The
check of a destroy is new. The hub gets new secrets, because the ids of the old ones were their values, in plain
text. The wait for the hub is a resource of its own. The component's entry in the state contains new keys. All other
resources stay as they are."""


def random_values(state: list[dict[str, Any]]) -> list[str]:
    """Return the hub's secrets in a state of version 0.1, in each of their forms."""
    found = [each for each in state if each["type"] == OLD_RANDOM]
    return [text for each in found for text in (each["id"], base64.b64decode(each["id"]).hex())]


def test_a_stack_of_version_0_1_lives_on(
    stack: OldStack, api_server: ApiServer, directory: ThrowAwayDirectory, tools: Path
) -> None:
    uid = api_server.read("namespace", NAME)["metadata"]["uid"]
    old_secrets = random_values(stack.state())
    assert len(old_secrets) == 8

    assert stack.preview() == IN_PLACE
    stack.refresh()
    assert stack.preview() == IN_PLACE
    stack.up()
    assert stack.preview() == {}

    state = json.dumps(stack.state_with_secrets(tools))
    assert not any(secret in state for secret in old_secrets), "the state still has a secret of version 0.1"
    namespace = api_server.read("namespace", NAME)["metadata"]
    assert namespace["uid"] == uid
    assert namespace["annotations"][ANNOTATION].endswith(f"deployment {stack.contract()['owner']['deployment']}")
    with Administrator.at(directory) as administrator:
        assert administrator.members(GROUP) == [directory.user_dn("alice")]

    stack.destroy()
    assert stack.state() == []
    assert api_server.exists("namespace", NAME), "the namespace holds the home volumes and is protected"
    assert not api_server.exists("ingress", "pangeo", "--namespace", NAME)


def test_version_0_1_can_be_destroyed_without_an_update(stack: OldStack, api_server: ApiServer) -> None:
    stack.destroy()
    assert stack.state() == []
    assert api_server.exists("namespace", NAME)
