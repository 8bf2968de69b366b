"""The documented removal of a stack whose cluster no longer exists (docs/changing-a-tenancy.md)."""

from pathlib import Path

import pytest
import yaml
from pulumi.automation.errors import CommandError

from tests.support.api_server import ApiServer
from tests.support.directory import ThrowAwayDirectory
from tests.support.tenancy_stack import TenancyStack

pytestmark = pytest.mark.engine

NOTHING_LISTENS = "https://127.0.0.1:1"


def test_refresh_and_destroy_forget_a_cluster_that_is_gone(
    tmp_path: Path, tools: Path, directory: ThrowAwayDirectory, api_server: ApiServer
) -> None:
    stack = TenancyStack(tmp_path, tools, directory, api_server.kubeconfig)
    stack.write(clusterName="forgotten", protect=False)
    stack.up()

    config = yaml.safe_load(api_server.kubeconfig.read_text())
    config["clusters"][0]["cluster"]["server"] = NOTHING_LISTENS
    stack.kubeconfig = tmp_path / "gone.yaml"
    stack.kubeconfig.write_text(yaml.safe_dump(config))
    with pytest.raises(CommandError):
        stack.destroy()
    stack.environment["PULUMI_K8S_DELETE_UNREACHABLE"] = "true"
    stack.refresh()
    stack.destroy()

    assert stack.state() == []
    assert api_server.exists("namespace", "forgotten"), "the cluster was not asked"
