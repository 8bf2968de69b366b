"""One tenancy deployed by the project's own ``__main__.py``: real engine, API server, directory; a tiny chart."""

import contextlib
import json
import os
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pulumi import automation
from pulumi.automation import OpType
from pulumi.automation.errors import CommandError

from local.paths import PROJECT
from local.stand_ins.plugins.choose import prepare_launchers
from local.tenancy.addresses import DIRECTORY_NAME
from local.tenancy.engine_variables import engine_variables
from tests.support.api_server import ApiServer
from tests.support.directory import ThrowAwayDirectory
from tests.support.inline_program import ended_after_failure

STACK = "test"
CLUSTER = "kept"
CONTRACT = "pulumi-python:dynamic/tenancy:Contract"
CHART = {
    "Chart.yaml": "apiVersion: v2\nname: pangeo\nversion: 0.1.0\n",
    "Chart.lock": "dependencies: []\n",
    "dependencies.sha256": "",
    "templates/hub.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata: {name: hub}
data: {storage: {{ .Values.jupyterhub.singleuser.storage.capacity }}}
""",
    "templates/never-ready.yaml": """\
{{- if .Values.neverReady }}
apiVersion: v1
kind: Pod
metadata: {name: never-ready}
spec: {containers: [{name: a, image: a}]}
{{- end }}
""",
}
"""No kubelet runs here, so the pod is never ready: helm waits for it until it is killed."""

NAME_SERVICE = f"""\
import socket

ask = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **more: ask("127.0.0.1" if host == "{DIRECTORY_NAME}" else host, *rest, **more)
"""
"""Lets the plugins' processes find the directory by the full name in its certificate, which no DNS knows."""


class TenancyStack:
    """A workspace as an operator has it, and what the engine does there."""

    def __init__(self, folder: Path, tools: Path, directory: ThrowAwayDirectory, kubeconfig: Path) -> None:
        self.folder = folder
        self.kubeconfig = kubeconfig
        self.environment: dict[str, str] = {}
        """Set while the program runs, beside the kubeconfig."""
        self._settings = _settings(directory)
        for name in ("Pulumi.yaml", "__main__.py", "components"):
            (folder / name).symlink_to(PROJECT / name)
        for name, text in CHART.items():
            (folder / "chart" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / "chart" / name).write_text(text)
        (folder / "names").mkdir()
        (folder / "names" / "sitecustomize.py").write_text(NAME_SERVICE)
        (folder / "stacks").mkdir()
        (folder / "backend").mkdir()
        self.stack_file = folder / "stacks" / f"Pulumi.{STACK}.yaml"
        launchers = prepare_launchers(folder / "launchers", folder / "home", Path(sys.executable), os.environ["PATH"])
        self.variables = {
            **engine_variables(folder / "home", launchers, tools),
            "PULUMI_BACKEND_URL": (folder / "backend").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "only for this test",
            "PYTHONPATH": os.pathsep.join([str(folder / "names"), str(PROJECT)]),
            "FREEIPA_BIND_PASSWORD": directory.operator_password,
        }
        self.write()
        self._stack = automation.create_stack(
            STACK,
            project_name="pangeo",
            program=self._program,
            opts=automation.LocalWorkspaceOptions(
                work_dir=str(folder),
                env_vars=self.variables,
                pulumi_command=automation.PulumiCommand(root=str(tools.parent)),
            ),
        )

    def write(self, **changes: Any) -> None:
        """The stack file with these keys changed; None takes one away."""
        kept = yaml.safe_load(self.stack_file.read_text()) if self.stack_file.exists() else {}
        settings = {key: value for key, value in {**self._settings, **changes}.items() if value is not None}
        config = {f"pangeo:{key}": value for key, value in settings.items()}
        self.stack_file.write_text(yaml.safe_dump({**kept, "config": config}, sort_keys=False))

    @property
    def identity(self) -> dict[str, Any]:
        """The directory's settings, to be changed."""
        return dict(self._settings["identity"])

    def preview(self) -> dict[str, OpType]:
        """What would be done, by type of resource; not what stays the same."""
        found: dict[str, OpType] = {}

        def hear(event: automation.EngineEvent) -> None:
            if event.resource_pre_event and event.resource_pre_event.metadata.op != OpType.SAME:
                found[event.resource_pre_event.metadata.type] = event.resource_pre_event.metadata.op

        with self._surroundings(), ended_after_failure():
            self._stack.preview(color="never", on_event=hear)
        return found

    def up(self) -> str:
        """``pulumi up --skip-preview``, as the Automation API runs it; what it printed."""
        with self._surroundings(), ended_after_failure():
            return str(self._stack.up(color="never").stdout)

    def destroy(self) -> list[str]:
        """``pulumi destroy``; the types of what was deleted, in that order."""
        deleted: list[str] = []

        def hear(event: automation.EngineEvent) -> None:
            if event.res_outputs_event and event.res_outputs_event.metadata.op == OpType.DELETE:
                deleted.append(event.res_outputs_event.metadata.type)

        with self._surroundings():
            self._stack.destroy(color="never", on_event=hear)
        return deleted

    def refused(self, operation: str) -> str:
        """What a ``preview`` or an ``up`` that must fail said."""
        try:
            getattr(self, operation)()
        except CommandError as refusal:
            return str(refusal)
        raise AssertionError(f"{operation} was not refused")

    def warnings(self) -> list[str]:
        """What a preview warns of."""
        said: list[str] = []

        def hear(event: automation.EngineEvent) -> None:
            if event.diagnostic_event and event.diagnostic_event.severity == "warning":
                said.append(event.diagnostic_event.message)

        with self._surroundings():
            self._stack.preview(color="never", on_event=hear)
        return said

    def state(self) -> list[dict[str, Any]]:
        """Every resource in state, but for the dynamic providers' own, in which the engine keeps the configuration."""
        resources: list[dict[str, Any]] = (self._stack.export_stack().deployment or {}).get("resources", [])
        return [each for each in resources if each["type"] != "pulumi:providers:pulumi-python"]

    def contract(self) -> dict[str, Any]:
        """What the stack keeps of its tenancy."""
        (found,) = (each for each in self.state() if each["type"] == CONTRACT)
        inputs: dict[str, Any] = found["inputs"]
        return inputs

    def _program(self) -> None:
        with contextlib.chdir(self.folder):
            runpy.run_path("__main__.py", run_name="__main__")

    @contextlib.contextmanager
    def _surroundings(self) -> Iterator[None]:
        """An inline program runs in this process and sees its variables; the engine and its plugins inherit them."""
        before = dict(os.environ)
        os.environ.update({**self.variables, "KUBECONFIG": str(self.kubeconfig), **self.environment})
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


def objects(server: ApiServer, namespace: str) -> list[str]:
    """Every object a stack made in a namespace, with its version: what was touched has another one."""
    kinds = "configmaps,secrets,ingresses"
    found = json.loads(server.kubectl("get", kinds, "--namespace", namespace, "--output", "json"))["items"]
    return sorted(f"{each['kind']}/{each['metadata']['name']} {each['metadata']['resourceVersion']}" for each in found)


def _settings(directory: ThrowAwayDirectory) -> dict[str, Any]:
    return {
        "clusterName": CLUSTER,
        "externalIp": "192.0.2.10",
        "notebookCpus": 1,
        "notebookRamGb": 1,
        "notebookStorageGb": 10,
        "identity": {
            "server": f"{DIRECTORY_NAME}:{directory.ldaps_port}",
            "realm": directory.realm,
            "bindDn": directory.operator_dn,
            "caCertificate": directory.ca_pem,
        },
        "storage": {"className": "homes"},
        "protect": True,
    }
