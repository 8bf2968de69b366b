"""The notebook server that a user's Dask clusters match."""

from typing import Any

import pytest

from components.folder_names import FOLDER_PREFIX
from components.in_gateway import notebook_pod
from components.in_gateway.notebook_pod import NotebookSettings, find_notebook, read_notebook

SECRET_REFERENCE = {"secretKeyRef": {"name": "store-keys", "key": "alice"}}


def pod(
    user: str = "alice", *, created: str = "2026-01-01T00:00:00Z", phase: str = "Running", **metadata: Any
) -> dict[str, Any]:
    """Return a pod as KubeSpawner creates it, with a user's name in its annotation."""
    return {
        "metadata": {
            "annotations": {"hub.jupyter.org/username": user},
            "creationTimestamp": created,
            **metadata,
        },
        "spec": {
            "imagePullSecrets": [{"name": "registry-login"}],
            "securityContext": {"fsGroup": 100, "runAsUser": 0},
            "containers": [
                {"name": "sidecar", "image": "example/sidecar:1"},
                {
                    "name": "notebook",
                    "image": "example/notebook:7",
                    "env": [
                        {"name": "JUPYTERHUB_API_TOKEN", "value": "of the user"},
                        {"name": "S3_ENDPOINT", "value": "https://s3.example.org"},
                        {"name": "S3_SECRET", "valueFrom": SECRET_REFERENCE},
                        {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                    ],
                    "volumeMounts": [
                        {"name": "volume-alice", "mountPath": "/home/jovyan"},
                        {"name": "folder-climate", "mountPath": "/shared/climate", "readOnly": True},
                    ],
                },
            ],
            "volumes": [
                {"name": "volume-alice", "persistentVolumeClaim": {"claimName": "claim-alice"}},
                {"name": "folder-climate", "persistentVolumeClaim": {"claimName": "folder-climate"}},
                {"name": "folder-unmounted", "persistentVolumeClaim": {"claimName": "folder-unmounted"}},
            ],
        },
        "status": {"phase": phase},
    }


def read(*variables: str) -> NotebookSettings:
    settings = read_notebook(pod(), variables)
    assert settings is not None
    return settings


@pytest.mark.parametrize("phase", ["Running", "Pending"])
def test_pod_of_the_user_is_found(phase: str) -> None:
    own = pod("alice", phase=phase)

    assert find_notebook([pod("bob"), own, pod("alice2")], "alice") is own


@pytest.mark.parametrize("other", ["Alice", "alice ", "alice*", "", "user:alice", "ali", "alice,bob"])
def test_name_must_match_exactly(other: str) -> None:
    assert find_notebook([pod(other)], "alice") is None
    assert find_notebook([pod("alice")], other) is None


@pytest.mark.parametrize("phase", ["Succeeded", "Failed", "Unknown"])
def test_ended_pod_is_not_found(phase: str) -> None:
    assert find_notebook([pod(phase=phase)], "alice") is None


def test_pod_that_stops_is_not_found() -> None:
    stopping = pod(deletionTimestamp="2026-01-02T00:00:00Z", created="2026-01-02T00:00:00Z")
    running = pod()

    assert find_notebook([stopping], "alice") is None
    assert find_notebook([stopping, running], "alice") is running


def test_newest_of_several_pods_is_found() -> None:
    old, new = pod(created="2026-01-01T00:00:00Z"), pod(created="2026-01-01T00:00:01Z")

    assert find_notebook([old, new], "alice") is find_notebook([new, old], "alice") is new


def test_pod_without_annotations_is_nobodys() -> None:
    assert find_notebook([pod(annotations=None)], "alice") is None
    assert find_notebook([{"metadata": {}, "spec": {}, "status": {}}], "alice") is None


def test_image_is_that_of_the_notebook_container() -> None:
    assert read().image == "example/notebook:7"
    assert read().pull_secrets == [{"name": "registry-login"}]


def test_only_declared_variables_are_shared() -> None:
    assert read().environment == []
    assert read("S3_ENDPOINT", "S3_SECRET").environment == [
        {"name": "S3_ENDPOINT", "value": "https://s3.example.org"},
        {"name": "S3_SECRET", "valueFrom": SECRET_REFERENCE},
    ]


def test_variable_with_a_field_of_the_pod_is_not_shared() -> None:
    assert read("POD").environment == []


def test_only_mounted_folders_are_shared() -> None:
    settings = read()

    assert settings.volumes == [{"name": "folder-climate", "persistentVolumeClaim": {"claimName": "folder-climate"}}]
    assert settings.volume_mounts == [{"name": "folder-climate", "mountPath": "/shared/climate", "readOnly": True}]
    assert settings.security_context == {"fsGroup": 100}


def test_pod_without_folders_shares_no_group() -> None:
    plain = pod()
    del plain["spec"]["containers"][1]["volumeMounts"], plain["spec"]["volumes"]

    assert read_notebook(plain, ()) == NotebookSettings("example/notebook:7", [{"name": "registry-login"}])


def test_pod_without_notebook_container_has_no_settings() -> None:
    other = pod()
    other["spec"]["containers"].pop()

    assert read_notebook(other, ()) is None


def test_prefix_of_folders_is_that_of_the_hub() -> None:
    assert notebook_pod.FOLDER_PREFIX == FOLDER_PREFIX, "the gateway's modules cannot import the hub's"
