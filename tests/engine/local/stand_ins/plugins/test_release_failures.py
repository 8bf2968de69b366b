"""State and messages after the failure of a Helm release."""

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
from local.stand_ins.plugins.kubernetes.plugin import KubernetesPlugin
from local.stand_ins.plugins.kubernetes.release_inputs import DEFAULTS
from local.stand_ins.plugins.wire import to_struct
from local.tenancy.engine_environment import uses_stand_in
from tests.engine.local.stand_ins.plugins.conftest import Engine
from tests.support.api_server import ApiServer

pytestmark = pytest.mark.engine

LARGE_BYTES = 200_000

TEMPLATE = """\
{{- if .Values.fail }}{{ fail "no room" }}{{ end }}
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
    """Return a program with one release, in a namespace that is created here; keyword arguments are values."""
    folder = engine.work_dir / "chart"
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: tiny\nversion: 0.1.0\n")
    (folder / "templates" / "objects.yaml").write_text(TEMPLATE)

    def program(namespace: str, *, timeout: int = 60, chart: str = "./chart", **values: object) -> Callable[[], None]:
        if not api_server.exists("namespace", namespace):
            api_server.kubectl("create", "namespace", namespace)

        def declare() -> None:
            provider = k8s.Provider("cluster", kubeconfig=api_server.kubeconfig.read_text())
            k8s.helm.v3.Release(
                "hub",
                name="hub",
                namespace=namespace,
                chart=chart,
                timeout=timeout,
                max_history=3,
                values={"greeting": "hello", "token": pulumi.Output.secret("open sesame"), **values},
                opts=pulumi.ResourceOptions(provider=provider),
            )

        return declare

    return program


def helm(api_server: ApiServer, tools: Path, *words: str) -> str:
    """Run helm like an operator."""
    return output([tools / "helm", *words], env={"KUBECONFIG": str(api_server.kubeconfig)}, timeout_seconds=60)


def test_failing_template_changes_neither_release_nor_state(
    engine: Engine, api_server: ApiServer, release: Release
) -> None:
    engine.declare(release("template"))
    engine.up()
    engine.declare(release("template", fail=True))
    with pytest.raises(auto.CommandError, match=r"execution error at .*: no room"):
        engine.up()
    state = engine.state_of("hub")
    assert "initErrors" not in state
    assert state["outputs"]["status"]["revision"] == 1


def test_missing_chart_is_reported_by_the_preview(engine: Engine, release: Release) -> None:
    engine.declare(release("nochart", chart="./nochart"))
    with pytest.raises(auto.CommandError, match=r'path "./nochart" not found; check the chart name'):
        engine.preview()


def test_failed_upgrade_stays_in_state_and_is_repeated(engine: Engine, release: Release) -> None:
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
    repaired = engine.state_of("hub")
    assert "initErrors" not in repaired
    assert repaired["outputs"]["status"]["status"] == "deployed"


def test_failed_installation_stays_in_state_and_can_be_destroyed(
    engine: Engine, api_server: ApiServer, release: Release
) -> None:
    engine.declare(release("first", broken=True))
    with pytest.raises(auto.CommandError, match='Helm release "first/hub" was created, but failed to initialize'):
        engine.up()
    assert engine.state_of("hub")["id"] == "first/hub"
    engine.destroy()
    assert not api_server.exists("configmap", "hub-settings", "--namespace", "first")


def test_hook_beyond_the_timeout_fails_the_release(engine: Engine, release: Release) -> None:
    engine.declare(release("hook", timeout=3, hook=True))
    with pytest.raises(auto.CommandError, match="timed out waiting for the condition"):
        engine.up()
    assert engine.state_of("hub")["outputs"]["status"]["status"] == "failed"


def test_secrets_are_on_no_command_line_and_in_no_environment(engine: Engine, release: Release) -> None:
    if not uses_stand_in(engine.backend.parent):
        pytest.skip("Helm runs inside the official Kubernetes plugin, not as a program")
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


def test_interrupted_run_leaves_the_release_failed(
    engine: Engine, api_server: ApiServer, tools: Path, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    inputs = {**DEFAULTS, "chart": str(engine.work_dir / "chart"), "name": "hub", "namespace": "interrupted"}
    inputs |= {"values": {"hook": True, "greeting": "hello"}, "timeout": 120}
    request = provider_pb2.CreateRequest(
        urn="urn:pulumi:s::p::kubernetes:helm.sh/v3:Release::hub", properties=to_struct(inputs)
    )
    api_server.kubectl("create", "namespace", "interrupted")
    config = {"kubernetes:config:kubeconfig": api_server.kubeconfig.read_text()}
    plugin = KubernetesPlugin("4.32.0", engine_address=None)
    with served(plugin) as stub:
        stub.Configure(provider_pb2.ConfigureRequest(variables=config))
        creation = stub.Create.future(request)
        until(lambda: api_server.exists("job", "hub-never-ends", "--namespace", "interrupted"))
        stub.Cancel(Empty())
        with pytest.raises(grpc.RpcError, match='Helm release "interrupted/hub" was created, but failed'):
            creation.result(timeout=90)
    assert "STATUS: failed" in helm(api_server, tools, "status", "hub", "--namespace", "interrupted")


def test_values_changed_outside_are_found_by_refresh_and_restored(
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


def test_uninstalled_release_is_found_by_refresh(
    engine: Engine, api_server: ApiServer, tools: Path, release: Release
) -> None:
    engine.declare(release("vanished"))
    engine.up()
    helm(api_server, tools, "uninstall", "hub", "--namespace", "vanished")
    engine.declare(release("vanished", greeting="new"))
    with pytest.raises(auto.CommandError, match='"hub" has no deployed releases'):
        engine.up()
    assert engine.refresh() == {"same": 2, "delete": 1}
    assert engine.up() == {"same": 2, "create": 1}


def test_pending_release_is_refused(engine: Engine, api_server: ApiServer, tools: Path, release: Release) -> None:
    engine.declare(release("pending"))
    engine.up()
    left_pending(api_server, tools, engine, "pending")

    engine.declare(release("pending", greeting="new"))
    with pytest.raises(auto.CommandError, match=r"another operation .* is in progress"):
        engine.up()

    helm(api_server, tools, "rollback", "hub", "--namespace", "pending")
    engine.up()
    assert api_server.read("configmap", "hub-settings", "--namespace", "pending")["data"] == {"greeting": "new"}


def left_pending(api_server: ApiServer, tools: Path, engine: Engine, namespace: str) -> None:
    """Start an upgrade whose hook never ends, and kill helm during it."""
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
    """Wait until the condition is true."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, f"nothing happened within {seconds} s"
        time.sleep(0.1)


def process_list() -> Iterator[str]:
    """Yield the command line and the environment of every other process."""
    for process in Path("/proc").glob("[0-9]*"):
        if process.name == str(os.getpid()):
            continue
        for part in ("cmdline", "environ"):
            with suppress(OSError):
                yield (process / part).read_bytes().replace(b"\0", b" ").decode(errors="replace")


@contextmanager
def served(plugin: KubernetesPlugin) -> Iterator[provider_pb2_grpc.ResourceProviderStub]:
    """Serve a plugin in this process and yield its client."""
    host = grpc.server(ThreadPoolExecutor(4))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(plugin, host)
    port = host.add_insecure_port("127.0.0.1:0")
    host.start()
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield provider_pb2_grpc.ResourceProviderStub(channel)
    finally:
        host.stop(None).wait()
