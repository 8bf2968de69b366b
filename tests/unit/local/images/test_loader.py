"""The import of the local images into the cluster, and the names of the upstream charts' images."""

import json
from pathlib import Path

import pytest

from local.images import loader
from local.images.builder import layout_folder
from local.images.definitions import UPSTREAM_IMAGES
from local.images.loader import upstream_names
from local.paths import State
from local.progress import Report


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


def test_blobs_are_shared_after_a_run_that_was_killed_behind_the_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = State(tmp_path)
    own, stored = layout_folder(state) / "blobs" / "sha256" / "a", state.containerd_blobs / "a"
    for file in (own, stored):
        file.parent.mkdir(parents=True)
        file.write_text("a layer")
    (layout_folder(state) / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": []}))
    monkeypatch.setattr(loader, "_loaded_images", lambda _: {})

    loader.load(state, Report(), "unused")

    assert own.samefile(stored)
