"""The real engine with the stand-ins: each test has its own stack in its own file backend."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation as auto

from local.paths import PROJECT
from tests.support.cli_calls import without_results
from tests.support.engine_logs import variables_without_logs
from tests.support.inline_program import create_stack, pause_after_failure

Program = Callable[[], None]


@dataclass
class Engine:
    """One stack and the output of its runs."""

    stack: auto.Stack
    backend: Path
    work_dir: Path
    tools: Path
    printed: list[str] = field(default_factory=list)

    def declare(self, program: Program) -> None:
        """Use this program in the next runs."""
        self.stack.workspace.program = program

    def preview(self, **options: Any) -> Mapping[str, int]:
        """Run a preview. Returns the number of operations by name."""
        found = self.stack.preview(on_output=self.printed.append, color="never", **options).change_summary
        return _counts(found)

    def up(self, **options: Any) -> Mapping[str, int]:
        """Run ``up``. Returns the number of operations by name."""
        with pause_after_failure(), without_results(self.stack, "outputs"):
            done = self.stack.up(on_output=self.printed.append, color="never", **options)
        return _counts(done.summary.resource_changes)

    def refresh(self) -> Mapping[str, int]:
        """Run a refresh. Returns the number of operations by name."""
        done = self.stack.refresh(on_output=self.printed.append, color="never")
        return _counts(done.summary.resource_changes)

    def destroy(self) -> None:
        """Delete all resources in the state."""
        with without_results(self.stack, "info"):
            self.stack.destroy(on_output=self.printed.append, color="never")

    def state_of(self, name: str) -> dict[str, Any]:
        """Return a resource's entry in the state, with encrypted secrets."""
        resources: list[dict[str, Any]] = json.loads(self.state_text())["checkpoint"]["latest"]["resources"]
        return next(each for each in resources if each["urn"].endswith(f"::{name}"))

    def state_text(self) -> str:
        """Return the stack's state as it is on disk."""
        return next((self.backend / ".pulumi" / "stacks").rglob("*.json")).read_text()

    def everything_on_disk(self) -> str:
        """Return all files that the engine wrote: the state, its backups and the history."""
        return "\n".join(file.read_text(errors="replace") for file in self.backend.rglob("*") if file.is_file())


@pytest.fixture
def engine(tmp_path: Path, tools: Path) -> Engine:
    """Create an empty stack."""
    backend, work_dir = tmp_path / "backend", tmp_path / "work"
    backend.mkdir()
    work_dir.mkdir()
    environment = {
        **variables_without_logs(tmp_path, tools),
        "PULUMI_CONFIG_PASSPHRASE": "only for this test",
        "PYTHONPATH": f"{work_dir}:{PROJECT}",
        "HELM_CACHE_HOME": str(tmp_path / "helm"),
        "HELM_CONFIG_HOME": str(tmp_path / "helm"),
        "HELM_DATA_HOME": str(tmp_path / "helm"),
    }
    # Without ``main`` an inline program's plugins run in this process's folder, not in the workspace's.
    settings = auto.ProjectSettings(
        "plugins", runtime="python", backend=auto.ProjectBackend(url=backend.as_uri()), main=str(work_dir)
    )
    stack = create_stack("test", work_dir, program=lambda: None, variables=environment, tools=tools, settings=settings)
    return Engine(stack, backend, work_dir, tools)


def _counts(changes: Mapping[Any, int] | None) -> dict[str, int]:
    return {str(operation): count for operation, count in (changes or {}).items()}
