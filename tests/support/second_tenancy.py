"""A second tenancy on the local cluster and directory: a stack of its own, deployed by the project's program."""

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import ldap3
import requests
import yaml
from pulumi import automation
from pulumi.automation import OpType

from components.automation import open_stack
from components.config.domain import derived_domain
from components.config.stack_file import STACKS, stack_path
from components.freeipa.names import notebook_users_group
from local import directory
from local.directory.client import connection
from local.directory.endpoint import ADMIN, GROUPS, TENANCY
from local.host.commands import output
from local.images.definitions import NOTEBOOK
from local.paths import PROJECT, State
from local.stand_ins.charts.assemble import assemble
from local.tenancy import engine, pki, web
from local.tenancy.credentials import password
from local.tenancy.engine_environment import engine_environment
from local.tenancy.ingress_ports import ingress_ports
from tests.support.cli_calls import without_results
from tests.support.directory_groups import delete_group
from tests.support.kubectl import kubectl
from tests.support.namespace_volumes import free_volumes
from tests.support.node_capacity import stop_servers
from tests.support.person import Hub, HubFailed, Person

EXTERNAL_IP = IPv4Address("127.0.0.2")
"""Differs from the local tenancy's, because two tenancies may not have the same domain."""

DOMAIN = derived_domain(EXTERNAL_IP)
TIMEOUT_SECONDS = 600.0
"""Limit of one call of helm or kubectl."""

COMMAND_TIMEOUT_SECONDS = 300.0
"""Limit of one of the operator's commands."""

HUB_TIMEOUT_SECONDS = 60.0


