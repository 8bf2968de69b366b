"""Bring the built images onto the node, and only what its containerd does not have already."""

import subprocess
from pathlib import Path

from local.commands import output, run, tail
from local.failure import Failure
from local.images.builder import layout_folder
from local.images.definitions import UPSTREAM, reference
from local.images.layout import digests, only, read_index, write_tar
from local.paths import State
from local.progress import Report

IMPORT_TIMEOUT_SECONDS = 600
ASK_TIMEOUT_SECONDS = 60


def load(state: State, report: Report, containerd_address: str) -> None:
    """Import the images that the containerd at socket ``containerd_address`` lacks or has in another build.

    Raises:
        Failure: the images are not built, containerd does not answer, or it refuses the import; names the log.
    """
    with report.step("Images on the node") as step:
        layout = layout_folder(state)
        if not (layout / "index.json").is_file():
            raise Failure("the images are not built", way_on="run make up")
        index = read_index(layout)
        there = _present(containerd_address)
        missing = {name for name, digest in digests(index).items() if there.get(name) != digest}
        if not missing:
            step.skip("there already")
            return
        _import(state, containerd_address, only(index, missing))


def tag_as_upstream(state: State, containerd_address: str) -> None:
    """Let the upstream jupyterhub chart's default image names mean the local images; for upstream charts only.

    Raises:
        Failure: containerd does not answer or lacks the local images.
    """
    for theirs, ours in UPSTREAM.items():
        run(
            [*_ctr(containerd_address), "images", "tag", "--force", reference(ours), theirs],
            log=state.logs / "images-upstream.log",
            timeout_seconds=ASK_TIMEOUT_SECONDS,
        )


def _ctr(containerd_address: str) -> list[str]:
    # Kubernetes keeps its images in this containerd namespace.
    return ["ctr", "--address", containerd_address, "--namespace", "k8s.io"]


def _present(containerd_address: str) -> dict[str, str]:
    """Name to manifest digest of every image containerd has."""
    listed = output([*_ctr(containerd_address), "images", "list"], timeout_seconds=ASK_TIMEOUT_SECONDS)
    rows = [line.split() for line in listed.splitlines()[1:]]
    return {row[0]: row[2] for row in rows if len(row) > 2}


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
            write_tar(layout_folder(state), index, ctr.stdin)
            ctr.stdin.close()
        except BrokenPipeError:
            pass  # ctr ended early; its exit code and log say why
        failed = ctr.wait(IMPORT_TIMEOUT_SECONDS) != 0
    if failed:
        raise Failure(
            f"containerd refused the images:\n{tail(log)}",
            way_on="mend what the log names and run make up again",
            log=log,
        )
