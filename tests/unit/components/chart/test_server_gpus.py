"""GPUs of users' servers in the values of the chart."""

from typing import Any

from components.chart.values import chart_values
from components.in_gateway.worker_gpus import NO_GPUS_VARIABLE
from components.in_hub.gpus import NO_GPUS, VARIABLE
from tests.support.tenancies import tenancy


def pool(name: str, gpus: int = 0, resource: str = "nvidia.com/gpu") -> dict[str, Any]:
    return {"name": name, "count": 2, "cpus": 8, "ramGb": 32, "labels": {"pool": name}, "gpus": gpus} | {
        "gpuResource": resource,
        "purposes": ["hub", "notebooks", "daskSchedulers"] + ["daskWorkers"] * (not gpus),
    }


POOLS = [pool("cpu"), pool("gpu", 2, "example.com/gpu"), pool("amd", 4, "amd.com/gpu")]


def server(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = chart_values(tenancy(**changes))["jupyterhub"]["singleuser"]
    return values


def limits(**changes: Any) -> list[dict[str, str] | None]:
    """Return the devices of each profile."""
    profiles = server(**changes)["profileList"]
    return [profile["kubespawner_override"].get("extra_resource_limits") for profile in profiles]


def test_profile_requests_the_gpus_of_its_pools() -> None:
    profiles = [
        {"name": "Small"},
        {"name": "No GPU", "gpus": 0},
        {"name": "GPU", "gpus": 2, "pool": "gpu"},
        {"name": "AMD", "gpus": 1, "pool": "amd"},
    ]
    expected = [None, None, {"example.com/gpu": "2"}, {"amd.com/gpu": "1"}]

    assert limits(notebook={"profiles": profiles}, workers={"pools": POOLS}) == expected
    # Only one pool has GPUs, so the profile need not name it.
    found = limits(notebook={"profiles": [{"name": "GPU", "gpus": 1}]}, workers={"pools": POOLS[:2]})
    assert found == [{"example.com/gpu": "1"}]


def test_each_size_of_a_profile_has_gpus_of_its_own() -> None:
    sizes = [{"name": "One"}, {"name": "Two", "gpus": 2}, {"name": "None", "gpus": 0}]
    profiles = [{"name": "GPU", "gpus": 1, "sizes": sizes}]

    [profile] = server(notebook={"profiles": profiles}, workers={"pools": POOLS[:2]})["profileList"]

    choices = profile["profile_options"]["size"]["choices"].values()
    found = [choice["kubespawner_override"].get("extra_resource_limits") for choice in choices]
    assert found == [{"example.com/gpu": "1"}, {"example.com/gpu": "2"}, None]
    assert "extra_resource_limits" not in profile["kubespawner_override"]
    assert [choice["display_name"] for choice in choices] == ["One", "Two (2 GPUs)", "None (no GPUs)"]


def test_gpus_of_nodes_that_are_not_described_are_nvidias() -> None:
    assert limits(notebook={"profiles": [{"name": "GPU", "gpus": 1}]}) == [{"nvidia.com/gpu": "1"}]


def test_servers_of_a_tenancy_with_gpus_see_none_unless_they_request_them() -> None:
    hidden = {"name": VARIABLE, "value": NO_GPUS}

    assert server(workers={"pools": POOLS})["extraEnv"][VARIABLE] == NO_GPUS
    assert VARIABLE not in server(workers={"pools": POOLS[:1]})["extraEnv"]
    assert VARIABLE not in server()["extraEnv"]
    assert hidden == NO_GPUS_VARIABLE
