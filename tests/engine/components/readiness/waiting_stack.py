"""A tenancy whose chart has a hub's Deployment and claim; the lines that the engine prints are kept."""

import json
from collections.abc import Callable
from typing import Any

from pulumi import automation
from pulumi.automation.errors import CommandError

from tests.support.cli_calls import without_results
from tests.support.inline_program import pause_after_failure
from tests.support.kubelet import IMAGE
from tests.support.tenancy_stack import TenancyStack

HUB_READY = "pulumi-python:dynamic/tenancy:HubReady"


class WaitingStack(TenancyStack):
    """The stack, and the messages of its last ``up``."""

    messages: list[str]

    def write_chart(self, image: str = IMAGE, cpus: str = "1", claim: dict[str, Any] | None = None) -> None:
        """Write the hub's Deployment, with a claim if one is given."""
        volumes = [{"name": "db", "persistentVolumeClaim": {"claimName": "hub-db-dir"}}] if claim else []
        container = {"name": "hub", "image": image, "resources": {"requests": {"cpu": cpus}}}
        pod = {"containers": [container], "volumes": volumes}
        labels = {"component": "hub"}
        hub = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "hub"},
            "spec": {
                "strategy": {"type": "Recreate"},
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": pod},
            },
        }
        objects = [hub]
        if claim:
            objects.append(
                {
                    "apiVersion": "v1",
                    "kind": "PersistentVolumeClaim",
                    "metadata": {"name": "hub-db-dir"},
                    "spec": {
                        "accessModes": ["ReadWriteOnce"],
                        "resources": {"requests": {"storage": "1Gi"}},
                        **claim,
                    },
                }
            )
        text = "\n---\n".join(json.dumps(each) for each in objects)
        (self.folder / "chart" / "templates" / "deployment.yaml").write_text(text)
        version = self.next_version = getattr(self, "next_version", 1) + 1
        definition = f"apiVersion: v2\nname: pangeo\nversion: 0.{version}.0\n"
        (self.folder / "chart" / "Chart.yaml").write_text(definition)

    def deploy_chart(self, **options: Any) -> None:
        """Write the chart and run ``up``, which must succeed."""
        self.write_chart(**options)
        error = self.try_up()
        assert error == "", error

    def try_up(self, on_message: Callable[[str], object] = str) -> str:
        """Run ``up``; return its error message, or an empty text. The engine's messages are kept.

        Args:
            on_message: receives each message as soon as the engine prints it.
        """
        self.messages = []

        def record(event: automation.EngineEvent) -> None:
            if event.diagnostic_event and event.diagnostic_event.severity != "debug":
                self.messages.append(event.diagnostic_event.message.strip())
                on_message(self.messages[-1])

        try:
            results = without_results(self._stack, "outputs", "info")
            with self.environment_set(), results, pause_after_failure():
                self._stack.up(color="never", on_event=record)
        except CommandError as failure:
            return str(failure)
        return ""

    @property
    def progress(self) -> list[str]:
        """The lines about the wait."""
        return [each for each in self.messages if each.startswith("waiting for the hub")]
