"""The local images that get the names of the upstream charts' images."""

from local.images.definitions import UPSTREAM_IMAGES
from local.images.loader import upstream_names


def test_default_names_of_a_chart_get_local_images() -> None:
    values = {
        "hub": {"image": {"name": "registry.example/hub", "tag": "4.4.0"}},
        "proxy": {"chp": {"image": {"name": "registry.example/chp", "tag": "5.2.0"}}},
        "singleuser": {"image": {"name": "registry.example/sample", "tag": "4.4.0"}},
    }
    assert upstream_names(values, UPSTREAM_IMAGES["jupyterhub"]) == {
        "registry.example/hub:4.4.0": "localhost/pangeo/hub:local",
        "registry.example/chp:5.2.0": "localhost/pangeo/proxy:local",
        "registry.example/sample:4.4.0": "localhost/pangeo/notebook:local",
    }


def test_name_used_twice_gets_one_image() -> None:
    server = {"image": {"name": "registry.example/gateway-server", "tag": "2026.3.0"}}
    values = {
        "gateway": server,
        "controller": server,
        "traefik": {"image": {"name": "docker.io/traefik", "tag": "3.3.5"}},
    }
    assert upstream_names(values, UPSTREAM_IMAGES["dask-gateway"]) == {
        "registry.example/gateway-server:2026.3.0": "localhost/pangeo/gateway:local",
        "docker.io/library/traefik:3.3.5": "localhost/pangeo/traefik:local",
    }
