"""Build the images whose definition changed with buildah, and collect all images in one OCI layout."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local.host.commands import output, run
from local.host.mounts import mounted_below
from local.host.stamps import digest, is_done, mark_done
from local.images.definitions import (
    BASE,
    DEBIAN,
    DEFINITIONS,
    GATEWAY,
    HUB,
    NOTEBOOK,
    PANGEO,
    PROXY,
    PUBLISHED,
    RESTIC,
    SUITE,
    TRAEFIK,
    Image,
    reference,
)
from local.images.layout import (
    add_pushed_image,
    copy_image,
    layer_sizes,
    read_definitions,
    read_index,
    write_definitions,
    write_index,
)
from local.paths import State
from local.progress import Report

DEBOOTSTRAP_TIMEOUT_SECONDS = 1800
BUILD_TIMEOUT_SECONDS = 1800
ASK_TIMEOUT_SECONDS = 60

PARALLEL_BUILDS = 2
"""Number of builds at the same time: one downloads while another writes."""

COMPRESSION = ("--compression-format=zstd", "--compression-level=1")
"""How buildah packs layers: at the fastest level, which makes them a third of their size."""

CA_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")

BUILDAH_ENVIRONMENT = {"BUILDAH_ISOLATION": "chroot", "STORAGE_DRIVER": "overlay"}
"""With chroot isolation a build needs no container runtime, no control group and no network namespace."""


def layout_folder(state: State) -> Path:
    """Return the folder of the OCI layout with all images."""
    return state.images / "layout"


def build(state: State, report: Report) -> None:
    """Build the images whose definition changed; after an interruption, finished images are not built again.

    Raises:
        Failure: a package cannot be downloaded or a build step failed; names the log.
    """
    everything = digest(texts=[f"{name} {image.made_from}" for name, image in PUBLISHED.items()])
    if is_done(state, "images", everything) and (layout_folder(state) / "index.json").is_file():
        with report.step("Images") as step:
            step.skip("already built")
        return
    clean_up(state)
    _build_once(state, report, DEBIAN)
    with ThreadPoolExecutor(PARALLEL_BUILDS) as pool:
        # It takes as long as all others together, and needs none of them.
        pangeo = pool.submit(_build_once, state, report, PANGEO)
        pool.submit(_build_once, state, report, BASE).result()
        others = (NOTEBOOK, HUB, PROXY, GATEWAY, TRAEFIK, RESTIC)
        list(pool.map(lambda image: _build_once(state, report, image), others))
        pangeo.result()
    with report.step("Collecting the images"):
        _collect(state)
        mark_done(state, "images", everything)
    for name, sizes in layer_sizes(layout_folder(state), read_index(layout_folder(state))).items():
        report.console.print(f"  {name}  {size_text(sizes)}", highlight=False)


def size_text(layers: list[int]) -> str:
    """Return the size of an image and of its layers in megabytes: ``313 MB, layers: 127 + 186``."""
    megabytes = [round(size / 1e6) for size in layers]
    return f"{round(sum(layers) / 1e6)} MB, layers: {' + '.join(map(str, megabytes))}"


def clean_up(state: State) -> None:
    """Remove the remains of a killed build: buildah's working container and debootstrap's mounts.

    Raises:
        Failure: buildah or umount failed; names the log.
    """
    log = log_file(state, "storage")
    if _storage(state).is_dir():
        run([*buildah(state), "rm", "--all"], log=log, env=BUILDAH_ENVIRONMENT, timeout_seconds=ASK_TIMEOUT_SECONDS)
    mounts = mounted_below(Path("/proc/self/mountinfo").read_text(), [state.images])
    if mounts:
        run(["umount", *mounts], log=log, timeout_seconds=ASK_TIMEOUT_SECONDS)


def _build_once(state: State, report: Report, image: Image) -> None:
    with report.step(f"Building image {image.name}") as step:
        if is_done(state, f"image-{image.name}", image.made_from) and _is_stored(state, image):
            step.skip("already built")
            return
        context = _debian_root(state) if image is DEBIAN else image.folder
        _build(state, image, context)
        mark_done(state, f"image-{image.name}", image.made_from)
        if image is DEBIAN:
            shutil.rmtree(context)


def _storage(state: State) -> Path:
    """Return the folder of buildah's own image storage."""
    return state.images / "storage"


def log_file(state: State, name: str) -> Path:
    """Return the log of one kind of work on the images."""
    return state.logs / f"images-{name}.log"


def buildah(state: State) -> list[str | Path]:
    """Return the program buildah with the options for its storage; it needs ``BUILDAH_ENVIRONMENT``."""
    return ["buildah", "--root", _storage(state), "--runroot", state.images / "storage-run"]


