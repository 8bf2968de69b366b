"""Tasks that run or wait in the user's Dask clusters, also while no kernel waits for them.

Schedulers have their counts in ``json/counts.json`` beside the dashboard (distributed 2021.1 to 2026.3, by default).
"""

from __future__ import annotations

import asyncio
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

        A cluster whose scheduler does not answer has none, and must not hide the others.

        Raises:
            Exception: the gateway did not answer, or in another form; or no scheduler did.
        """
        if not self._address or not self._token:
            return ""
        headers = {"Authorization": f"jupyterhub {self._token}"}
        listed = await _get(f"{self._address}/api/v1/clusters/?status=running", REQUEST_SECONDS, headers)
        urls = [f"{self._address}/clusters/{quote(name)}/json/counts.json" for name in listed]
        answers = await asyncio.gather(*(_ask(url, REQUEST_SECONDS) for url in urls), return_exceptions=True)
        for name, answer in zip(listed, answers):  # noqa: B905 - Python 3.9
            if answer is True:
                return str(name)
        failures = [each for each in answers if isinstance(each, BaseException)]
        if failures and len(failures) == len(answers):
            raise failures[0]
        return ""

    async def find_local(self, ports: Iterable[int]) -> str:
        """Return the address of a scheduler with tasks that runs in a kernel; empty if there is none.

        Args:
            ports: ports on which the kernel's process listens.
        """
        addresses = [f"127.0.0.1:{port}" for port in ports]
        urls = [f"http://{address}/json/counts.json" for address in addresses]
        # Others than schedulers do not answer in this form.
        answers = await asyncio.gather(*(_ask(url, LOCAL_REQUEST_SECONDS) for url in urls), return_exceptions=True)
        found = [address for address, answer in zip(addresses, answers) if answer is True]  # noqa: B905 - Python 3.9
        return found[0] if found else ""


async def _ask(url: str, seconds: float) -> bool:
    return has_tasks(await _get(url, seconds))


async def _get(url: str, seconds: float, headers: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401 - JSON
    from tornado.simple_httpclient import SimpleAsyncHTTPClient  # type: ignore[import-not-found,unused-ignore]

    # This client knows no proxy, which the token must not reach. The shared one has ten connections, which ports that
    # speak another protocol would keep from schedulers.
    client = SimpleAsyncHTTPClient(force_instance=True)
    try:
        answer = await client.fetch(
            url, headers=dict(headers or {}), connect_timeout=seconds, request_timeout=seconds, follow_redirects=False
        )
    finally:
        client.close()
    return json.loads(answer.body)


def has_tasks(counts: Mapping[str, int]) -> bool:
    """Return whether a scheduler has tasks that run or wait. Results in memory, also of failed tasks, are no work."""
    if counts["processing"] or counts["unrunnable"] or counts["waiting"]:
        return True
    # Tasks that wait for a free worker are in none of these counts. A result may be on several workers.
    return counts["tasks"] - counts["memory"] - counts["released"] - counts["erred"] > 0
