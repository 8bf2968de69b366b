"""The wait for a started server: it ends as soon as the server accepts connections."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from components.in_hub import listening
from components.in_hub.listening import has_ended, wait_until_listening

LIMIT_SECONDS = 60
"""Far above what a wait takes, on a busy machine as well."""


class FakeSpawner(SimpleNamespace):
    """The part of KubeSpawner that the wait uses; its pods change as those of the real one's watch."""

    def is_pod_running(self, pod: dict[str, Any] | None) -> bool:
        return pod is not None and pod["status"]["phase"] == "Running"


def make_pod(phase: str = "Pending", uid: str = "1", **metadata: str) -> dict[str, Any]:
    return {"metadata": {"uid": uid, **metadata}, "status": {"phase": phase, "podIP": "127.0.0.1"}}


def make_spawner(pod: dict[str, Any], port: int = 1) -> FakeSpawner:
    pods = {"vis/jupyter-alice": pod}
    return FakeSpawner(
        namespace="vis",
        pod_name="jupyter-alice",
        port=port,
        start_timeout=LIMIT_SECONDS,
        pod_reflector=SimpleNamespace(pods=pods),
    )


async def closed_port() -> int:
    """Return a port on which nothing listens."""
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port


def waiting(spawner: FakeSpawner, *steps: Callable[[], Awaitable[object]]) -> None:
    """Run the wait; it must not end before all steps were taken, and must end after them."""

    async def run() -> None:
        task = asyncio.create_task(wait_until_listening(spawner, make_pod()))
        for step in steps:
            await asyncio.sleep(5 * listening.INTERVAL_SECONDS)
            assert not task.done()
            await step()
        await asyncio.wait_for(task, LIMIT_SECONDS)

    asyncio.run(run())


def test_the_wait_ends_when_the_pod_runs_and_the_server_listens() -> None:
    spawner = make_spawner(make_pod(), asyncio.run(closed_port()))

    async def run_pod() -> None:
        spawner.pod_reflector.pods["vis/jupyter-alice"] = make_pod("Running")

    async def listen() -> None:
        await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", spawner.port)

    waiting(spawner, run_pod, listen)


@pytest.mark.parametrize(
    "pod",
    [None, make_pod(uid="2"), make_pod("Failed"), make_pod("Succeeded"), make_pod(deletionTimestamp="now")],
    ids=["deleted", "replaced", "failed", "finished", "being deleted"],
)
def test_the_wait_ends_with_the_pod(pod: dict[str, Any] | None) -> None:
    spawner = make_spawner(make_pod())
    assert has_ended(pod, "1")

    async def end() -> None:
        spawner.pod_reflector.pods["vis/jupyter-alice"] = pod

    waiting(spawner, end)


def test_a_server_that_never_listens_is_left_to_jupyterhub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "LISTEN_SECONDS", 0.5)
    spawner = make_spawner(make_pod("Running"), asyncio.run(closed_port()))

    start = time.monotonic()
    asyncio.run(wait_until_listening(spawner, make_pod()))

    assert time.monotonic() - start >= 0.5


def test_a_pod_that_never_runs_is_left_to_kubespawner() -> None:
    spawner = make_spawner(make_pod())
    spawner.start_timeout = 0.5

    start = time.monotonic()
    asyncio.run(wait_until_listening(spawner, make_pod()))

    assert time.monotonic() - start >= 0.5
