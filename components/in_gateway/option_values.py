"""Values that users may choose for a Dask cluster, and the messages for others; a part of the gateway's configuration.

The notebook shows the text of a ``ValueError``. It must be one line.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

RESERVED_PREFIXES = ("DASK_GATEWAY_", "DASK_DISTRIBUTED__COMM__TLS__", "JUPYTERHUB_", "KUBERNETES_")
"""Variables by which dask-gateway and Kubernetes configure schedulers and workers, and those with the hub's tokens."""

RESERVED_NAMES = ("HOME", "PATH")
"""Variables of the image, without which its programs do not start."""

GPU_VARIABLE = "NVIDIA_VISIBLE_DEVICES"
"""Variable with which a container could use GPUs of its node that others have requested."""

MAX_VARIABLES = 100

MAX_VARIABLES_BYTES = 32 * 1024
"""Most bytes of all names and values together. Each cluster's object in Kubernetes contains them."""

MAX_SHOWN = 80
"""Most characters of a user's value in a message."""

MAX_PROBLEMS = 5
"""Most problems of one value in a message."""

_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")

MAX_IMAGE_LENGTH = 512
"""Most characters of an image that is compared with a pattern."""

_GIB = 1024**3
_NUMBER = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(?:G|GB|GiB|Gi)?\s*", re.IGNORECASE)

SMALLEST_BYTES = 1_000_000
"""Number from which a memory size is taken for bytes in a message. No worker has a million GB."""


LARGEST_NUMBER = 10**18
"""Larger whole numbers are never valid; Python cannot convert all of them to floats."""


def show(value: object) -> str:
    """Return a user's value for a message, shortened and without control characters."""
    text = repr(value)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


def check_memory(value: object, least: float | None, most: float | None) -> float:
    """Return the memory of a worker in GB.

    Raises:
        ValueError: ``value`` is not a number of GB between ``least`` and ``most``.
    """
    if isinstance(value, int | float) and SMALLEST_BYTES <= value <= LARGEST_NUMBER:
        raise ValueError(
            f"worker_memory is a number of gigabytes, not of bytes; write worker_memory={value / _GIB:.3g} instead of "
            f"{show(value)}"
        )
    return _check_number("worker_memory", "gigabytes", value, least, most)


def check_cores(value: object, least: float | None, most: float | None) -> float:
    """Return the cores of a worker.

    Raises:
        ValueError: ``value`` is not a number between ``least`` and ``most``.
    """
    return _check_number("worker_cores", "cores", value, least, most)


def _check_number(option: str, unit: str, value: object, least: float | None, most: float | None) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        number = _NUMBER.fullmatch(value) if isinstance(value, str) else None
        example = f"{float(number[1]):g}" if number else "4" if least is None else f"{least:g}"
        raise ValueError(f"{option} is {show(value)}, not a number of {unit}; write {option}={example}")
    outside = least is not None and most is not None and not least <= value <= most
    if outside or not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
        shown = show(value) if isinstance(value, int) else f"{value:g}"
        raise ValueError(f"{option} is {shown}; write a number of {unit} from {least or 0:g} to {most or 4:g}")
    return float(value)


def check_environment(value: object) -> dict[str, str]:
    """Return the environment variables of a cluster's scheduler and workers.

    Raises:
        ValueError: a name is not allowed, a value is not a string, or there are too many.
    """
    if not isinstance(value, Mapping):
        raise ValueError(f"environment is {show(value)}, not a dictionary; write for example " + '{"NAME": "value"}')
    problems = [problem for name, text in value.items() if (problem := _find_problem(name, text))]
    if problems:
        more = len(problems) - MAX_PROBLEMS
        raise ValueError("environment: " + "; ".join(problems[:MAX_PROBLEMS]) + (f"; and {more} more" * (more > 0)))
    size = sum(len(name) + len(text.encode()) for name, text in value.items())
    if len(value) > MAX_VARIABLES or size > MAX_VARIABLES_BYTES:
        raise ValueError(
            f"environment has {len(value)} variables with {size} bytes, but at most {MAX_VARIABLES} with "
            f"{MAX_VARIABLES_BYTES} bytes are allowed; pass long values to your functions instead"
        )
    return dict(value)


