"""Clusters match the user's notebook server: image, variables and folders, also in workers that start later."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from tests.engine.charts.renders import Object
from tests.engine.gateway.gateway_processes import Gateway
from tests.support.waiting import wait_for

pytestmark = pytest.mark.engine

DEFAULT, LEAN, GPU = (f"docker.io/example/{name}:7" for name in ("notebook", "lean", "gpu"))
"""Names of the tenancy's image of notebook servers, of a profile's for all users, and of a profile's of a group."""

LISTED, WRITTEN = "docker.io/example/listed:7", "docker.io/authors/a/b:1"
"""Names of an image in the list of a group's profile, and of one that matches its pattern."""

MIRROR = "mirror.example.org/cache/"
"""Start of an image's name as the nodes pull it."""

CLIMATE = {"name": "folder-climate", "persistentVolumeClaim": {"claimName": "folder-climate"}}
CLIMATE_MOUNT = {"name": "folder-climate", "mountPath": "/shared/climate", "readOnly": True}
SECRET = {"name": "STORE_KEY", "valueFrom": {"secretKeyRef": {"name": "store-keys", "key": "climate"}}}
VARIABLES = [
    {"name": "JUPYTERHUB_API_TOKEN", "value": "of the notebook server"},
    {"name": "STORE_URL", "value": "https://s3.example.org"},
    SECRET,
]


@pytest.fixture
def user(gateway: Gateway, request: pytest.FixtureRequest) -> Iterator[str]:
    """A user without clusters; clusters that the test starts are stopped after it."""
    name = f"Mx.{request.node.name[5:40]}@example"
    yield name
    for cluster in gateway.clusters(name):
        gateway.stop(cluster, name)


@contextmanager
def notebook_server(gateway: Gateway, user: str, image: str = LEAN, name: str = "jupyter-user") -> Iterator[None]:
    """Create the pod of a notebook server as KubeSpawner does, mark it as running, and delete it after the block."""
    security = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    pod: Object = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "labels": {"app": "jupyterhub", "component": "singleuser-server"},
            "annotations": {"hub.jupyter.org/username": user},
        },
        "spec": {
            "automountServiceAccountToken": False,
            "imagePullSecrets": [{"name": "registry-login"}],
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 1000,
                "fsGroup": 100,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [
                {
                    "name": "notebook",
                    "image": MIRROR + image,
                    "securityContext": security,
                    "env": VARIABLES,
                    "volumeMounts": [{"name": "volume-user", "mountPath": "/home/jovyan"}, CLIMATE_MOUNT],
                }
            ],
            "volumes": [{"name": "volume-user", "persistentVolumeClaim": {"claimName": "claim-user"}}, CLIMATE],
        },
    }
    in_namespace = ("--namespace", gateway.namespace)
    gateway.server.kubectl("create", "--filename=-", *in_namespace, stdin=json.dumps(pod))
    status = json.dumps({"status": {"phase": "Running"}})
    gateway.server.kubectl(
        "patch", "pod", name, "--subresource=status", "--type=merge", f"--patch={status}", *in_namespace
    )
    try:
        yield
    finally:
        gateway.server.kubectl("delete", "pod", name, "--force", "--grace-period=0", *in_namespace)


def start(gateway: Gateway, user: str, **options: Any) -> tuple[str, Object]:
    """Start a cluster and return its name and its scheduler's pod."""
    answer = gateway.new_cluster(user, **options)
    assert answer.ok, answer.text
    name: str = answer.json()["name"]
    [scheduler] = gateway.wait_for_objects("pods", name, "dask-scheduler")
    return name, scheduler


def refusal(gateway: Gateway, user: str, **options: Any) -> str:
    answer = gateway.new_cluster(user, **options)
    assert answer.status_code == requests.codes.unprocessable_entity
    message: str = answer.json()["error"]
    return message


def container(pod: Object) -> Object:
    found: Object = pod["spec"]["containers"][0]
    return found


