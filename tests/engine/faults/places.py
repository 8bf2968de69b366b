"""Where faults are tried: a tenancy and a group, both real, and what of theirs must never be lost."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from pulumi.automation.errors import CommandError

from tests.engine.faults.proxy import Proxy, proxy_to
from tests.support.administrator import Administrator
from tests.support.api_server import ApiServer
from tests.support.directory import ThrowAwayDirectory
from tests.support.group_stack import GROUP as SMALL_GROUP
from tests.support.group_stack import GroupStack
from tests.support.operator import Operator
from tests.support.tenancy_stack import STACK, TenancyStack

CLUSTER = "struck"
"""A name of its own: the servers are shared with other tests' tenancies."""

GROUP = f"{CLUSTER}_notebook_users"
MEND_SECONDS = 120
HOME = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: claim-alice, annotations: {notes: what alice wrote}}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 10Gi}}}
"""


@dataclass
class Place:
    """A deployed tenancy with a member and her home; ``random`` says where a fault strikes."""

    stack: TenancyStack
    api_server: ApiServer
    directory: ThrowAwayDirectory
    random: Random
    tools: Path
    up_seconds: float
    """What the first ``up`` took: how long there is something to strike at."""
    said: list[str] = field(default_factory=list)
    """What every operation that failed said."""
    printed: str = ""
    """What the last operation printed, if it did not fail."""

    def belongings(self) -> dict[str, Any]:
        """What no fault may take away: the members, and the claim on a home with all that is written in it."""
        claim = self.api_server.read("persistentvolumeclaim", "claim-alice", "--namespace", CLUSTER)
        metadata = claim["metadata"]
        return {
            "members": self.members(),
            "claim": (metadata["uid"], metadata["annotations"], metadata.get("deletionTimestamp")),
        }

    def members(self) -> list[str]:
        """Who is in the group."""
        with Administrator.at(self.directory) as administrator:
            return sorted(administrator.members(GROUP))

    def release(self) -> str:
        """The status of the tenancy's Helm release; empty where there is none."""
        return next(reversed(Operator(self.stack, self.tools).statuses(CLUSTER)), "")

    def settle(self) -> None:
        """As an operator goes on after a fault, by what the messages and docs/faults.md say, until an up is clean."""
        for _ in range(6):
            said = self.tried("up")
            if not said and not self.is_told_of_an_unknown_state():
                break
            assert "Traceback" not in said, said
            if "pulumi cancel" in said:
                self.cancel()
            elif "failed to load checkpoint: EOF" in said:
                self.drop_empty_attributes()
            elif "run pulumi refresh" in said or not said:
                with self.stack._surroundings():
                    self.stack._stack.refresh()
            elif "components.cli.repair" in said or "cannot re-use a name that is still in use" in said:
                self.mend()
        else:
            raise AssertionError(f"no up was clean: {said or self.printed}")
        assert self.stack.preview() == {}
        assert self.release() == "deployed", "an up was clean, and there is no hub"

    def is_told_of_an_unknown_state(self) -> bool:
        """Whether an up went through, and warned that it does not know what became of a change or a deletion.

        What was interrupted while it was made is made again, and told of in every up until someone says otherwise.
        """
        return any(f"interrupted while {doing}" in self.printed for doing in ("updating", "deleting"))

    def tried(self, operation: str) -> str:
        """Run ``up`` or ``destroy``; what it said if it failed, else nothing."""
        self.printed = ""
        try:
            self.printed = str(getattr(self.stack, operation)())
        except CommandError as failure:
            self.said.append(str(failure))
            return str(failure)
        return ""

    def cancel(self) -> None:
        """``pulumi cancel``."""
        self.stack._stack.cancel()

    def drop_empty_attributes(self) -> None:
        """Remove what an engine killed in the middle of saving left empty beside the state."""
        for file in self.state_file.parent.glob("*.attrs"):
            if not file.stat().st_size:
                file.unlink()

    def mend(self) -> None:
        """``python -m components repair --yes``."""
        subprocess.run(
            [sys.executable, "-m", "components.cli.repair", STACK, "--yes"],
            cwd=self.stack.folder,
            env={**os.environ, **self.stack.variables, "KUBECONFIG": str(self.stack.kubeconfig)},
            timeout=MEND_SECONDS,
            capture_output=True,
            check=True,
        )

    @property
    def state_file(self) -> Path:
        """Where the engine keeps the stack's state."""
        return self.stack.folder / "backend" / ".pulumi" / "stacks" / "pangeo" / f"{STACK}.json"


