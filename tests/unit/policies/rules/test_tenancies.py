"""Names of several tenancies, from their stack files."""

from pathlib import Path

import pytest

from tests.support.tenancies import DOMAIN, domain_of, stack_text
from tests.unit.policies import declared

RULE = "unique-names"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Stack files: this stack's own, and one with other names."""
    (tmp_path / "Pulumi.vis.yaml").write_text(stack_text())
    (tmp_path / "Pulumi.other.yaml").write_text(stack_text(clusterName="other", externalIp="192.0.2.1"))
    return tmp_path


def check_names(folder: Path, **changes: str) -> list[str]:
    return declared.check_stack(RULE, [], stack=declared.config(**changes), organisation={"folder": str(folder)})


def test_a_stack_with_unique_names_is_accepted(folder: Path) -> None:
    assert check_names(folder) == []


def test_the_same_cluster_name_is_refused(folder: Path) -> None:
    assert check_names(folder, clusterName="other") == [
        "the namespace other is already used by the stack other (Pulumi.other.yaml)",
        "the FreeIPA group other_notebook_users is already used by the stack other (Pulumi.other.yaml)",
    ]


@pytest.mark.parametrize(
    "changes",
    [{"externalIp": "192.0.2.1"}, {"pangeoDomain": f"{domain_of('192.0.2.1').capitalize()}."}],
    ids=["derived", "given"],
)
def test_the_same_domain_is_refused(folder: Path, changes: dict[str, str]) -> None:
    assert check_names(folder, **changes) == [
        f"the domain {domain_of('192.0.2.1')} is already used by the stack other (Pulumi.other.yaml)"
    ]


def test_a_file_that_cannot_be_read_is_a_violation(folder: Path) -> None:
    (folder / "Pulumi.broken.yaml").write_text("config: {pangeo:clusterName: vis-pangeo}\n")
    (message,) = check_names(folder)
    assert message.startswith("Pulumi.broken.yaml cannot be read, so its names cannot be compared: ")
    assert "\n" not in message


def test_a_wrong_size_in_another_file_does_not_matter(folder: Path) -> None:
    """Its names are known in spite of it."""
    (folder / "Pulumi.broken.yaml").write_text(stack_text(clusterName="large", notebookRamGb="2Gi"))
    assert check_names(folder) == [f"the domain {DOMAIN} is already used by the stack broken (Pulumi.broken.yaml)"]
    (folder / "Pulumi.broken.yaml").write_text(
        stack_text(clusterName="large", externalIp="192.0.2.2", notebookRamGb="2Gi")
    )
    assert check_names(folder) == []
