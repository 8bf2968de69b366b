"""The text of a kubeconfig, told from the path of one. Imported by plugin processes, so without pydantic."""

import re

_KEY = re.compile(r"\b(?:apiVersion|clusters|contexts|users)[\"']?\s*:")
"""A key of a kubeconfig, also in JSON. A path may contain these words, but not followed by a colon."""

_BASE64_KEY = re.compile(r"YXBpVmVyc2lvb|Y2x1c3RlcnM6|eyJhcGlWZXJzaW9u|eyJraW5k")
"""The beginning of a kubeconfig in base64, as YAML and as JSON."""


def is_kubeconfig_text(value: str) -> bool:
    """Return whether ``value`` has the form of a kubeconfig's content: several lines, JSON, or YAML on one line."""
    text = value.strip()
    return "\n" in text or text.startswith("{") or bool(_KEY.search(text) or _BASE64_KEY.match(text))
