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


def loaded(state: State, name: str) -> Any:
    text = (state.node / "config" / name).read_text()
    return tomllib.loads(text) if name.endswith(".toml") else yaml.safe_load(text)


def test_every_file_with_a_key_is_the_owners_alone(state: State) -> None:
    kubeconfigs = [state.kubeconfig, *(state.node / "config").glob("*.kubeconfig")]
    assert len(kubeconfigs) == len(configuration.USERS)
    keys = list(state.pki.glob("*.key"))
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in [*kubeconfigs, *keys])


def test_every_kubeconfig_verifies_the_cluster_by_its_authority(state: State) -> None:
    for path in [state.kubeconfig, *(state.node / "config").glob("*.kubeconfig")]:
        cluster = yaml.safe_load(path.read_text())["clusters"][0]["cluster"]
        assert set(cluster) == {"server", "certificate-authority-data"}


def test_containerd_shares_no_folder_with_another(state: State) -> None:
    config = loaded(state, "containerd.toml")
    assert config["root"] == str(state.node / "containerd")
    assert config["state"].startswith("/run/pangeo-tenancy/")
    assert config["grpc"]["address"].startswith("/run/pangeo-tenancy/")


def test_pods_are_not_masqueraded(state: State) -> None:
    network = json.loads((state.node / "config" / "cni" / "bridge.conflist").read_text())
    assert [plugin["ipMasq"] for plugin in network["plugins"]] == [False]


def test_traefik_answers_on_the_chosen_ports_and_tells_nobody(state: State) -> None:
    config = loaded(state, "traefik.yaml")
    assert config["entryPoints"]["websecure"]["address"] == "127.0.0.1:8443"
    assert config["entryPoints"]["web"]["address"] == "127.0.0.1:8080"
    assert config["global"] == {"checkNewVersion": False, "sendAnonymousUsage": False}
    assert "api" not in config


def test_every_yaml_file_is_well_formed_below_a_path_with_a_space(state: State) -> None:
    for path in (state.node / "config").glob("*.yaml"):
        assert isinstance(yaml.safe_load(path.read_text()), dict)
    assert loaded(state, "kubelet.yaml")["tlsCertFile"] == str(state.pki / "kubelet.crt")


def test_writing_the_same_twice_changes_nothing(tmp_path: Path) -> None:
    state = State(tmp_path)
    first = configuration.write(state, IngressPorts())
    written = {path: path.stat().st_mtime_ns for path in state.node.rglob("*") if path.is_file()}
    assert configuration.write(state, IngressPorts()) == first
    assert {path: path.stat().st_mtime_ns for path in written} == written


def test_another_port_is_another_configuration(tmp_path: Path) -> None:
    state = State(tmp_path)
    assert configuration.write(state, IngressPorts()) != configuration.write(state, IngressPorts(https=8443))


def test_exactly_one_storage_class_is_the_default_and_it_keeps_homes() -> None:
    documents = yaml.safe_load_all((configuration.MANIFESTS / "storage.yaml").read_text())
    classes = [document for document in documents if document["kind"] == "StorageClass"]
    default = [item for item in classes if item["metadata"].get("annotations")]
    assert [(item["metadata"]["name"], item["reclaimPolicy"]) for item in default] == [("local-path", "Retain")]


def test_the_enforcer_is_asked_on_its_queue_and_its_mark_is_what_the_firewall_rejects() -> None:
    programs = (configuration.ROOM / "supervisor.conf").read_text()
    command = programs.split("[program:policy-enforcer]")[1].split("[program:")[0]
    options = dict(re.findall(r"--([a-z-]+)=(\S+)", command))
    assert int(options["queue"]) == names.POLICY_QUEUE
    assert int(options["refused-mark"], 0) == names.REFUSED_MARK
    assert options["first-pod-address"] == str(configuration.FIRST_POD_ADDRESS)
    assert options["node"] == names.NODE_NAME
    rules = configuration.policy_rules()
    assert f"--queue-num {names.POLICY_QUEUE} " in rules
    assert f"--mark {names.REFUSED_MARK} " in rules


def test_the_enforcer_may_read_what_policies_are_made_of_and_change_nothing() -> None:
    documents = yaml.safe_load_all((configuration.MANIFESTS / "policies.yaml").read_text())
    role = next(document for document in documents if document["kind"] == "ClusterRole")
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {"list", "watch"}
    assert {name for rule in role["rules"] for name in rule["resources"]} == {"namespaces", "pods", "networkpolicies"}
