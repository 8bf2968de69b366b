"""Tenancies beside each other, read from their stack files."""

from pathlib import Path

import pytest

from tests.support.tenancies import stack_text
from tests.unit.policies import declared

RULE = "unique-names"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Stack files: this stack's own, and one that has nothing in common with it."""
    (tmp_path / "Pulumi.vis.yaml").write_text(stack_text())
    (tmp_path / "Pulumi.other.yaml").write_text(stack_text(clusterName="other", externalIp="192.0.2.1"))
    return tmp_path


def said(folder: Path, **changes: str) -> list[str]:
    return declared.of_stack(RULE, [], stack=declared.config(**changes), organisation={"folder": str(folder)})


def test_a_stack_with_names_of_its_own_is_good(folder: Path) -> None:
    assert said(folder) == []


def test_the_same_cluster_name_is_the_same_namespace_and_group(folder: Path) -> None:
    assert said(folder, clusterName="other") == [
        "the namespace other is taken by the stack other (Pulumi.other.yaml)",
        "the group other_notebook_users is taken by the stack other (Pulumi.other.yaml)",
    ]


@pytest.mark.parametrize(
    "changes", [{"externalIp": "192.0.2.1"}, {"pangeoDomain": "pangeo.192-0-2-1.sslip.io"}], ids=["derived", "given"]
)
def test_a_domain_is_taken_however_it_came_about(folder: Path, changes: dict[str, str]) -> None:
    assert said(folder, **changes) == [
        "the domain pangeo.192-0-2-1.sslip.io is taken by the stack other (Pulumi.other.yaml)"
    ]


def test_a_file_that_cannot_be_read_is_not_passed_over(folder: Path) -> None:
    (folder / "Pulumi.broken.yaml").write_text("config: {pangeo:clusterName: vis-pangeo}\n")
    (sentence,) = said(folder)
    assert sentence.startswith("Pulumi.broken.yaml cannot be read, so what it takes cannot be compared: ")
    assert "\n" not in sentence


def test_another_tenancys_wrong_size_does_not_refuse_this_one(folder: Path) -> None:
    """Its names are known, and are still its own."""
    (folder / "Pulumi.broken.yaml").write_text(stack_text(clusterName="large", notebookRamGb="2Gi"))
    assert said(folder) == [
        "the domain pangeo.192-171-139-83.sslip.io is taken by the stack broken (Pulumi.broken.yaml)"
    ]
    (folder / "Pulumi.broken.yaml").write_text(
        stack_text(clusterName="large", externalIp="192.0.2.2", notebookRamGb="2Gi")
    )
    assert said(folder) == []


def test_a_configuration_that_cannot_be_read_is_not_passed(folder: Path) -> None:
    (sentence,) = said(folder, externalIp="nowhere")
    assert sentence.startswith("this stack's own configuration cannot be read")
