"""The hub's API for ``python -m components usage``: users' recorded use of the cluster. It changes nothing."""

import asyncio
import json
import sqlite3
import time
from datetime import date

from jupyterhub.apihandlers import APIHandler  # type: ignore[import-not-found,unused-ignore]
from tornado.web import HTTPError  # type: ignore[import-not-found,unused-ignore]

from components.in_hub.api_names import USAGE_SCOPE

MAX_ROW = 2**63 - 1
"""Greatest number of a row in SQLite."""


class UsageHandler(APIHandler):  # type: ignore[misc,unused-ignore]
    """Returns the sums of each user and set of groups in a period, in answers of bounded size."""

    async def get(self) -> None:
        """Return the sums from the day ``from`` to the day ``to``, behind the row ``after``."""
        if not self.current_user or USAGE_SCOPE not in self.expanded_scopes:
            raise HTTPError(403, "the token has no scope for this")
        try:
            first, last = (date.fromisoformat(self.get_argument(name)).isoformat() for name in ("from", "to"))
            after = int(self.get_argument("after", "0"))
            if not 0 <= after <= MAX_ROW:
                raise ValueError
        except ValueError:
            raise HTTPError(400, "from and to must be dates such as 2026-11-30, and after a number") from None
        recorder = self.app.usage
        answer = {"problem": recorder.problem, "now": (now := time.time())}
        if recorder.file is not None:
            try:
                answer |= await asyncio.to_thread(recorder.file.read, first, last, after, now)
            except (sqlite3.Error, OSError) as error:
                raise HTTPError(503, f"the record cannot be read: {error}") from None
        self.finish(json.dumps(answer))
