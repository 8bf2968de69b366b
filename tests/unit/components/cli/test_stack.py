from pathlib import Path

import pytest

from components.cli.stack import opened
from components.config.problems import InvalidTenancy
from components.freeipa.errors import PasswordMissing
from tests.support.tenancies import stack_text

PASSWORD = "FREEIPA_BIND_PASSWORD"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stacks").mkdir()
    return tmp_path / "stacks"


def test_the_one_stack_needs_no_name(folder: Path) -> None:
    (folder / "Pulumi.vis.yaml").write_text(stack_text())

    assert opened(None).name == opened("vis").name == opened("stacks/Pulumi.vis.yaml").name == "vis"


def test_of_several_one_must_be_named(folder: Path) -> None:
    for name in ("vis", "vos"):
        (folder / f"Pulumi.{name}.yaml").write_text(stack_text())
    with pytest.raises(InvalidTenancy, match="which stack\\? there are: vis, vos"):
        opened(None)


def test_the_variable_goes_before_the_secret_and_without_either_the_way_out_is_said(folder: Path) -> None:
    (folder / "Pulumi.vis.yaml").write_text(stack_text())

    assert opened("vis").password({PASSWORD: "from the variable"}) == "from the variable"
    with pytest.raises(PasswordMissing):
        opened("vis").password({})


def test_a_secret_that_the_pulumi_cli_does_not_open_is_a_sentence(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "Pulumi.vis.yaml").write_text(stack_text(identityBindPassword={"secure": "v1:abc"}))
    monkeypatch.setenv("PATH", str(folder))

    with pytest.raises(InvalidTenancy, match="the bind password is encrypted, and pulumi config"):
        opened("vis").password({})


def test_a_pulumi_cli_that_says_nonsense_is_a_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "Pulumi.vis.yaml").write_text(stack_text(identityBindPassword={"secure": "v1:abc"}))
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    pulumi = folder / "pulumi"
    pulumi.touch(mode=0o755)
    for said in ("", "[]", "{"):
        pulumi.write_text(f"#!/bin/sh\necho '{said}'\n")
        with pytest.raises(InvalidTenancy, match="the bind password is encrypted, and pulumi config"):
            opened("vis").password({})


def test_who_does_not_ask_the_cluster_needs_no_pulumi_cli_for_an_encrypted_kubeconfig(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "Pulumi.vis.yaml").write_text(stack_text(kubernetes={"kubeconfig": {"secure": "v1:abc"}}))
    monkeypatch.setenv("PATH", str(folder))

    assert opened("vis").tenancy.cluster_name == "vis-pangeo"
    with pytest.raises(InvalidTenancy, match="which cluster is meant is encrypted"):
        opened("vis").with_cluster()
