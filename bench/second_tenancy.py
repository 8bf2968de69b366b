"""A second tenancy, ``bench``, in the running cluster and directory: a stack of its own, of which nothing is left."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests
import yaml
from ldap3.core.exceptions import LDAPNoSuchObjectResult

from bench.clones import PROGRAM
from bench.cluster import kubectl, volumes
from bench.people import Hub, HubFailed, hub_at
from bench.process import RunFailed, timed
from components.config.domain import derived_domain
from components.freeipa.names import notebook_users_group
from local.cluster import ingress_ports
from local.directory import ADMIN, TENANCY, group_dn
from local.directory.client import connection
from local.failure import Failure
from local.paths import PROJECT, State
from local.tenancy import engine
from local.tenancy.addresses import INGRESS_ADDRESS
from local.tenancy.pki import issue

STACK = "bench"
DOMAIN_SUFFIX = "bench.test"
GROUP = notebook_users_group(STACK)
CERTIFICATE = "pangeo-tls"
"""The Secret that the stack file names."""

UP_SECONDS = 600
ANSWER_SECONDS = 60


@dataclass(frozen=True)
class Second:
    """The workspace of the tenancy ``bench`` on a back-end of its own."""

    folder: Path
    variables: dict[str, str]
    state: State

    def up(self) -> float:
        """Seconds of ``pulumi up`` from nothing, whose release waits for the hub."""
        return timed(
            [sys.executable, "-m", "bench.engine_run", "up", "tenancy", STACK],
            cwd=self.folder,
            variables=self.variables,
            timeout_seconds=UP_SECONDS,
        ).seconds

    def destroy(self) -> None:
        """``pulumi destroy``, and what outlives it."""
        self._pulumi("destroy", "--yes", "--skip-preview", "--stack", STACK, "--non-interactive")
        self.clear()

    def clear(self) -> None:
        """Delete the namespace with everything in it, and wait for the end of its volumes."""
        gone = volumes(self.state, STACK)
        self._kubectl("delete", "namespace", STACK, "--ignore-not-found", "--wait=true")
        if gone:
            self._kubectl("wait", "--for=delete", f"--timeout={UP_SECONDS}s", *(f"pv/{name}" for name in gone))

    def values(self) -> str:
        """The values of the release that ``up`` made; they hold its secrets."""
        return self._helm("get", "values", STACK, "--output", "yaml")

    def helm(self, values: str) -> float:
        """Seconds of ``helm upgrade --install --wait`` from nothing."""
        started = time.perf_counter()
        self._helm(
            "upgrade",
            "--install",
            STACK,
            str(self.folder / "chart"),
            "--create-namespace",
            "--wait",
            f"--timeout={UP_SECONDS}s",
            "--values=-",
            stdin=values,
        )
        return time.perf_counter() - started

    def uninstall(self) -> None:
        """What :meth:`helm` made."""
        self._helm("uninstall", STACK, "--wait", "--ignore-not-found")
        self.clear()

    def wipe(self) -> None:
        """Whatever is left of it, also of a run that was killed."""
        self.uninstall()
        with connection(self.state, TENANCY, ADMIN, "admin") as admin, suppress(LDAPNoSuchObjectResult):
            admin.delete(group_dn(GROUP))  # type: ignore[no-untyped-call]

    @contextmanager
    def hub(self) -> Iterator[Hub]:
        """The hub of the tenancy that is up, with a certificate of its own until the block's end.

        Raises:
            HubFailed: it does not answer.
        """
        domain, port = derived_domain(INGRESS_ADDRESS, DOMAIN_SUFFIX), ingress_ports(self.state).https
        certificate = issue(self.state, "tenancy", f"web-{STACK}", dns_names=[domain])
        try:
            files = f"--cert={certificate.crt}", f"--key={certificate.key}"
            self._kubectl("create", "secret", "tls", CERTIFICATE, *files)
            hub = hub_at(self.state, f"https://{domain}" + ("" if port == 443 else f":{port}"), GROUP)
            _wait_for(hub)
            yield hub
        finally:
            certificate.crt.unlink()
            certificate.key.unlink()

    def init(self) -> None:
        """Make the stack."""
        self._pulumi("stack", "init", STACK, "--non-interactive")

    def _kubectl(self, *words: str) -> None:
        kubectl(self.state, *words, namespace=STACK, timeout_seconds=UP_SECONDS + 10)

    def _helm(self, *words: str, stdin: str | None = None) -> str:
        helm = [str(self.state.bin / "helm"), "--kubeconfig", str(self.state.kubeconfig), "--namespace", STACK]
        return self._said([*helm, *words], stdin)

    def _pulumi(self, *words: str) -> str:
        return self._said([str(self.state.bin / "pulumi"), *words], None)

    def _said(self, command: list[str], stdin: str | None) -> str:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**os.environ, **self.variables},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=UP_SECONDS + 60,
            check=False,
        )
        if done.returncode != 0:
            last = (done.stdout + done.stderr).strip().splitlines()[-5:]
            raise RunFailed("\n".join([f"{' '.join(Path(command[0]).name.split() + command[1:3])} failed:", *last]))
        return done.stdout


@contextmanager
def second_tenancy(state: State, settings: Mapping[str, Any] | None = None) -> Iterator[Second]:
    """The workspace of a tenancy beside the local one; nothing of it is left after the block, whatever happened.

    Args:
        state: of the local tenancy, which must be up.
        settings: keys of the stack file that differ from the local tenancy's.

    Raises:
        Failure: something of it is left.
    """
    deployed = state.engine / "workspace"
    document = yaml.safe_load((deployed / "stacks" / f"Pulumi.{engine.STACK}.yaml").read_text())
    own = {
        "clusterName": STACK,
        "domainSuffix": DOMAIN_SUFFIX,
        "protect": False,
        # What goes is gone: nothing of a measurement stays on this machine's disk.
        "storage": {"className": "local-path-delete"},
        **(settings or {}),
    }
    config = document["config"] | {f"pangeo:{key}": value for key, value in own.items()}
    with TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name) / "tenancy"
        (folder / "stacks").mkdir(parents=True)
        for part in PROGRAM:
            (folder / part).symlink_to(PROJECT / part)
        (folder / "chart").symlink_to((deployed / "chart").resolve())
        (folder / "stacks" / f"Pulumi.{STACK}.yaml").write_text(yaml.safe_dump({"config": config}))
        backend = Path(name) / "backend"
        backend.mkdir()
        variables = {**engine.engine_environment(state), "PULUMI_BACKEND_URL": backend.as_uri()}
        second = Second(folder, variables, state)
        second.wipe()
        second.init()
        try:
            yield second
        finally:
            _undo(second.destroy, second.wipe)


def _undo(*ways: Callable[[], None]) -> None:
    """The first may fail: the state may know less than there is."""
    for way in ways[:-1]:
        with suppress(RunFailed, Failure):
            way()
    ways[-1]()


def _wait_for(hub: Hub) -> None:
    deadline = time.monotonic() + ANSWER_SECONDS
    said = ""
    with hub.browser() as browser:
        while time.monotonic() < deadline:
            try:
                answer = browser.get(f"{hub.url}/hub/health", timeout=ANSWER_SECONDS)
            except requests.RequestException as error:
                # The ingress has not seen the certificate yet.
                said = str(error)
            else:
                if answer.ok:
                    return
                said = f"{answer.status_code} {answer.reason}"
            time.sleep(0.2)
    raise HubFailed(f"{hub.url} does not answer after {ANSWER_SECONDS} s: {said}")
