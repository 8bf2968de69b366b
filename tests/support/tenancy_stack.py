"""A tenancy deployed by the project's ``__main__.py`` with real engine, API server and directory, and a small chart."""

import base64
import contextlib
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pulumi import automation
from pulumi.automation import OpType
from pulumi.automation.errors import CommandError

from components.automation import open_stack, run_program
from components.config.controllers import INGRESS_NGINX
from local.paths import PROJECT
from local.tenancy.addresses import DIRECTORY_NAME
from tests.support.api_server import INGRESS_CLASS, ApiServer
from tests.support.cli_calls import pulumi_command, without_results
from tests.support.directory import ThrowAwayDirectory
from tests.support.engine_logs import variables_without_logs
from tests.support.inline_program import pause_after_failure

STACK = "test"
EXPORT_SECONDS = 60.0
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
"""Its pod is never ready, because there is no kubelet, so helm waits until it is killed."""

NAME_SERVICE = f"""\
import socket

ask = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **more: ask("127.0.0.1" if host == "{DIRECTORY_NAME}" else host, *rest, **more)
"""
"""Lets the plugins' processes resolve the directory's name in its certificate, which is not in the DNS."""


class TenancyStack:
    """An operator's workspace, and operations of the engine in it."""

    def __init__(
        self,
        folder: Path,
        tools: Path,
        directory: ThrowAwayDirectory,
        kubeconfig: Path,
        *,
        of: "TenancyStack | None" = None,
        **settings: Any,
    ) -> None:
        """Create the workspace and the stack.

        Args:
            folder: the workspace.
            tools: the folder of the programs.
            directory: the stack's directory server.
            kubeconfig: the value of the variable KUBECONFIG.
            of: a stack to open from this workspace too, as on another machine, with its backend and its stack file.
            settings: keys of the stack file with other values than the usual ones.
        """
        self.folder = folder
        self.kubeconfig = kubeconfig
        self.environment: dict[str, str] = {}
        """Additional environment variables of the program."""
        self._settings = _settings(directory) | settings
        for name in ("Pulumi.yaml", "__main__.py", "components"):
            (folder / name).symlink_to(PROJECT / name)
        for name, text in CHART.items():
            (folder / "chart" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / "chart" / name).write_text(text)
        (folder / "names").mkdir()
        (folder / "names" / "sitecustomize.py").write_text(NAME_SERVICE)
        (folder / "stacks").mkdir()
        self.backend: Path = of.backend if of else folder / "backend"
        self.backend.mkdir(exist_ok=True)
        self.stack_file = folder / "stacks" / f"Pulumi.{STACK}.yaml"
        self.variables = {
            **variables_without_logs(folder, tools),
            "PULUMI_BACKEND_URL": self.backend.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "only for this test",
            "PYTHONPATH": os.pathsep.join([str(folder / "names"), str(PROJECT)]),
            "FREEIPA_BIND_PASSWORD": directory.operator_password,
        }
        if of:
            self._settings = {**of._settings}
            self.stack_file.write_text(of.stack_file.read_text())
        self.write()
        self._stack = open_stack(
            STACK,
            folder,
            variables=self.variables,
            create=True,
            # The variables are set around each operation, so that a test can change them.
            program=self._program,
            command=pulumi_command(tools),
        )

    def _program(self) -> None:
        """Run the project's program; a subclass may run another one."""
        run_program(self.folder, {})

    def write(self, **changes: Any) -> None:
        """Write the stack file with these keys changed; None removes a key."""
        kept = yaml.safe_load(self.stack_file.read_text()) if self.stack_file.exists() else {}
        settings = {key: value for key, value in {**self._settings, **changes}.items() if value is not None}
        config = {f"pangeo:{key}": value for key, value in settings.items()}
        self.stack_file.write_text(yaml.safe_dump({**kept, "config": config}, sort_keys=False))

    @property
    def identity(self) -> dict[str, Any]:
        """A copy of the section ``identity``."""
        return dict(self._settings["identity"])

    def preview(self) -> dict[str, OpType]:
        """Run a preview; return the operations by type of resource, without unchanged resources."""
        found: dict[str, OpType] = {}

        def record(event: automation.EngineEvent) -> None:
            if event.resource_pre_event and event.resource_pre_event.metadata.op != OpType.SAME:
                found[event.resource_pre_event.metadata.type] = event.resource_pre_event.metadata.op

        with self.environment_set(), pause_after_failure():
            self._stack.preview(color="never", on_event=record)
        return found

    def up(self) -> str:
        """Run ``pulumi up --skip-preview``; return its output."""
        results = without_results(self._stack, "outputs", "info")
        with self.environment_set(), results, pause_after_failure():
            return str(self._stack.up(color="never").stdout)

    def refresh(self) -> None:
        """Run ``pulumi refresh``."""
        with self.environment_set(), without_results(self._stack, "info"):
            self._stack.refresh(color="never")

    def refresh_changes(self) -> dict[str, int]:
        """Run ``pulumi refresh``; return the number of resources by kind of change, without unchanged ones."""
        with self.environment_set():
            found = self._stack.refresh(color="never").summary.resource_changes or {}
        return {str(kind): count for kind, count in found.items() if kind != OpType.SAME}

    def import_state(self, deployment: dict[str, Any]) -> None:
        """Replace the stack's state."""
        self._stack.import_stack(automation.Deployment(version=3, deployment=deployment))

    def encrypt_kubeconfig(self, text: str) -> None:
        """Store the text of a kubeconfig in the stack file, encrypted; later calls of ``write`` keep it."""
        secret = automation.ConfigValue(text, secret=True)
        self._stack.set_config("pangeo:kubernetes.kubeconfig", secret, path=True)
        self._settings["kubernetes"] = yaml.safe_load(self.stack_file.read_text())["config"]["pangeo:kubernetes"]

    def exported_text(self, *, without: str = "") -> str:
        """Return the exported state as text, except a type, with the references to providers' classes decoded."""
        resources = (self._stack.export_stack().deployment or {}).get("resources", [])
        exported = json.dumps([each for each in resources if each["type"] != without])
        pickles = re.findall(r'"__provider": "([A-Za-z0-9+/=]+)"', exported)
        return exported + "".join(base64.b64decode(each).decode("latin-1") for each in pickles)

    def state_with_secrets(self, tools: Path) -> list[dict[str, Any]]:
        """Return every resource in state, with its secrets decrypted."""
        exported = subprocess.run(
            [tools / "pulumi", "stack", "export", "--show-secrets", "--stack", STACK],
            cwd=self.folder,
            env={**os.environ, **self.variables},
            capture_output=True,
            timeout=EXPORT_SECONDS,
            check=True,
        )
        resources: list[dict[str, Any]] = json.loads(exported.stdout)["deployment"]["resources"]
        return [{**each, **{key: _opened(each.get(key)) for key in ("inputs", "outputs")}} for each in resources]

    def destroy(self) -> list[str]:
        """Run ``pulumi destroy``; return the types of the deleted resources in their order."""
        deleted: list[str] = []

        def record(event: automation.EngineEvent) -> None:
            if event.res_outputs_event and event.res_outputs_event.metadata.op == OpType.DELETE:
                deleted.append(event.res_outputs_event.metadata.type)

        with self.environment_set(), without_results(self._stack, "info"):
            self._stack.destroy(color="never", on_event=record)
        return deleted

    def refused(self, operation: str) -> str:
        """Run an operation that must fail; return its error message."""
        try:
            getattr(self, operation)()
        except CommandError as refusal:
            return str(refusal)
        raise AssertionError(f"{operation} was not refused")

    def warnings(self) -> list[str]:
        """Run a preview; return its warnings."""
        messages: list[str] = []

        def record(event: automation.EngineEvent) -> None:
            if event.diagnostic_event and event.diagnostic_event.severity == "warning":
                messages.append(event.diagnostic_event.message)

        with self.environment_set():
            self._stack.preview(color="never", on_event=record)
        return messages

    def state(self) -> list[dict[str, Any]]:
        """Return all resources in the state, except those of dynamic providers, which contain the configuration."""
        resources: list[dict[str, Any]] = (self._stack.export_stack().deployment or {}).get("resources", [])
        return [each for each in resources if each["type"] != "pulumi:providers:pulumi-python"]

    def contract(self) -> dict[str, Any]:
        """Return the inputs of the contract resource."""
        (found,) = (each for each in self.state() if each["type"] == CONTRACT)
        inputs: dict[str, Any] = found["inputs"]
        return inputs

    @contextlib.contextmanager
    def environment_set(self) -> Iterator[None]:
        """Set the environment variables inside the block, for the inline program, the engine and its plugins."""
        before = dict(os.environ)
        os.environ.update({**self.variables, "KUBECONFIG": str(self.kubeconfig), **self.environment})
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


def objects(server: ApiServer, namespace: str) -> list[str]:
    """Return every object of a namespace with its resource version, which changes with the object."""
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
        "ingress": {"className": INGRESS_CLASS, "controller": INGRESS_NGINX},
        "protect": True,
    }


def _opened(value: Any) -> Any:
    """Return the value with each decrypted secret in place of the engine's envelope around it."""
    if isinstance(value, dict):
        return json.loads(value["plaintext"]) if "plaintext" in value else {k: _opened(v) for k, v in value.items()}
    return [_opened(each) for each in value] if isinstance(value, list) else value
