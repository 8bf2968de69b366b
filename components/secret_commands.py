"""The commands that create Secrets, for messages. None contains a secret: process lists show arguments. Pure."""

from collections.abc import Iterable

REGISTRY_LOG_IN = "kubernetes.io/dockerconfigjson"
"""Type of Secrets with the log-in at registries."""

LOG_INS = ".dockerconfigjson"
"""The key of such a Secret."""


def create_secret(name: str, namespace: str, keys: Iterable[str]) -> str:
    """Return the command that creates a Secret, with a file for each key."""
    return " ".join(
        (f"kubectl create secret generic {name} --namespace {namespace}", *(f"--from-file={key}=FILE" for key in keys))
    )


def create_registry_log_in(name: str, namespace: str, registry: str) -> str:
    """Return the commands that create a Secret with the log-in at a registry.

    ``kubectl create secret docker-registry`` takes the password as an argument only. Podman asks for it, and writes the
    file of a Secret of this type; ``docker login`` may keep the password in a store of the machine instead.
    """
    create = f"{create_secret(name, namespace, [LOG_INS])} --type={REGISTRY_LOG_IN}"
    return f"podman login --authfile FILE {registry} && {create}"
