"""The hub's API for ``python -m components members remove``: end the access of users.

Its only caller is the service ``pangeo-members``, whose only scope is that of this API.
"""

import json
from typing import Any

from jupyterhub.apihandlers import APIHandler  # type: ignore[import-not-found,unused-ignore]
from tornado.web import HTTPError  # type: ignore[import-not-found,unused-ignore]

from components.in_hub.api_names import END_ACCESS_SCOPE

MOST_USERS = 100
"""Limit of the number of users in one request."""


class EndedAccessHandler(APIHandler):  # type: ignore[misc,unused-ignore]
    """Ends the access of users. A repeated request does no harm and returns what has not ended yet."""

    async def post(self) -> None:
        """End the access of the users in the body ``{"users": […], "keepServer": false, "ids": {…}}``.

        ``ids`` has the ``ipaUniqueID`` of users by name, by which the hub finds them under former names.
        """
        if not self.current_user or END_ACCESS_SCOPE not in self.expanded_scopes:
            raise HTTPError(403, "the token has no scope for this")
        users, keep_server, ids = self._body()
        answer: dict[str, Any] = {}
        for name in users:
            self.log.warning("the access of %s ends: removed by the operator", name)
            # JupyterHub's names are in lower case, whatever the directory shows.
            user = self.authenticator.normalize_username(name)
            remaining = await self.authenticator.revocation.end_account(user, ids.get(name), keep_server=keep_server)
            answer[name] = {
                "servers": list(remaining.servers),
                "clusters": list(remaining.clusters),
                "visited": list(remaining.visited),
                "problem": remaining.problem,
            }
        self.finish(json.dumps({"users": answer}))

    def _body(self) -> tuple[list[str], bool, dict[str, str]]:
        body = self.get_json_body()
        users = body.get("users") if isinstance(body, dict) else None
        if not isinstance(users, list) or len(users) > MOST_USERS or not all(isinstance(each, str) for each in users):
            raise HTTPError(400, f"the body must contain users, a list of at most {MOST_USERS} names")
        ids = body.get("ids", {})
        if not isinstance(ids, dict) or not all(isinstance(each, str) for each in ids.values()):
            raise HTTPError(400, "ids must be the users' ipaUniqueIDs by name")
        return users, body.get("keepServer") is True, ids
