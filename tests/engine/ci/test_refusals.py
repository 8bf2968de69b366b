"""Output of the CLI after a refusal: the reason, and no traceback around it.

The program runs in a process of its own, which the language host interrupts as soon as the engine has refused.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from components.config.stack_file import stack_path
from local.paths import PROJECT
from tests.engine.ci.checkout import pulumi
from tests.engine.ci.watched_tenancy import WatchedTenancy
from tests.support.language_host import language_host
from tests.support.tenancy_stack import STACK

pytestmark = pytest.mark.engine

SECONDS = 180.0
NOISE = ("Traceback", "KeyboardInterrupt", "unhandled", "non-zero exit code")


def preview(stack: str, folder: Path, variables: dict[str, str], *options: str) -> str:
    """Run ``pulumi preview``, which must fail; return all that it prints."""
    finished = subprocess.run(
        ["pulumi", "preview", "--stack", stack, "--non-interactive", "--color", "never", *options],
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert finished.returncode != 0, finished.stdout
    return finished.stdout


def noise(output: str) -> list[str]:
    return [line for line in output.splitlines() if any(word in line for word in NOISE)]


@pytest.fixture
def ocean(project: Path) -> Path:
    """A checkout with a stack that has not been deployed yet, and its stack file."""
    shutil.copy(PROJECT / "stacks" / "Pulumi.ocean.yaml", project / "stacks")
    file = stack_path("ocean", project / "stacks")
    document = yaml.safe_load(file.read_text())
    file.write_text(yaml.safe_dump({"config": document["config"]}))
    pulumi("stack", "init", "ocean", "--no-select")
    return file


def change(file: Path, **settings: object) -> None:
    document = yaml.safe_load(file.read_text())
    document["config"] |= {f"pangeo:{key}": value for key, value in settings.items()}
    file.write_text(yaml.safe_dump(document))


def test_refusal_by_a_policy_is_the_only_error(project: Path, ocean: Path) -> None:
    change(ocean, protect=False)

    output = preview("ocean", project, dict(os.environ), "--policy-pack", str(PROJECT / "policies"))

    assert "protect is false: pulumi destroy would delete it with its content" in output
    assert noise(output) == []


def test_refusal_by_a_provider_is_the_only_error(deployed: WatchedTenancy, tmp_path: Path, tools: Path) -> None:
    deployed.write(clusterName="watched", externalIp="192.0.2.30", notebookStorageGb=1)
    path = os.pathsep.join([str(language_host(tmp_path / "host")), str(tools), deployed.variables["PATH"]])
    variables = {**os.environ, **deployed.variables, "PATH": path, "KUBECONFIG": str(deployed.kubeconfig)}

    output = preview(STACK, deployed.folder, {**variables, "PANGEO_DNS_CHECK": "warn"})

    assert "notebookStorageGb: 10 → 1" in output
    assert noise(output) == []


def test_refusal_by_the_program_is_the_only_error(project: Path, ocean: Path) -> None:
    change(ocean, clusterName="Ocean_1")

    output = preview("ocean", project, dict(os.environ))

    assert "pangeo:clusterName  Ocean_1" in output
    assert noise(output) == []
