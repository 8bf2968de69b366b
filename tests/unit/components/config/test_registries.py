"""The section ``registries``: names of images in the mirror, and mistakes that are reported with their correction."""

import pytest

from components.config.image import Image
from components.config.registries import Registries
from tests.support.tenancies import problem, tenancy

MIRROR = "registry.example.org/cache"
DIGEST = f"sha256:{'0f' * 32}"


def in_mirror(image: str, mirror: str = MIRROR) -> str:
    return str(Registries(mirror=mirror).locate(Image.parse(image)))


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("quay.io/jupyterhub/k8s-hub:4.4.0", "quay.io/jupyterhub/k8s-hub:4.4.0"),
        ("docker.io/pangeo/pangeo-notebook:2026.01.30", "docker.io/pangeo/pangeo-notebook:2026.01.30"),
        ("pangeo/pangeo-notebook:2026.01.30", "docker.io/pangeo/pangeo-notebook:2026.01.30"),
        ("traefik:v3.6.12", "docker.io/library/traefik:v3.6.12"),
        ("docker.io/traefik:v3.3.5", "docker.io/library/traefik:v3.3.5"),
        ("registry.k8s.io/pause:3.10.1", "registry.k8s.io/pause:3.10.1"),
        ("localhost/pangeo/hub:local", "localhost/pangeo/hub:local"),
        ("other.example.org:5000/pangeo/notebook:1", "other.example.org/pangeo/notebook:1"),
        (f"pangeo/base@{DIGEST}", f"docker.io/pangeo/base@{DIGEST}"),
        (f"quay.io/a/b:1@{DIGEST}", f"quay.io/a/b:1@{DIGEST}"),
    ],
)
def test_an_image_is_in_the_folder_of_its_registry(image: str, expected: str) -> None:
    assert in_mirror(image) == f"{MIRROR}/{expected}"


@pytest.mark.parametrize("image", [f"{MIRROR}/quay.io/a/b:1", "registry.example.org/own/notebook:1"])
def test_an_image_in_the_mirrors_registry_keeps_its_name(image: str) -> None:
    assert in_mirror(image) == image


def test_another_port_is_another_registry() -> None:
    mirror = "registry.example.org:5000"
    assert in_mirror("registry.example.org/a/b:1", mirror) == f"{mirror}/registry.example.org/a/b:1"
    assert in_mirror(f"{mirror}/a/b:1", mirror) == f"{mirror}/a/b:1"


def test_an_image_keeps_its_name_without_a_mirror() -> None:
    assert str(Registries().locate(Image.parse("traefik:1"))) == "traefik:1"
    assert tenancy(registries={"mirror": " "}).registries == Registries()


@pytest.mark.parametrize(
    "mirror", ["registry.example.org", "registry.example.org:5000/a/b_c", "localhost:5000", "10.0.0.5:5000/cache"]
)
def test_a_mirror_is_a_host_with_an_optional_port_and_path(mirror: str) -> None:
    assert tenancy(registries={"mirror": f" {mirror} "}).registries.mirror == mirror


@pytest.mark.parametrize(
    ("mirror", "message"),
    [
        ("https://registry.example.org", "is a URL; write the registry without the protocol"),
        ("registry.example.org/", "ends with a slash"),
        ("registry", "is not a registry's host"),
        ("cache/docker.io", "is not a registry's host"),
        ("registry.example.org/Cache", "is not a registry's host"),
        ("registry.example.org/cache:1", "is not a registry's host"),
        ("user:word@registry.example.org", "is not a registry's host"),
        ("registry.example.org:99999", "has the port 99999 of a registry, which no server can have; write 1 to 65535"),
        ("registry.example.org:0/cache", "has the port 0 of a registry"),
        (f"registry.example.org/{'a' * 128}", "must have at most 128 characters"),
    ],
)
def test_mistakes_in_the_mirror_are_reported(mirror: str, message: str) -> None:
    found = problem(registries={"mirror": mirror})
    assert found.key == "pangeo:registries.mirror"
    assert message in found.message


@pytest.mark.parametrize(
    ("names", "key", "message"),
    [
        (
            ["Login"],
            "pangeo:registries.pullSecrets[0]",
            "is not the name of a Secret; write lower-case letters, digits, dashes and dots, for example",
        ),
        (["login", "login"], "pangeo:registries.pullSecrets", "contains login twice; remove one of them"),
        ("login", "pangeo:registries.pullSecrets", "is not a list"),
    ],
)
def test_mistakes_in_pull_secrets_are_reported(names: object, key: str, message: str) -> None:
    found = problem(registries={"pullSecrets": names})
    assert found.key == key
    assert message in found.message


def test_stacks_without_the_section_have_the_same_inputs_as_before() -> None:
    assert "registries" not in tenancy().as_inputs()
    given = tenancy(registries={"mirror": MIRROR, "pullSecrets": ["login"]})
    assert given.as_inputs()["registries"] == {"mirror": MIRROR, "pullSecrets": ["login"]}
