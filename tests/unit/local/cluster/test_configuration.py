import json
import re
import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.cluster import configuration, names
from local.paths import State
from local.tenancy.ingress_ports import IngressPorts


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> State:
    state = State(tmp_path_factory.mktemp("a state"))
    configuration.write(state, IngressPorts(http=8080, https=8443))
    return state


def load(state: State, name: str) -> Any:
    text = (state.node / "config" / name).read_text()
    return tomllib.loads(text) if name.endswith(".toml") else yaml.safe_load(text)


def test_files_with_keys_are_readable_by_their_owner_only(state: State) -> None:
    kubeconfigs = [state.kubeconfig, *(state.node / "config").glob("*.kubeconfig")]
    assert len(kubeconfigs) == len(configuration.USERS)
    keys = list(state.pki.glob("*.key"))
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in [*kubeconfigs, *keys])


def test_kubeconfigs_contain_the_authority(state: State) -> None:
    for path in [state.kubeconfig, *(state.node / "config").glob("*.kubeconfig")]:
        cluster = yaml.safe_load(path.read_text())["clusters"][0]["cluster"]
        assert set(cluster) == {"server", "certificate-authority-data"}


def test_containerd_has_its_own_folders(state: State) -> None:
    config = load(state, "containerd.toml")
    assert config["root"] == str(state.node / "containerd")
    assert config["state"].startswith("/run/pangeo-tenancy/")
    assert config["grpc"]["address"].startswith("/run/pangeo-tenancy/")


def test_pods_are_not_masqueraded(state: State) -> None:
    network = json.loads((state.node / "config" / "cni" / "bridge.conflist").read_text())
    assert [plugin["ipMasq"] for plugin in network["plugins"]] == [False]


def test_traefik_uses_the_chosen_ports_and_sends_no_statistics(state: State) -> None:
    config = load(state, "traefik.yaml")
    assert config["entryPoints"]["websecure"]["address"] == "127.0.0.1:8443"
    assert config["entryPoints"]["web"]["address"] == "127.0.0.1:8080"
    assert config["global"] == {"checkNewVersion": False, "sendAnonymousUsage": False}
    assert "api" not in config


def test_yaml_files_are_valid_below_a_path_with_a_space(state: State) -> None:
    for path in (state.node / "config").glob("*.yaml"):
        assert isinstance(yaml.safe_load(path.read_text()), dict)
    assert load(state, "kubelet.yaml")["tlsCertFile"] == str(state.pki / "kubelet.crt")


def test_second_write_changes_nothing(tmp_path: Path) -> None:
    state = State(tmp_path)
    first = configuration.write(state, IngressPorts())
    written = {path: path.stat().st_mtime_ns for path in state.node.rglob("*") if path.is_file()}
    assert configuration.write(state, IngressPorts()) == first
    assert {path: path.stat().st_mtime_ns for path in written} == written


def test_digest_depends_on_the_ports(tmp_path: Path) -> None:
    state = State(tmp_path)
    assert configuration.write(state, IngressPorts()) != configuration.write(state, IngressPorts(https=8443))


def test_default_storage_class_retains_volumes() -> None:
    documents = yaml.safe_load_all((configuration.MANIFESTS / "storage.yaml").read_text())
    classes = [document for document in documents if document["kind"] == "StorageClass"]
    default = [item for item in classes if item["metadata"].get("annotations")]
    assert [(item["metadata"]["name"], item["reclaimPolicy"]) for item in default] == [("local-path", "Retain")]


def test_enforcer_and_firewall_have_the_same_queue_and_mark() -> None:
    programs = (configuration.FOLDER / "supervisor.conf").read_text()
    command = programs.split("[program:policy-enforcer]")[1].split("[program:")[0]
    options = dict(re.findall(r"--([a-z-]+)=(\S+)", command))
    assert int(options["queue"]) == names.POLICY_QUEUE
    assert int(options["refused-mark"], 0) == names.REFUSED_MARK
    assert options["first-pod-address"] == str(configuration.FIRST_POD_ADDRESS)
    assert options["node"] == names.NODE_NAME
    rules = configuration.policy_rules()
    assert f"--queue-num {names.POLICY_QUEUE} " in rules
    assert f"--mark {names.REFUSED_MARK} " in rules


def test_enforcer_may_only_read_policies_and_pods() -> None:
    documents = yaml.safe_load_all((configuration.MANIFESTS / "policies.yaml").read_text())
    role = next(document for document in documents if document["kind"] == "ClusterRole")
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {"list", "watch"}
    assert {name for rule in role["rules"] for name in rule["resources"]} == {"namespaces", "pods", "networkpolicies"}
