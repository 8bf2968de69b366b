"""The names that the node's images have in the mirror. The node has no registry, so it must have them already."""

import os
from functools import reduce

import yaml

from components.chart.images import CHART_IMAGES
from components.config.image import Image
from local.cluster.names import CONTAINERD_SOCKET
from local.images import loader
from local.images.definitions import NOTEBOOK, UPSTREAM_IMAGES, reference
from local.paths import State
from local.stand_ins.charts.assemble import chart_sources
from tests.cluster.data_access.settings import OTHER_IMAGE, pulled


def name_images(state: State) -> None:
    """Give the node's images the names that the mirror has for the charts' images and the notebooks'."""
    names = {pulled(image): NOTEBOOK.reference for image in (NOTEBOOK.reference, OTHER_IMAGE)}
    for chart, keys in UPSTREAM_IMAGES.items():
        values = yaml.safe_load((chart_sources(os.environ) / chart / "values.yaml").read_text())
        for key, image in keys.items():
            path = tuple(key.split("."))
            if name := CHART_IMAGES.get((chart, *path)):
                tag = reduce(lambda tree, part: tree[part], path, values)["tag"]
                names[pulled(str(Image(name, tag)))] = reference(image)
    for name, local in names.items():
        loader.tag(state, str(CONTAINERD_SOCKET), local, name)
