"""Image names as the node completes them."""

import pytest

from local.images.node_names import node_name

DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("traefik:3.3.5", "docker.io/library/traefik:3.3.5"),
        ("docker.io/traefik:3.3.5", "docker.io/library/traefik:3.3.5"),
        ("index.docker.io/traefik:3.3.5", "docker.io/library/traefik:3.3.5"),
        ("pangeo/base-notebook:2026.1", "docker.io/pangeo/base-notebook:2026.1"),
        ("docker.io/library/traefik:3.3.5", "docker.io/library/traefik:3.3.5"),
        ("registry.example/hub:4.4.0", "registry.example/hub:4.4.0"),
        ("registry.example:5000/hub:4.4.0", "registry.example:5000/hub:4.4.0"),
        ("registry:5000/hub", "registry:5000/hub:latest"),
        ("localhost/pangeo/hub:local", "localhost/pangeo/hub:local"),
        ("Registry/hub:1", "Registry/hub:1"),
        ("traefik", "docker.io/library/traefik:latest"),
        (f"traefik@{DIGEST}", f"docker.io/library/traefik@{DIGEST}"),
        (f"registry.example/hub:4.4.0@{DIGEST}", f"registry.example/hub@{DIGEST}"),
    ],
)
def test_name_is_completed_as_containerd_does(image: str, name: str) -> None:
    assert node_name(image) == name
    assert node_name(name) == name
