"""Images of the node that are a local image with one more layer and another configuration. They need no build."""

import gzip
import hashlib
import io
import json
import subprocess
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.images.builder import layout_folder
from local.images.layout import CONTAINERD_NAME, blob, digests, read_index
from local.paths import State

IMPORT_SECONDS = 120


@dataclass
class Layer:
    """A layer: files, folders and links by their path without a leading slash, and the paths that it removes."""

    files: dict[str, bytes] = field(default_factory=dict)
    programs: dict[str, bytes] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    folders: dict[str, int] = field(default_factory=dict)
    """User and group ID of each folder."""
    removed: list[str] = field(default_factory=list)

    def tar(self) -> bytes:
        """Return the layer's archive."""
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as archive:

            def add(path: str, content: bytes = b"", **header: Any) -> None:
                entry = tarfile.TarInfo(path)
                entry.size, entry.mode = len(content), 0o644
                for name, value in header.items():
                    setattr(entry, name, value)
                archive.addfile(entry, io.BytesIO(content))

            for path, owner in self.folders.items():
                add(path, type=tarfile.DIRTYPE, mode=0o755, uid=owner, gid=owner)
            for path in self.removed:
                folder, _, name = path.rpartition("/")
                add(f"{folder}/.wh.{name}")  # https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts
            for path, content in self.files.items():
                add(path, content)
            for path, content in self.programs.items():
                add(path, content, mode=0o755)
            for path, target in self.links.items():
                add(path, type=tarfile.SYMTYPE, linkname=target)
        return out.getvalue()


def import_derived(
    state: State, containerd: str, base: str, name: str, layer: Layer, configuration: Mapping[str, Any]
) -> None:
    """Import an image into the node, which has the layers of its base already.

    Args:
        state: where the local images are.
        containerd: address of the node's containerd.
        base: full name of the local image.
        name: full name of the new image.
        layer: its further layer.
        configuration: keys of the image's ``config`` that differ from the base's.
    """
    layout = layout_folder(state)
    manifest = json.loads(blob(layout, digests(read_index(layout))[base]).read_bytes())
    config = json.loads(blob(layout, manifest["config"]["digest"]).read_bytes())
    content = layer.tar()
    packed = gzip.compress(content, mtime=0)
    config["config"] = {**config["config"], **configuration}
    config["rootfs"]["diff_ids"].append(_digest(content))
    config.setdefault("history", []).append({"created_by": "tests"})
    written = json.dumps(config).encode()
    manifest["config"] |= {"digest": _digest(written), "size": len(written)}
    manifest["layers"].append(
        {
            "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
            "digest": _digest(packed),
            "size": len(packed),
        }
    )
    described = json.dumps(manifest).encode()
    entry = {
        "mediaType": manifest["mediaType"],
        "digest": _digest(described),
        "size": len(described),
        "annotations": {CONTAINERD_NAME: name},
    }
    archive = Layer(
        {
            "oci-layout": json.dumps({"imageLayoutVersion": "1.0.0"}).encode(),
            **{f"blobs/sha256/{_digest(each)[7:]}": each for each in (packed, written, described)},
            "index.json": json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode(),
        }
    )
    subprocess.run(
        ["ctr", "--address", containerd, "--namespace", "k8s.io", "images", "import", "-"],
        input=archive.tar(),
        check=True,
        timeout=IMPORT_SECONDS,
    )


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
