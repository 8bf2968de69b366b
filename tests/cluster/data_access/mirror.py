"""The names that the node's images have in the mirror. The node has no registry, so it must have them already."""

from pathlib import Path

from local.cluster.names import CONTAINERD_SOCKET
from local.images import loader
from local.images.definitions import PANGEO
from local.paths import State
from tests.cluster.data_access.pangeo_like import import_pangeo_like
from tests.cluster.data_access.settings import MIRROR, OTHER_IMAGE, pulled
from tests.support.mirrored_images import mirrored_names


def name_images(state: State, folder: Path) -> None:
    """Give the node's images the names that the mirror has for the charts' images and the notebooks'.

    ``folder`` is for a downloaded package.
    """
    names = {str(name): local for name, local in mirrored_names(MIRROR).items()}
    for name, local in {**names, pulled(PANGEO.reference): PANGEO.reference}.items():
        loader.tag(state, str(CONTAINERD_SOCKET), local, name)
    import_pangeo_like(state, folder, pulled(OTHER_IMAGE))