def _find_problem(name: object, text: object) -> str | None:
    """Return the problem of one environment variable."""
    if not isinstance(name, str) or not _VARIABLE_NAME.fullmatch(name):
        return f"{show(name)} is not a name of letters, digits and underscores"
    if is_reserved(name):
        return f"{name} is reserved for the cluster itself; leave it out"
    if name.upper() == GPU_VARIABLE:
        return f"{name} is set by the node, which decides about its GPUs; leave it out"
    if isinstance(text, bool | int | float):
        return f'{name} is {show(text)}, not a string; write "{text}"'
    if not isinstance(text, str):
        return f"{name} is not a string; write its value in quotes"
    if "\0" in text or text != text.encode(errors="ignore").decode():
        return f"{name} contains a character that an environment variable cannot have"
    return None


def is_reserved(name: str) -> bool:
    """Return whether a variable configures the cluster itself. Dask reads some names in lower case, too."""
    return name.upper() in RESERVED_NAMES or name.upper().startswith(RESERVED_PREFIXES)


def escape_references(text: str) -> str:
    """Return the text so that Kubernetes does not replace references like ``$(NAME)`` in it.

    Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#environment-variables
    """
    return text.replace("$", "$$")


def canonical_image(reference: str) -> str:
    """Return an image's full name: ``pangeo/notebook:1`` is ``docker.io/pangeo/notebook:1``.

    Source: ``splitDockerDomain`` in github.com/distribution/reference, ``normalize.go``.
    """
    first, slash, rest = reference.strip().partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        registry, repository = ("docker.io" if first == "index.docker.io" else first), rest
    else:
        registry, repository = "docker.io", reference.strip()
    if registry == "docker.io" and "/" not in repository:
        repository = f"library/{repository}"
    return f"{registry}/{repository}"


def select_images(images: Iterable[Mapping[str, Any]], groups: Collection[str], own: str) -> dict[str, str]:
    """Return the approved images of a user: for each name, the image that the nodes pull.

    Args:
        images: approved images with the keys ``name``, ``pulled`` and ``groups``; no groups means all users.
        groups: the user's groups.
        own: image of the user's server as the nodes pull it, which the hub has permitted.
    """
    return {
        image["name"]: image["pulled"]
        for image in images
        if not image["groups"] or not set(image["groups"]).isdisjoint(groups) or image["pulled"] == own
    }


def select_patterns(patterns: Iterable[Mapping[str, Any]], groups: Collection[str]) -> list[Mapping[str, Any]]:
    """Return the patterns of images that a user may write.

    Args:
        patterns: mappings with the keys ``pattern``, ``prefix``, ``shown`` and ``groups``; no groups means all users.
        groups: the user's groups.
    """
    return [each for each in patterns if not each["groups"] or not set(each["groups"]).isdisjoint(groups)]


def name_image(pulled: str, approved: Mapping[str, str]) -> str:
    """Return the name by which users know an image; the image itself if it has no other name."""
    return next((name for name, image in approved.items() if image == pulled), pulled)


def choose_image(
    requested: str, own: str, approved: Mapping[str, str], patterns: Sequence[Mapping[str, Any]] = ()
) -> str:
    """Return the image of a cluster as the nodes pull it.

    Args:
        requested: the user's choice; empty for the image of the user's own server.
        own: image of the user's own server as the nodes pull it.
        approved: for each name, the image that the nodes pull.
        patterns: those of images that the user may write, see ``select_patterns``.

    Raises:
        ValueError: the image is neither that of the user's own server nor an approved one.
    """
    if not requested.strip():
        return own
    wanted = canonical_image(requested)
    for name, pulled in {**approved, name_image(own, approved): own}.items():
        if wanted in (canonical_image(name), canonical_image(pulled)):
            return pulled
    for each in patterns:
        if len(requested) <= MAX_IMAGE_LENGTH and re.fullmatch(each["pattern"], requested):
            return f"{each['prefix']}{requested}"
    raise ValueError(
        f"image is {show(requested)}, which is not approved here; leave image out to use that of your server, "
        f"{name_image(own, approved)}{_others(approved, own, [each['shown'] for each in patterns])}"
    )


def _others(approved: Mapping[str, str], own: str, patterns: Sequence[str]) -> str:
    """Return the end of a message with the other images that the user may choose, and the patterns of further ones."""
    others = [*(name for name, pulled in approved.items() if pulled != own), *patterns]
    return f", or write one of: {', '.join(others[:20])}" if others else ""
