"""Records of users' use of the cluster: a sample of all pods and homes each minute, added to the file.

A failure of the record never affects users: it is logged once, shown by ``python -m components usage``, and the next
minute tries again. Files and long texts are handled in a thread.
"""

import asyncio
import functools
import json
import time
from http import HTTPStatus
from pathlib import Path
from typing import Any

from jupyterhub import orm  # type: ignore[import-not-found,unused-ignore]
from jupyterhub.app import JupyterHub  # type: ignore[import-not-found,unused-ignore]
from kubespawner.clients import shared_client  # type: ignore[import-not-found,unused-ignore]
from traitlets import Int  # type: ignore[import-not-found,unused-ignore]
from traitlets.config import LoggingConfigurable  # type: ignore[import-not-found,unused-ignore]

from components.in_hub.dask_clusters import ClustersUnreachable
from components.in_hub.stored_groups import groups_by_user
from components.in_hub.usage_amounts import Rates, home_rates, pod_rates
from components.in_hub.usage_file import DAMAGED, NAME, Key, Sample, UsageFile
from components.in_hub.user_id import STATE_KEY
from components.in_hub.user_objects import hub_namespace

REQUEST_SECONDS = 20
"""Time limit of one request to Kubernetes."""

SAMPLES_MISSED = 3
"""Intervals without a sample after which the time in between counts as not observed."""

OFF = "nothing is recorded: pangeo:usage.keepDays is 0"
NO_FILE = "nothing is recorded: the hub has no volume for its database, or does not run in Kubernetes"


class NotListed(Exception):
    """Kubernetes did not list objects; the text names them, and the reason."""

    def __init__(self, objects: str, reason: str) -> None:
        super().__init__(f"Kubernetes did not list {objects}: {reason}")


class UsageRecorder(LoggingConfigurable):  # type: ignore[misc,unused-ignore]
    """Records the use of one hub's users."""

    interval_seconds = Int(60, min=1, config=True, help="Interval of the samples in seconds")
    keep_days = Int(0, min=0, config=True, help="Number of days that are kept; 0: nothing is recorded")

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401 - traitlets' own signature
        super().__init__(**kwargs)
        self.problem = ""
        self.file: UsageFile | None = None
        self._hub = self.parent
        self._recorded: float | None = None
        self._ids: dict[str, tuple[bytes, str]] = {}
        try:
            self.file = self._open()
        except Exception as error:  # also an unforeseen one: the hub goes on
            self.problem = f"{error}" or type(error).__name__
            self.log.error("users' use of the cluster is not recorded: %s", self.problem)

    def _open(self) -> UsageFile | None:
        self._namespace = hub_namespace(self._hub.config.KubeSpawner)
        folder = database_folder(self._hub.db_url)
        if folder is None or self._namespace is None:
            self.problem = NO_FILE
            return None
        if not self.keep_days:
            self.problem = OFF
            for name in (NAME, *DAMAGED):
                (folder / name).unlink(missing_ok=True)
            return None
        return UsageFile(folder / NAME, SAMPLES_MISSED * self.interval_seconds, self.keep_days)

    async def run_for_ever(self) -> None:
        """Take a sample at each interval."""
        while self.file is not None:
            began = time.monotonic()
            try:
                await self._sample(self.file)
            except Exception as error:  # also an unforeseen one: the hub goes on
                problem = f"{error}" or type(error).__name__
                if problem != self.problem:
                    self.log.error("users' use of the cluster is not recorded: %s", problem)
                self.problem = problem
            else:
                if self.problem:
                    self.log.warning("users' use of the cluster is recorded again")
                self.problem = ""
            await asyncio.sleep(max(0.1, began + self.interval_seconds - time.monotonic()))

    async def _sample(self, file: UsageFile) -> None:
        try:
            owners = await self._hub.authenticator.revocation.clusters.owners()
        except ClustersUnreachable as error:
            raise NotListed("Dask clusters", str(error)) from error
        core = shared_client("CoreV1Api")
        pods = await self._list("pods", core.list_namespaced_pod)
        claims = await self._list("volume claims", core.list_namespaced_persistent_volume_claim)
        now, clock = time.time(), time.monotonic()
        pods_of, homes = await asyncio.to_thread(
            lambda: (pod_rates(_items(pods), owners), list(home_rates(_items(claims))))
        )
        groups, ids = groups_by_user(self._hub.db), await self._user_ids({*pods_of, *(user for user, _, _ in homes)})
        rates: dict[Key, Rates] = {}
        found = [(user, ids.get(user, ""), each) for user, each in pods_of.items()]
        for user, user_id, each in (*found, *homes):
            # The home of a former account of this name has none of the groups.
            is_same = not user_id or user_id == ids.get(user, user_id)
            key = Key(user, user_id, groups.get(user, ()) if is_same else ())
            total = rates.setdefault(key, {})
            for name, value in each.items():
                total[name] = total.get(name, 0.0) + value
        elapsed = None if self._recorded is None else clock - self._recorded
        await asyncio.to_thread(file.add, Sample(now, elapsed, rates))
        self._recorded = clock

    async def _list(self, objects: str, method: Any) -> bytes:  # noqa: ANN401 - kubernetes_asyncio has no types
        # The server's cache is recent enough. The client's own objects would take long to create.
        answer = await method(
            self._namespace, resource_version="0", _preload_content=False, _request_timeout=REQUEST_SECONDS
        )
        content: bytes = await answer.read()
        if answer.status != HTTPStatus.OK:  # without _preload_content, the client raises nothing
            raise NotListed(objects, f"HTTP {answer.status} {answer.reason}")
        return content

    async def _user_ids(self, users: set[str]) -> dict[str, str]:
        """Return the ``ipaUniqueID`` of each user, as far as known; decrypted again only after a log-in."""
        for user, encrypted in self._hub.db.query(orm.User.name, orm.User.encrypted_auth_state).all():
            if user in users and encrypted and self._ids.get(user, (b"", ""))[0] != encrypted:
                known = self._hub.users.get(user)  # None if the user was deleted in the meantime
                state = (await known.get_auth_state() if known else None) or {}
                self._ids[user] = encrypted, state.get(STATE_KEY) or ""
        return {user: self._ids[user][1] for user in users if user in self._ids and self._ids[user][1]}


def database_folder(url: str) -> Path | None:
    """Return the folder of the hub's SQLite file; None if the database is elsewhere or in memory."""
    name = url.removeprefix("sqlite:///")
    return Path(name).absolute().parent if name != url and name and not name.startswith(":") else None


def install() -> None:
    """Let every JupyterHub of this process record its users' use of the cluster once it has started."""
    original = JupyterHub.start
    if getattr(original, "records_usage", False):
        return

    @functools.wraps(original)
    async def start(app: Any) -> None:  # noqa: ANN401 - JupyterHub has no types
        await original(app)
        app.usage = UsageRecorder(parent=app)
        app.usage_task = asyncio.get_running_loop().create_task(app.usage.run_for_ever())

    start.records_usage = True  # type: ignore[attr-defined]
    JupyterHub.start = start


def _items(listed: bytes) -> list[Any]:
    items: list[Any] = json.loads(listed).get("items") or []
    return items
