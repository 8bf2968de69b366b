"""Every change of what Helm renders from the chart is previewed, deployed and seen as drift; nothing else is."""

import gzip
import io
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pulumi.automation import OpType

from components.cli.diagnose.drift import check_drift
from tests.support.api_server import ApiServer
from tests.support.directory import ThrowAwayDirectory
from tests.support.tenancy_stack import STACK, TenancyStack

pytestmark = pytest.mark.engine

CLUSTER = "charted"
RELEASE = "kubernetes:helm.sh/v3:Release"
HUB_READY = "pulumi-python:dynamic/tenancy:HubReady"
UPDATE = {RELEASE: OpType.UPDATE, HUB_READY: OpType.UPDATE}
"""The release changes, and the wait for the hub is repeated."""

ADDED = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: added}
"""
PART = {
    "part/Chart.yaml": "apiVersion: v2\nname: part\nversion: 1.0.0\n",
    "part/templates/part.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: part}\ndata: {text: one}\n",
}
"""A chart on which the tenancy's chart depends."""


class ChartedStack(TenancyStack):
    """A tenancy whose chart a test changes. The version stays the same."""

    @property
    def chart(self) -> Path:
        return self.folder / "chart"

    def put_part(self, text: str = "one", *, time: int = 0, level: int = 9) -> None:
        """Write the archive of the dependency."""
        out = io.BytesIO()
        with (
            gzip.GzipFile(fileobj=out, mode="wb", mtime=time, compresslevel=level) as packed,
            tarfile.open(fileobj=packed, mode="w") as archive,
        ):
            for name, content in PART.items():
                data = content.replace("one", text).encode()
                member = tarfile.TarInfo(name)
                member.size, member.mtime = len(data), time
                archive.addfile(member, io.BytesIO(data))
        (self.chart / "charts").mkdir(exist_ok=True)
        (self.chart / "charts" / "part-1.0.0.tgz").write_bytes(out.getvalue())

    def drift(self) -> str:
        """Compare the deployment with the checkout as ``components status`` does; return the result's message."""
        with self.environment_set():
            result = check_drift(STACK, self.folder, {**os.environ, **self.variables})
        return result.message


@pytest.fixture(scope="module")
def stack(
    tmp_path_factory: pytest.TempPathFactory, tools: Path, directory: ThrowAwayDirectory, api_server: ApiServer
) -> Iterator[ChartedStack]:
    stack = ChartedStack(tmp_path_factory.mktemp("charted"), tools, directory, api_server.kubeconfig)
    stack.write(clusterName=CLUSTER, dask={"enabled": False}, protect=False)
    definition = (stack.chart / "Chart.yaml").read_text()
    (stack.chart / "Chart.yaml").write_text(f"{definition}dependencies: [{{name: part, version: 1.0.0}}]\n")
    (stack.chart / ".helmignore").write_text("*.tmp\n")
    stack.put_part()
    stack.up()
    yield stack
    stack.destroy()


def config_map(server: ApiServer, name: str) -> dict[str, Any]:
    found: dict[str, Any] = server.read("configmap", name, "--namespace", CLUSTER)
    return found


def test_a_new_template_is_previewed_deployed_and_seen_as_drift(stack: ChartedStack, api_server: ApiServer) -> None:
    assert stack.preview() == {}
    assert "the deployment matches the stack" in stack.drift()

    (stack.chart / "templates" / "added.yaml").write_text(ADDED)

    assert stack.preview() == UPDATE
    assert "update Release" in stack.drift()
    stack.up()
    assert config_map(api_server, "added")
    assert stack.preview() == {}


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("values.yaml", "unused: 1\n"),
        ("values.schema.json", '{"type": "object"}'),
        ("files/hub.py", "print()\n"),
        ("templates/_names.tpl", '{{ define "name" }}hub{{ end }}'),
        ("crds/nothing.yaml", "# none\n"),
    ],
)
def test_every_file_of_the_chart_counts(stack: ChartedStack, file: str, text: str) -> None:
    (stack.chart / file).parent.mkdir(exist_ok=True)
    (stack.chart / file).write_text(text)
    try:
        assert stack.preview() == UPDATE
    finally:
        (stack.chart / file).unlink()


def test_a_changed_dependency_of_the_same_version_is_deployed(stack: ChartedStack, api_server: ApiServer) -> None:
    assert config_map(api_server, "part")["data"]["text"] == "one"

    stack.put_part("two")

    assert stack.preview() == UPDATE
    stack.up()
    assert config_map(api_server, "part")["data"]["text"] == "two"
    assert stack.preview() == {}


def test_the_same_dependency_packed_again_is_no_change(stack: ChartedStack) -> None:
    stack.put_part("two", time=1_800_000_000, level=1)

    assert stack.preview() == {}


def test_another_checkout_of_the_same_chart_is_no_change(stack: ChartedStack, tmp_path: Path) -> None:
    kept = tmp_path / "another path" / "chart"
    shutil.copytree(stack.chart, kept, copy_function=shutil.copyfile)
    (kept / "left.tmp").write_text("ignored by Helm")
    for file in kept.rglob("*.yaml"):
        file.chmod(0o600)
    original = stack.chart.rename(stack.folder / "original")
    stack.chart.symlink_to(kept)
    try:
        assert stack.preview() == {}
    finally:
        stack.chart.unlink()
        original.rename(stack.chart)


def test_a_change_that_renders_nothing_new_restarts_nothing(
    stack: ChartedStack, api_server: ApiServer, tools: Path
) -> None:
    before = config_map(api_server, "hub")["metadata"]["resourceVersion"]
    (stack.chart / "templates" / "_unused.tpl").write_text('{{ define "unused" }}{{ end }}')

    stack.up()

    assert config_map(api_server, "hub")["metadata"]["resourceVersion"] == before
    words: list[str | Path] = [tools / "helm", "get", "manifest", CLUSTER, "--namespace", CLUSTER]
    environment = {**os.environ, "KUBECONFIG": str(api_server.kubeconfig)}
    manifest = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert "kind: ConfigMap" in manifest.stdout
    assert "digest" not in manifest.stdout
