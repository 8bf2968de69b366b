import json
from pathlib import Path

import pytest

from components.cli.pulumi_cli import PulumiFailed
from components.cli.stack import open_stack
from components.config.problems import InvalidTenancy
from components.freeipa.errors import PasswordMissing
from tests.support.tenancies import ABSENT, settings, stack_text, tenancy

PASSWORD = "FREEIPA_BIND_PASSWORD"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stacks").mkdir()
    return tmp_path / "stacks"


def test_only_stack_needs_no_name(folder: Path) -> None:
    (folder / "Pulumi.vis.yaml").write_text(stack_text())

    assert open_stack(None).name == open_stack("vis").name == open_stack("stacks/Pulumi.vis.yaml").name == "vis"


def test_one_of_several_stacks_must_be_named(folder: Path) -> None:
    for name in ("vis", "vos"):
        (folder / f"Pulumi.{name}.yaml").write_text(stack_text())
    with pytest.raises(InvalidTenancy, match="name one stack; there are: vis, vos"):
        open_stack(None)


def test_password_variable_comes_before_the_secret(folder: Path) -> None:
    (folder / "Pulumi.vis.yaml").write_text(stack_text())

    assert open_stack("vis").password({PASSWORD: "from the variable"}) == "from the variable"
    with pytest.raises(PasswordMissing):
        open_stack("vis").password({})


def test_failing_pulumi_cli_is_reported(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "Pulumi.vis.yaml").write_text(stack_text(identityBindPassword={"secure": "v1:abc"}))
    monkeypatch.setenv("PATH", str(folder))

    with pytest.raises(
        PulumiFailed, match="the bind password is encrypted and cannot be decrypted: the pulumi program"
    ):
        open_stack("vis").password({})


def test_invalid_output_of_the_pulumi_cli_is_reported(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "Pulumi.vis.yaml").write_text(stack_text(identityBindPassword={"secure": "v1:abc"}))
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    pulumi = folder / "pulumi"
    pulumi.touch(mode=0o755)
    for output in ("", "[]", "{"):
        pulumi.write_text(f"#!/bin/sh\necho '{output}'\n")
        with pytest.raises(PulumiFailed, match="pulumi config --json printed other data than was expected"):
            open_stack("vis").password({})


def test_kubeconfig_is_decrypted_only_when_needed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "Pulumi.vis.yaml").write_text(stack_text(kubernetes={"kubeconfig": {"secure": "v1:abc"}}))
    monkeypatch.setenv("PATH", str(folder))

    assert open_stack("vis").tenancy.cluster_name == "vis-pangeo"
    with pytest.raises(PulumiFailed, match="the kubeconfig is encrypted"):
        open_stack("vis").with_kubeconfig()


def test_environment_is_opened_by_the_pulumi_cli(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stack's identity, kubeconfig and password come from Pulumi ESC."""
    (folder / "Pulumi.vis.yaml").write_text("environment: [org/vis]\n" + stack_text(identity=ABSENT))
    kubeconfig = '{"apiVersion": "v1"}'
    values = {
        **{f"pangeo:{key}": value for key, value in settings().items()},
        "pangeo:kubernetes": {"context": "vis", "kubeconfig": kubeconfig},
        "pangeo:identityBindPassword": "hunter2",
    }
    printed = {
        key: {"value": json.dumps(value) if isinstance(value, dict) else str(value)} for key, value in values.items()
    }
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    pulumi = folder / "pulumi"
    pulumi.touch(mode=0o755)
    pulumi.write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps(printed)}\nEND\n")

    opened = open_stack("vis")
    assert opened.tenancy.identity == tenancy().identity
    assert opened.with_kubeconfig() is opened
    assert opened.tenancy.kubernetes.kubeconfig is not None
    assert opened.password({}) == "hunter2"
    assert "hunter2" not in repr(opened)
    assert kubeconfig not in repr(opened)


def test_environment_that_cannot_be_opened_is_reported(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "Pulumi.vis.yaml").write_text("environment: [org/vis]\n" + stack_text())
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(PulumiFailed, match="its Pulumi ESC environment cannot be opened: the pulumi program is not on"):
        open_stack("vis")
