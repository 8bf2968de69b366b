"""An OCI image layout: one folder in which several images share the blobs they have in common.

Format: OCI image specification, "Image Layout" and "Content Descriptors"
(https://github.com/opencontainers/image-spec/blob/main/image-layout.md).
"""

import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

REF_NAME = "org.opencontainers.image.ref.name"
CONTAINERD_NAME = "io.containerd.image.name"
"""containerd files an imported image under this annotation, unchanged; ``ref.name`` alone it would prefix."""

COPY_BYTES = 1 << 20
SHA256_HEX_DIGITS = 64

Descriptor = dict[str, str | int]
"""What points at a manifest: media type, digest, size in bytes."""


def take_in(layout: Path, pushed: Path) -> Descriptor:
    """Move an image out of a folder written by containers/image's ``dir:`` transport; the descriptor of its manifest.

    Such a folder holds ``manifest.json``, ``version``, and each blob under the hex digits of its SHA-256.
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


def write_index(layout: Path, images: Mapping[str, Descriptor]) -> None:
    """Make the layout complete: its version file, and an index with each image under its full name."""
    (layout / "oci-layout").write_text(json.dumps({"imageLayoutVersion": "1.0.0"}))
    entries = [
        {**descriptor, "annotations": {CONTAINERD_NAME: name, REF_NAME: name.rpartition(":")[2]}}
        for name, descriptor in sorted(images.items())
    ]
    (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": entries}, indent=2))


def digests(index: Mapping[str, Any]) -> dict[str, str]:
    """Full image name to manifest digest (``sha256:…``)."""
    return {entry["annotations"][CONTAINERD_NAME]: entry["digest"] for entry in index["manifests"]}


def only(index: Mapping[str, Any], wanted: set[str]) -> dict[str, Any]:
    """``index`` without the images whose full name is not ``wanted``."""
    entries = [entry for entry in index["manifests"] if entry["annotations"][CONTAINERD_NAME] in wanted]
    return {**index, "manifests": entries}


def read_index(layout: Path) -> dict[str, Any]:
    """The layout's ``index.json``."""
    index: dict[str, Any] = json.loads((layout / "index.json").read_text())
    return index


def blob(layout: Path, digest: str) -> Path:
    """Where the layout keeps the content of that digest."""
    return layout / "blobs" / digest.replace(":", "/")


def blobs(layout: Path, index: Mapping[str, Any]) -> list[Path]:
    """Every blob the index's images consist of, each once: manifests, configurations, layers."""

    def of(entry: Mapping[str, Any]) -> Iterator[str]:
        yield entry["digest"]
        manifest = json.loads(blob(layout, entry["digest"]).read_text())
        yield manifest["config"]["digest"]
        yield from (layer["digest"] for layer in manifest["layers"])

    found = {digest: None for entry in index["manifests"] for digest in of(entry)}
    return [blob(layout, digest) for digest in found]


def write_tar(layout: Path, index: Mapping[str, Any], out: IO[bytes]) -> None:
    """Stream the images of ``index`` as a tar of a layout; a layer that several share goes over once."""

    def add(name: str, size: int, content: IO[bytes]) -> None:
        # tarfile itself copies a stream in pieces of 10 KiB, which takes seconds for a gigabyte; its headers do.
        header = tarfile.TarInfo(name)
        header.size = size
        out.write(header.tobuf())
        shutil.copyfileobj(content, out, COPY_BYTES)
        out.write(bytes(-size % tarfile.BLOCKSIZE))

    for path in [layout / "oci-layout", *blobs(layout, index)]:
        with path.open("rb") as content:
            add(str(path.relative_to(layout)), path.stat().st_size, content)
    written = json.dumps(index).encode()
    add("index.json", len(written), io.BytesIO(written))
    out.write(bytes(2 * tarfile.BLOCKSIZE))
