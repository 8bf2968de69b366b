"""Stack of the real engine whose program declares one FreeIPA group."""

import json
from pathlib import Path
from typing import Any

import pulumi
from pulumi import automation
from pulumi.automation import OpType

from components.freeipa import names
from components.freeipa.group_resource import FreeIpaGroup
from components.ownership.mark import Owner
from tests.engine.components.freeipa.plugin import PROGRAM
from tests.support.cli_calls import without_results
from tests.support.directory import ThrowAwayDirectory
from tests.support.engine_logs import variables_without_logs
from tests.support.inline_program import create_stack, pause_after_failure

GROUP = names.notebook_users_group("engine")
DESCRIPTION = names.notebook_users_description("engine")
OWNER = Owner("test", "0bd2a5cc-6d5b-4d2f-9d0b-5d1f0f0c7a11", "d1")
MARKED = f"{DESCRIPTION} [{OWNER}]"


class GroupStack:
    """Stack whose program declares one group."""

    def __init__(self, folder: Path, tools: Path, directory: ThrowAwayDirectory, password: dict[str, str]) -> None:
        self._directory = directory
        self._changes: dict[str, Any] = {}
        self._stack = create_stack(
            "test",
            folder,
            program=self._program,
            variables={
                **variables_without_logs(folder, tools),
                "PULUMI_BACKEND_URL": f"file://{folder}",
                "PULUMI_CONFIG_PASSPHRASE": "test",
                "PYTHONPATH": str(PROGRAM),
                **password,
            },
            tools=tools,
        )

    def configure(self, key: str, secret: str) -> None:
        self._stack.set_config(key, automation.ConfigValue(secret, secret=True))

    def declare(self, **changes: Any) -> None:
        self._changes = changes

    def up(self) -> dict[str, Any]:
        with pause_after_failure(), without_results(self._stack, "info"):
            return {key: output.value for key, output in self._stack.up().outputs.items()}

    def notices(self) -> list[str]:
        """Run a preview; return the messages that the engine shows."""
        messages: list[str] = []

        def record(event: automation.EngineEvent) -> None:
            if event.diagnostic_event:
                messages.append(event.diagnostic_event.message.strip())

        self._stack.preview(color="never", on_event=record)
        return messages

    def preview(self) -> dict[OpType, int]:
        return dict(self._stack.preview().change_summary)

    def refresh(self) -> None:
        with without_results(self._stack, "info"):
            self._stack.refresh()

    def destroy(self) -> None:
        with without_results(self._stack, "info"):
            self._stack.destroy()

    def state(self) -> str:
        return json.dumps(self._stack.export_stack().deployment)

    def _program(self) -> None:
        group = FreeIpaGroup(
            "notebook-users",
            **{
                "servers": [f"localhost:{self._directory.ldaps_port}"],
                "ca_certificate": self._directory.ca_pem,
                "bind_dn": self._directory.operator_dn,
                "suffix": self._directory.suffix,
                "group_name": GROUP,
                "description": DESCRIPTION,
                "mark": str(OWNER),
                **self._changes,
            },
        )
        pulumi.export("dn", group.dn)
        pulumi.export("adopted", group.adopted)
        group.dn.apply(self.dns_seen.append)

    dns_seen: list[str] = []  # noqa: RUF012 - emptied by the fixture
