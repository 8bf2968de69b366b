"""The cluster connection, the provider options and the release options of the kubernetes stand-in."""

import json
from pathlib import Path

import pytest

from components.cluster.helm import HelmFailed
from local.stand_ins.plugins.errors import OperationFailed, Unreachable
from local.stand_ins.plugins.kubernetes import helm, provider_config, release_inputs
from local.stand_ins.plugins.kubernetes.api import Cluster
from local.stand_ins.plugins.wire import UNKNOWN, Properties


def kubeconfig(**user: object) -> str:
    return json.dumps(
        {
            "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1/"}}],
            "users": [{"name": "u", "user": user}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "x",
        }
    )


def other(**cluster: str) -> str:
    """Return the kubeconfig with another entry of its cluster."""
    entry = {"server": "https://127.0.0.1:1/", **cluster}
    return json.dumps({**json.loads(kubeconfig()), "clusters": [{"name": "c", "cluster": entry}]})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("/nowhere/config", "is not a kubeconfig"),
        ("just\ntext", "is not a kubeconfig"),
        (kubeconfig(exec={"command": "aws"}), "user.exec is not supported by the local stand-in"),
        (kubeconfig(token="very secret token"), "https://127.0.0.1:1 .*: the connection was refused"),
    ],
)
def test_unreachable_cluster_is_reported_with_its_cause(given: str, message: str) -> None:
    with pytest.raises(Unreachable, match=f"configured Kubernetes cluster is unreachable: .*{message}") as error:
        Cluster(provider_config.ProviderConfig(given).kubeconfig).check_reachable()
    assert "secret" not in str(error.value)


def test_unsupported_provider_option_is_refused() -> None:
    given = {"kubeconfig": "", "clusterIdentifier": "uid", "renderYamlToDirectory": "out"}
    assert list(provider_config.check(given)) == ["renderYamlToDirectory"]


@pytest.mark.parametrize(
    ("olds", "news", "replaces"),
    [
        ({}, {"kubeconfig": kubeconfig()}, []),
        ({"kubeconfig": kubeconfig()}, {"clusterIdentifier": "uid"}, []),
        ({"kubeconfig": kubeconfig()}, {"kubeconfig": kubeconfig(token="renewed")}, []),
        ({"kubeconfig": kubeconfig()}, {"kubeconfig": other(server="https://b.test")}, ["kubeconfig"]),
        ({"kubeconfig": kubeconfig()}, {"kubeconfig": other(**{"proxy-url": "http://proxy.test"})}, ["kubeconfig"]),
        ({"kubeconfig": kubeconfig()}, {"kubeconfig": other(**{"certificate-authority-data": "UEVN"})}, ["kubeconfig"]),
        ({"kubeconfig": kubeconfig()}, {"kubeconfig": other(**{"tls-server-name": "b.test"})}, ["kubeconfig"]),
        ({"kubeconfig": kubeconfig()}, {"kubeconfig": kubeconfig(), "context": "unknown"}, []),
        ({"kubeconfig": kubeconfig()}, {"kubeconfig": UNKNOWN}, ["kubeconfig"]),
        ({"clusterIdentifier": "uid"}, {"clusterIdentifier": "uid", "kubeconfig": UNKNOWN}, []),
        ({"clusterIdentifier": "uid"}, {"clusterIdentifier": UNKNOWN}, ["clusterIdentifier"]),
        ({"clusterIdentifier": "uid"}, {"clusterIdentifier": "uid", "context": UNKNOWN}, []),
    ],
)
def test_provider_is_replaced_only_for_another_active_cluster(
    olds: Properties, news: Properties, replaces: list[str]
) -> None:
    assert list(provider_config.compare(olds, news).replaces) == replaces


def test_stored_path_that_does_not_exist_here_is_an_error() -> None:
    with pytest.raises(OperationFailed, match="failed to parse kubeconfig: "):
        provider_config.compare({"kubeconfig": "/home/other/.kube/config"}, {"clusterIdentifier": "uid"})


def test_stored_path_that_exists_is_read(tmp_path: Path) -> None:
    (tmp_path / "config").write_text(kubeconfig())
    olds = {"kubeconfig": str(tmp_path / "config")}
    assert list(provider_config.compare(olds, {"kubeconfig": kubeconfig(token="t")}).replaces) == []
    assert list(provider_config.compare(olds, {"kubeconfig": other(server="https://b.test")}).replaces) == [
        "kubeconfig"
    ]


def test_unsupported_release_option_is_refused(tmp_path: Path) -> None:
    (tmp_path / "Chart.yaml").write_text("version: 1.0.0\n")
    given: Properties = {"chart": str(tmp_path), "name": "hub", "namespace": "hub"}
    assert release_inputs.check(given)[1] == {}
    unsupported = {"atomic": True, "repositoryOpts": {"repo": "https://example.org"}, "valueYamlFiles": ["a"]}
    assert set(release_inputs.check({**given, **unsupported})[1]) == set(unsupported)


def test_release_input_of_a_wrong_type_is_refused() -> None:
    _, failures = release_inputs.check({"chart": "./a", "name": "hub", "timeout": "300"})
    assert failures == {"timeout": "is a string; write a number"}


@pytest.mark.parametrize(
    ("printed", "text"),
    [
        ("Error: INSTALLATION FAILED: boom\n", "boom"),
        ("WARNING: group-readable\nError: UPGRADE FAILED: post-upgrade hooks failed: 1 error\n\t* late\n\n",
         "post-upgrade hooks failed: 1 error\n\t* late"),
        ("", "helm install: failed"),
    ],
)  # fmt: skip
def test_helm_error_is_reported_without_its_prefixes(printed: str, text: str) -> None:
    assert helm.error_message(HelmFailed("helm install: failed", printed)) == text


def test_objects_of_a_manifest_are_listed_by_kind() -> None:
    manifest = """\
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: hub}}
---
{apiVersion: v1, kind: Secret, metadata: {name: b}}
---
# nothing
---
{apiVersion: v1, kind: Secret, metadata: {name: a, namespace: other}}
"""
    assert helm.resource_names(manifest, "hub") == {"Deployment.apps/apps/v1": ["hub"], "Secret/v1": ["b", "other/a"]}
