"""Kubernetes' rules for the names of labels, taints and extended resources.

Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set, and
``IsExtendedResourceName`` in Kubernetes' ``pkg/apis/core/v1/helper``.
"""

import re

from components.config.types import is_kubernetes_name

_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
"""A label's value, and its key without a prefix: at most 63 characters."""

_QUOTA_PREFIX = "requests."
"""Kubernetes puts it before a resource's name in quotas."""

KEY_MESSAGE = (
    "must be at most 63 letters, digits, dashes, underscores and dots, with a letter or digit at both ends, and "
    "optionally a DNS name and / before them; write for example example.org/pool"
)
VALUE_MESSAGE = (
    "must be empty, or at most 63 letters, digits, dashes, underscores and dots, with a letter or digit at both ends; "
    "write for example gpu"
)


def is_qualified_name(text: str) -> bool:
    """Return whether a label or taint can have the key."""
    prefix, slash, name = text.rpartition("/")
    return bool(_NAME.fullmatch(name)) and (is_kubernetes_name(prefix) if slash else True)


def is_label_value(text: str) -> bool:
    """Return whether a label or taint can have the value."""
    return not text or bool(_NAME.fullmatch(text))


def is_extended_resource(text: str) -> bool:
    """Return whether nodes can offer a resource with the name, besides Kubernetes' own resources."""
    prefix, slash, _ = text.rpartition("/")
    is_own = prefix == "kubernetes.io" or prefix.endswith(".kubernetes.io")
    return bool(slash) and not is_own and not text.startswith(_QUOTA_PREFIX) and is_qualified_name(_QUOTA_PREFIX + text)
