"""The names that a stack file uses, read without the settings that do not affect them."""

from pathlib import Path

import pytest

from components.config.claims import others_in_folder, read_claims
from components.config.collisions import Claims, ClusterName, DirectoryName, ExportVolume, claims_of
from components.config.problems import InvalidTenancy
from components.config.stack_file import read_stack
from tests.support.tenancies import ABSENT, DOMAIN, stack_text


def write(folder: Path, text: str) -> Path:
    path = folder / "Pulumi.other.yaml"
    path.write_text(text)
    return path


def names(claims: Claims) -> tuple[str, str, str]:
    return claims.namespace, claims.domain, claims.group


@pytest.mark.parametrize("path", sorted(Path("stacks").glob("Pulumi.*.yaml")), ids=lambda path: path.stem)
def test_names_are_those_of_the_tenancy(path: Path) -> None:
    assert read_claims(path) == claims_of(read_stack(path))


@pytest.mark.parametrize("spelling", ["HUB.Example.org.", "' hub.example.org '", ">-\n    hub.example.org"])
def test_names_are_normalised(spelling: str, tmp_path: Path) -> None:
    path = write(tmp_path, f"{stack_text()}  pangeo:pangeoDomain: {spelling}\n")

    assert names(read_claims(path)) == ("vis-pangeo", "hub.example.org", "vis_pangeo_notebook_users")


def test_wrong_values_of_other_settings_hide_no_name(tmp_path: Path) -> None:
    path = write(tmp_path, stack_text(notebookRamGb="2Gi", identity="nobody", identityBindPassword="plain text"))

    assert names(read_claims(path)) == ("vis-pangeo", DOMAIN, "vis_pangeo_notebook_users")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("pangeo:pangeoDomian: hub.example.org", "did you mean pangeoDomain?"),
        ("pangoe:pangeoDomain: hub.example.org", "write pangeo:pangeoDomain"),
        ("pangeoDomain: hub.example.org", "has no namespace"),
        ("pangeo:pangeoDomain: {secure: v1:abc}", "is encrypted"),
        ("pangeo:pangeoDomain: 192.0.2.7", "is an IP address"),
        ("pangeo:clusterName: twice", "is repeated"),
    ],
)
def test_a_key_that_may_affect_the_names_is_refused(line: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidTenancy, match=message):
        read_claims(write(tmp_path, f"{stack_text()}  {line}\n"))


@pytest.mark.parametrize("key", ["clusterName", "externalIp"])
def test_a_missing_name_is_refused(key: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidTenancy, match=f"pangeo:{key}.*is required"):
        read_claims(write(tmp_path, stack_text(**{key: ABSENT})))


@pytest.mark.parametrize("text", ["", "config:\n", "- a\n", "config: [a]\n", "\x00", "config: {a: b}\n"])
def test_a_file_without_settings_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidTenancy):
        read_claims(write(tmp_path, text))


@pytest.mark.parametrize(
    ("section", "cluster"),
    [
        (None, ClusterName()),
        ({}, ClusterName()),
        ({"context": " vis "}, ClusterName("vis")),
        ({"context": "vis", "kubeconfig": ""}, ClusterName("vis")),
        ({"context": "vis", "kubeconfig": {"secure": "v1:abc"}}, ClusterName(is_known=False)),
        ({"secure": "v1:abc"}, ClusterName(is_known=False)),
        ({"context": ["vis"]}, ClusterName(is_known=False)),
        ({"contxt": "vis"}, ClusterName()),
        ("vis", ClusterName(is_known=False)),
    ],
)
def test_the_cluster_is_the_context_or_unknown(section: object, cluster: ClusterName, tmp_path: Path) -> None:
    assert read_claims(write(tmp_path, stack_text(kubernetes=section))).cluster == cluster


def test_the_cluster_may_come_from_an_environment(tmp_path: Path) -> None:
    environment = "environment: [org/vis]\n"
    assert read_claims(write(tmp_path, environment + stack_text())).cluster == ClusterName(is_known=False)
    named = environment + stack_text(kubernetes={"context": "vis"})
    assert read_claims(write(tmp_path, named)).cluster == ClusterName("vis")


@pytest.mark.parametrize(
    ("changes", "directory"),
    [
        ({}, DirectoryName("dc=example,dc=org", frozenset({"ipa.example.org"}))),
        (
            {"identity__server": ["IPA2.example.org:636", "ipa.example.org."], "identity__bindDn": "nobody"},
            DirectoryName("dc=example,dc=org", frozenset({"ipa.example.org", "ipa2.example.org"})),
        ),
        (
            {"identity__realm": ABSENT, "identity__baseDn": "DC=Example, dc=ORG"},
            DirectoryName("dc=example,dc=org", frozenset({"ipa.example.org"})),
        ),
        ({"identity__server": "https://ipa.example.org"}, None),
        ({"identity__realm": ABSENT}, None),
        ({"identity": "nobody"}, None),
        ({"identity": ABSENT}, None),
    ],
)
def test_the_directory_is_its_suffix_and_its_servers(
    changes: dict[str, object], directory: DirectoryName | None, tmp_path: Path
) -> None:
    assert read_claims(write(tmp_path, stack_text(**changes))).directory == directory


def test_volumes_of_exports_are_read_beside_other_mistakes(tmp_path: Path) -> None:
    export = {"server": "nfs.example.org", "path": "relative"}
    folders = ["mistake", {"name": "a", "claim": "x"}, {"name": " b ", "nfs": export}, {"nfs": {}}]
    claims = read_claims(write(tmp_path, stack_text(sharedFolders=folders)))
    assert claims.volumes == (ExportVolume("vis-pangeo-folder-b", "b", 2),)
    export["path"] = "/b"
    folders = [{"name": "b", "nfs": export, "readers": "all"}]
    valid = write(tmp_path, stack_text(sharedFolders=folders, ingress={"userSubdomains": "yes"}))
    assert read_claims(valid).has_user_hosts
    assert read_claims(valid) == claims_of(read_stack(valid))
    assert read_claims(write(tmp_path, stack_text(sharedFolders="mistake"))).volumes == ()


def test_an_unreadable_file_in_the_folder_does_not_hide_the_others(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.own.yaml").write_text(stack_text())
    (tmp_path / "Pulumi.good.yaml").write_text(stack_text(clusterName="good"))
    (tmp_path / "Pulumi.bad.yaml").write_text("\x00")

    others = others_in_folder("own", tmp_path)
    assert list(others) == ["the stack bad (Pulumi.bad.yaml)", "the stack good (Pulumi.good.yaml)"]
    assert isinstance(others["the stack bad (Pulumi.bad.yaml)"], InvalidTenancy)
