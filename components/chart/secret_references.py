"""References to keys of Secrets, as variables of containers have them."""

from typing import Any


def secret_reference(secret: str, key: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any setting of Kubernetes
    """Return the value of a variable that Kubernetes reads from a Secret when the container starts.

    Args:
        secret: the name of the Secret.
        key: the key in it.
        more: further settings, such as ``optional``.
    """
    return {"valueFrom": {"secretKeyRef": {"name": secret, "key": key, **more}}}
