"""YAML read with the fast loader; imported when there is YAML to read, not when the plugin starts."""

from collections.abc import Iterator
from typing import Any

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def one_map(text: str) -> dict[str, Any] | None:
    """The map that ``text`` is, or None when it is none."""
    try:
        document = yaml.load(text, Loader=_LOADER)  # noqa: S506 - both loaders are safe ones
    except yaml.YAMLError:
        return None
    return document if isinstance(document, dict) else None


def maps(text: str) -> Iterator[dict[str, Any]]:
    """The maps among the documents of ``text``."""
    for document in yaml.load_all(text, Loader=_LOADER):
        if isinstance(document, dict):
            yield document
