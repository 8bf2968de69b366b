"""A checkout as in a CI job: the project, the official CLI's programs on PATH, a backend and a passphrase."""

import os
import subprocess
from pathlib import Path

from local.paths import PROJECT, State
from local.stand_ins.charts.assemble import assemble
from tests.support.engine_logs import variables_without_logs
from tests.support.language_host import language_host


def checkout(root: Path, tools: Path) -> tuple[Path, dict[str, str]]:
    """Create the project's folder below ``root``, without a stack; return it with a preview job's variables."""
    folder = root / "project"
    (folder / "stacks").mkdir(parents=True)
    for name in ("Pulumi.yaml", "__main__.py", "components"):
        (folder / name).symlink_to(PROJECT / name)
    (folder / "chart").symlink_to(assemble(State()))
    host = language_host(root / "host")
    (root / "backend").mkdir()
    return folder, {
        **variables_without_logs(root, host, tools),
        "PULUMI_BACKEND_URL": (root / "backend").as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "only for this test",
        "KUBECONFIG": "no-cluster",
        "PANGEO_DNS_CHECK": "warn",
        "PANGEO_CLUSTER_CHECK": "warn",
    }


def pulumi(*words: str, **variables: str) -> str:
    """Run a command of the CLI in the working directory; return its output."""
    finished = subprocess.run(
        ["pulumi", *words, "--non-interactive"],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **variables},
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout.strip()
