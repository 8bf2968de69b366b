"""The profiles that users choose from, as the chart's ``singleuser.profileList``. Pure.

KubeSpawner 7.0.0 renders names and descriptions without escaping them (``spawner.py``, ``_render_options_form``). As
HTML, they could run code in the hub's page with the rights of each visitor. The chart's pre-pullers also pull the
images of choices (values schema of zero-to-jupyterhub-k8s 4.4.0, ``prePuller.pullProfileListImages``).
"""

import html
from collections.abc import Mapping
from typing import Any

from components.chart.environment import render_environment
from components.chart.placement import notebook_traits
from components.chart.server_gpus import gpu_limits
from components.config.image import Image
from components.config.image_pattern import ImagePattern
from components.config.profiles import NotebookProfile, SizeChoice
from components.config.tenancy import Tenancy
from components.config.types import format_number
from components.in_hub.choices import ORDER

Values = dict[str, Any]

IMAGE, SIZE = "image", "size"
"""Keys of the options in ``profile_options``."""

WRITTEN_IMAGE = "{value}"
"""KubeSpawner's placeholder for the image that a user has written."""


def profile_list(tenancy: Tenancy) -> list[Values]:
    """Return the profiles that users can choose; a setting missing in a profile has the tenancy's value."""
    return [_profile(profile, tenancy) for profile in tenancy.notebook.profiles]


def memory(ram_gb: float) -> str:
    """Return a memory size for JupyterHub, whose unit G is 1024³ bytes, with every digit and without an exponent.

    The hub does not start with Kubernetes' notation ``"2Gi"``.
    """
    return f"{format_number(ram_gb)}G"


def size_overrides(size: NotebookProfile | SizeChoice) -> Values:
    """Return the spawner's settings for a size, whether of a profile or one to choose; keys not set change nothing."""
    return {
        **({} if size.cpus is None else {"cpu_limit": size.cpus, "cpu_guarantee": size.cpus}),
        **({} if size.ram_gb is None else dict.fromkeys(("mem_limit", "mem_guarantee"), memory(size.ram_gb))),
    }


def describe_size(size: SizeChoice) -> str:
    """Return the text of a size on the page: its name and what it has, as far as it differs from the profile."""
    parts = [
        *([] if size.cpus is None else [f"{format_number(size.cpus)} CPU{'' if size.cpus == 1 else 's'}"]),
        *([] if size.ram_gb is None else [f"{format_number(size.ram_gb)} GB"]),
        *([] if size.gpus is None else [f"{size.gpus or 'no'} GPU{'' if size.gpus == 1 else 's'}"]),
    ]
    return f"{size.name} ({', '.join(parts)})" if parts else size.name


def custom_image(pattern: ImagePattern, tenancy: Tenancy) -> Values:
    """Return which images users may write, and the setting for the nodes, which pull from the mirror if there is one.

    A pattern whose registry has a port is refused in a stack with a mirror, where names have no ports.
    """
    prefix = tenancy.registries.mirror_prefix(pattern.registry)
    return {"validation_regex": pattern.regular_expression, "kubespawner_override": {IMAGE: f"{prefix}{WRITTEN_IMAGE}"}}


def _profile(profile: NotebookProfile, tenancy: Tenancy) -> Values:
    options = {**_image_option(profile, tenancy), **_size_option(profile, tenancy)}
    return {
        "display_name": _as_html(profile.name),
        "description": _as_html(profile.description),
        "default": profile.default,
        **({"groups": list(profile.groups)} if profile.groups else {}),
        "kubespawner_override": {
            **size_overrides(profile),
            # A size cannot take away what its profile has.
            **({} if profile.sizes else _gpus_and_nodes(profile, None, tenancy)),
            **({} if profile.image is None else {IMAGE: str(tenancy.registries.locate(profile.image))}),
            **({"environment": render_environment(profile.environment)} if profile.environment else {}),
        },
        **({"profile_options": options} if options else {}),
    }


def _image_option(profile: NotebookProfile, tenancy: Tenancy) -> Values:
    """Return the option of a profile with several images, by names, which also identify a choice in the hub."""
    custom = profile.custom_images
    if not profile.images and custom is None:
        return {}
    listed: Mapping[str, tuple[Image, bool]] = {each.name: (each.image, each.default) for each in profile.images} or {
        str(image): (image, True) for image in [profile.image or tenancy.notebook.image]
    }
    unlisted = {} if custom is None else {"unlisted_choice": _unlisted_choice(custom.pattern, tenancy)}
    choices = {
        name: {
            "display_name": _as_html(name),
            "default": default,
            ORDER: number,
            "kubespawner_override": {IMAGE: str(tenancy.registries.locate(image))},
        }
        for number, (name, (image, default)) in enumerate(listed.items())
    }
    return {IMAGE: {"display_name": "Image", "choices": choices, **unlisted}}


def _unlisted_choice(pattern: ImagePattern, tenancy: Tenancy) -> Values:
    return {
        "enabled": True,
        "display_name": "Your image",
        "display_name_in_choices": "Another image …",
        "validation_message": f"Write an image {pattern} with a tag other than latest, or with a digest; "
        "* stands for a part of the name",
        **custom_image(pattern, tenancy),
    }


def _size_option(profile: NotebookProfile, tenancy: Tenancy) -> Values:
    if not profile.sizes:
        return {}
    choices = {
        size.name: {
            "display_name": _as_html(describe_size(size)),
            "default": size.default,
            ORDER: number,
            "kubespawner_override": {
                **size_overrides(size),
                **_gpus_and_nodes(profile, size, tenancy),
            },
        }
        for number, size in enumerate(profile.sizes)
    }
    return {SIZE: {"display_name": "Size", "choices": choices}}


def _gpus_and_nodes(profile: NotebookProfile, size: SizeChoice | None, tenancy: Tenancy) -> Values:
    """Return the settings for the GPUs of a server, and for the nodes on which it runs if not all servers run there."""
    gpus = profile.gpus_of(size)
    place = notebook_traits(tenancy, profile.pool, gpus=gpus > 0) if profile.pool or gpus else {}
    return {**gpu_limits(tenancy, gpus, profile.pool), **place}


def _as_html(text: str) -> str:
    return html.escape(text, quote=False)
