"""What a release that does not become what it should leaves behind, and what is said about it."""

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import grpc  # type: ignore[import-untyped]
import pulumi
import pulumi_kubernetes as k8s
import pytest
from google.protobuf.empty_pb2 import Empty  # type: ignore[import-untyped]
from pulumi import automation as auto
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from local.host.commands import output
from local.stand_ins.plugins import server
from local.stand_ins.plugins.kubernetes.release_inputs import DEFAULTS
from local.stand_ins.plugins.kubernetes.servicer import KubernetesPlugin
from local.stand_ins.plugins.wire import to_struct
from tests.engine.local.stand_ins.plugins.conftest import Engine
from tests.support.api_server import ApiServer

pytestmark = pytest.mark.engine

LARGE_BYTES = 200_000

TEMPLATE = """\
{{- if .Values.fail }}{{ fail (printf "no room for %s" .Values.token) }}{{ end }}
apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ .Release.Name }}-settings"}
data: {greeting: {{ .Values.greeting | quote }}}
{{- if .Values.broken }}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: "Bad_Name"}
{{- end }}
{{- if .Values.hook }}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: "{{ .Release.Name }}-never-ends"
  annotations: {helm.sh/hook: "post-install,post-upgrade"}
spec:
  template:
    spec: {restartPolicy: Never, containers: [{name: wait, image: none.example/none}]}
{{- end }}
"""

Release = Callable[..., Callable[[], None]]


@pytest.fixture
def release(engine: Engine, api_server: ApiServer, request: pytest.FixtureRequest) -> Release:
    """A program of one release in a namespace of the test's own; keyword arguments are values."""
    folder = engine.work_dir / "chart"
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: tiny\nversion: 0.1.0\n")
    (folder / "templates" / "objects.yaml").write_text(TEMPLATE)

    def program(
        namespace: str, *, timeout: int = 60, chart: str = "./chart", repository: str | None = None, **values: object
    ) -> Callable[[], None]:
        def declare() -> None:
            provider = k8s.Provider("cluster", kubeconfig=api_server.kubeconfig.read_text())
            k8s.helm.v3.Release(
                "hub",
                name="hub",
                namespace=namespace,
                create_namespace=True,
                chart=chart,
                repository_opts={"repo": repository} if repository else None,
                timeout=timeout,
                max_history=3,
                values={"greeting": "hello", "token": pulumi.Output.secret("open sesame"), **values},
                opts=pulumi.ResourceOptions(provider=provider),
            )

        return declare

    return program


def helm(api_server: ApiServer, tools: Path, *words: str) -> str:
    """helm, as an operator runs it."""
    return output([tools / "helm", *words], env={"KUBECONFIG": str(api_server.kubeconfig)}, timeout_seconds=60)


def test_a_template_that_fails_leaves_the_release_and_the_state_alone(
    engine: Engine, api_server: ApiServer, release: Release
) -> None:
    engine.declare(release("template"))
    engine.up()
    engine.declare(release("template", fail=True))
    with pytest.raises(auto.CommandError, match=r"execution error at .*: no room for \[secret\]") as failed:
        engine.up()
    assert "open sesame" not in str(failed.value)
    state = engine.state_of("hub")
    assert "initErrors" not in state
    assert state["outputs"]["status"]["revision"] == 1


def test_a_missing_chart_is_a_problem_of_the_property_chart_in_preview(engine: Engine, release: Release) -> None:
    engine.declare(release("nochart", chart="./nochart"))
    with pytest.raises(auto.CommandError, match=r'path "./nochart" not found; check the chart name'):
        engine.preview()


def test_a_repository_that_does_not_answer_is_a_problem_of_the_property_chart(engine: Engine, release: Release) -> None:
    engine.declare(release("norepo", chart="tiny", repository="http://127.0.0.1:9/"))
    with pytest.raises(auto.CommandError, match=r'looks like "http://127\.0\.0\.1:9/" is not a valid chart repository'):
        engine.preview()


def test_an_upgrade_that_half_succeeds_is_kept_in_state_and_tried_again(engine: Engine, release: Release) -> None:
    engine.declare(release("half"))
    engine.up()
    engine.declare(release("half", broken=True, filling="x" * LARGE_BYTES))
    with pytest.raises(auto.CommandError, match='Helm release "half/hub" failed to initialize completely'):
        engine.up()
    state = engine.state_of("hub")
    assert "Bad_Name" in state["initErrors"][0]
    assert state["outputs"]["status"]["status"] == "failed"
    assert state["outputs"]["status"]["revision"] == 2

    engine.declare(release("half"))
    assert engine.up() == {"same": 2, "update": 1}
    mended = engine.state_of("hub")
    assert "initErrors" not in mended
    assert mended["outputs"]["status"]["status"] == "deployed"


def test_an_installation_that_half_succeeds_is_kept_in_state_and_can_be_destroyed(
    engine: Engine, api_server: ApiServer, release: Release
) -> None:
    engine.declare(release("first", broken=True))
    with pytest.raises(auto.CommandError, match='Helm release "first/hub" was created, but failed to initialize'):
        engine.up()
    assert engine.state_of("hub")["id"] == "first/hub"
    engine.destroy()
    assert not api_server.exists("configmap", "hub-settings", "--namespace", "first")


def test_a_hook_that_runs_past_the_timeout_fails_the_release(engine: Engine, release: Release) -> None:
    engine.declare(release("hook", timeout=3, hook=True))
    with pytest.raises(auto.CommandError, match="timed out waiting for the condition"):
        engine.up()
    assert engine.state_of("hub")["outputs"]["status"]["status"] == "failed"


