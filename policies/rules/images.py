"""Container images: from registries that the organisation trusts, in fixed versions."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pulumi_policy.proxy import UnknownValueError

from policies.kinds import RELEASE, SPAWNERS, hub_values
from policies.merged import declared_values
from policies.pods import CLUSTERS, ENVIRONMENTS, GATEWAY_CODE, HUB_CODE, TEXTS, code_settings
from policies.profiles import unlisted_choices
from policies.rule import STRINGS, Context, Resource, Rule, Setting
from policies.tree import Path, format_path, get

DOCKER_HUB = "docker.io"

CLASSES: Path = ("jupyterhub", "hub", "config")
"""Settings of the hub's classes."""

PULLED_IN_ADVANCE = ("extraImages",)
"""Key of images by name; the chart starts a container of each on every node."""

Images = Iterator[tuple[str, str]]
"""Pairs of a path in the values and the image named there."""


def _check_registry(release: Resource, context: Context) -> Iterator[str]:
    registries = [registry.rstrip("/") for registry in context.settings["registries"]]
    mirrors = [mirror.rstrip("/") for mirror in context.settings["mirrors"]]
    mirror = context.tenancy.registries.mirror
    if mirror and mirror not in mirrors and not _is_below(mirror, registries, and_equal=True):
        approved = ", ".join(mirrors) or "none"
        yield f"pangeo:registries.mirror is {mirror}, which is not an approved mirror ({approved})"
    own = _own_images(context)
    for path, image in (*_find_images(release, context), *_patterns(context)):
        if own.get(path) == image:
            continue  # the program chose it, and the mirror was checked above
        if not any(_is_below(each, registries) for each in (_qualify(image), *_without_mirror(image, mirrors))):
            approved = ", ".join(registries) or "none"
            yield f"{path} is {image}, which is not from an approved registry ({approved})"
    yield from _unknown_expressions(release, context)


def _patterns(context: Context) -> Images:
    """Yield the patterns of images that users write."""
    for number, profile in enumerate(context.tenancy.notebook.profiles):
        if profile.custom_images is not None:
            yield f"pangeo:notebook.profiles[{number}].customImages.pattern", str(profile.custom_images.pattern)


def _unknown_expressions(release: Resource, context: Context) -> Iterator[str]:
    """Yield the expressions for images that users write which are not those of the patterns in the stack file."""
    patterns = [each.custom_images.pattern for each in context.tenancy.notebook.profiles if each.custom_images]
    known = [pattern.regular_expression for pattern in patterns]
    for path, unlisted in unlisted_choices(hub_values(release, context)):
        has_image = bool(get(unlisted, "kubespawner_override", "image"))
        if has_image and get(unlisted, "enabled") and get(unlisted, "validation_regex") not in known:
            yield f"{path}.validation_regex is not that of a customImages.pattern in pangeo:notebook.profiles"


def _own_images(context: Context) -> dict[str, str]:
    """Return the names of the charts' own images in the stack's mirror, by their path; the charts have their tags."""
    from components.chart.images import mirrored_chart_images  # imports pydantic, like the import below

    return {format_path(path): name for path, name in mirrored_chart_images(context.tenancy).items()}


def _is_below(image: str, registries: Sequence[str], *, and_equal: bool = False) -> bool:
    return any(image.startswith(f"{each}/") or (and_equal and image == each) for each in registries)


def _without_mirror(image: str, mirrors: Sequence[str]) -> Iterator[str]:
    """Yield the name that a mirror has an image from: ``mirror/quay.io/…`` is from ``quay.io/…``."""
    yield from (image.removeprefix(f"{each}/") for each in mirrors if image.startswith(f"{each}/"))


def _check_version(release: Resource, context: Context) -> Iterator[str]:
    from components.config.image import Image  # imports pydantic, which loads at the same time as the program

    own = _own_images(context)
    for path, reference in _find_images(release, context):
        image = Image.parse(reference)
        if own.get(path) == reference:
            continue
        if image.digest is None and image.tag is None:
            yield f"{path} is {reference}, without a tag or digest"
        elif image.digest is None and image.tag == "latest":
            yield f"{path} is {reference}; the tag latest is not fixed"