@dataclass
class InBackground:
    """An operation that runs beside the test."""

    thread: threading.Thread
    failed: list[str]

    @property
    def is_over(self) -> bool:
        return not self.thread.is_alive()

    def end(self) -> str:
        """Wait for it; what it said if it failed, else nothing."""
        self.thread.join(300)
        assert self.is_over, "the operation hangs"
        return self.failed[0] if self.failed else ""


def in_background(place: Place, operation: str) -> InBackground:
    """Start ``up`` or ``destroy``."""
    failed: list[str] = []

    def run() -> None:
        if said := place.tried(operation):
            failed.append(said)

    thread = threading.Thread(target=run)
    thread.start()
    return InBackground(thread, failed)


def place_with_a_tenancy(
    folder: Path, tools: Path, directory: ThrowAwayDirectory, api_server: ApiServer, random: Random
) -> Place:
    """A tenancy that was deployed, whose user alice has a home; what an earlier one left is gone."""
    _forget(directory, api_server)
    stack = TenancyStack(folder, tools, directory, api_server.kubeconfig)
    stack._settings["clusterName"] = CLUSTER
    stack.write()
    begin = time.monotonic()
    stack.up()
    up_seconds = time.monotonic() - begin
    with Administrator.at(directory) as administrator:
        if not administrator.members(GROUP):
            administrator.add_members(GROUP, [directory.user_dn("alice")])
    api_server.kubectl("apply", "--namespace", CLUSTER, "--filename", "-", stdin=HOME)
    return Place(stack, api_server, directory, random, tools, up_seconds)


def _delete(directory: ThrowAwayDirectory, group: str) -> None:
    with Administrator.at(directory) as administrator:
        administrator.entry(group)
        administrator.tidy_up()


def _forget(directory: ThrowAwayDirectory, api_server: ApiServer) -> None:
    _delete(directory, GROUP)
    if api_server.exists("persistentvolumeclaim", "claim-alice", "--namespace", CLUSTER):
        # The controller that would take its finalizer away does not run here.
        patch = '{"metadata": {"finalizers": null}}'
        api_server.kubectl("patch", "persistentvolumeclaim", "claim-alice", "--namespace", CLUSTER, "--patch", patch)
    api_server.kubectl("delete", "namespace", CLUSTER, "--ignore-not-found")


@dataclass
class GroupPlace:
    """A stack of one group with a member, reached by way of a proxy."""

    stack: GroupStack
    directory: ThrowAwayDirectory
    proxy: Proxy
    random: Random
    folder: Path
    said: list[str] = field(default_factory=list)

    def belongings(self) -> list[str]:
        """The members."""
        with Administrator.at(self.directory) as administrator:
            return sorted(administrator.members(SMALL_GROUP))

    def tried(self, operation: str) -> str:
        """As for :class:`Place`."""
        try:
            getattr(self.stack, operation)()
        except CommandError as failure:
            self.said.append(str(failure))
            return str(failure)
        return ""


@contextmanager
def place_with_a_group(
    folder: Path, tools: Path, directory: ThrowAwayDirectory, random: Random
) -> Iterator[GroupPlace]:
    """A group with alice in it, which outlived a destroy and is to be taken back."""
    with ExitStack() as open_:
        _delete(directory, SMALL_GROUP)
        proxy = open_.enter_context(proxy_to(directory.ldaps_port))
        stack = GroupStack(folder, tools, directory, {"FREEIPA_BIND_PASSWORD": directory.operator_password})
        stack.declare(servers=[f"localhost:{proxy.port}"])
        stack.up()
        with Administrator.at(directory) as administrator:
            administrator.add_members(SMALL_GROUP, [directory.user_dn("alice")])
        open_.callback(_delete, directory, SMALL_GROUP)
        yield GroupPlace(stack, directory, proxy, random, folder)
