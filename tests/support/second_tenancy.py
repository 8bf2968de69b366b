"""A second tenancy on the running node, directory and images: a stack of its own, deployed by the project's program."""

import base64
import contextlib
import json
import os
import runpy
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import ldap3
import requests
import yaml
from pulumi import automation
from pulumi.automation import OpType

from components.freeipa.names import notebook_users_group
from local import directory
from local.cluster import ingress_ports
from local.directory.client import connection
from local.directory.endpoint import ADMIN, GROUPS, TENANCY, group_dn
from local.host.commands import output
from local.paths import PROJECT, State
from local.stand_ins.charts.assemble import assemble
from local.tenancy import engine, pki
from local.tenancy.addresses import INGRESS_ADDRESS
from local.tenancy.credentials import password
from tests.support.person import Person

CLUSTER = "lifecycle"
GROUP = notebook_users_group(CLUSTER)
EXTERNAL_IP = "127.0.0.2"
DOMAIN = "pangeo.127-0-0-2.sslip.io"
CERTIFICATE_SECRET = "pangeo-tls"
KUBECTL_SECONDS = 90


class SecondTenancy:
    """Its workspace, what the engine does there, and what is in the cluster and the directory afterwards."""

    def __init__(self, state: State, folder: Path) -> None:
        self.state = state
        self.chart = assembled_chart(state, folder)
        self._folder = folder
        for name in ("Pulumi.yaml", "__main__.py", "components"):
            (folder / name).symlink_to(PROJECT / name)
        for name in ("stacks", "backend"):
            (folder / name).mkdir()
        (folder / "chart").symlink_to(self.chart)
        self._environment = {
            **engine.engine_environment(state),
            "PULUMI_BACKEND_URL": (folder / "backend").as_uri(),
        }
        self.write()
        self._stack = automation.create_stack(
            CLUSTER,
            project_name="pangeo",
            program=self._program,
            opts=automation.LocalWorkspaceOptions(
                work_dir=str(folder),
                env_vars=self._environment,
                pulumi_command=automation.PulumiCommand(root=str(state.root)),
            ),
        )

    @property
    def url(self) -> str:
        """Where a browser finds the hub."""
        port = ingress_ports(self.state).https
        return f"https://{DOMAIN}" if port == 443 else f"https://{DOMAIN}:{port}"

    def write(self, **changes: Any) -> None:
        """The stack file of the local tenancy under this one's name, with these keys changed."""
        file = self._folder / "stacks" / f"Pulumi.{CLUSTER}.yaml"
        kept = yaml.safe_load(file.read_text()) if file.exists() else {}
        config = yaml.safe_load((PROJECT / "stacks" / f"Pulumi.{engine.STACK}.yaml").read_text())["config"]
        own = {
            "clusterName": CLUSTER,
            "externalIp": EXTERNAL_IP,
            # Beside the local tenancy's notebooks two cores hold no more.
            "notebookCpus": 0.3,
            "notebookRamGb": 0.5,
            "kubernetes": {"context": engine.CONTEXT},
            # What goes is gone: nothing of a test stays on this machine's disk.
            "storage": {"className": "local-path-delete"},
            "dask": {"enabled": False},
            **changes,
        }
        config["pangeo:identity"]["caCertificate"] = pki.authority(self.state, "tenancy").crt.read_text()
        config |= {f"pangeo:{key}": value for key, value in own.items()}
        file.write_text(yaml.safe_dump({**kept, "config": config}, sort_keys=False))

    def change_chart(self, version: str, **values: Any) -> None:
        """Let the chart be of that version, with these defaults for its values."""
        definition = yaml.safe_load((self.chart / "Chart.yaml").read_text())
        (self.chart / "Chart.yaml").write_text(yaml.safe_dump({**definition, "version": version}, sort_keys=False))
        (self.chart / "values.yaml").write_text(json.dumps(values))

    def up(self) -> dict[str, OpType]:
        """``pulumi up``; what was done, by type of resource, but for what stayed the same."""
        done: dict[str, OpType] = {}

        def hear(event: automation.EngineEvent) -> None:
            found = event.res_outputs_event
            if found and found.metadata.op != OpType.SAME:
                done[found.metadata.type] = found.metadata.op

        self._stack.up(color="never", on_event=hear)
        self._give_certificate()
        return done

    def destroy(self) -> None:
        """``pulumi destroy``."""
        self._stack.destroy(color="never")

    def kubectl(self, *words: str, stdin: str | None = None) -> str:
        """What kubectl prints, as somebody outside the stack."""
        return output(
            [self.state.bin / "kubectl", "--kubeconfig", self.state.kubeconfig, *words],
            stdin=stdin,
            timeout_seconds=KUBECTL_SECONDS,
        )

    def objects(self, kind: str) -> list[str]:
        """The names of the namespace's objects of a kind."""
        return self.kubectl(
            "get", kind, "--namespace", CLUSTER, "--output", "jsonpath={.items[*].metadata.name}"
        ).split()

    def has_namespace(self) -> bool:
        """Whether the namespace is there."""
        return bool(self.kubectl("get", "namespace", CLUSTER, "--ignore-not-found", "--output", "name").strip())

    def has_group(self) -> bool:
        """Whether the users' group is in the directory."""
        with connection(self.state, TENANCY, ADMIN, "admin") as ipa:
            ipa.search(GROUPS, f"(cn={GROUP})", ldap3.LEVEL)
            return bool(ipa.entries)

    def wipe(self) -> None:
        """Take away what a test left, whatever became of it."""
        self.kubectl("delete", "namespace", CLUSTER, "--ignore-not-found", "--timeout", f"{KUBECTL_SECONDS - 5}s")
        if self.has_group():
            with connection(self.state, TENANCY, ADMIN, "admin") as ipa:
                ipa.delete(group_dn(GROUP))  # type: ignore[no-untyped-call]

    def grant(self, user: str) -> None:
        """Let a directory user log in."""
        directory.grant(self.state, user, GROUP)

    def person(self, user: str) -> Person:
        """Somebody at this tenancy's hub."""
        person = Person(self.state, user)
        person.url = self.url
        return person

    def browser(self, user: str) -> requests.Session:
        """A browser in which the user has logged in, with the cookies of that session."""
        session = requests.Session()
        session.trust_env = False
        session.verify = str(pki.authority(self.state, "tenancy").crt)
        session.get(f"{self.url}/hub/login", timeout=30)
        form = {
            "username": user,
            "password": password(self.state, "directory", user),
            "_xsrf": str(session.cookies.get("_xsrf", path="/hub/")),
        }
        answer = session.post(
            f"{self.url}/hub/login", data=form, headers={"Referer": f"{self.url}/hub/login"}, timeout=30
        )
        assert answer.ok, answer.text
        return session

    def _give_certificate(self) -> None:
        certificate = pki.issue(self.state, "tenancy", f"web-{CLUSTER}", dns_names=[DOMAIN])
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "kubernetes.io/tls",
            "metadata": {"name": CERTIFICATE_SECRET, "namespace": CLUSTER},
            "data": {
                "tls.crt": base64.b64encode(certificate.crt.read_bytes()).decode(),
                "tls.key": base64.b64encode(certificate.key.read_bytes()).decode(),
            },
        }
        self.kubectl("apply", "--server-side", "--filename", "-", stdin=json.dumps(secret))

    def _program(self) -> None:
        before = dict(os.environ)
        os.environ.update(self._environment)
        try:
            with contextlib.chdir(self._folder):
                runpy.run_path(str(self._folder / "__main__.py"), run_name="__main__")
        finally:
            os.environ.clear()
            os.environ.update(before)


def assembled_chart(state: State, folder: Path) -> Path:
    """The chart as ``make up`` puts it together, in a place where a test may change it."""
    own = State(folder / "state")
    own.root.mkdir()
    own.bin.symlink_to(state.bin)
    return assemble(own)


@contextlib.contextmanager
def domain_resolves() -> Iterator[None]:
    """This process finds the second hub where the ingress answers; no DNS server knows it here."""
    ask = socket.getaddrinfo

    def answer(host: Any, *rest: Any, **more: Any) -> Any:
        return ask(str(INGRESS_ADDRESS) if host == DOMAIN else host, *rest, **more)

    with mock.patch("socket.getaddrinfo", answer):
        yield
