"""The OCI layout: shared blobs, full image names, selection of the streamed images."""

import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from local.images import layout

BASE_LAYER = b"the base, carried once"


def pushed(folder: Path, *layers: bytes) -> Path:
    """A folder as buildah's ``dir:`` transport leaves it."""
    folder.mkdir(parents=True)
    (folder / "version").write_text("Directory Transport Version: 1.1\n")
    blobs = [f"configuration of {folder.name}".encode(), *layers]
    for blob in blobs:
        (folder / hashlib.sha256(blob).hexdigest()).write_bytes(blob)
    config, *rest = [{"digest": f"sha256:{hashlib.sha256(blob).hexdigest()}", "size": len(blob)} for blob in blobs]
    manifest = {"mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": rest}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


@pytest.fixture
def two_images(tmp_path: Path) -> Path:
    base = layout.add_pushed_image(tmp_path, pushed(tmp_path / "base", BASE_LAYER))
    hub = layout.add_pushed_image(tmp_path, pushed(tmp_path / "hub", BASE_LAYER, b"the hub's own"))
    layout.write_index(
        tmp_path,
        {"localhost/x/base:local": base, "localhost/x/pause:local": base, "localhost/x/hub:local": hub},
    )
    return tmp_path


def streamed(folder: Path, index: dict[str, object], present: set[str] | None = None) -> dict[str, bytes]:
    out = io.BytesIO()
    layout.write_tar(folder, index, out, present or ())
    out.seek(0)
    with tarfile.open(fileobj=out) as tar:
        names = tar.getnames()
        assert len(names) == len(set(names))
        return {name: file.read() for name in names if (file := tar.extractfile(name))}


def test_blobs_are_named_by_their_digest(two_images: Path) -> None:
    for blob in (two_images / "blobs" / "sha256").iterdir():
        assert hashlib.sha256(blob.read_bytes()).hexdigest() == blob.name


def test_shared_layer_is_streamed_once(two_images: Path) -> None:
    files = streamed(two_images, layout.read_index(two_images))
    assert list(files.values()).count(BASE_LAYER) == 1


def test_layers_that_the_cluster_has_are_not_streamed(two_images: Path) -> None:
    present = {hashlib.sha256(BASE_LAYER).hexdigest()}
    contents = list(streamed(two_images, layout.read_index(two_images), present).values())
    assert BASE_LAYER not in contents
    assert b"the hub's own" in contents


def test_one_image_may_have_two_names(two_images: Path) -> None:
    digests = layout.digests(layout.read_index(two_images))
    assert digests["localhost/x/base:local"] == digests["localhost/x/pause:local"] != digests["localhost/x/hub:local"]


def test_only_wanted_images_are_streamed(two_images: Path) -> None:
    index = layout.select_images(layout.read_index(two_images), {"localhost/x/base:local"})
    files = streamed(two_images, index)
    assert layout.digests(json.loads(files["index.json"])).keys() == {"localhost/x/base:local"}
    assert b"the hub's own" not in files.values()
    assert files["oci-layout"] == b'{"imageLayoutVersion": "1.0.0"}'


def test_streaming_does_not_change_the_layout(two_images: Path) -> None:
    before = sorted(two_images.rglob("*"))
    streamed(two_images, layout.read_index(two_images))
    assert sorted(two_images.rglob("*")) == before


def test_size_of_each_layer_is_known(two_images: Path) -> None:
    assert layout.layer_sizes(two_images, layout.read_index(two_images)) == {
        "localhost/x/base:local": [22],
        "localhost/x/hub:local": [22, 13],
        "localhost/x/pause:local": [22],
    }


def test_blobs_that_the_cluster_has_are_stored_once(two_images: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    store = tmp_path_factory.mktemp("store")
    blobs = two_images / "blobs" / "sha256"
    names = sorted(file.name for file in blobs.iterdir())
    contents = {name: (blobs / name).read_bytes() for name in names}
    for name in names[1:]:
        (store / name).write_bytes(contents[name])
    (two_images / f"{names[1]}.link").write_text("left by a run that was killed")
    for _ in range(2):
        layout.share_blobs(two_images, store)
    assert {file.name: file.read_bytes() for file in blobs.iterdir()} == contents
    assert [(blobs / name).stat().st_nlink for name in names] == [1, *[2] * (len(names) - 1)]
    assert sorted(file.name for file in two_images.iterdir()) == ["blobs", "index.json", "oci-layout"]


def test_image_is_taken_from_another_layout(two_images: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    assert layout.read_definitions(other) == {}
    [image] = layout.select_images(layout.read_index(two_images), {"localhost/x/hub:local"})["manifests"]
    layout.copy_image(other, two_images, image)
    layout.write_definitions(other, {"definition": image})
    layout.write_index(other, {"localhost/x/hub:local": layout.read_definitions(other)["definition"]})

    assert (
        streamed(other, layout.read_index(other)).keys()
        == streamed(two_images, layout.select_images(layout.read_index(two_images), {"localhost/x/hub:local"})).keys()
    )
