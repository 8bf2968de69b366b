import base64
import json
import stat
from pathlib import Path
from typing import Any

import pytest

from components.cluster.errors import CannotAsk
from components.cluster.kubeconfig import Kubeconfig, find_kubeconfig
from components.config.cluster import Kubernetes
from components.config.problems import InvalidTenancy
from components.config.stack_file import read_config
from tests.support.tenancies import settings

SECRET = "sesame-open"


def document(**user: Any) -> dict[str, Any]:
    return {
        "current-context": "one",
        "contexts": [
            {"name": "one", "context": {"cluster": "a", "user": "me"}},
            {"name": "two", "context": {"cluster": "b", "user": "me"}},
        ],
        "clusters": [
            {"name": "a", "cluster": {"server": "https://a.example.org:6443/"}},
            {"name": "b", "cluster": {"server": "https://b.example.org"}},
        ],
        "users": [{"name": "me", "user": user}],
    }


def text(**user: Any) -> str:
    return json.dumps(document(**user))


def write_kubeconfig(folder: Path, **user: Any) -> Path:
    path = folder / "kubeconfig"
    path.write_text(text(**user))
    return path


def found(kubeconfig: str | None = None, context: str | None = None, **environment: str) -> Kubeconfig:
    settings = Kubernetes.model_validate({"kubeconfig": kubeconfig, "context": context})
    return find_kubeconfig(settings, environment)


def test_kubeconfig_of_the_stack_comes_first(tmp_path: Path) -> None:
    path = write_kubeconfig(tmp_path)
    assert found(text(), KUBECONFIG=str(path)).text is not None
    assert found(text(), KUBECONFIG="/nowhere").text is not None


@pytest.mark.parametrize("path", ["~/.kube/config", "/etc/kubeconfig", "pangeo", "."])
def test_path_in_the_stack_file_is_refused_with_the_fix(path: str) -> None:
    with pytest.raises(ValueError, match="remove the key and set the environment variable KUBECONFIG to the path"):
        found(path)


def test_kubeconfig_variable_comes_before_the_home_folder(tmp_path: Path) -> None:
    path = write_kubeconfig(tmp_path)
    assert found(KUBECONFIG=str(path), HOME="/nowhere").path == path
    (tmp_path / ".kube").mkdir()
    path.rename(tmp_path / ".kube" / "config")
    assert found(HOME=str(tmp_path)).path == tmp_path / ".kube" / "config"


def test_pod_needs_no_kubeconfig() -> None:
    assert found(HOME="/nowhere", KUBERNETES_SERVICE_HOST="10.96.0.1").path is None


def test_missing_kubeconfig_is_reported() -> None:
    with pytest.raises(CannotAsk, match="there is no kubeconfig"):
        found(HOME="/nowhere")


@pytest.mark.parametrize(
    ("chosen", "fix"),
    [
        ("/a:/b", "KUBECONFIG /a:/b lists several files; join them with kubectl config view --flatten"),
        (f'{{"users": "{SECRET}"}}', "KUBECONFIG contains the text of a kubeconfig; write the text to a file"),
        (f"users:\n- {SECRET}", "KUBECONFIG contains the text of a kubeconfig; write the text to a file"),
        ("~/.kube/config", "KUBECONFIG ~/.kube/config is not a kubeconfig file; write the path without ~"),
        ("/nowhere/config", "KUBECONFIG /nowhere/config is not a kubeconfig file; set it to the path of one"),
    ],
)
def test_other_values_of_the_kubeconfig_variable_are_refused(chosen: str, fix: str) -> None:
    with pytest.raises(CannotAsk) as caught:
        found(KUBECONFIG=chosen)
    assert str(caught.value).startswith(fix)
    assert SECRET not in str(caught.value)


def test_context_selects_the_cluster() -> None:
    assert found(text()).access().server == "https://a.example.org:6443"
    assert found(text(), "two").access().server == "https://b.example.org"


def test_unknown_context_is_reported_with_the_existing_ones() -> None:
    with pytest.raises(CannotAsk, match="context three: it has no context three; there are: one, two"):
        found(text(), "three").access()


def test_credentials_are_read_from_text_or_files(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-file\n")
    path = write_kubeconfig(
        tmp_path, tokenFile="token", token="old", **{"client-key-data": base64.b64encode(b"PEM").decode()}
    )
    access = found(KUBECONFIG=str(path)).access()
    assert (access.token, access.key) == ("from-file", "PEM")


@pytest.mark.parametrize("key", ["exec", "auth-provider", "username", "as"])
def test_other_log_in_methods_are_left_to_kubectl(key: str) -> None:
    assert found(text(**{key: "x"})).access().only_kubectl == f"user.{key}"


@pytest.mark.parametrize(
    "wrong", ["[]", "{", f"a: b: {SECRET}", f"just {SECRET}\n", '{"contexts": 1}', '{"contexts": [{"name": null}]}']
)
def test_invalid_kubeconfig_is_reported_without_content(tmp_path: Path, wrong: str) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(wrong)
    with pytest.raises(CannotAsk) as caught:
        found(KUBECONFIG=str(path)).access()
    assert str(path) in str(caught.value)
    assert SECRET not in str(caught.value)


def test_secrets_are_in_no_repr_or_error(tmp_path: Path) -> None:
    kubeconfig = found(text(token=SECRET))
    assert SECRET not in repr(kubeconfig) + repr(kubeconfig.access())
    with pytest.raises(InvalidTenancy, match="is not the content of a kubeconfig file") as refused:
        read_config(settings(kubernetes={"kubeconfig": f"token-{SECRET}"}), source="memory")
    assert SECRET not in str(refused.value)


def test_kubeconfig_text_becomes_a_private_temporary_file() -> None:
    with found(text()).as_file() as path:
        assert path is not None
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert not path.parent.exists()
