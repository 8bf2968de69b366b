"""The hub's API for reports of users' servers about the use of their homes (``in_server/report_home.py``).

The hub needs no access to the volumes. A user could report another number, but only about the user's own home.
"""

import json
import time
from datetime import UTC, datetime
from typing import Any

from jupyterhub.apihandlers import APIHandler  # type: ignore[import-not-found,unused-ignore]
from jupyterhub.user import User  # type: ignore[import-not-found,unused-ignore]
from tornado.web import HTTPError  # type: ignore[import-not-found,unused-ignore]

from components.in_hub.home_use import USE_ANNOTATION, HomeUse, judge_report, read_report
from components.in_hub.quantity import size_bytes
from components.in_hub.server_token import uses_server_token
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
    """Time of the last report by user, and whether it had the files' sizes."""

    async def post(self) -> None:
        """Record the report in the body (``home_use.read_report``); answer whether the server must add up its files.

        Raises:
            HTTPError: 400 for another body, 403 for another token, 404 without a home, 413 for a large body, 429 if the
                last one is recent.
        """
        user = self.current_user
        if not isinstance(user, User) or not uses_server_token(user, self):
            raise HTTPError(403, "only a running server reports the use of its home")
        if len(self.request.body) > MAX_BODY_BYTES:
            raise HTTPError(413, "a report is a few numbers")
        try:
            report = read_report(self.get_json_body())
        except ValueError as error:
            raise HTTPError(400, str(error)) from None
        kind = user.name, "files" in report
        if time.monotonic() - self.accepted.get(kind, -LEAST_SECONDS) < LEAST_SECONDS:
            raise HTTPError(429, "the last report is recent")
        self.accepted[kind] = time.monotonic()  # before Kubernetes is asked
        spawner = next(each for each in user.spawners.values() if each.active)
        claim = await self._read_claim(spawner, user.name)
        used = judge_report(report, float(size_bytes(_size(claim))))
        if used is not None:
            text = HomeUse(used, datetime.now(UTC)).as_text()
            patch = {"metadata": {"annotations": {USE_ANNOTATION: text}}}
            await spawner.api.patch_namespaced_persistent_volume_claim(
                spawner.pvc_name, spawner.namespace, patch, _request_timeout=REQUEST_SECONDS
            )
        self.finish(json.dumps({"addFiles": used is None}))

    async def _read_claim(self, spawner: Any, user: str) -> Any:  # noqa: ANN401 - KubeSpawner has no types
        claim = await spawner.api.read_namespaced_persistent_volume_claim(
            spawner.pvc_name, spawner.namespace, _request_timeout=REQUEST_SECONDS
        )
        if (claim.metadata.annotations or {}).get(NAME_ANNOTATION) != user:
            raise HTTPError(404, "the server has no home of its user")
        return claim


def _size(claim: Any) -> str:  # noqa: ANN401 - kubernetes_asyncio has no types
    size: str = (claim.status.capacity or claim.spec.resources.requests)["storage"]
    return size
