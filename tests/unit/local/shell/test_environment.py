"""The variables of the shell, and the files that they name."""

import os
import stat
import sys
from pathlib import Path

import pytest
import yaml

from local.paths import State
from local.shell.environment import AUTHORITY_VARIABLES, shell_environment
from local.tenancy.addresses import NODE_ADDRESS
from local.tenancy.credentials import obtain
from local.tenancy.engine_environment import OPERATOR
from local.tenancy.pki import authority

OWN = {
    "HOME": "/home/of-the-user",
    "KUBECONFIG": "/own",
    "PULUMI_CONFIG_PASSPHRASE": "own",
    "PULUMI_ACCESS_TOKEN": "own",
    "FREEIPA_BIND_PASSWORD": "own",
}
CONTEXT = {"name": "local", "context": {"cluster": "local", "user": "admin"}}


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> State:
    """A tenancy that was deployed, on a machine without any program of Pulumi."""
    monkeypatch.setenv("PATH", str(tmp_path / "programs"))
    state = State(tmp_path / "state")
    state.node.mkdir(parents=True)
    state.kubeconfig.write_text(yaml.safe_dump({"contexts": [CONTEXT]}))
    obtain(state, "directory", [OPERATOR])
    return state


def test_variables_of_the_user_are_replaced(state: State) -> None:
    found = shell_environment(state, OWN)

    assert found["HOME"] == OWN["HOME"]
    assert [name for name, value in OWN.items() if found.get(name) == value] == ["HOME"]
    assert str(NODE_ADDRESS) in found["NO_PROXY"].split(",")
    assert "PULUMI_CONFIG_PASSPHRASE" not in found, "pulumi would prefer it to the file"
    assert found["FREEIPA_BIND_PASSWORD"] == obtain(state, "directory", [OPERATOR])[OPERATOR]


def test_the_shell_runs_this_interpreter_and_the_tools_of_the_tenancy(state: State) -> None:
    folders = shell_environment(state, {})["PATH"].split(os.pathsep)

    assert folders.index(str(Path(sys.executable).parent)) < folders.index(str(state.bin))
    assert os.access(Path(folders[0], "pulumi-language-python"), os.X_OK)


def test_official_language_host_takes_the_place_of_its_stand_in(state: State, tmp_path: Path) -> None:
    official = tmp_path / "programs" / "pulumi-language-python"
    official.parent.mkdir()
    official.write_text("#!/bin/sh\n")
    official.chmod(0o755)

    folders = shell_environment(state, {})["PATH"].split(os.pathsep)

    assert list(Path(folders[0]).iterdir()) == []


def test_namespace_of_the_hub_is_the_default_only_in_the_shells_copy(state: State) -> None:
    copy = Path(shell_environment(state, {})["KUBECONFIG"])

    [context] = yaml.safe_load(copy.read_text())["contexts"]
    assert context["context"] == {**CONTEXT["context"], "namespace": "local"}  # type: ignore[dict-item]
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert yaml.safe_load(state.kubeconfig.read_text()) == {"contexts": [CONTEXT]}


def test_authority_of_the_tenancy_is_trusted_besides_the_users_own(state: State, tmp_path: Path) -> None:
    own = tmp_path / "own.pem"
    own.write_text("own authority\n")

    found = shell_environment(state, {"SSL_CERT_FILE": str(own)})
    [file] = {found[name] for name in AUTHORITY_VARIABLES}

    trusted = Path(file).read_text()
    assert "own authority" in trusted
    assert trusted.count(authority(state, "tenancy").crt.read_text()) == 1
    again = Path(shell_environment(state, found)["SSL_CERT_FILE"]).read_text()
    assert again.count(authority(state, "tenancy").crt.read_text()) == 1, "a shell in the shell"
