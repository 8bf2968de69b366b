"""The command ``images``: which images are tried, with which gateway they are compared, and the results."""

import json

import pytest

from components.chart.dask_access import gateway_object
from components.cli.diagnose.result import Status
from components.cli.images.command import (
    VERSION_LABEL,
    images_to_try,
    parse_image,
    read_gateway_version,
    try_image,
)
from components.cli.images.trial_pod import IGNORES_COMMAND
from components.config.problems import InvalidTenancy
from tests.support.cluster_answers import ClusterAnswers
from tests.support.tenancies import tenancy
from tests.unit.components.cli.images.trial_cluster import IMAGE, Cluster, ended


def test_all_images_of_the_stack_are_tried_as_the_nodes_pull_them() -> None:
    profiles = [{"name": "GPU", "image": "quay.io/pangeo/ml-notebook:2026.06.04", "groups": ["modellers"]}]
    given = tenancy(registries={"mirror": "mirror.example.org/cache"}, notebook={"image": IMAGE, "profiles": profiles})

    assert images_to_try(given, []) == {
        IMAGE: f"mirror.example.org/cache/{IMAGE}",
        profiles[0]["image"]: f"mirror.example.org/cache/{profiles[0]['image']}",
    }
    other = parse_image("team/notebook:2", "--image")
    assert images_to_try(given, [other]) == {"team/notebook:2": "mirror.example.org/cache/docker.io/team/notebook:2"}


def test_an_image_without_a_fixed_tag_is_refused() -> None:
    with pytest.raises(InvalidTenancy, match="tag latest"):
        parse_image("team/notebook:latest", "--image")


def test_the_version_of_the_deployed_gateway_is_read() -> None:
    given = tenancy()
    path = f"/apis/apps/v1/namespaces/{given.namespace}/deployments/{gateway_object(given, 'api')}"
    deployed = ClusterAnswers({path: {"metadata": {"labels": {VERSION_LABEL: "2026.3.0"}}}})

    assert read_gateway_version(given, deployed) == "2026.3.0"
    assert read_gateway_version(given, ClusterAnswers({})) is None
    assert read_gateway_version(tenancy(dask={"enabled": False}), deployed) is None


DIFFERENT = {
    "packages": {"jupyterhub": "5.5.0", "dask": "2026.1.1", "distributed": "2026.1.1", "dask-gateway": "2025.4.0"},
    "programs": ["jupyterhub-singleuser", "dask-scheduler", "dask-worker"],
}


@pytest.mark.parametrize(
    ("text", "status", "message"),
    [
        (json.dumps(DIFFERENT), Status.WARNING, "has dask-gateway 2025.4.0, but the tenancy's gateway has 2026.3.0; "),
        ("", Status.BROKEN, IGNORES_COMMAND),
    ],
)
def test_the_result_is_about_the_image(text: str, status: Status, message: str) -> None:
    found = try_image(tenancy(), "notebook:1", IMAGE, "2026.3.0", Cluster(ended("Succeeded", text)))

    assert (found.subject, found.status) == ("notebook:1", status)
    assert found.message.startswith(message)
    assert "docs/operator-guide.md#your-own-image" in found.fix
