"""Targets of fault injection: a deployed tenancy and a deployed group, with data that must not be lost."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from pulumi.automation.errors import CommandError

from components.freeipa.names import notebook_users_group
from tests.engine.faults.killed_up import drop_empty_attributes
from tests.engine.faults.proxy import Proxy, proxy_to
from tests.support.administrator import Administrator
from tests.support.api_server import ApiServer
from tests.support.directory import ThrowAwayDirectory
from tests.support.group_stack import GROUP as GROUP_OF_GROUP_STACK
from tests.support.group_stack import GroupStack
from tests.support.home_claim import HOME_CLAIM, create_home, release_claim
from tests.support.kept_objects import kept_objects
from tests.support.operator import Operator
from tests.support.tenancy_stack import STACK, TenancyStack

CLUSTER = "fault-target"
"""A name that no other test uses on the shared servers."""

GROUP = notebook_users_group(CLUSTER)
REPAIR_TIMEOUT_SECONDS = 300

PENDING_WARNING = "pending operations"
"""In the engine's warning about operations of a killed run."""


@dataclass
class FaultTarget:
    """A deployed tenancy with a member and a home; ``random`` determines the points of the faults."""

    stack: TenancyStack
    api_server: ApiServer
    directory: ThrowAwayDirectory
    random: Random
    tools: Path
    up_seconds: float
    """Duration of the first ``up``."""
    output: str = ""
    """Output of the last operation; empty if it failed."""

    def user_data(self) -> dict[str, Any]:
        """Return the data that no fault may change: the members, and the identity and annotations of a home's claim."""
        claim = self.api_server.read("persistentvolumeclaim", HOME_CLAIM, "--namespace", CLUSTER)
        metadata = claim["metadata"]
        return {
            "members": self.members(),
            "claim": (metadata["uid"], metadata["annotations"], metadata.get("deletionTimestamp")),
        }

    def kept_objects(self) -> dict[str, Any]:
        """Return the identities of the objects that another way to the cluster must not delete or create anew."""
        return kept_objects(self.api_server, self.tools, CLUSTER)

    def members(self) -> list[str]:
        """Return the members of the group."""
        with Administrator.at(self.directory) as administrator:
            return sorted(administrator.members(GROUP))

    def release_status(self) -> str:
        """Return the status of the tenancy's Helm release; empty if there is no release."""
        return next(reversed(Operator(self.stack, self.tools).statuses(CLUSTER)), "")

    def recover(self) -> None:
        """Follow the messages and docs/faults.md, as an operator does after a fault, until an ``up`` is clean."""
        for _ in range(8):
            error = self.run("up")
            if not error and PENDING_WARNING not in self.output:
                break
            assert "Traceback" not in error, error
            if "pulumi cancel" in error:
                self.cancel()
            elif "failed to load checkpoint: EOF" in error:
                self.drop_empty_attributes()
            elif "run pulumi refresh" in error or (not error and self.has_unknown_resources()):
                self.refresh()
            elif not error or "components repair" in error or "cannot re-use a name that is still in use" in error:
                self.repair()
        else:
            raise AssertionError(f"no up was clean: {error or self.output}")
        assert self.stack.preview() == {}
        assert self.release_status() == "deployed", "an up was clean although there is no hub"

    def has_unknown_resources(self) -> bool:
        """Return whether the last ``up`` warned that the result of an update or a deletion is unknown.

        Interrupted creations do not count: they are repeated, and the command ``repair`` ends the warning.
        """
        return any(f"interrupted while {change}" in self.output for change in ("updating", "deleting"))

    def refresh(self) -> None:
        """Run ``pulumi refresh``."""
        with self.stack.environment_set():
            self.stack._stack.refresh()

    def run(self, operation: str) -> str:
        """Run ``up`` or ``destroy``; return its error message, or an empty string."""
        self.output = ""
        try:
            self.output = str(getattr(self.stack, operation)())
        except CommandError as failure:
            return str(failure)
        return ""

    def cancel(self) -> None:
        """Run ``pulumi cancel``."""
        self.stack._stack.cancel()

    def drop_empty_attributes(self) -> None:
        """Delete the empty files that an engine leaves beside the state if it is killed while saving."""
        drop_empty_attributes(self.state_file.parent)

    def repair(self) -> None:
        """Run the command that repairs what a killed run left behind, and a refresh if it asks for that."""
        done = subprocess.run(
            [sys.executable, "-m", "components", "repair", STACK, "--yes", "--interrupted"],
            cwd=self.stack.folder,
            env={**os.environ, **self.stack.variables, "KUBECONFIG": str(self.stack.kubeconfig)},
            stdin=subprocess.DEVNULL,
            timeout=REPAIR_TIMEOUT_SECONDS,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        if "now run pulumi refresh" in done.stdout:
            self.refresh()
        else:
            assert done.returncode == 0, done.stdout + done.stderr

    @property
    def state_file(self) -> Path:
        """The file with the stack's state."""
        return self.stack.folder / "backend" / ".pulumi" / "stacks" / "pangeo" / f"{STACK}.json"


@dataclass
class BackgroundOperation:
    """An operation of the engine that runs in a thread."""

    thread: threading.Thread
    errors: list[str]

    @property
    def has_ended(self) -> bool:
        return not self.thread.is_alive()

    def end(self) -> str:
        """Wait for its end; return its error message, or an empty string."""
        self.thread.join(300)
        assert self.has_ended, "the operation hangs"
        return self.errors[0] if self.errors else ""


def run_in_background(target: FaultTarget, operation: str) -> BackgroundOperation:
    """Start ``up`` or ``destroy``."""
    errors: list[str] = []

    def run() -> None:
        if error := target.run(operation):
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return BackgroundOperation(thread, errors)


def tenancy_target(
    folder: Path, tools: Path, directory: ThrowAwayDirectory, api_server: ApiServer, random: Random
) -> FaultTarget:
    """Deploy a tenancy with a home of alice, after removing the remains of an earlier one."""
    _remove_remains(directory, api_server)
    stack = TenancyStack(folder, tools, directory, api_server.kubeconfig, clusterName=CLUSTER)
    begin = time.monotonic()
    stack.up()
    up_seconds = time.monotonic() - begin
    with Administrator.at(directory) as administrator:
        if not administrator.members(GROUP):
            administrator.add_members(GROUP, [directory.user_dn("alice")])
    create_home(api_server, CLUSTER)
    return FaultTarget(stack, api_server, directory, random, tools, up_seconds)


def _delete_group(directory: ThrowAwayDirectory, group: str) -> None:
    with Administrator.at(directory) as administrator:
        administrator.entry(group)
        administrator.delete_groups()


def _remove_remains(directory: ThrowAwayDirectory, api_server: ApiServer) -> None:
    _delete_group(directory, GROUP)
    if api_server.exists("persistentvolumeclaim", HOME_CLAIM, "--namespace", CLUSTER):
        release_claim(api_server, CLUSTER)
    api_server.kubectl("delete", "namespace", CLUSTER, "--ignore-not-found")


@dataclass
class GroupFaultTarget:
    """A stack of one group with a member; the directory is reached through a proxy."""

    stack: GroupStack
    directory: ThrowAwayDirectory
    proxy: Proxy
    random: Random
    folder: Path

    def user_data(self) -> list[str]:
        """Return the members of the group."""
        with Administrator.at(self.directory) as administrator:
            return sorted(administrator.members(GROUP_OF_GROUP_STACK))

    def run(self, operation: str) -> str:
        """Run ``up`` or ``destroy``; return its error message, or an empty string."""
        try:
            getattr(self.stack, operation)()
        except CommandError as failure:
            return str(failure)
        return ""


@contextmanager
def group_target(
    folder: Path, tools: Path, directory: ThrowAwayDirectory, random: Random
) -> Iterator[GroupFaultTarget]:
    """Provide a deployed group with the member alice; it is deleted afterwards."""
    with ExitStack() as stack_:
        _delete_group(directory, GROUP_OF_GROUP_STACK)
        proxy = stack_.enter_context(proxy_to(directory.ldaps_port))
        stack = GroupStack(folder, tools, directory, {"FREEIPA_BIND_PASSWORD": directory.operator_password})
        stack.declare(servers=[f"localhost:{proxy.port}"])
        stack.up()
        with Administrator.at(directory) as administrator:
            administrator.add_members(GROUP_OF_GROUP_STACK, [directory.user_dn("alice")])
        stack_.callback(_delete_group, directory, GROUP_OF_GROUP_STACK)
        yield GroupFaultTarget(stack, directory, proxy, random, folder)
