"""Previews of a tenancy by the project's ``__main__.py`` in the real engine with the real policy pack.

The workspace is a checkout of its own: the pack reads its chart, whose dependencies are left out. There is neither a
cluster nor a directory: policies see the resources that the program declares.
"""

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pulumi
import yaml
from pulumi import automation
from pulumi.automation.errors import CommandError

from ci.chart_record import RECORD, write_record
from components.automation import open_stack, run_program
from local.paths import PROJECT
from tests.support.cli_calls import pulumi_command
from tests.support.engine_logs import variables_without_logs

STACK = "test"
SETTINGS: dict[str, Any] = {
    "clusterName": "reviewed",
    "externalIp": "192.0.2.10",
    "notebookCpus": 1,
    "notebookRamGb": 1,
    "notebookStorageGb": 10,
    "identity": {
        "server": "ipa.example.org",
        "realm": "EXAMPLE.ORG",
        "bindDn": "uid=deployer,cn=users,cn=accounts,dc=example,dc=org",
    },
    "storage": {
        "create": {"provisioner": "cinder.csi.openstack.org"},
        "hubDatabaseClass": "reviewed-homes",
    },
    "ingress": {"controller": "k8s.io/ingress-nginx"},
    "notebook": {"profiles": [{"name": "Large", "cpus": 4, "ramGb": 16}]},
}
NO_CLUSTER = """\
apiVersion: v1
kind: Config
current-context: none
clusters: [{name: none, cluster: {server: "https://127.0.0.1:9"}}]
users: [{name: none, user: {token: none}}]
contexts: [{name: none, context: {cluster: none, user: none}}]
"""

Transformation = Callable[[pulumi.ResourceTransformationArgs], pulumi.ResourceTransformationResult | None]


class Violation(NamedTuple):
    """A violation that the engine reports."""

    policy: str
    level: str
    message: str


class Reviewed(NamedTuple):
    """The violations of a run, and the error with which the engine stopped it."""

    violations: list[Violation]
    refusal: str
    """Empty if the engine did not stop the run."""

    def by(self, policy: str) -> str:
        """Return the messages of one policy at the level ``mandatory``."""
        return "\n".join(
            each.message for each in self.violations if each.policy == policy and each.level == "mandatory"
        )


def copy_chart(folder: Path) -> None:
    """Copy the project's chart without its dependencies, and record its files."""
    shutil.copytree(PROJECT / "chart", folder, ignore=shutil.ignore_patterns("charts", RECORD))
    about = yaml.safe_load((folder / "Chart.yaml").read_text())
    del about["dependencies"]
    (folder / "Chart.yaml").write_text(yaml.safe_dump(about))
    (folder / "Chart.lock").write_text("dependencies: []\n")
    write_record(folder)


class ReviewedStack:
    """A workspace like an operator's."""

    def __init__(self, folder: Path, tools: Path) -> None:
        self.folder = folder
        for name in ("Pulumi.yaml", "__main__.py", "components"):
            (folder / name).symlink_to(PROJECT / name)
        shutil.copytree(PROJECT / "policies", folder / "policies", ignore=shutil.ignore_patterns("__pycache__"))
        (folder / ".venv").symlink_to(sys.prefix)
        for chart in ("chart", "other/chart"):
            copy_chart(folder / chart)
        for name in ("stacks", "backend"):
            (folder / name).mkdir()
        (folder / "kubeconfig").write_text(NO_CLUSTER)
        self.variables = {
            **variables_without_logs(folder, tools),
            "PULUMI_BACKEND_URL": (folder / "backend").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "only for this test",
            "FREEIPA_BIND_PASSWORD": "correct horse battery staple",
            "KUBECONFIG": str(folder / "kubeconfig"),
            "PANGEO_CLUSTER_CHECK": "warn",
            "PANGEO_DIRECTORY_CHECK": "warn",
        }
        self.write(STACK)
        self._change: Transformation | None = None
        self.stack = open_stack(
            STACK,
            folder,
            variables=self.variables,
            create=True,
            program=self._program,
            command=pulumi_command(tools),
        )

    @contextlib.contextmanager
    def changed_chart(self, files: Mapping[str, str]) -> Iterator[None]:
        """Write these files, by their paths in the chart, for the duration of a block."""
        paths = {self.folder / "chart" / name: text for name, text in files.items()}
        before = {path: path.read_text() if path.exists() else None for path in paths}
        for path, text in paths.items():
            path.write_text(text)
        try:
            yield
        finally:
            for path, old in before.items():
                if old is None:
                    path.unlink()
                else:
                    path.write_text(old)

    def write(self, stack: str, **changes: Any) -> None:
        """Write a stack file with these settings changed."""
        path = self.folder / "stacks" / f"Pulumi.{stack}.yaml"
        kept = yaml.safe_load(path.read_text()) if path.exists() else {}
        config = {f"pangeo:{key}": value for key, value in {**SETTINGS, **changes}.items()}
        path.write_text(yaml.safe_dump({**kept, "config": config}, sort_keys=False))

    def preview(
        self,
        change: Transformation | None = None,
        organisation: Mapping[str, Any] | None = None,
        operation: Callable[..., object] | None = None,
    ) -> Reviewed:
        """Run ``pulumi preview --policy-pack policies``; ``change`` alters resources on their way to the engine."""
        found: list[Violation] = []

        def record(event: automation.EngineEvent) -> None:
            violation = event.policy_event
            if violation:
                found.append(Violation(violation.policy_name, violation.enforcement_level, violation.message))

        config = self.folder / "organisation.json"
        folder = {"folder": str(self.folder / "stacks")}
        own_stacks = {"unique-names": folder, "comparable-names": folder}
        config.write_text(json.dumps({**own_stacks, **(organisation or {})}))
        self._change, refusal = change, ""
        try:
            with self._environment():
                (operation or self.stack.preview)(
                    policy_packs=[str(self.folder / "policies")],
                    policy_pack_configs=[str(config)],
                    color="never",
                    on_event=record,
                )
        except CommandError as refused:
            refusal = str(refused)
        return Reviewed(found, refusal)

    def resources(self) -> list[str]:
        """Return the types of the resources in the state."""
        return [each["type"] for each in (self.stack.export_stack().deployment or {}).get("resources", [])]

    def _program(self) -> None:
        if self._change:
            pulumi.runtime.register_stack_transformation(self._change)
        run_program(self.folder, {})

    @contextlib.contextmanager
    def _environment(self) -> Iterator[None]:
        before = dict(os.environ)
        os.environ.update(self.variables)
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)
