"""The hub's API for reports of users' servers about problems of their homes.

``in_server/pangeo_server/start_page.py`` sends them. A user could report other problems,
but only about the user's own home.
"""

import time
from datetime import UTC, datetime

from jupyterhub.apihandlers import APIHandler  # type: ignore[import-not-found,unused-ignore]
from jupyterhub.user import User  # type: ignore[import-not-found,unused-ignore]
from kubernetes_asyncio.client import ApiException  # type: ignore[import-not-found,unused-ignore]
from tornado.web import HTTPError  # type: ignore[import-not-found,unused-ignore]

from components.in_hub.home_problems import MAX_BODY_BYTES, PROBLEMS_ANNOTATION, HomeProblems, ReportLimit, read_report
from components.in_hub.server_token import find_reporting_server
from components.in_hub.user_id import NAME_ANNOTATION

REQUEST_SECONDS = 5
"""Time limit of one request to Kubernetes."""


class HomeProblemsHandler(APIHandler):  # type: ignore[misc,unused-ignore]
    """Records the problems of the home of the user whose running server sends the report."""

    limit = ReportLimit()
    """The limit of reports, for all requests together."""

    async def post(self) -> None:
        """Record the problems in the body (``home_problems.read_report``), or that there are none any more.

        Raises:
            HTTPError: 400 for another body, 403 for another token, 404 without a home, 413 for a large body, 429 after
                many others.
        """
        user = self.current_user
        spawner = find_reporting_server(user, self) if isinstance(user, User) else None
        if spawner is None:
            raise HTTPError(403, "only a running server reports the problems of its home")
        if len(self.request.body) > MAX_BODY_BYTES:
            raise HTTPError(413, "a report is a few sentences")
        try:
            texts = read_report(self.get_json_body())
        except ValueError as error:
            raise HTTPError(400, str(error)) from None
        home = getattr(spawner, "pvc_name", "")
        if not home:
            raise HTTPError(404, "the server has no home of its user")
        if not self.limit.accept(home, time.monotonic()):  # before anything is logged, and Kubernetes is asked
            raise HTTPError(429, "there were many reports")
        if texts:
            self.log.warning("the home of %s has problems: %s", user.name, " | ".join(texts))
        place = {"name": home, "namespace": spawner.namespace, "_request_timeout": REQUEST_SECONDS}
        try:
            claim = await spawner.api.read_namespaced_persistent_volume_claim(**place)
        except ApiException as error:
            raise HTTPError(404 if error.status == 404 else 503, "the home's claim cannot be read") from None
        annotations = claim.metadata.annotations or {}
        if annotations.get(NAME_ANNOTATION) != user.name:
            raise HTTPError(404, "the server has no home of its user")
        if texts or PROBLEMS_ANNOTATION in annotations:
            value = HomeProblems(texts, datetime.now(UTC)).as_text() if texts else None
            patch = {"metadata": {"annotations": {PROBLEMS_ANNOTATION: value}}}
            await spawner.api.patch_namespaced_persistent_volume_claim(body=patch, **place)
        self.finish("{}")
