"""Noticing at once that a started server answers.

KubeSpawner 7.0.0 and JupyterHub 5.5.0 look whether a server's pod runs, and then whether the server answers, at
intervals that grow with the time passed, to 5 s (``jupyterhub.utils.exponential_backoff``). A user whose server needs
3 s would wait one second more on average, and often two. Here, the intervals stay short; both then find what they look
for at their first attempt.
"""

import asyncio
import contextlib
from typing import Any

INTERVAL_SECONDS = 0.1
"""Interval of the attempts. A look at the pod is one at the hub's own copy, which Kubernetes' messages update."""

LISTEN_SECONDS = 20.0
"""Time that a server in a running pod is waited for in this way; after it, JupyterHub waits in its own."""

CONNECT_SECONDS = 2.0


async def wait_until_listening(spawner: Any, pod: Any) -> None:  # noqa: ANN401 - KubeSpawner has no types
    """Wait until a server accepts connections: the ``after_pod_created_hook``.

    It returns without an error if the pod or the server does not start: then KubeSpawner and JupyterHub go on waiting,
    and report what happens.
    """
    key, uid = f"{spawner.namespace}/{spawner.pod_name}", pod["metadata"]["uid"]
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(spawner.start_timeout):
            while not spawner.is_pod_running(found := spawner.pod_reflector.pods.get(key)):
                if has_ended(found, uid):
                    return
                await asyncio.sleep(INTERVAL_SECONDS)
        async with asyncio.timeout(LISTEN_SECONDS):
            while not await is_listening(found["status"]["podIP"], spawner.port):
                await asyncio.sleep(INTERVAL_SECONDS)


def has_ended(pod: Any, uid: str) -> bool:  # noqa: ANN401 - KubeSpawner has no types
    """Return whether a pod was deleted, is being deleted or has finished.

    Args:
        pod: the pod that the hub knows under the server's name; None if it knows none.
        uid: the UID of the server's pod.
    """
    if pod is None or pod["metadata"]["uid"] != uid:
        return True
    return "deletionTimestamp" in pod["metadata"] or pod["status"].get("phase") in ("Succeeded", "Failed")


async def is_listening(host: str, port: int) -> bool:
    """Return whether a program accepts connections on a port."""
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            _, writer = await asyncio.open_connection(host, port)
    except OSError:  # refused, or TimeoutError
        return False
    writer.close()
    return True
