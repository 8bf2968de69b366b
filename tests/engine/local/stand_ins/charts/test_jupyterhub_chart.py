"""The stand-in of the jupyterhub chart, rendered by helm with the values of the program."""

import base64
import copy
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.failure import Failure
from local.paths import State
from local.stand_ins.charts.assemble import STAND_INS, assemble

pytestmark = pytest.mark.engine

Objects = dict[tuple[str, str], dict[str, Any]]
Render = Callable[..., Objects]

KUBERNETES = "1.34.4"
HEX = "0123456789abcdef" * 4

VALUES: dict[str, Any] = {
    "proxy": {"secretToken": "proxy-token", "service": {"type": "ClusterIP"}, "https": {"enabled": False}},
    "hub": {
        "cookieSecret": HEX,
        "config": {
            "JupyterHub": {"authenticator_class": "ldap"},
            "KubeSpawner": {"delete_pvc": False},
            "CryptKeeper": {"keys": ["crypt-key"]},
        },
        "services": {"dask-gateway": {"url": "http://gateway", "apiToken": "gateway-token"}},
        "db": {"pvc": {"storageClassName": "fast", "annotations": {"helm.sh/resource-policy": "keep"}}},
        "extraFiles": {"greeting.py": {"mountPath": "/usr/local/etc/jupyterhub/greeting.py", "stringData": "hello\n"}},
        "extraConfig": {"greeting": "import greeting"},
    },
    "singleuser": {
        "cpu": {"limit": 0.5, "guarantee": 0.5},
        "memory": {"limit": "1G", "guarantee": "1G"},
        "storage": {"type": "dynamic", "capacity": "1Gi", "dynamic": {"storageClass": "fast"}},
        "cloudMetadata": {"blockWithIptables": False},
    },
    "scheduling": {"userScheduler": {"enabled": False}, "userPlaceholder": {"enabled": False}},
    "prePuller": {"hook": {"enabled": False}, "continuous": {"enabled": False}},
    "ingress": {"enabled": False},
}


def changed(**at: object) -> dict[str, Any]:
    """Return ``VALUES`` with changed leaves, whose keys have ``__`` instead of dots."""
    values = copy.deepcopy(VALUES)
    for dotted, value in at.items():
        *path, last = dotted.split("__")
        tree = values
        for key in path:
            tree = tree.setdefault(key, {})
        tree[last] = value
    return values