def _is_stored(state: State, image: Image) -> bool:
    listed = output([*buildah(state), "images", "--json"], env=BUILDAH_ENVIRONMENT, timeout_seconds=ASK_TIMEOUT_SECONDS)
    return any(image.reference in (entry.get("names") or ()) for entry in json.loads(listed))


def _debian_root(state: State) -> Path:
    """Make a Debian root folder from the mirror that this machine's apt uses."""
    root = state.images / "debian"
    if root.exists():
        shutil.rmtree(root)
    root.mkdir(parents=True)
    packages = [line for line in (DEFINITIONS / "debian.txt").read_text().splitlines() if line and line[0] != "#"]
    words = ["debootstrap", "--variant=minbase", f"--include={','.join(packages)}", SUITE, str(root)]
    run(
        words + _apt_mirror(),
        log=log_file(state, "debian"),
        timeout_seconds=DEBOOTSTRAP_TIMEOUT_SECONDS,
    )
    return root


def _apt_mirror() -> list[str]:
    """Return the Debian mirror of this machine's apt as debootstrap's argument; empty for debootstrap's default."""
    listed = output(
        [
            "apt-get",
            "indextargets",
            "--format",
            "$(REPO_URI)",
            f"Codename: {SUITE}",
            "Origin: Debian",
            "Created-By: Packages",
        ],
        timeout_seconds=ASK_TIMEOUT_SECONDS,
    )
    return sorted({line for line in listed.splitlines() if line.startswith(("http://", "https://"))})[:1]


def _build(state: State, image: Image, context: Path) -> None:
    command: list[str | Path] = [*buildah(state), "bud", "--pull-never", "--network=host"]
    command.append(f"--layers={str(image.keeps_layers).lower()}")
    for on_host, in_image in _registry_settings():
        command += ["--volume", f"{on_host}:{in_image}:ro"]
    for argument in image.arguments:
        command += ["--build-arg", argument]
    ignore = image.folder / f"{image.name}.containerignore"
    if ignore.is_file():
        command += ["--ignorefile", ignore]
    run(
        [*command, "--file", image.containerfile, "--tag", image.reference, context],
        log=log_file(state, image.name),
        env=BUILDAH_ENVIRONMENT,
        timeout_seconds=BUILD_TIMEOUT_SECONDS,
    )


def _registry_settings() -> list[tuple[Path, str]]:
    """Files with which this machine reaches the package registries, mounted during a build.

    The image keeps only empty files in their place.
    """
    home = Path.home()
    files = [
        (CA_BUNDLE, str(CA_BUNDLE)),
        (Path("/etc/pip.conf"), "/etc/pip.conf"),
        (home / ".config/pip/pip.conf", "/root/.config/pip/pip.conf"),
        (home / ".npmrc", "/root/.npmrc"),
    ]
    return [(on_host, in_image) for on_host, in_image in files if on_host.is_file()]


def _collect(state: State) -> None:
    """Write all images into one layout, with layers compressed by zstd.

    Compressing takes some seconds and saves two thirds of the space, here and in the cluster.

    Images of the former layout whose definition is the same are taken from there.
    """
    partial, former = state.images / "layout.partial", layout_folder(state)
    if partial.exists():
        shutil.rmtree(partial)
    images = list(dict.fromkeys(PUBLISHED.values()))
    kept = read_definitions(former)
    with ThreadPoolExecutor(PARALLEL_BUILDS) as pool:
        changed = [image for image in images if image.made_from not in kept]
        list(pool.map(lambda image: _push(state, image, partial / image.name), changed))
    descriptors = {image: add_pushed_image(partial, partial / image.name) for image in changed}
    for image in images:
        if image not in descriptors:
            descriptors[image] = kept[image.made_from]
            copy_image(partial, former, descriptors[image])
    write_index(partial, {reference(name): descriptors[image] for name, image in PUBLISHED.items()})
    write_definitions(partial, {image.made_from: descriptor for image, descriptor in descriptors.items()})
    if former.exists():
        shutil.rmtree(former)
    partial.rename(former)
    # Images of earlier definitions are no longer needed.
    run(
        [*buildah(state), "rmi", "--prune"],
        log=log_file(state, "storage"),
        env=BUILDAH_ENVIRONMENT,
        timeout_seconds=BUILD_TIMEOUT_SECONDS,
    )


def _push(state: State, image: Image, folder: Path) -> None:
    folder.mkdir(parents=True)
    run(
        [*buildah(state), "push", *COMPRESSION, "--format=oci", image.reference, f"dir:{folder}"],
        log=log_file(state, f"layout-{image.name}"),
        env=BUILDAH_ENVIRONMENT,
        timeout_seconds=BUILD_TIMEOUT_SECONDS,
    )
