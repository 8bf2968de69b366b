"""The hub's API for ``python -m components verify``: begin, renew and end the lease of its user.

Its only caller is the service ``pangeo-verify``, whose only scope is that of this API.
"""

import json
from typing import Any

from jupyterhub.apihandlers import APIHandler  # type: ignore[import-not-found,unused-ignore]
from tornado.web import HTTPError  # type: ignore[import-not-found,unused-ignore]

from components.in_hub.api_names import VERIFICATION_SCOPE
from components.in_hub.profiles import offered_profiles
from components.in_hub.smallest_choice import find_smallest
from components.in_hub.verification import LEASE_SECONDS, SCOPES, TOKEN_SECONDS, Busy, Verification


class VerificationHandler(APIHandler):  # type: ignore[misc,unused-ignore]
    """The lease. The body of each request is ``{"lease": "<an id that the command has chosen>"}``."""

    async def prepare(self) -> None:
        """Refuse a request without the scope.

        Raises:
            HTTPError: 403.
        """
        await super().prepare()
        if not self.current_user or VERIFICATION_SCOPE not in self.expanded_scopes:
            raise HTTPError(403, "the token has no scope for this")

    async def post(self) -> None:
        """Begin a lease; answer with a token of its user and the smallest server that users without groups have.

        The status is 409 if another run has a lease, or something of one is still there.
        """
        try:
            answer = await self._verification.begin(self._lease(), self._prepare)
        except Busy as busy:
            self._refuse(busy)
            return
        self.finish(json.dumps(answer))

    async def put(self) -> None:
        """Renew the lease.

        Raises:
            HTTPError: 404 if it has ended.
        """
        if not self._verification.renew(self._lease()):
            raise HTTPError(404, "there is no such lease")
        self.set_status(204)

    async def delete(self) -> None:
        """End the lease, and answer with what is still there."""
        try:
            remains = await self._verification.end(self._lease())
        except Busy as busy:
            self._refuse(busy)
            return
        self.finish(json.dumps({"remains": remains}))

    def _prepare(self, name: str) -> dict[str, Any]:
        user = self.user_from_username(name)
        token = user.new_api_token(note="verification", expires_in=TOKEN_SECONDS, scopes=list(SCOPES))
        spawner = user.spawners[""]
        listed = getattr(spawner.profile_list, "profiles", spawner.profile_list)
        choice = find_smallest(offered_profiles(spawner, listed), spawner.cpu_limit, spawner.mem_limit)
        return {"user": name, "token": token, "choice": choice, "leaseSeconds": LEASE_SECONDS}

    @property
    def _verification(self) -> Verification:
        verification: Verification = self.authenticator.verification
        return verification

    def _lease(self) -> str:
        body = self.get_json_body()
        lease = body.get("lease") if isinstance(body, dict) else None
        if not isinstance(lease, str) or not lease:
            raise HTTPError(400, "the body must contain lease, a text")
        return lease

    def _refuse(self, busy: Busy) -> None:
        self.set_status(409)
        self.finish(json.dumps({"renewedSeconds": busy.renewed_seconds, "remains": busy.remains}))