def helm_template(tools: Path, values: dict[str, Any], chart: Path = STAND_INS / "jupyterhub") -> str:
    done = subprocess.run(
        [tools / "helm", "template", "vis", chart, "--namespace", "pangeo", "--kube-version", KUBERNETES, "--values=-"],
        input=yaml.safe_dump(values),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode != 0:
        raise ValueError(done.stderr)
    return done.stdout


@pytest.fixture
def render(tools: Path) -> Render:
    def rendered(**at: object) -> Objects:
        documents = yaml.safe_load_all(helm_template(tools, changed(**at)))
        return {(each["kind"], each["metadata"]["name"]): each for each in documents if each}

    return rendered


def pod(objects: Objects, deployment: str) -> dict[str, Any]:
    template: dict[str, Any] = objects["Deployment", deployment]["spec"]["template"]
    return template


def secret_data(objects: Objects) -> dict[str, str]:
    return {key: base64.b64decode(value).decode() for key, value in objects["Secret", "hub"]["data"].items()}


def test_objects_have_the_names_of_the_upstream_chart(render: Render) -> None:
    assert set(render()) == {
        ("Deployment", "hub"),
        ("Deployment", "proxy"),
        ("Service", "hub"),
        ("Service", "proxy-api"),
        ("Service", "proxy-public"),
        ("ConfigMap", "hub"),
        ("Secret", "hub"),
        ("PersistentVolumeClaim", "hub-db-dir"),
        ("NetworkPolicy", "hub"),
        ("NetworkPolicy", "proxy"),
        ("NetworkPolicy", "singleuser"),
        ("ServiceAccount", "hub"),
        ("Role", "hub"),
        ("RoleBinding", "hub"),
    }


def test_proxy_is_served_at_port_http(render: Render) -> None:
    service = render()["Service", "proxy-public"]["spec"]
    assert service["type"] == "ClusterIP"
    assert [(port["name"], port["port"]) for port in service["ports"]] == [("http", 80)]


def test_services_and_policies_select_their_pods(render: Render) -> None:
    objects = render()
    for name, selecting in (
        ("hub", [("Service", "hub")]),
        ("proxy", [("Service", "proxy-api"), ("Service", "proxy-public")]),
    ):
        labels = pod(objects, name)["metadata"]["labels"].items()
        for kind in selecting:
            assert labels >= objects[kind]["spec"]["selector"].items()
        assert labels >= objects["NetworkPolicy", name]["spec"]["podSelector"]["matchLabels"].items()


def test_pods_have_the_labels_that_network_policies_allow(render: Render) -> None:
    objects = render()
    access = "hub.jupyter.org/network-access-"
    assert {f"{access}proxy-api", f"{access}singleuser"} <= pod(objects, "hub")["metadata"]["labels"].keys()
    assert {f"{access}hub", f"{access}singleuser"} <= pod(objects, "proxy")["metadata"]["labels"].keys()


def test_notebooks_reach_only_public_addresses(render: Render) -> None:
    egress = render()["NetworkPolicy", "singleuser"]["spec"]["egress"]
    blocks = [peer["ipBlock"] for rule in egress if "ports" not in rule for peer in rule["to"]]
    private_and_metadata = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.169.254/32"]
    assert blocks == [{"cidr": "0.0.0.0/0", "except": private_and_metadata}]


def test_given_rule_is_added_to_the_policy(render: Render) -> None:
    own = {"to": [{"podSelector": {"matchLabels": {"app": "gateway"}}}], "ports": [{"port": 8000, "protocol": "TCP"}]}
    for key, policy in (("hub", "hub"), ("proxy__chp", "proxy"), ("singleuser", "singleuser")):
        rendered = render(**{f"{key}__networkPolicy": {"egress": [own]}})
        assert own in rendered["NetworkPolicy", policy]["spec"]["egress"]


def test_secrets_have_the_keys_of_the_upstream_chart(render: Render) -> None:
    data = secret_data(render())
    assert data["hub.config.ConfigurableHTTPProxy.auth_token"] == "proxy-token"
    assert data["hub.config.JupyterHub.cookie_secret"] == HEX
    assert data["hub.config.CryptKeeper.keys"] == "crypt-key"
    assert data["hub.services.dask-gateway.apiToken"] == "gateway-token"


def test_secrets_are_only_in_the_secret_and_only_once(tools: Path, render: Render) -> None:
    text = helm_template(tools, VALUES)
    values = secret_data(render())["values.json"]
    for secret in ("proxy-token", HEX, "crypt-key", "gateway-token"):
        assert secret not in text
        assert secret not in values


def test_hub_reads_the_given_values(render: Render) -> None:
    values = json.loads(secret_data(render())["values.json"])
    assert values["release"] == "vis"
    assert values["hub"]["config"]["KubeSpawner"] == {"delete_pvc": False}
    assert values["singleuser"]["storage"]["capacity"] == "1Gi"


def test_extra_files_are_mounted_at_their_paths(render: Render) -> None:
    objects = render()
    [mount] = [
        mount
        for mount in pod(objects, "hub")["spec"]["containers"][0]["volumeMounts"]
        if mount["mountPath"] == "/usr/local/etc/jupyterhub/greeting.py"
    ]
    assert secret_data(objects)[mount["subPath"]] == "hello\n"


def test_files_of_users_servers_are_in_a_secret_of_their_own(render: Render) -> None:
    file = {"mountPath": "/usr/local/share/pangeo/start.py", "stringData": "one\n\ntwo\n"}
    objects = render(singleuser__extraFiles={"start.py": file})
    assert objects["Secret", "singleuser"]["stringData"] == {"start.py": "one\n\ntwo\n"}
    values = json.loads(secret_data(objects)["values.json"])
    assert values["singleuser"]["extraFiles"] == {"start.py": file}


def test_changed_configuration_restarts_only_the_hub(render: Render) -> None:
    before, after = render(), render(hub__config__KubeSpawner={"delete_pvc": True})
    assert pod(before, "hub") != pod(after, "hub")
    assert pod(before, "proxy") == pod(after, "proxy")


def test_proxy_gets_its_own_flags_before_additional_ones(render: Render) -> None:
    objects = render(proxy__chp__extraCommandLineFlags=["--no-prepend-path", "--custom={{ .Values.hub.baseUrl }}"])

    command = pod(objects, "proxy")["spec"]["containers"][0]["command"]
    assert command[0] == "configurable-http-proxy"
    assert command[-2:] == ["--no-prepend-path", "--custom=/"]


def test_changed_proxy_token_restarts_hub_and_proxy(render: Render) -> None:
    before, after = render(), render(proxy__secretToken="other")
    assert pod(before, "hub") != pod(after, "hub")
    assert pod(before, "proxy") != pod(after, "proxy")


def test_two_renders_are_equal(tools: Path) -> None:
    assert helm_template(tools, VALUES) == helm_template(tools, VALUES)


def test_hub_database_uses_the_given_storage(render: Render) -> None:
    claim = render()["PersistentVolumeClaim", "hub-db-dir"]
    assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    assert claim["spec"]["storageClassName"] == "fast"


@pytest.mark.parametrize("deployment", ["hub", "proxy"])
def test_pods_meet_the_restricted_pod_security_level(render: Render, deployment: str) -> None:
    spec = pod(render(), deployment)["spec"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in spec["containers"]:
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert container["securityContext"]["runAsUser"] > 0


@pytest.mark.parametrize(
    "switch",
    [
        "proxy__https__enabled",
        "ingress__enabled",
        "scheduling__userScheduler__enabled",
        "prePuller__hook__enabled",
        "prePuller__continuous__enabled",
        "singleuser__cloudMetadata__blockWithIptables",
    ],
)
def test_unsupported_feature_cannot_be_enabled(render: Render, switch: str) -> None:
    with pytest.raises(ValueError, match="is not supported by the local stand-in of this chart") as refused:
        render(**{switch: True})
    assert f"{switch.replace('__', '.')}: true" in str(refused.value)


@pytest.mark.parametrize(
    ("missing", "key"),
    [
        ("proxy__secretToken", "proxy.secretToken"),
        ("hub__cookieSecret", "hub.cookieSecret"),
        ("hub__config__CryptKeeper", "hub.config.CryptKeeper.keys"),
    ],
)
def test_missing_secret_is_refused_and_not_generated(render: Render, missing: str, key: str) -> None:
    with pytest.raises(ValueError, match=f"{key} is missing"):
        render(**{missing: {} if key.endswith("keys") else ""})


def test_missing_service_token_is_refused(render: Render) -> None:
    with pytest.raises(ValueError, match=r"hub\.services\.dask-gateway\.apiToken is missing"):
        render(hub__services={"dask-gateway": {"url": "http://gateway"}})


@pytest.mark.parametrize(
    "key", ["hub__templatePaths", "singleuser__initContainers", "scheduling__podPriority", "httpRoute"]
)
def test_unknown_value_is_refused_by_name(render: Render, key: str) -> None:
    with pytest.raises(ValueError, match=f"additional properties '{key.rpartition('__')[2]}' not allowed"):
        render(**{key: []})


def state_with_helm(root: Path, tools: Path) -> State:
    state = State(root)
    root.mkdir()
    state.bin.symlink_to(tools)
    return state


def test_assembled_chart_renders_and_stays_unchanged(tools: Path, tmp_path: Path) -> None:
    state = state_with_helm(tmp_path / "one", tools)
    chart = assemble(state)
    before = {file: file.stat().st_mtime_ns for file in chart.rglob("*") if file.is_file()}
    assert "kind: Deployment" in helm_template(tools, {"jupyterhub": VALUES}, chart)
    assert assemble(state) == chart
    assert {file: file.stat().st_mtime_ns for file in chart.rglob("*") if file.is_file()} == before
    subprocess.run(["sha256sum", "--check", "--strict", "dependencies.sha256"], cwd=chart, check=True)


def test_two_machines_assemble_equal_charts(tools: Path, tmp_path: Path) -> None:
    one, other = (assemble(state_with_helm(tmp_path / name, tools)) for name in ("one", "other"))
    for file in one.rglob("*.tgz"):
        assert file.read_bytes() == (other / file.relative_to(one)).read_bytes()


def test_upstream_charts_of_the_variable_are_used(tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PANGEO_UPSTREAM_CHARTS", str(tmp_path))
    state = state_with_helm(tmp_path / "state", tools)
    for name in ("jupyterhub", "dask-gateway"):
        (tmp_path / name / "templates").mkdir(parents=True)
        # A chart from a checkout has a placeholder for its version.
        (tmp_path / name / "Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: 0.0.1-placeholder\n")
    (tmp_path / "jupyterhub/templates/a.yaml").write_text("kind: ConfigMap\nmetadata:\n  name: from-upstream\n")
    assert "name: from-upstream" in helm_template(tools, {}, assemble(state))


def test_folder_without_the_charts_is_reported(tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PANGEO_UPSTREAM_CHARTS", str(tmp_path))
    with pytest.raises(Failure, match=r"jupyterhub does not contain the chart jupyterhub 4\.4\.0"):
        assemble(state_with_helm(tmp_path / "state", tools))
