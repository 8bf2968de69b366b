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


def written(folder: Path, **user: Any) -> Path:
    path = folder / "kubeconfig"
    path.write_text(text(**user))
    return path


def found(kubeconfig: str | None = None, context: str | None = None, **environment: str) -> Kubeconfig:
    settings = Kubernetes.model_validate({"kubeconfig": kubeconfig, "context": context})
    return find_kubeconfig(settings, environment)


def test_the_stacks_own_kubeconfig_comes_before_that_of_the_environment(tmp_path: Path) -> None:
    path = written(tmp_path)
    assert found(text(), KUBECONFIG=str(path)).text is not None
    assert found(str(path), KUBECONFIG="/nowhere").path == path


def test_without_one_the_environments_and_then_the_home_folders_is_taken(tmp_path: Path) -> None:
    path = written(tmp_path)
    assert found(KUBECONFIG=str(path), HOME="/nowhere").path == path
    (tmp_path / ".kube").mkdir()
    path.rename(tmp_path / ".kube" / "config")
    assert found(HOME=str(tmp_path)).path == tmp_path / ".kube" / "config"


def test_in_a_pod_no_kubeconfig_is_needed() -> None:
    assert found(HOME="/nowhere", KUBERNETES_SERVICE_HOST="10.96.0.1").path is None


def test_no_kubeconfig_at_all_is_said() -> None:
    with pytest.raises(CannotAsk, match="there is no kubeconfig"):
        found(HOME="/nowhere")


def test_several_files_in_the_environment_are_refused_as_the_provider_cannot_read_them() -> None:
    with pytest.raises(CannotAsk, match="KUBECONFIG /a:/b is not a kubeconfig file"):
        found(KUBECONFIG="/a:/b")


def test_the_context_chooses_the_cluster(tmp_path: Path) -> None:
    path = written(tmp_path)
    assert found(str(path)).access().server == "https://a.example.org:6443"
    assert found(str(path), "two").access().server == "https://b.example.org"


def test_a_context_that_is_not_there_is_said_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(CannotAsk, match="context three: it has no context three; there are: one, two"):
        found(str(written(tmp_path)), "three").access()


def test_certificates_and_tokens_are_taken_from_text_or_from_files_beside_the_kubeconfig(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-file\n")
    path = written(tmp_path, tokenFile="token", token="old", **{"client-key-data": base64.b64encode(b"PEM").decode()})
    access = found(str(path)).access()
    assert (access.token, access.key) == ("from-file", "PEM")


@pytest.mark.parametrize("key", ["exec", "auth-provider", "username", "as"])
def test_other_ways_to_log_in_are_left_to_kubectl(tmp_path: Path, key: str) -> None:
    assert found(str(written(tmp_path, **{key: "x"}))).access().only_kubectl == f"user.{key}"


@pytest.mark.parametrize(
    "wrong", ["[]", "{", f"a: b: {SECRET}", f"just {SECRET}\n", '{"contexts": 1}', '{"contexts": [{"name": null}]}']
)
def test_what_is_no_kubeconfig_is_said_without_its_content(tmp_path: Path, wrong: str) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(wrong)
    with pytest.raises(CannotAsk) as caught:
        found(str(path)).access()
    assert str(path) in str(caught.value)
    assert SECRET not in str(caught.value)


def test_no_secret_is_in_a_representation_or_a_refusal(tmp_path: Path) -> None:
    kubeconfig = found(text(token=SECRET))
    assert SECRET not in repr(kubeconfig) + repr(kubeconfig.access())
    with pytest.raises(CannotAsk) as caught:
        found(f"token-{SECRET}")
    assert SECRET not in str(caught.value)


def test_programs_get_a_text_as_a_file_for_its_owner_alone_and_only_for_as_long_as_they_run() -> None:
    with found(text()).as_file() as path:
        assert path is not None
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert not path.parent.exists()
