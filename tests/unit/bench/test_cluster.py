"""What a node has room for, and what the processes of a pod hold."""

from typing import Any

from bench.cluster import GIB, resident_mib, room

NODE = {"status": {"allocatable": {"cpu": "2", "memory": f"{10 * 1024**2}Ki", "pods": "110"}}}


def pod(phase: str = "Running", **requests: str) -> dict[str, Any]:
    return {"status": {"phase": phase}, "spec": {"containers": [{"resources": {"requests": requests}}]}}


def test_room_is_what_the_scarcer_resource_leaves() -> None:
    assert room([NODE], [], {"cpu": 0.05, "memory": 0.5 * GIB}) == 20
    assert room([NODE], [], {"cpu": 0.5, "memory": 0.5 * GIB}) == 4


def test_what_runs_or_waits_takes_room_and_what_ended_does_not() -> None:
    pods = [pod(cpu="500m"), pod("Pending", cpu="500m", memory="1Gi"), pod("Succeeded", cpu="2")]

    assert room([NODE], pods, {"cpu": 0.1, "memory": 1.0}) == 10


def test_a_pod_that_requests_nothing_takes_no_room() -> None:
    bare = {"status": {"phase": "Running"}, "spec": {"containers": [{}]}}

    assert room([NODE, NODE], [bare], {"cpu": 1.0}) == 4


def test_a_node_that_is_full_has_no_room() -> None:
    assert room([NODE], [pod(cpu="3")], {"cpu": 0.1}) == 0


def test_the_memory_of_a_pod_is_that_of_its_processes_without_those_who_asked() -> None:
    statuses = "\n".join(
        f"Name:\t{name}\nVmHWM:\t  999999 kB\nVmRSS:\t  {kib} kB"
        for name, kib in (("jupyterhub", 102_400), ("python3", 51_200), ("sh", 1024), ("cat", 1024))
    )

    assert resident_mib(f"{statuses}\nName:\tkworker\n") == 150.0
