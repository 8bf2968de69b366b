"""Which image of ours answers to which name of the upstream chart."""

from local.images.loader import upstream_names


def test_an_upstream_charts_default_names_lead_to_the_local_images() -> None:
    values = {
        "hub": {"image": {"name": "registry.example/hub", "tag": "4.4.0"}},
        "proxy": {"chp": {"image": {"name": "registry.example/chp", "tag": "5.2.0"}}},
        "singleuser": {"image": {"name": "registry.example/sample", "tag": "4.4.0"}},
    }
    assert upstream_names(values) == {
        "registry.example/hub:4.4.0": "localhost/pangeo/hub:local",
        "registry.example/chp:5.2.0": "localhost/pangeo/proxy:local",
        "registry.example/sample:4.4.0": "localhost/pangeo/notebook:local",
    }