def variables(pod: Object) -> dict[str, Any]:
    """Return a pod's variables: their values, or where they come from."""
    names = [each["name"] for each in container(pod)["env"]]
    assert len(names) == len(set(names))
    return {each["name"]: each.get("value", each.get("valueFrom")) for each in container(pod)["env"]}


def offered(gateway: Gateway, user: str) -> dict[str, Any]:
    """Return the options of a user with their defaults."""
    answer = gateway.ask("GET", "options", user).json()
    return {option["field"]: option["default"] for option in answer["cluster_options"]}


def assert_matches(pod: Object, extra: dict[str, str]) -> None:
    """Check that a scheduler or worker has the image, the variables and the folder of the notebook server."""
    assert container(pod)["image"] == MIRROR + LEAN
    assert pod["spec"]["imagePullSecrets"] == [{"name": "registry-login"}]
    found = variables(pod)
    assert "JUPYTERHUB_API_TOKEN" not in found
    expected = {"STORE_URL": "https://s3.example.org", "STORE_KEY": SECRET["valueFrom"], **extra}
    assert {name: found.get(name) for name in expected} == expected
    volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
    mounts = {mount["name"]: mount for mount in container(pod)["volumeMounts"]}
    assert set(volumes) == set(mounts) == {"dask-credentials", "folder-climate"}
    assert volumes["folder-climate"] == CLIMATE
    assert {key: mounts["folder-climate"].get(key) for key in CLIMATE_MOUNT} == CLIMATE_MOUNT
    assert pod["spec"]["securityContext"]["fsGroup"] == 100
    assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
    assert container(pod)["securityContext"]["allowPrivilegeEscalation"] is False


def test_workers_that_start_later_match_the_notebook_server(gateway: Gateway, user: str) -> None:
    with notebook_server(gateway, user):
        name, scheduler = start(gateway, user, environment={"CHOSEN": "a$(HOME)"}, worker_memory=3)
    # The user's server has stopped, and one with another image starts.
    with notebook_server(gateway, user, DEFAULT):
        gateway.mark_running(scheduler)
        gateway.scale(name, 1)
        [worker] = gateway.wait_for_objects("pods", name, "dask-worker")

    for pod in (scheduler, worker):
        assert_matches(pod, {"CHOSEN": "a$$(HOME)"})
    assert container(worker)["resources"]["limits"]["memory"] == str(3 * 1024**3)


def test_variable_of_the_user_replaces_that_of_the_server(gateway: Gateway, user: str) -> None:
    with notebook_server(gateway, user):
        _, scheduler = start(gateway, user, environment={"STORE_URL": "https://other.example.org", "STORE_KEY": ""})

    found = variables(scheduler)
    assert (found["STORE_URL"], found["STORE_KEY"]) == ("https://other.example.org", None)


def test_cluster_without_a_server_has_the_tenancys_image_and_variables(gateway: Gateway, user: str) -> None:
    with notebook_server(gateway, f"{user}2"):  # of another user
        _, scheduler = start(gateway, user)
        assert offered(gateway, user)["image"] == DEFAULT

    assert container(scheduler)["image"] == MIRROR + DEFAULT
    found = variables(scheduler)
    assert found["STORE_URL"] == "https://all.example.org/$$(HOME)/{}"
    assert found["STORE_KEY"] == {"secretKeyRef": {"name": "store-keys", "key": "all"}}
    assert [volume["name"] for volume in scheduler["spec"]["volumes"]] == ["dask-credentials"]


def test_options_have_the_usual_names_and_the_users_image(gateway: Gateway, user: str) -> None:
    with notebook_server(gateway, user, GPU):
        assert offered(gateway, user) == {"worker_cores": 1, "worker_memory": 2, "image": GPU, "environment": {}}


def test_old_name_of_the_memory_option_still_works(gateway: Gateway, user: str) -> None:
    name, scheduler = start(gateway, user, worker_ram_gb=4)
    gateway.mark_running(scheduler)
    gateway.scale(name, 1)
    [worker] = gateway.wait_for_objects("pods", name, "dask-worker")

    assert container(worker)["resources"]["limits"]["memory"] == str(4 * 1024**3)
    assert refusal(gateway, user, worker_ram_gb=4, worker_memory=4) == (
        "worker_ram_gb is the old name of worker_memory; write only worker_memory"
    )


