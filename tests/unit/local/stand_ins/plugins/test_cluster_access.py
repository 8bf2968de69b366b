"""How the stand-in finds its cluster, and what it says when it cannot."""

import base64
import json
from pathlib import Path

import pytest

from local.stand_ins.plugins.errors import Refused
from local.stand_ins.plugins.kubernetes import helm
from local.stand_ins.plugins.kubernetes.api import Cluster, Unreachable
from local.stand_ins.plugins.kubernetes.chart import resource_names
from local.stand_ins.plugins.kubernetes.kubeconfig import Access, Kubeconfig
from local.stand_ins.plugins.kubernetes.options import refused


def kubeconfig(user: dict[str, object] | None = None, **cluster: object) -> str:
    return json.dumps(
        {
            "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1/", **cluster}}],
            "users": [{"name": "u", "user": user or {"token": "t"}}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u", "namespace": "space"}}],
            "current-context": "x",
        }
    )


def test_a_kubeconfig_is_text_or_a_path(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(kubeconfig())
    for given in (kubeconfig(), str(file)):
        access = Kubeconfig(given).access()
        assert (access.server, access.token) == ("https://127.0.0.1:1", "t")


def test_certificates_come_inline_or_from_files_beside_the_kubeconfig(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("CA\n")
    user: dict[str, object] = {"client-certificate-data": base64.b64encode(b"CRT").decode()}
    (tmp_path / "config").write_text(kubeconfig(user, **{"certificate-authority": "ca.pem"}))
    access = Kubeconfig(str(tmp_path / "config")).access()
    assert (access.authority, access.certificate) == ("CA", "CRT")


def test_the_contexts_namespace_is_the_default_one() -> None:
    assert Kubeconfig(kubeconfig()).namespace == "space"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("/nowhere/config", "kubeconfig /nowhere/config cannot be read: No such file or directory"),
        ("just\ntext", r"kubeconfig \(given as text\) is not a YAML map"),
        (kubeconfig({"exec": {"command": "aws"}}), "user.exec is not known to the stand-in; use a token"),
        (kubeconfig().replace('"x"}', '"y"}').replace('"current-context": "x"', '"current-context": "y"'), "named 'y'"),
    ],
)
def test_a_kubeconfig_that_cannot_serve_is_refused_with_the_reason(given: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        Kubeconfig(given).access()


def test_a_server_that_does_not_answer_is_named_with_the_cause() -> None:
    access = Access("https://127.0.0.1:1", None, True, None, None, None, "very secret token")
    with pytest.raises(Unreachable, match=r'GET "https://127\.0\.0\.1:1/version": Connection refused') as error:
        Cluster(access).ensure_reachable()
    assert "secret" not in str(error.value)


def test_an_option_that_would_change_what_happens_is_refused() -> None:
    assert list(refused({"kubeconfig": "", "renderYamlToDirectory": "out", "enableServerSideApply": "true"})) == [
        "renderYamlToDirectory"
    ]


@pytest.mark.parametrize(
    ("printed", "text"),
    [
        ("Error: INSTALLATION FAILED: boom\n", "boom"),
        ("WARNING: group-readable\nError: UPGRADE FAILED: post-upgrade hooks failed: 1 error\n\t* late\n\n",
         "post-upgrade hooks failed: 1 error\n\t* late"),
        ("", "helm failed without saying why"),
    ],
)  # fmt: skip
def test_helms_error_is_told_without_its_prefixes(printed: str, text: str) -> None:
    assert helm.message(printed) == text


def test_a_manifests_objects_are_listed_by_kind_with_the_namespace_where_it_is_another() -> None:
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
    assert resource_names(manifest, "hub") == {"Deployment.apps/apps/v1": ["hub"], "Secret/v1": ["b", "other/a"]}
