"""The hub's API for reports of users' servers about the use of their homes (``in_server/pangeo_server/home.py``).

The hub needs no access to the volumes. A user could report another number, but only about the user's own home.
"""

import json
import time
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from jupyterhub.apihandlers import APIHandler  # type: ignore[import-not-found,unused-ignore]
from jupyterhub.user import User  # type: ignore[import-not-found,unused-ignore]
from kubernetes_asyncio.client.exceptions import ApiException  # type: ignore[import-not-found,unused-ignore]
from tornado.web import HTTPError  # type: ignore[import-not-found,unused-ignore]

from components.in_hub.home_use import USE_ANNOTATION, HomeUse, judge_report, read_report
from components.in_hub.quantity import size_bytes
from components.in_hub.server_token import find_reporting_server
from components.in_hub.user_id import NAME_ANNOTATION

REQUEST_SECONDS = 5
"""Time limit of one request to Kubernetes."""

MAX_BODY_BYTES = 200
"""Limit of a report's size."""

LEAST_SECONDS = 60.0
"""Least time between two reports of the same kind about a home."""


class HomeUseHandler(APIHandler):  # type: ignore[misc,unused-ignore]
    """Records the use of the home of the user whose running server sends the report."""

    accepted: dict[tuple[str, bool], float] = {}  # noqa: RUF012 - the same for all requests
    """Time of the last report by claim, and whether it had the files' sizes."""

    async def post(self) -> None:
        """Record the report in the body (``home_use.read_report``).

        Answer with the size of the home's volume, and whether the server must add up its files.

        Raises:
            HTTPError: 400 for another body, 403 for another token, 404 without a home, 413 for a large body, 429 if the
                last one is recent.
        """
        user = self.current_user
        spawner = find_reporting_server(user, self) if isinstance(user, User) else None
        if spawner is None:
            raise HTTPError(403, "only a running server reports the use of its home")
        if len(self.request.body) > MAX_BODY_BYTES:
            raise HTTPError(413, "a report is a few numbers")
        try:
            report = read_report(self.get_json_body())
        except ValueError as error:
            raise HTTPError(400, str(error)) from None
        kind = spawner.pvc_name, "files" in report
        if time.monotonic() - self.accepted.get(kind, -LEAST_SECONDS) < LEAST_SECONDS:
            raise HTTPError(429, "the last report is recent")
        self.accepted[kind] = time.monotonic()  # before Kubernetes is asked
        claim = await self._read_claim(spawner, user.name)
        size = float(size_bytes(_size(claim)))
        used = judge_report(report, size)
        if used is not None:
            text = HomeUse(used, datetime.now(UTC)).as_text()
            patch = {"metadata": {"annotations": {USE_ANNOTATION: text}}}
            await spawner.api.patch_namespaced_persistent_volume_claim(
                spawner.pvc_name, spawner.namespace, patch, _request_timeout=REQUEST_SECONDS
            )
        self.finish(json.dumps({"addFiles": used is None, "size": int(size)}))

    async def _read_claim(self, spawner: Any, user: str) -> Any:  # noqa: ANN401 - KubeSpawner has no types
        try:
            claim = await spawner.api.read_namespaced_persistent_volume_claim(
                spawner.pvc_name, spawner.namespace, _request_timeout=REQUEST_SECONDS
            )
        except ApiException as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            claim = None
        if claim is None or (claim.metadata.annotations or {}).get(NAME_ANNOTATION) != user:
            raise HTTPError(404, "the server has no home of its user")
        return claim


def _size(claim: Any) -> str:  # noqa: ANN401 - kubernetes_asyncio has no types
    size: str = (claim.status.capacity or claim.spec.resources.requests)["storage"]
    return size