def test_approved_image_can_be_chosen(gateway: Gateway, user: str) -> None:
    with notebook_server(gateway, user, GPU):
        _, scheduler = start(gateway, user, image="example/lean:7")
        _, of_the_server = start(gateway, user, image=GPU)

    assert [container(pod)["image"] for pod in (scheduler, of_the_server)] == [MIRROR + LEAN, MIRROR + GPU]


@pytest.fixture
def author(gateway: Gateway) -> Iterator[str]:
    """A member of the group whose profile has images to choose from, and a pattern of others."""
    name = "author@example+authors"
    yield name
    for cluster in gateway.clusters(name):
        gateway.stop(cluster, name)


def test_cluster_has_the_image_that_the_user_wrote_for_the_server(gateway: Gateway, author: str) -> None:
    with notebook_server(gateway, author, WRITTEN):
        assert offered(gateway, author)["image"] == MIRROR + WRITTEN
        _, scheduler = start(gateway, author)

    assert container(scheduler)["image"] == MIRROR + WRITTEN


def test_image_of_a_groups_choices_or_pattern_can_be_written(gateway: Gateway, author: str) -> None:
    _, of_the_list = start(gateway, author, image=LISTED)
    _, of_the_pattern = start(gateway, author, image=WRITTEN)

    assert [container(pod)["image"] for pod in (of_the_list, of_the_pattern)] == [MIRROR + LISTED, MIRROR + WRITTEN]


@pytest.mark.parametrize(
    "image",
    [
        "docker.io/authors/a",
        "docker.io/authors/a:latest",
        f"{WRITTEN}\n{WRITTEN}",
        "docker.io/authors.evil.com/a:1",
        "evil.com/docker.io/authors/a:1",
    ],
)
def test_image_that_matches_no_pattern_is_refused(gateway: Gateway, author: str, image: str) -> None:
    message = refusal(gateway, author, image=image)

    assert "which is not approved here" in message
    assert message.endswith(f"or write one of: {LEAN}, {LISTED}, docker.io/authors/**")


@pytest.mark.parametrize("image", [LISTED, WRITTEN])
def test_image_of_another_groups_profile_is_refused(gateway: Gateway, user: str, image: str) -> None:
    assert "which is not approved here" in refusal(gateway, user, image=image)


@pytest.mark.parametrize("image", [GPU, "example/lean:8", "evil.example.org/lean:7"])
def test_other_image_is_refused_with_the_approved_ones(gateway: Gateway, user: str, image: str) -> None:
    assert refusal(gateway, user, image=image) == (
        f"image is '{image}', which is not approved here; leave image out to use that of your server, {DEFAULT}, "
        f"or write one of: {LEAN}"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"environment": {"DASK_GATEWAY_API_TOKEN": "x"}}, "environment: DASK_GATEWAY_API_TOKEN is reserved"),
        ({"environment": {"OMP_NUM_THREADS": 1}}, 'environment: OMP_NUM_THREADS is 1, not a string; write "1"'),
        ({"worker_memory": "8 GB"}, "not a number of gigabytes; write worker_memory=8"),
        ({"worker_cores": "2"}, "worker_cores is '2', not a number of cores; write worker_cores=2"),
        ({"worker_threads": 2}, "'worker_threads' is not an option of a cluster here; write worker_cores, "),
        ({"image": 7}, "image is 7, not a string"),
    ],
)
def test_invalid_option_is_refused_with_a_message(
    gateway: Gateway, user: str, options: dict[str, Any], message: str
) -> None:
    assert message in refusal(gateway, user, **options)


def test_refused_options_create_no_cluster(gateway: Gateway, user: str) -> None:
    refusal(gateway, user, image="evil.example.org/lean:7")
    name, _ = start(gateway, user)

    assert wait_for(lambda: gateway.clusters(user), bool) == [name]
