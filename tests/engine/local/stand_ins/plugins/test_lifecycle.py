"""Life cycle of a stack on this machine's plugins, official or stand-in."""

import base64
from collections.abc import Callable
from pathlib import Path

import pulumi
import pulumi_kubernetes as k8s
import pulumi_random as random
import pytest
from pulumi import automation as auto

from tests.engine.local.stand_ins.plugins.conftest import Engine
from tests.support.api_server import ApiServer

pytestmark = pytest.mark.engine

CHART = """\
apiVersion: v2
name: tiny
version: 0.1.0
appVersion: "1"
"""
TEMPLATE = """\
{{- if .Values.fail }}{{ fail "boom from template" }}{{ end }}
apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ .Release.Name }}-settings"}
data: {greeting: {{ .Values.greeting | quote }}, count: {{ .Values.count | quote }}}
---
apiVersion: v1
kind: Secret
metadata: {name: "{{ .Release.Name }}-token"}
stringData: {token: {{ .Values.token | quote }}, password: {{ .Values.password | quote }}}
"""
BROKEN_TEMPLATE = """\
{{- if .Values.broken }}
apiVersion: v1
kind: ConfigMap
metadata: {name: "Bad_Name"}
{{- end }}
"""


@pytest.fixture
def chart(engine: Engine) -> Path:
    """Write a chart of a ConfigMap and a Secret into the program's folder."""
    folder = engine.work_dir / "chart"
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text(CHART)
    (folder / "templates" / "objects.yaml").write_text(TEMPLATE)
    (folder / "templates" / "broken.yaml").write_text(BROKEN_TEMPLATE)
    return folder


Declare = Callable[..., Callable[[], None]]


@pytest.fixture
def tenancy(api_server: ApiServer, chart: Path) -> Declare:
    """Return a program with one resource of most types; keyword arguments change single inputs."""

    def program(
        namespace: str,
        *,
        label: str | None = "one",
        secret: str = "correct horse battery",  # noqa: S107 - used only here
        host: str = "hub.example.org",
        greeting: str = "hello",
        upsert: bool = False,
        retain: bool = False,
        **values: object,
    ) -> Callable[[], None]:
        def declare() -> None:
            provider = k8s.Provider(
                "cluster", kubeconfig=api_server.kubeconfig.read_text(), upsert_existing_objects=upsert or None
            )
            opts = pulumi.ResourceOptions(provider=provider)
            space = k8s.core.v1.Namespace(
                "ns",
                metadata={"name": namespace, "labels": {"label": label} if label else {}},
                opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(retain_on_delete=retain)),
            )
            inside = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[space]))
            token = random.RandomBytes("token", length=32)
            password = pulumi.Output.secret(secret)
            k8s.storage.v1.StorageClass(
                "homes",
                metadata={"name": f"{namespace}-homes"},
                provisioner="example.org/none",
                parameters={"a": "1"},
                reclaim_policy="Retain",
                opts=opts,
            )
            k8s.networking.v1.Ingress(
                "web",
                metadata={"name": "web", "namespace": namespace, "annotations": {"pulumi.com/skipAwait": "true"}},
                spec={
                    "rules": [
                        {
                            "host": host,
                            "http": {
                                "paths": [
                                    {
                                        "path": "/",
                                        "path_type": "Prefix",
                                        "backend": {"service": {"name": "proxy", "port": {"number": 80}}},
                                    }
                                ]
                            },
                        }
                    ]
                },
                opts=inside,
            )
            k8s.helm.v3.Release(
                "hub",
                name="hub",
                namespace=namespace,
                chart="./chart",
                version="0.1.0",
                timeout=60,
                max_history=3,
                cleanup_on_fail=True,
                values={"greeting": greeting, "count": 1000000, "token": token.hex, "password": password, **values},
                opts=inside,
            )
            pulumi.export("token", token.hex)

        return declare

    return program


def test_stack_is_created_kept_and_destroyed(engine: Engine, api_server: ApiServer, tenancy: Declare) -> None:
    engine.declare(tenancy("life"))

    assert engine.preview() == {"create": 7}
    assert not api_server.exists("namespace", "life")

    assert engine.up() == {"create": 7}
    token = engine.stack.outputs()["token"].value
    assert len(token) == 64
    secret = api_server.read("secret", "hub-token", "--namespace", "life")["data"]
    assert base64.b64decode(secret["token"]).decode() == token
    settings = api_server.read("configmap", "hub-settings", "--namespace", "life")["data"]
    assert settings == {"greeting": "hello", "count": "1e+06"}
    assert api_server.read("ingress", "web", "--namespace", "life")["spec"]["rules"][0]["host"] == "hub.example.org"
    assert api_server.read("storageclass", "life-homes")["reclaimPolicy"] == "Retain"

    assert engine.preview(expect_no_changes=True) == {"same": 7}
    assert engine.up() == {"same": 7}
    assert engine.refresh() == {"same": 7}

    engine.destroy()
    assert not api_server.exists("namespace", "life")
    assert not api_server.exists("storageclass", "life-homes")


