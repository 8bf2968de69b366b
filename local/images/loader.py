"""Import the built images into the cluster's containerd, unless it has them already."""

import subprocess
from collections.abc import Mapping
from functools import reduce
from pathlib import Path
from typing import Any

import yaml

from local.failure import Failure
from local.host.commands import output, run, tail
from local.images.builder import layout_folder
from local.images.definitions import UPSTREAM_IMAGES, reference
from local.images.layout import digests, read_index, select_images, share_blobs, write_tar
from local.images.node_names import node_name
from local.paths import State
from local.progress import Report

IMPORT_TIMEOUT_SECONDS = 600
ASK_TIMEOUT_SECONDS = 60


def load(state: State, report: Report, containerd_address: str) -> None:
    """Import the images that the containerd at socket ``containerd_address`` lacks or has in a different build.

    Raises:
        Failure: the images are not built, containerd does not answer, or it refuses the import; names the log.
    """
    with report.step("Importing images into the cluster") as step:
        layout = layout_folder(state)
        if not (layout / "index.json").is_file():
            raise Failure("the images are not built", fix="run make up")
        index = read_index(layout)
        present = _loaded_images(containerd_address)
        missing = {name for name, digest in digests(index).items() if present.get(name) != digest}
        if missing:
            _import(state, containerd_address, select_images(index, missing))
        else:
            step.skip("already imported")
        # Also without an import: an earlier run may have been killed after it.
        share_blobs(layout, state.containerd_blobs)


def tag_as_upstream(state: State, containerd_address: str, charts: Path) -> None:
    """Give the local images the default image names of the upstream charts in ``charts``.

    Raises:
        Failure: a chart has no ``values.yaml``, containerd does not answer or lacks the local images.
    """
    for chart, keys in UPSTREAM_IMAGES.items():
        values_file = charts / chart / "values.yaml"
        if not values_file.is_file():
            raise Failure(f"{values_file} is missing", fix=f"use a folder that contains the unpacked chart {chart}/")
        for upstream, local in upstream_names(yaml.safe_load(values_file.read_text()), keys).items():
            tag(state, containerd_address, local, upstream)


def tag(state: State, containerd_address: str, name: str, further_name: str) -> None:
    """Give an image of the cluster a further name.

    Raises:
        Failure: containerd does not answer or lacks the image.
    """
    run(
        [*_ctr(containerd_address), "images", "tag", "--force", name, further_name],
        log=state.logs / "images-tags.log",
        timeout_seconds=ASK_TIMEOUT_SECONDS,
    )


def remove_images(state: State, containerd_address: str, prefix: str) -> None:
    """Remove the images whose names begin with the prefix, also under their further names.

    Raises:
        Failure: containerd does not answer.
    """
    loaded = _loaded_images(containerd_address)
    digests = {digest for name, digest in loaded.items() if name.startswith(prefix)}
    if names := [name for name, digest in loaded.items() if digest in digests]:
        run(
            [*_ctr(containerd_address), "images", "remove", *names],
            log=state.logs / "images-removed.log",
            timeout_seconds=ASK_TIMEOUT_SECONDS,
        )


def upstream_names(values: Mapping[str, Any], keys: Mapping[str, str]) -> dict[str, str]:
    """Return the image name at each key of ``keys`` in an upstream chart's default values, and its local image.

    The names are complete, since the node looks for ``docker.io/library/traefik`` where a chart has ``traefik``.
    """

    def image_at(path: str) -> str:
        image = reduce(lambda tree, key: tree[key], path.split("."), values)
        return node_name(f"{image['name']}:{image['tag']}")

    return {image_at(path): reference(name) for path, name in keys.items()}


def _ctr(containerd_address: str) -> list[str]:
    # The containerd namespace of Kubernetes.
    return ["ctr", "--address", containerd_address, "--namespace", "k8s.io"]


def _loaded_images(containerd_address: str) -> dict[str, str]:
    """Return the manifest digest of every image in containerd, by name."""
    listed = output([*_ctr(containerd_address), "images", "list"], timeout_seconds=ASK_TIMEOUT_SECONDS)
    rows = [line.split() for line in listed.splitlines()[1:]]
    return {row[0]: row[2] for row in rows if len(row) > 2}


def _stored_blobs(state: State) -> set[str]:
    """Return the names of the blobs that containerd has completely."""
    folder = state.containerd_blobs
    return {file.name for file in folder.iterdir()} if folder.is_dir() else set()


def _import(state: State, containerd_address: str, index: dict[str, object]) -> None:
    log: Path = state.logs / "images-import.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with (
        log.open("a") as out,
        subprocess.Popen(
            [*_ctr(containerd_address), "--timeout", f"{IMPORT_TIMEOUT_SECONDS}s", "images", "import", "-"],
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.STDOUT,
        ) as ctr,
    ):
        assert ctr.stdin is not None  # noqa: S101 - narrows the type; stdin is a pipe
        try:
            # Of an image whose examples changed, containerd has all large layers.
            write_tar(layout_folder(state), index, ctr.stdin, _stored_blobs(state))
            ctr.stdin.close()
        except BrokenPipeError:
            pass  # ctr ended early; its exit code and log give the reason
        failed = ctr.wait(IMPORT_TIMEOUT_SECONDS) != 0
    if failed:
        raise Failure(
            f"containerd cannot import the images:\n{tail(log)}",
            fix="fix the cause shown in the log and run make up again",
            log=log,
        )