def _find_images(release: Resource, context: Context) -> Images:
    values = declared_values(release, context)
    yield from (each for each in _images_below(values, ()) if not _is_written_by_users(*each, context))
    for place, tree in (*code_settings(values, HUB_CODE, SPAWNERS), *code_settings(values, GATEWAY_CODE, CLUSTERS)):
        yield from _images_below(tree, place)


def _is_written_by_users(path: str, image: str, context: Context) -> bool:
    """Return whether KubeSpawner replaces the image by one that a user has written, which a pattern limits."""
    from components.chart.profiles import WRITTEN_IMAGE  # imports pydantic, like the import above

    is_choice = path.startswith("jupyterhub.singleuser.profileList[") and ".unlisted_choice." in path
    return is_choice and image in (WRITTEN_IMAGE, f"{context.tenancy.registries.mirror}/{WRITTEN_IMAGE}")


def _images_below(tree: Any, path: Path) -> Images:  # noqa: ANN401 - values of any kind
    """Yield ``image: {name, tag}`` as in the charts, and ``image: text`` as in KubeSpawner's profiles."""
    if isinstance(tree, Mapping):
        for key in tree:
            here = (*path, key)
            # Names of variables mean nothing. Of the hub's classes, only the spawner has images.
            if key in ENVIRONMENTS or (path == CLASSES and key not in SPAWNERS):
                continue
            value = tree[key] if key == "image" else _child(tree, key, here)
            if key == "image" and isinstance(value, str):
                yield format_path(here), value
            elif key == "image" and get(value, "name"):
                yield format_path(here), _join(value)
            elif key == "image" and get(value, "reference"):  # a volume
                yield format_path(here), str(get(value, "reference"))
            elif path[-1:] == PULLED_IN_ADVANCE and get(value, "name"):
                yield format_path(here), _join(value)
            elif value is not None:
                yield from _images_below(value, here)
    elif isinstance(tree, Sequence) and not isinstance(tree, str):
        for index in range(len(tree)):
            yield from _images_below(_child(tree, index, (*path, index)), (*path, index))


def _child(tree: Any, key: Any, path: Path) -> Any:  # noqa: ANN401 - values of any kind
    """Return a mapping or list below ``tree``; None for other values. An unknown digest or annotation is no image."""
    try:
        value = tree[key]
    except UnknownValueError:
        if len(path) > 1 and path[-2] in TEXTS:
            return None
        raise
    return value if isinstance(value, Mapping | Sequence) and not isinstance(value, str) else None


def _join(image: Mapping[str, Any]) -> str:
    name, tag = str(get(image, "name")), get(image, "tag")
    return f"{name}:{tag}" if tag else name


def _qualify(image: str) -> str:
    """Add Docker Hub's name where there is no registry: ``pangeo/base`` becomes ``docker.io/pangeo/base``."""
    first, slash, _ = image.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return image
    return f"{DOCKER_HUB}/{image}" if slash else f"{DOCKER_HUB}/library/{image}"


RULES = (
    Rule(
        "approved-images",
        "Every image named in the values is from an approved registry",
        "A notebook image has access to its users' files, and the hub's image to every user's session.",
        "Set pangeo:notebook.image, pangeo:backup.image, or image, images or customImages.pattern of the profile in "
        "pangeo:notebook.profiles, to images from an approved registry; or add the registry to this rule's setting "
        "registries, or the mirror to its setting mirrors.",
        "high",
        kinds=(RELEASE,),
        settings=(
            Setting(
                "registries",
                "Registries, or parts of one, that images may come from",
                STRINGS,
                ["quay.io/pangeo", "docker.io/pangeo", "quay.io/jupyterhub", "ghcr.io/dask", "docker.io/restic"],
            ),
            Setting(
                "mirrors",
                "Mirrors that pangeo:registries.mirror may name. The names of images in them are approved like the "
                "images that they are copies of",
                STRINGS,
                [],
            ),
        ),
        check=_check_registry,
    ),
    Rule(
        "no-latest-image",
        "Every image named in the values has a tag other than latest, or a digest",
        "Notebooks, Dask schedulers and Dask workers need the same packages, and results must be reproducible later.",
        "Write a fixed tag or a digest in pangeo:notebook.image, and in image and images of the profiles in "
        "pangeo:notebook.profiles.",
        "medium",
        kinds=(RELEASE,),
        check=_check_version,
    ),
)
