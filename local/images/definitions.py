"""What each image is called, built upon and made from."""

from dataclasses import dataclass
from pathlib import Path

from local.host.stamps import digest

DEFINITIONS = Path(__file__).parent
REPOSITORY = "localhost/pangeo"
TAG = "local"

SUITE = "bookworm"
"""The Debian release inside the images: Debian 12, with Python 3.11."""


@dataclass(frozen=True)
class Image:
    """One image: a Containerfile of its name, and the files beside it that decide what goes in."""

    name: str
    parent: "Image | None"
    files: tuple[str, ...]

    @property
    def reference(self) -> str:
        """Its full name; ``localhost/`` keeps every tool from asking a registry for it."""
        return reference(self.name)

    @property
    def containerfile(self) -> Path:
        """The instructions it is built by."""
        return DEFINITIONS / f"{self.name}.Containerfile"

    @property
    def made_from(self) -> str:
        """Digest of its definition and of everything below it; another one means: build again."""
        own = [self.containerfile, *(DEFINITIONS / file for file in self.files)]
        return digest(files=own, texts=[self.parent.made_from if self.parent else SUITE])


def reference(name: str) -> str:
    """The full name of an image of ours: ``hub`` becomes ``localhost/pangeo/hub:local``."""
    return f"{REPOSITORY}/{name}:{TAG}"


DEBIAN = Image("debian", None, ("debian.txt", "debian.containerignore"))
BASE = Image("base", DEBIAN, ("base.txt",))
HUB = Image("hub", BASE, ("hub.txt",))
PROXY = Image("proxy", BASE, ("proxy.txt", "package.json", "package-lock.json"))
NOTEBOOK = Image("notebook", BASE, ("notebook.txt",))
GATEWAY = Image("gateway", BASE, ("gateway.txt",))
TRAEFIK = Image("traefik", BASE, ("traefik.txt",))

PUBLISHED = {
    "base": BASE,
    "pause": BASE,
    "hub": HUB,
    "proxy": PROXY,
    "notebook": NOTEBOOK,
    "gateway": GATEWAY,
    "traefik": TRAEFIK,
}
"""What the node gets, by short name. ``pause`` is the base, which sleeps when told nothing else."""

STANDS_IN_FOR = {
    "jupyterhub": {"hub.image": "hub", "proxy.chp.image": "proxy", "singleuser.image": "notebook"},
    "dask-gateway": {"gateway.image": "gateway", "controller.image": "gateway", "traefik.image": "traefik"},
}
"""Where each upstream chart's values name an image, and which of ours can be used in its place."""


def names() -> dict[str, str]:
    """Every image the node is given: short name to full name."""
    return {name: reference(name) for name in PUBLISHED}
