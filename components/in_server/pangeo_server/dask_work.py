"""Tasks that run or wait in the user's Dask clusters, also while no kernel waits for them.

Schedulers have their counts in ``json/counts.json`` beside the dashboard (distributed 2021.1 to 2026.3, by default).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

REQUEST_SECONDS = 10.0
LOCAL_REQUEST_SECONDS = 2.0

ADDRESS, TOKEN = "DASK_GATEWAY__ADDRESS", "JUPYTERHUB_API_TOKEN"
"""Variables of the server: the address of the gateway, and the token that it accepts."""


class DaskWork:
    """The tasks of clusters that the gateway or a kernel has started."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._address = environment.get(ADDRESS, "").rstrip("/")
        self._token = environment.get(TOKEN, "")

    async def find_in_gateway(self) -> str:
        """Return the name of a cluster with tasks; empty if there is none, or no gateway.

        Raises:
            Exception: the gateway did not answer, or in another form.
        """
        if not self._address or not self._token:
            return ""
        headers = {"Authorization": f"jupyterhub {self._token}"}
        listed = await _get(f"{self._address}/api/v1/clusters/?status=running", REQUEST_SECONDS, headers)
        for name in listed:
            url = f"{self._address}/clusters/{quote(name)}/json/counts.json"
            if has_tasks(await _get(url, REQUEST_SECONDS)):
                return str(name)
        return ""

    async def find_local(self, ports: Iterable[int]) -> str:
        """Return the address of a scheduler with tasks that runs in a kernel; empty if there is none.

        Args:
            ports: ports on which the kernel's process listens.
        """
        for port in ports:
            try:
                if has_tasks(await _get(f"http://127.0.0.1:{port}/json/counts.json", LOCAL_REQUEST_SECONDS)):
                    return f"127.0.0.1:{port}"
            except Exception:  # noqa: S112 - it is no scheduler
                continue
        return ""


async def _get(url: str, seconds: float, headers: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401 - JSON
    from tornado.simple_httpclient import SimpleAsyncHTTPClient  # type: ignore[import-not-found,unused-ignore]

    # This client knows no proxy, which the token must not reach.
    answer = await SimpleAsyncHTTPClient().fetch(
        url, headers=dict(headers or {}), connect_timeout=seconds, request_timeout=seconds, follow_redirects=False
    )
    return json.loads(answer.body)


def has_tasks(counts: Mapping[str, int]) -> bool:
    """Return whether a scheduler has tasks that run or wait. Results in memory, also of failed tasks, are no work."""
    if counts["processing"] or counts["unrunnable"] or counts["waiting"]:
        return True
    # Tasks that wait for a free worker are in none of these counts. A result may be on several workers.
    return counts["tasks"] - counts["memory"] - counts["released"] - counts["erred"] > 0
