"""Names, base images and source files of the images."""

from dataclasses import dataclass
from pathlib import Path

from local.host.stamps import digest
from local.paths import PROJECT

DEFINITIONS = Path(__file__).parent
REPOSITORY = "localhost/pangeo"
TAG = "local"

SUITE = "bookworm"
"""The Debian release inside the images: Debian 12, with Python 3.11."""


@dataclass(frozen=True)
class Image:
    """One image: a Containerfile of its name, and the files beside it that determine its content."""

    name: str
    parent: "Image | None"
    files: tuple[str, ...]
    folder: Path = DEFINITIONS
    arguments: tuple[str, ...] = ()
    """Build arguments, each ``NAME=value``."""
    keeps_layers: bool = False
    """Whether each instruction's result is a layer of its own, so that a change repeats only the instructions after it.
    Without, the image has one layer beside its parent's, which builds faster."""

    @property
    def reference(self) -> str:
        """Its full name. No tool looks for a name with ``localhost/`` in a registry."""
        return reference(self.name)

    @property
    def containerfile(self) -> Path:
        """The file with its build instructions."""
        name = f"{self.name}.Containerfile" if self.folder == DEFINITIONS else "Containerfile"
        return self.folder / name

    @property
    def made_from(self) -> str:
        """Digest of its definition and of its base images' definitions; a different digest requires a new build."""
        own = [self.containerfile, *(self.folder / file for file in self.files)]
        return digest(files=own, texts=[self.parent.made_from if self.parent else SUITE, *self.arguments])


def reference(name: str) -> str:
    """Return the full name of an image: ``hub`` becomes ``localhost/pangeo/hub:local``."""
    return f"{REPOSITORY}/{name}:{TAG}"


DEBIAN = Image("debian", None, ("debian.txt", "debian.containerignore"))
BASE = Image("base", DEBIAN, ("base.txt",))
HUB = Image("hub", BASE, ("hub.txt",))
PROXY = Image("proxy", BASE, ("proxy.txt", "package.json", "package-lock.json"))
NOTEBOOK = Image("notebook", BASE, ("notebook.txt",))
GATEWAY = Image("gateway", BASE, ("gateway.txt",))
TRAEFIK = Image("traefik", BASE, ("traefik.txt",))
RESTIC = Image("restic", DEBIAN, ())

PANGEO = Image(
    "pangeo-notebook",
    DEBIAN,
    ("packages.lock", "coastlines", "start", "examples", ".dockerignore"),
    folder=PROJECT / "images" / "pangeo",
    arguments=(f"BASE={DEBIAN.reference}",),
    keeps_layers=True,
)
"""The image with the whole ecosystem. Operators build the same file on Debian's published image."""

PUBLISHED = {
    "base": BASE,
    "pause": BASE,
    "hub": HUB,
    "proxy": PROXY,
    "notebook": NOTEBOOK,
    "pangeo-notebook": PANGEO,
    "gateway": GATEWAY,
    "traefik": TRAEFIK,
    "restic": RESTIC,
}
"""The images that the cluster gets, by short name. ``pause`` is the base image, whose default command sleeps."""

UPSTREAM_IMAGES = {
    "jupyterhub": {"hub.image": "hub", "proxy.chp.image": "proxy", "singleuser.image": "notebook"},
    "dask-gateway": {"gateway.image": "gateway", "controller.image": "gateway", "traefik.image": "traefik"},
}
"""The keys of each upstream chart's values that name an image, and the local image to use for it."""


def names() -> dict[str, str]:
    """Full names of the images that the cluster gets, by short name."""
    return {name: reference(name) for name in PUBLISHED}