def test_ids_and_outputs_equal_the_official_plugins(engine: Engine, tenancy: Declare) -> None:
    engine.declare(tenancy("ids"))
    engine.up()

    ids = {name: engine.state_of(name)["id"] for name in ("ns", "homes", "web", "hub")}
    assert ids == {"ns": "ids", "homes": "ids-homes", "web": "ids/web", "hub": "ids/hub"}
    namespace = engine.state_of("ns")
    assert namespace["type"] == "kubernetes:core/v1:Namespace"
    assert {"__fieldManager", "__initialApiVersion", "__inputs", "metadata", "spec", "status"} <= set(
        namespace["outputs"]
    )
    release = engine.state_of("hub")["outputs"]
    assert release["resourceNames"] == {"ConfigMap/v1": ["hub-settings"], "Secret/v1": ["hub-token"]}
    assert release["status"] == {
        "appVersion": "1",
        "chart": "tiny",
        "name": "hub",
        "namespace": "ids",
        "revision": 1,
        "status": "deployed",
        "version": "0.1.0",
    }


def test_secrets_are_neither_on_disk_nor_on_the_terminal(engine: Engine, tenancy: Declare) -> None:
    engine.declare(tenancy("quiet", secret="hunter2 hunter2"))
    engine.up()
    engine.declare(tenancy("quiet", secret="hunter3 hunter3"))
    engine.up()
    engine.refresh()
    token = engine.stack.outputs()["token"].value
    seen = engine.everything_on_disk() + "".join(engine.printed)
    for text in ("hunter2 hunter2", "hunter3 hunter3", token):
        assert text not in seen
        assert base64.b64encode(text.encode()).decode() not in seen


def test_changed_inputs_change_the_objects_in_place(engine: Engine, api_server: ApiServer, tenancy: Declare) -> None:
    engine.declare(tenancy("change"))
    engine.up()
    uid = api_server.read("namespace", "change")["metadata"]["uid"]

    engine.declare(tenancy("change", label="two", host="new.example.org", greeting="bye", secret="another one"))
    assert engine.preview() == {"same": 4, "update": 3}
    assert engine.up() == {"same": 4, "update": 3}

    namespace = api_server.read("namespace", "change")["metadata"]
    assert (namespace["uid"], namespace["labels"]["label"]) == (uid, "two")
    assert api_server.read("ingress", "web", "--namespace", "change")["spec"]["rules"][0]["host"] == "new.example.org"
    assert api_server.read("configmap", "hub-settings", "--namespace", "change")["data"]["greeting"] == "bye"
    assert engine.state_of("hub")["outputs"]["status"]["revision"] == 2


def test_label_removed_from_the_program_is_removed_from_the_object(
    engine: Engine, api_server: ApiServer, tenancy: Declare
) -> None:
    engine.declare(tenancy("label"))
    engine.up()
    engine.declare(tenancy("label", label=None))
    engine.up()
    assert "label" not in api_server.read("namespace", "label")["metadata"]["labels"]


def test_drift_is_found_by_refresh_and_repaired_by_up(engine: Engine, api_server: ApiServer, tenancy: Declare) -> None:
    engine.declare(tenancy("drift"))
    engine.up()
    api_server.kubectl("label", "namespace", "drift", "label=outside", "--overwrite")
    assert engine.preview() == {"same": 7}

    assert engine.refresh() == {"same": 6, "update": 1}
    assert engine.preview() == {"same": 6, "update": 1}
    engine.up()
    assert api_server.read("namespace", "drift")["metadata"]["labels"]["label"] == "one"


def test_deleted_object_is_found_by_refresh_and_created_again(
    engine: Engine, api_server: ApiServer, tenancy: Declare
) -> None:
    engine.declare(tenancy("gone"))
    engine.up()
    api_server.kubectl("delete", "ingress", "web", "--namespace", "gone")
    engine.declare(tenancy("gone", host="new.example.org"))
    with pytest.raises(auto.CommandError, match=r'ingresses\.networking\.k8s\.io "web" not found'):
        engine.up()

    assert engine.refresh() == {"same": 6, "delete": 1}
    assert engine.up() == {"same": 6, "create": 1}
    assert api_server.exists("ingress", "web", "--namespace", "gone")


def test_retained_namespace_is_taken_over_with_upsert(engine: Engine, api_server: ApiServer, tenancy: Declare) -> None:
    engine.declare(tenancy("left", retain=True))
    engine.up()
    engine.destroy()
    uid = api_server.read("namespace", "left")["metadata"]["uid"]

    with pytest.raises(auto.CommandError, match='namespaces "left" already exists'):
        engine.up()
    engine.declare(tenancy("left", retain=True, upsert=True))
    engine.up()
    assert api_server.read("namespace", "left")["metadata"]["uid"] == uid
    engine.declare(tenancy("left", upsert=True))
    engine.up()
    engine.destroy()
    assert not api_server.exists("namespace", "left")


def test_preview_works_without_the_cluster_and_up_names_it(
    engine: Engine, api_server: ApiServer, tenancy: Declare
) -> None:
    engine.declare(tenancy("down"))
    with api_server.stopped():
        assert engine.preview() == {"create": 7}
        with pytest.raises(
            auto.CommandError, match=f"configured Kubernetes cluster is unreachable: .*{api_server.url}"
        ):
            engine.up()
    engine.up()
    with api_server.stopped():
        assert engine.preview(expect_no_changes=True) == {"same": 7}
        with pytest.raises(auto.CommandError, match="failed to read resource state due to unreachable cluster"):
            engine.refresh()
        with pytest.raises(auto.CommandError, match="PULUMI_K8S_DELETE_UNREACHABLE"):
            engine.destroy()
