"""Dask clusters with a folder, a key or GPUs of a group that their user has left end before the next server starts.

There is no gateway: the tests create its objects. Without a kubelet, the servers' pods stay pending.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

import pytest

from components.in_hub import messages
from tests.engine.hub.conftest import CreateNamespace, StartHub, ValuesFor
from tests.engine.hub.hub_namespace import HubNamespace
from tests.support.hub_process import Hub, page_of_refused_start
from tests.support.hub_users import MEMBERS, MODELLERS, PASSWORD, People
from tests.support.notebooks import declare_again
from tests.support.waiting import wait_until

pytestmark = pytest.mark.engine

NAMESPACE = "hub-tests-outdated-clusters"
FOLDERS = [{"name": "ocean", "claim": "ocean-data", "writers": [MODELLERS], "required": False}]
REFERENCE = {"secret": "ocean-keys", "key": "access"}
PROFILES: list[dict[str, Any]] = [
    {"name": "Ocean", "groups": [MODELLERS], "environment": {"STORE_KEY": REFERENCE}},
    {"name": "Small"},
]
WITH_KEY = {"env": [{"name": "STORE_KEY", "valueFrom": {"secretKeyRef": {"name": "ocean-keys", "key": "access"}}}]}
WITH_REMOVED_FOLDER = {"volumeMounts": [{"name": "folder-ice", "mountPath": "/shared/ice"}]}
WITH_GPU = {"resources": {"limits": {"nvidia.com/gpu": "1"}}}
WITH_FOLDER = {"volumeMounts": [{"name": "folder-ocean", "mountPath": "/shared/ocean"}]}

StartIn = Callable[[str, list[dict[str, Any]]], AbstractContextManager[Hub]]


@dataclass
class Deployment:
    """The namespace of the users' servers, and a function that starts a hub with a clusters' namespace and profiles."""

    namespace: HubNamespace
    start: StartIn


@pytest.fixture(scope="module")
def deployment(start_hub: StartHub, values_for: ValuesFor, create_namespace: CreateNamespace) -> Deployment:
    namespace, environment = create_namespace(NAMESPACE, dask=True)

    def start(clusters_namespace: str, profiles: list[dict[str, Any]]) -> AbstractContextManager[Hub]:
        values = values_for(
            sharedFolders=FOLDERS, notebook={"profiles": profiles}, dask={"workerGpus": {"groups": [MODELLERS]}}
        )
        values["jupyterhub"]["hub"]["config"]["FreeIpaAuthenticator"]["dask_namespace"] = clusters_namespace
        return start_hub(declare_again(values), environment)

    return Deployment(namespace, start)


@pytest.fixture(scope="module")
def hub(deployment: Deployment) -> Iterator[Hub]:
    with deployment.start(NAMESPACE, PROFILES) as running:
        yield running


@pytest.fixture
def user(people: People) -> str:
    """A member of the users' group, for one test."""
    name = f"user-{token_hex(4)}"
    people.add(name)
    people.join(MEMBERS, name)
    return name


def start_server(hub: Hub, namespace: HubNamespace, user: str) -> None:
    """Start the user's server and wait for its pod."""
    visitor = hub.log_in(user, PASSWORD)
    assert visitor.is_in
    visitor.post("/hub/spawn")
    wait_until(lambda: f"jupyter-{user}" in namespace.kubectl("get", "pods", "--output=name"), hub.log)


def test_clusters_with_something_of_another_group_end(deployment: Deployment, hub: Hub, user: str) -> None:
    namespace = deployment.namespace
    namespace.create_dask_cluster(f"{user}-folder", user, WITH_FOLDER)
    namespace.create_dask_cluster(f"{user}-gpu", user, WITH_GPU)
    namespace.create_dask_cluster(f"{user}-key", user, WITH_KEY)
    namespace.create_dask_cluster(f"{user}-removed", user, WITH_REMOVED_FOLDER)
    namespace.create_dask_cluster(f"{user}-plain", user)
    namespace.create_dask_cluster(f"{user}-of-mona", "mona", WITH_FOLDER)

    start_server(hub, namespace, user)

    assert not namespace.is_dask_cluster_active(f"{user}-folder")
    assert not namespace.is_dask_cluster_active(f"{user}-gpu")
    assert not namespace.is_dask_cluster_active(f"{user}-key")
    assert not namespace.is_dask_cluster_active(f"{user}-removed")
    assert namespace.is_dask_cluster_active(f"{user}-plain")
    assert namespace.is_dask_cluster_active(f"{user}-of-mona")
    assert f"that the user may no longer use: {user}-folder, {user}-gpu, {user}-key, {user}-removed\n" in hub.log()


def test_cluster_of_a_member_goes_on(deployment: Deployment, hub: Hub, people: People, user: str) -> None:
    people.join(MODELLERS, user)
    deployment.namespace.create_dask_cluster(user, user, {**WITH_FOLDER, **WITH_KEY, **WITH_GPU})

    start_server(hub, deployment.namespace, user)

    assert deployment.namespace.is_dask_cluster_active(user)


def test_no_server_starts_if_the_clusters_are_not_known(deployment: Deployment, user: str) -> None:
    with deployment.start("default", []) as hub:
        page = page_of_refused_start(hub.log_in(user, PASSWORD), user)

        assert messages.clusters_unknown() in page
        assert "were not compared with the user's groups: HTTP 403 Forbidden" in hub.log()
