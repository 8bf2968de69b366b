"""Names of several tenancies, from their stack files."""

from pathlib import Path

import pytest

from tests.support.tenancies import DOMAIN, domain_of, stack_text
from tests.unit.policies import declared

UNIQUE, COMPARABLE = "unique-names", "comparable-names"
OTHER = "the stack other (Pulumi.other.yaml)"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Stack files: this stack's own, and one with other names."""
    (tmp_path / "Pulumi.vis.yaml").write_text(stack_text())
    (tmp_path / "Pulumi.other.yaml").write_text(stack_text(clusterName="other", externalIp="192.0.2.1"))
    return tmp_path


def check_names(folder: Path, rule: str = UNIQUE, **changes: object) -> list[str]:
    return declared.check_stack(rule, [], stack=declared.config(**changes), organisation={"folder": str(folder)})


def test_a_stack_with_unique_names_is_accepted(folder: Path) -> None:
    assert check_names(folder) == check_names(folder, COMPARABLE) == []


def test_the_same_cluster_name_is_refused(folder: Path) -> None:
    namespace, group = check_names(folder, clusterName="other")
    assert namespace.startswith(f"pangeo:clusterName other is also the namespace of {OTHER} in the same cluster; ")
    assert group.startswith(f"pangeo:clusterName other also names the FreeIPA group of {OTHER} in the same directory; ")


def test_the_same_cluster_name_in_another_cluster_and_directory_is_accepted(folder: Path) -> None:
    (folder / "Pulumi.other.yaml").write_text(
        stack_text(externalIp="192.0.2.1", kubernetes={"context": "vos"}, identity__realm="OTHER.ORG")
    )
    for rule in (UNIQUE, COMPARABLE):
        assert check_names(folder, rule, kubernetes={"context": "vis"}) == []


def test_a_possibly_shared_name_is_a_warning(folder: Path) -> None:
    (folder / "Pulumi.other.yaml").write_text(
        stack_text(externalIp="192.0.2.1", kubernetes={"context": "vos"}, identity__realm="OTHER.ORG")
    )
    assert check_names(folder) == []
    (message,) = check_names(folder, COMPARABLE)
    assert message.startswith(f"pangeo:clusterName vis-pangeo may also be the namespace of {OTHER}")


@pytest.mark.parametrize(
    "changes",
    [{"externalIp": "192.0.2.1"}, {"pangeoDomain": f"{domain_of('192.0.2.1').capitalize()}."}],
    ids=["derived", "given"],
)
def test_the_same_domain_is_refused(folder: Path, changes: dict[str, str]) -> None:
    (message,) = check_names(folder, **changes)
    assert f"{domain_of('192.0.2.1')} is also the domain of {OTHER}" in message


def test_a_file_that_cannot_be_read_is_a_warning_only(folder: Path) -> None:
    (folder / "Pulumi.broken.yaml").write_text("config: {pangeo:clusterName: vis-pangeo}\n")
    assert check_names(folder) == []
    (message,) = check_names(folder, COMPARABLE)
    assert message.startswith("the stack broken (Pulumi.broken.yaml) cannot be read, so its names cannot be compared: ")
    assert "\n" not in message


def test_a_wrong_size_in_another_file_does_not_matter(folder: Path) -> None:
    """Its names are known in spite of it."""
    (folder / "Pulumi.broken.yaml").write_text(stack_text(clusterName="large", notebookRamGb="2Gi"))
    (message,) = check_names(folder)
    assert f"{DOMAIN} is also the domain of the stack broken" in message
    (folder / "Pulumi.broken.yaml").write_text(
        stack_text(clusterName="large", externalIp="192.0.2.2", notebookRamGb="2Gi")
    )
    assert check_names(folder) == check_names(folder, COMPARABLE) == []
