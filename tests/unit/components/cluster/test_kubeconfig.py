import base64
import json
import stat
from pathlib import Path
from typing import Any

import pytest

from components.cluster.errors import CannotAsk
from components.cluster.kubeconfig import Kubeconfig, find_kubeconfig
from components.config.cluster import Kubernetes

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
    assert found(str(path), KUBECONFIG="/nowhere").path == path


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


def test_several_files_in_kubeconfig_variable_are_refused() -> None:
    with pytest.raises(CannotAsk, match="KUBECONFIG /a:/b is not a kubeconfig file"):
        found(KUBECONFIG="/a:/b")


def test_context_selects_the_cluster(tmp_path: Path) -> None:
    path = write_kubeconfig(tmp_path)
    assert found(str(path)).access().server == "https://a.example.org:6443"
    assert found(str(path), "two").access().server == "https://b.example.org"


def test_unknown_context_is_reported_with_the_existing_ones(tmp_path: Path) -> None:
    with pytest.raises(CannotAsk, match="context three: it has no context three; there are: one, two"):
        found(str(write_kubeconfig(tmp_path)), "three").access()


def test_credentials_are_read_from_text_or_files(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-file\n")
    path = write_kubeconfig(
        tmp_path, tokenFile="token", token="old", **{"client-key-data": base64.b64encode(b"PEM").decode()}
    )
    access = found(str(path)).access()
    assert (access.token, access.key) == ("from-file", "PEM")


@pytest.mark.parametrize("key", ["exec", "auth-provider", "username", "as"])
def test_other_log_in_methods_are_left_to_kubectl(tmp_path: Path, key: str) -> None:
    assert found(str(write_kubeconfig(tmp_path, **{key: "x"}))).access().only_kubectl == f"user.{key}"


@pytest.mark.parametrize(
    "wrong", ["[]", "{", f"a: b: {SECRET}", f"just {SECRET}\n", '{"contexts": 1}', '{"contexts": [{"name": null}]}']
)
def test_invalid_kubeconfig_is_reported_without_content(tmp_path: Path, wrong: str) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(wrong)
    with pytest.raises(CannotAsk) as caught:
        found(str(path)).access()
    assert str(path) in str(caught.value)
    assert SECRET not in str(caught.value)


def test_secrets_are_in_no_repr_or_error(tmp_path: Path) -> None:
    kubeconfig = found(text(token=SECRET))
    assert SECRET not in repr(kubeconfig) + repr(kubeconfig.access())
    with pytest.raises(CannotAsk) as caught:
        found(f"token-{SECRET}")
    assert SECRET not in str(caught.value)


def test_kubeconfig_text_becomes_a_private_temporary_file() -> None:
    with found(text()).as_file() as path:
        assert path is not None
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert not path.parent.exists()
