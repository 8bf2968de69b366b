"""Names under which a node looks for images. containerd completes a pod's image name before it searches its images.

The rules are those of ``ParseDockerRef`` in https://github.com/distribution/reference: short names belong to Docker
Hub, and names of one part on Docker Hub to its folder ``library``.
"""

DOCKER_HUB = "docker.io"
OLD_DOCKER_HUB = "index.docker.io"
OFFICIAL = "library"
"""Folder on Docker Hub of the images without an owner."""

DEFAULT_TAG = "latest"


def node_name(image: str) -> str:
    """Return the full name of an image: ``traefik:3.3.5`` becomes ``docker.io/library/traefik:3.3.5``.

    Of a name with a tag and a digest, the digest alone counts.
    """
    name, _, digest = image.partition("@")
    registry, path = _split_registry(name)
    if registry == OLD_DOCKER_HUB:
        registry = DOCKER_HUB
    path, tag = _split_tag(path)
    if registry == DOCKER_HUB and "/" not in path:
        path = f"{OFFICIAL}/{path}"
    return f"{registry}/{path}@{digest}" if digest else f"{registry}/{path}:{tag or DEFAULT_TAG}"


def _split_registry(name: str) -> tuple[str, str]:
    """Return the registry and the rest. The first part is a registry if it has a dot, a port or a capital letter."""
    first, slash, rest = name.partition("/")
    is_registry = "." in first or ":" in first or first == "localhost" or first != first.lower()
    return (first, rest) if slash and is_registry else (DOCKER_HUB, name)


def _split_tag(path: str) -> tuple[str, str]:
    name, colon, tag = path.rpartition(":")
    return (name, tag) if colon else (path, "")
