"""An OCI image layout: one folder in which images share common blobs.

Format: OCI image specification, "Image Layout" and "Content Descriptors"
(https://github.com/opencontainers/image-spec/blob/main/image-layout.md).
"""

import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

REF_NAME = "org.opencontainers.image.ref.name"
CONTAINERD_NAME = "io.containerd.image.name"
"""The annotation that containerd takes as the name of an imported image; it would add a prefix to ``ref.name``."""

DEFINITIONS_FILE = "definitions.json"
"""The file, not part of the specification, with the definitions that the images were built from."""

COPY_BYTES = 1 << 20
SHA256_HEX_DIGITS = 64

Descriptor = dict[str, str | int]
"""A reference to a manifest: media type, digest, size in bytes."""


def add_pushed_image(layout: Path, pushed: Path) -> Descriptor:
    """Move an image into the layout from a folder in the ``dir:`` format; return the descriptor of its manifest.

    Such a folder contains ``manifest.json``, ``version``, and each blob, named by the hex digits of its SHA-256.
    """
    manifest = (pushed / "manifest.json").read_bytes()
    target = layout / "blobs" / "sha256"
    target.mkdir(parents=True, exist_ok=True)
    for file in pushed.iterdir():
        if len(file.name) == SHA256_HEX_DIGITS:
            file.replace(target / file.name)
    digest = hashlib.sha256(manifest).hexdigest()
    (target / digest).write_bytes(manifest)
    shutil.rmtree(pushed)
    return {
        "mediaType": json.loads(manifest)["mediaType"],
        "digest": f"sha256:{digest}",
        "size": len(manifest),
    }


def copy_image(layout: Path, source: Path, image: Descriptor) -> None:
    """Link an image's blobs of another layout into this one."""
    target = layout / "blobs" / "sha256"
    target.mkdir(parents=True, exist_ok=True)
    for file in blobs(source, {"manifests": [image]}):
        link = target / file.name
        if not link.exists():
            link.hardlink_to(file)


def write_definitions(layout: Path, images: Mapping[str, Descriptor]) -> None:
    """Write beside the images the digests of the definitions that they were built from."""
    (layout / DEFINITIONS_FILE).write_text(json.dumps(images, indent=2))


def read_definitions(layout: Path) -> dict[str, Descriptor]:
    """Return the layout's images by the digests of their definitions; empty if there is no layout."""
    file = layout / DEFINITIONS_FILE
    found: dict[str, Descriptor] = json.loads(file.read_text()) if file.is_file() else {}
    return found


def write_index(layout: Path, images: Mapping[str, Descriptor]) -> None:
    """Write the layout's version file and an index of the images by their full names."""
    (layout / "oci-layout").write_text(json.dumps({"imageLayoutVersion": "1.0.0"}))
    entries = [
        {**descriptor, "annotations": {CONTAINERD_NAME: name, REF_NAME: name.rpartition(":")[2]}}
        for name, descriptor in sorted(images.items())
    ]
    (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": entries}, indent=2))


def digests(index: Mapping[str, Any]) -> dict[str, str]:
    """Manifest digests (``sha256:…``) by full image name."""
    return {entry["annotations"][CONTAINERD_NAME]: entry["digest"] for entry in index["manifests"]}


def select_images(index: Mapping[str, Any], wanted: set[str]) -> dict[str, Any]:
    """Return the index with only the images of the wanted full names."""
    entries = [entry for entry in index["manifests"] if entry["annotations"][CONTAINERD_NAME] in wanted]
    return {**index, "manifests": entries}


def read_index(layout: Path) -> dict[str, Any]:
    """Return the layout's ``index.json``."""
    index: dict[str, Any] = json.loads((layout / "index.json").read_text())
    return index


def blob(layout: Path, digest: str) -> Path:
    """Return the file of the layout with the content of this digest."""
    return layout / "blobs" / digest.replace(":", "/")


def blobs(layout: Path, index: Mapping[str, Any]) -> list[Path]:
    """Return every blob of the index's images, once each: manifests, configurations, layers."""

    def of(entry: Mapping[str, Any]) -> Iterator[str]:
        yield entry["digest"]
        manifest = json.loads(blob(layout, entry["digest"]).read_text())
        yield manifest["config"]["digest"]
        yield from (layer["digest"] for layer in manifest["layers"])

    found = {digest: None for entry in index["manifests"] for digest in of(entry)}
    return [blob(layout, digest) for digest in found]


def layer_sizes(layout: Path, index: Mapping[str, Any]) -> dict[str, list[int]]:
    """Return the sizes in bytes of each image's layers, the lowest first, by full image name."""

    def of(manifest: str) -> list[int]:
        return [layer["size"] for layer in json.loads(blob(layout, manifest).read_text())["layers"]]

    return {name: of(digest) for name, digest in digests(index).items()}


def share_blobs(layout: Path, store: Path) -> None:
    """Replace the layout's blobs by hard links to the files of the same names in ``store``, so that one copy remains.

    Both name a blob by the digest of its content, and neither changes it.
    """
    for own in (layout / "blobs" / "sha256").iterdir():
        other = store / own.name
        if other.is_file() and not other.samefile(own):
            link = layout / f"{own.name}.link"
            link.unlink(missing_ok=True)  # a killed run's
            link.hardlink_to(other)
            link.replace(own)


def write_tar(layout: Path, index: Mapping[str, Any], out: IO[bytes], present: Collection[str] = ()) -> None:
    """Write the images of ``index`` as a tar archive of a layout; shared layers are written once.

    Args:
        layout: the layout with the images.
        index: the images to write.
        out: where to write the archive.
        present: digits of the blobs that the reader has; they are left out.
    """

    def add(name: str, size: int, content: IO[bytes]) -> None:
        # tarfile copies a stream in pieces of 10 KiB, which takes seconds for a gigabyte, so only its headers are used.
        header = tarfile.TarInfo(name)
        header.size = size
        out.write(header.tobuf())
        shutil.copyfileobj(content, out, COPY_BYTES)
        out.write(bytes(-size % tarfile.BLOCKSIZE))

    missing = [path for path in blobs(layout, index) if path.name not in present]
    for path in [layout / "oci-layout", *missing]:
        with path.open("rb") as content:
            add(str(path.relative_to(layout)), path.stat().st_size, content)
    written = json.dumps(index).encode()
    add("index.json", len(written), io.BytesIO(written))
    out.write(bytes(2 * tarfile.BLOCKSIZE))