def test_no_secret_is_on_any_command_line_or_in_any_environment(engine: Engine, release: Release) -> None:
    engine.declare(release("listed", timeout=3, hook=True))
    seen: set[str] = set()
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            seen.update(process_list())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with pytest.raises(auto.CommandError):
            engine.up()
    finally:
        over.set()
        watcher.join()
    helms = [each for each in seen if "install hub ./chart" in each]
    assert helms
    assert not [each for each in seen if "open sesame" in each]
    assert not [each for each in helms if "client-key-data" in each]


def test_an_interrupted_run_leaves_the_release_failed_and_not_pending(
    engine: Engine, api_server: ApiServer, tools: Path, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    inputs = {**DEFAULTS, "chart": str(engine.work_dir / "chart"), "name": "hub", "namespace": "interrupted"}
    inputs |= {"createNamespace": True, "values": {"hook": True, "greeting": "hello"}, "timeout": 120}
    request = provider_pb2.CreateRequest(
        urn="urn:pulumi:s::p::kubernetes:helm.sh/v3:Release::hub", properties=to_struct(inputs)
    )
    config = {"kubernetes:config:kubeconfig": api_server.kubeconfig.read_text()}
    plugin = KubernetesPlugin("4.32.0", server.Engine(None))
    with served(plugin) as stub:
        stub.Configure(provider_pb2.ConfigureRequest(variables=config))
        creation = stub.Create.future(request)
        until(lambda: api_server.exists("namespace", "interrupted"))
        until(lambda: api_server.exists("job", "hub-never-ends", "--namespace", "interrupted"))
        stub.Cancel(Empty())
        with pytest.raises(grpc.RpcError, match='Helm release "interrupted/hub" was created, but failed'):
            creation.result(timeout=90)
    assert "STATUS: failed" in helm(api_server, tools, "status", "hub", "--namespace", "interrupted")


def test_values_changed_by_helm_outside_show_after_refresh_and_are_put_back(
    engine: Engine, api_server: ApiServer, tools: Path, release: Release
) -> None:
    engine.declare(release("outside"))
    engine.up()
    chart = str(engine.work_dir / "chart")
    helm(api_server, tools, "upgrade", "hub", chart, "--namespace", "outside", "--reuse-values", "--set", "greeting=hm")
    engine.refresh()
    assert engine.state_of("hub")["outputs"]["values"]["greeting"] == "hm"
    assert "open sesame" not in engine.everything_on_disk()
    assert engine.up() == {"same": 2, "update": 1}
    assert api_server.read("configmap", "hub-settings", "--namespace", "outside")["data"] == {"greeting": "hello"}


def test_a_release_uninstalled_outside_is_found_gone_by_refresh(
    engine: Engine, api_server: ApiServer, tools: Path, release: Release
) -> None:
    engine.declare(release("vanished"))
    engine.up()
    helm(api_server, tools, "uninstall", "hub", "--namespace", "vanished")
    engine.declare(release("vanished", greeting="new"))
    with pytest.raises(auto.CommandError, match=r'"hub" has no deployed releases.*run pulumi refresh'):
        engine.up()
    assert engine.refresh() == {"same": 2, "delete": 1}
    assert engine.up() == {"same": 2, "create": 1}


def test_a_release_left_pending_by_a_killed_run_is_recognised_with_the_way_out(
    engine: Engine, api_server: ApiServer, tools: Path, release: Release
) -> None:
    engine.declare(release("pending"))
    engine.up()
    left_pending(api_server, tools, engine, "pending")

    engine.declare(release("pending", greeting="new"))
    with pytest.raises(
        auto.CommandError,
        match=r"another operation .* is in progress; release pending/hub is pending-upgrade \(revision 2\): "
        r".*helm rollback hub --namespace pending frees it",
    ):
        engine.up()

    helm(api_server, tools, "rollback", "hub", "--namespace", "pending")
    engine.up()
    assert api_server.read("configmap", "hub-settings", "--namespace", "pending")["data"] == {"greeting": "new"}


def left_pending(api_server: ApiServer, tools: Path, engine: Engine, namespace: str) -> None:
    """Start an upgrade whose hook never ends, and kill helm in the middle of it."""
    command = [str(tools / "helm"), "upgrade", "hub", str(engine.work_dir / "chart"), "--namespace", namespace]
    killed = subprocess.Popen(
        [*command, "--set", "hook=true", "--set", "token=x", "--set", "greeting=hm"],
        env={**os.environ, "KUBECONFIG": str(api_server.kubeconfig)},
        stdout=subprocess.DEVNULL,
    )
    try:
        until(lambda: api_server.exists("job", "hub-never-ends", "--namespace", namespace))
    finally:
        killed.kill()
        killed.wait()
    assert "pending-upgrade" in helm(api_server, tools, "status", "hub", "--namespace", namespace)


def until(happened: Callable[[], bool], seconds: float = 90) -> None:
    """Wait for something outside."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, f"nothing happened within {seconds} s"
        time.sleep(0.1)


def process_list() -> Iterator[str]:
    """Command line and environment of every process but this one, as root sees them."""
    for process in Path("/proc").glob("[0-9]*"):
        if process.name == str(os.getpid()):
            continue
        for part in ("cmdline", "environ"):
            with suppress(OSError):
                yield (process / part).read_bytes().replace(b"\0", b" ").decode(errors="replace")


@contextmanager
def served(plugin: server.Plugin) -> Iterator[provider_pb2_grpc.ResourceProviderStub]:
    """A plugin in this process, spoken to over gRPC."""
    host = grpc.server(ThreadPoolExecutor(4))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(plugin, host)
    port = host.add_insecure_port("127.0.0.1:0")
    host.start()
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield provider_pb2_grpc.ResourceProviderStub(channel)
    finally:
        host.stop(None).wait()
