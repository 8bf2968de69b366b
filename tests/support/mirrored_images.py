"""The images of a tenancy in a mirror: their names there, and a registry that has them."""

import os
from functools import reduce

import yaml

from components.chart.images import CHART_IMAGES
from components.config.image import Image
from components.config.registries import Registries
from local.images.definitions import NOTEBOOK, UPSTREAM_IMAGES, reference
from local.images.layout import digests, read_index
from local.stand_ins.charts.assemble import chart_sources
from tests.support.image_registry import ImageRegistry


def push_images(registry: ImageRegistry, mirror: str) -> set[Image]:
    """Push the charts' images and the notebook under their names in the mirror, and return these names."""
    built = digests(read_index(registry.layout))
    names = mirrored_names(mirror)
    for name, local in names.items():
        registry.push(built[local], name)
    return set(names)


def mirrored_names(mirror: str) -> dict[Image, str]:
    """Return the names that the mirror has for the charts' images and the notebook, with the local image of each."""
    registries = Registries(mirror=mirror)
    names = {registries.locate(Image.parse(NOTEBOOK.reference)): NOTEBOOK.reference}
    for chart, keys in UPSTREAM_IMAGES.items():
        values = yaml.safe_load((chart_sources(os.environ) / chart / "values.yaml").read_text())
        for key, image in keys.items():
            path = tuple(key.split("."))
            if name := CHART_IMAGES.get((chart, *path)):
                tag = reduce(lambda tree, part: tree[part], path, values)["tag"]
                names[registries.locate(Image(name, tag))] = reference(image)
    return names
