"""What runs: images from registries the organisation trusts, in a version somebody chose."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pulumi_policy.proxy import UnknownValueError

from policies.kinds import RELEASE, SPAWNERS, given
from policies.rule import TEXTS, Context, Resource, Rule, Setting
from policies.secret_paths import is_secret
from policies.tree import Path, at, dotted

DOCKER_HUB = "docker.io"

Found = Iterator[tuple[str, str]]
"""Where an image is named, and the image."""


def _approved(release: Resource, context: Context) -> Iterator[str]:
    places = [place.rstrip("/") for place in context.settings["registries"]]
    for where, image in _images(release):
        if not any(_full(image).startswith(f"{place}/") for place in places):
            yield f"{where} is {image}, from none of {', '.join(places) or 'no registry at all'}"


def _chosen_version(release: Resource, _: Context) -> Iterator[str]:
    # pydantic comes with this: it is loaded while the program runs, not before.
    from components.config.types import Image

    for where, image in _images(release):
        parsed = Image.parse(image)
        if parsed.digest is None and parsed.tag is None:
            yield f"{where} is {image}, without a tag or digest"
        elif parsed.digest is None and parsed.tag == "latest":
            yield f"{where} is {image}: latest is another image tomorrow"


def _images(release: Resource) -> Found:
    yield from _named(at(release.props, "values", default={}), ())
    for where, image in given(release, SPAWNERS, "image").items():
        yield where, str(image)


def _named(tree: Any, path: Path) -> Found:  # noqa: ANN401 - values of any kind
    """``image: {name, tag}`` as the charts have it, and ``image: text`` as KubeSpawner's profiles do."""
    if isinstance(tree, Mapping):
        for key in tree:
            if key == "config":  # settings of the hub's classes, read by name
                continue
            here = (*path, key)
            value = tree[key] if key == "image" else _below(tree, key, here)
            if key == "image" and isinstance(value, str):
                yield dotted(here), value
            elif key == "image" and at(value, "name"):
                yield dotted(here), _joined(value)
            elif value is not None:
                yield from _named(value, here)
    elif isinstance(tree, Sequence) and not isinstance(tree, str):
        for index in range(len(tree)):
            yield from _named(_below(tree, index, (*path, index)), (*path, index))


def _below(tree: Any, key: Any, path: Path) -> Any:  # noqa: ANN401 - values of any kind
    """What is deeper; None for a value without parts. Of what is unknown, only a secret is surely no image."""
    try:
        value = tree[key]
    except UnknownValueError:
        if is_secret(path):
            return None
        raise
    return value if isinstance(value, Mapping | Sequence) and not isinstance(value, str) else None


def _joined(image: Mapping[str, Any]) -> str:
    name, tag = str(at(image, "name")), at(image, "tag")
    return f"{name}:{tag}" if tag else name


def _full(image: str) -> str:
    """With Docker Hub's name where none is written: ``pangeo/base`` is ``docker.io/pangeo/base``."""
    first, slash, _ = image.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return image
    return f"{DOCKER_HUB}/{image}" if slash else f"{DOCKER_HUB}/library/{image}"


RULES = (
    Rule(
        "approved-images",
        "Every image named in the values is from an approved registry",
        "An image runs with the users' files mounted, and the hub's with everybody's sessions.",
        "Use an image of an approved place, or have yours added to the setting registries.",
        "high",
        on=(RELEASE,),
        settings=(
            Setting(
                "registries",
                "Registries, or parts of one, that images may come from",
                TEXTS,
                ["docker.io/pangeo", "quay.io/jupyterhub", "ghcr.io/dask"],
            ),
        ),
        find=_approved,
    ),
    Rule(
        "no-latest-image",
        "Every image named in the values has a tag other than latest, or a digest",
        "Notebook, scheduler and workers must hold the same packages, today and in a year.",
        "Write the version in pangeo:notebook.image.",
        "medium",
        on=(RELEASE,),
        find=_chosen_version,
    ),
)