class SecondTenancy:
    """The workspace of a tenancy, operations of the engine on it, and its objects in the cluster and the directory."""

    def __init__(self, state: State, folder: Path, name: str, **settings: Any) -> None:
        """Create the workspace and the stack; nothing is deployed yet.

        Args:
            state: the state folder of the local tenancy, which must be running.
            folder: an empty folder for the workspace and the engine's states.
            name: the tenancy's stack, cluster name and namespace.
            settings: keys of the stack file that differ from the local tenancy's.
        """
        self.state = state
        self.name = name
        self.group = notebook_users_group(name)
        self.folder = folder
        self.chart = assembled_chart(state, folder)
        self._settings = settings
        for part in ("Pulumi.yaml", "__main__.py", "components"):
            (folder / part).symlink_to(PROJECT / part)
        for part in ("stacks", "backend"):
            (folder / part).mkdir()
        (folder / "chart").symlink_to(self.chart)
        self.environment = {
            **engine_environment(state),
            "PULUMI_BACKEND_URL": (folder / "backend").as_uri(),
        }
        self.write_stack_file()
        self._stack = open_stack(
            name,
            folder,
            variables=self.environment,
            create=True,
            inline=True,
            command=automation.PulumiCommand(root=str(state.root)),
        )

    @classmethod
    @contextmanager
    def clean(cls, state: State, folder: Path, name: str, **settings: Any) -> Iterator["SecondTenancy"]:
        """Provide a tenancy that is not deployed yet; delete all of it after the block, also after a failure.

        The servers of the local tenancy's users are stopped, because two cores have no capacity for both tenancies'.
        The arguments are those of the class.
        """
        tenancy = cls(state, folder, name, **settings)
        tenancy.wipe()
        stop_servers(state, directory.DEMO_USERS)
        try:
            yield tenancy
        finally:
            tenancy.discard()

    @property
    def hub(self) -> Hub:
        """The tenancy's hub, as seen from this machine."""
        port = ingress_ports(self.state).https
        return Hub.at(self.state, f"https://{DOMAIN}" if port == 443 else f"https://{DOMAIN}:{port}")

    def write_stack_file(self, **changes: Any) -> None:
        """Write the local tenancy's stack file with this tenancy's name and settings, and with these keys changed."""
        file = stack_path(self.name, self.folder / STACKS)
        kept = yaml.safe_load(file.read_text()) if file.exists() else {}
        config = yaml.safe_load(stack_path(engine.STACK, PROJECT / STACKS).read_text())["config"]
        own = {
            "clusterName": self.name,
            "externalIp": str(EXTERNAL_IP),
            "kubernetes": {"context": engine.CONTEXT},
            # Volumes are deleted with their claims, so that nothing stays on this machine's disk.
            "storage": {"className": "local-path-delete"},
            # The small image starts faster, and needs less memory.
            "notebook": {"image": NOTEBOOK.reference, "prePull": False},
            **self._settings,
            **changes,
        }
        config["pangeo:identity"]["caCertificate"] = pki.authority(self.state, "tenancy").crt.read_text()
        # The backup needs a Secret and a folder of its own, which most tests do not.
        config.pop("pangeo:backup")
        config |= {f"pangeo:{key}": value for key, value in own.items()}
        file.write_text(yaml.safe_dump({**kept, "config": config}, sort_keys=False))

    def change_chart(self, version: str, **values: Any) -> None:
        """Set the chart's version and the defaults of its values."""
        definition = yaml.safe_load((self.chart / "Chart.yaml").read_text())
        (self.chart / "Chart.yaml").write_text(yaml.safe_dump({**definition, "version": version}, sort_keys=False))
        (self.chart / "values.yaml").write_text(json.dumps(values))

    def results(self, command: str, *options: str) -> dict[str, dict[str, Any]]:
        """Run a command of ``python -m components`` on this tenancy, and return its results by subject."""
        done = subprocess.run(
            [sys.executable, "-m", "components", command, self.name, *options, "--json"],
            cwd=self.folder,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_SECONDS,
            check=False,
        )
        assert done.stdout, done.stderr
        return {each["subject"]: each for each in json.loads(done.stdout)["results"]}

    def up(self) -> dict[str, OpType]:
        """Run ``pulumi up``; return the operations by type of resource, without unchanged resources."""
        operations: dict[str, OpType] = {}

        def record(event: automation.EngineEvent) -> None:
            outputs = event.res_outputs_event
            if outputs and outputs.metadata.op != OpType.SAME:
                operations[outputs.metadata.type] = outputs.metadata.op

        with without_results(self._stack, "outputs", "info"):
            self._stack.up(color="never", on_event=record)
        self.give_certificate()
        return operations

    def preview(self) -> str:
        """Run ``pulumi preview --diff`` and return its output."""
        return self._stack.preview(color="never", diff=True).stdout

    def destroy(self) -> None:
        """Run ``pulumi destroy``."""
        with without_results(self._stack, "info"):
            self._stack.destroy(color="never")

    def helm(self, *arguments: str, stdin: str | None = None) -> str:
        """Run helm in the tenancy's namespace and return its standard output.

        Raises:
            Failure: helm failed or took too long.
        """
        return output(
            [self.state.bin / "helm", "--kubeconfig", self.state.kubeconfig, "--namespace", self.name, *arguments],
            stdin=stdin,
            timeout_seconds=TIMEOUT_SECONDS,
        )

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """Run kubectl in the tenancy's namespace, as the cluster's administrator, and return its standard output."""
        return kubectl(self.state, *arguments, namespace=self.name, stdin=stdin, timeout_seconds=TIMEOUT_SECONDS)

    def apply(self, *manifests: Mapping[str, Any]) -> None:
        """Create or change objects of the namespace or the cluster."""
        for manifest in manifests:
            self.kubectl("apply", "--server-side", "--filename=-", stdin=json.dumps(manifest))

    def create_secret(self, name: str, **texts: str) -> None:
        """Create a Secret with these keys as an operator does; its content is in no process list."""
        self.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": texts})

    def objects(self, kind: str) -> list[str]:
        """Return the names of the namespace's objects of a kind."""
        return self.kubectl("get", kind, "--output", "jsonpath={.items[*].metadata.name}").split()

    def has_namespace(self) -> bool:
        """Return whether the namespace exists."""
        return bool(self.kubectl("get", "namespace", self.name, "--ignore-not-found", "--output", "name").strip())

    def has_group(self) -> bool:
        """Return whether the users' group is in the directory."""
        with connection(self.state, TENANCY, ADMIN, "admin") as ipa:
            ipa.search(GROUPS, f"(cn={self.group})", ldap3.LEVEL)
            return bool(ipa.entries)

    def delete_namespace(self) -> None:
        """Delete the namespace with all its objects, and wait until its volumes are deleted."""
        volumes = free_volumes(self.state, self.name)
        self.kubectl("delete", "namespace", self.name, "--ignore-not-found", "--wait=true")
        if volumes:
            self.kubectl("wait", "--for=delete", "--timeout=300s", *(f"pv/{name}" for name in volumes))

    def wipe(self) -> None:
        """Remove all remains of this tenancy, also those of an earlier run that was killed, and wait for their end."""
        if self.has_namespace():
            self.helm("uninstall", self.name, "--wait", "--ignore-not-found")
        self.delete_namespace()
        delete_group(self.state, self.group)

    def discard(self) -> None:
        """Delete all of this tenancy without waiting for its end, while which other tenancies can be deployed."""
        if self.has_namespace():
            self.helm("uninstall", self.name, "--wait", "--ignore-not-found")
            # Their requests would leave no room for the pods of the next test during their grace periods.
            self.kubectl("delete", "pods", "--all", "--grace-period=1", "--wait=false")
            free_volumes(self.state, self.name)
            self.kubectl("delete", "namespace", self.name, "--wait=false")
        delete_group(self.state, self.group)

    def grant(self, user: str) -> None:
        """Add a directory user to the users' group."""
        directory.grant(self.state, user, self.group)

    def log_in(self, user: str) -> Person:
        """Add a directory user to the users' group; return the user, logged in at the hub as soon as it answers."""
        self.grant(user)
        self.wait_for_hub()
        person = self.person(user)
        assert person.log_in() == requests.codes.ok
        return person

    def start_server(self, user: str, profile: str | None = None) -> Person:
        """Return a user of the hub, logged in, whose server answers; see ``log_in`` and ``Person.start_server``."""
        person = self.log_in(user)
        person.start_server(profile)
        return person

    def person(self, user: str) -> Person:
        """Return a directory user at this tenancy's hub."""
        return Person(self.hub, user, password(self.state, "directory", user))

    def give_certificate(self) -> None:
        """Create the TLS Secret that the stack file names, for the domain and the users' hosts below it."""
        certificate = pki.issue(self.state, "tenancy", f"web-{self.name}", dns_names=[DOMAIN, f"*.{DOMAIN}"])
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "kubernetes.io/tls",
            "metadata": {"name": web.SECRET, "namespace": self.name},
            "data": {
                "tls.crt": base64.b64encode(certificate.crt.read_bytes()).decode(),
                "tls.key": base64.b64encode(certificate.key.read_bytes()).decode(),
            },
        }
        self.apply(secret)

    def wait_for_hub(self) -> None:
        """Wait until the hub answers; the ingress may see the certificate some time after ``up`` has ended.

        Raises:
            HubFailed: it does not answer within ``HUB_TIMEOUT_SECONDS``.
        """
        deadline = time.monotonic() + HUB_TIMEOUT_SECONDS
        with self.hub.session() as session:
            while True:
                try:
                    answer = session.get(f"{self.hub.url}/hub/health", timeout=HUB_TIMEOUT_SECONDS)
                    if answer.ok:
                        return
                    failure = f"{answer.status_code} {answer.reason}"
                except requests.RequestException as error:
                    failure = str(error)
                if time.monotonic() > deadline:
                    raise HubFailed(f"{self.hub.url} does not answer after {HUB_TIMEOUT_SECONDS:g} s: {failure}")
                time.sleep(0.2)


def assembled_chart(state: State, folder: Path) -> Path:
    """Assemble the chart as ``make up`` does, in a folder where a test may change it."""
    own = State(folder / "state")
    own.root.mkdir()
    own.bin.symlink_to(state.bin)
    return assemble(own)
