"""The rules of a chart's ``.helmignore``: which files Helm does not load.

Source: https://helm.sh/docs/chart_template_guide/helm_ignore_file/ and Helm's package ``pkg/ignore``.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

DEFAULT_RULES = ("templates/.?*",)
"""Helm's own rules for every chart."""


@dataclass(frozen=True)
class _Rule:
    matches: Callable[[str], bool]
    negated: bool
    folders_only: bool


@dataclass(frozen=True)
class IgnoreRules:
    """The rules of a ``.helmignore`` file, with Helm's own."""

    rules: tuple[_Rule, ...]

    @classmethod
    def parse(cls, text: str) -> "IgnoreRules":
        """Read the file's text."""
        lines = (line.strip() for line in (*text.splitlines(), *DEFAULT_RULES))
        return cls(tuple(_parse_rule(line) for line in lines if line and not line.startswith("#")))

    def ignores(self, path: str) -> bool:
        """Return whether Helm ignores a file: by a rule for it, or by one for a folder above it.

        Args:
            path: the file's path inside the chart, with ``/``.
        """
        parts = path.split("/")
        folders = ("/".join(parts[:count]) for count in range(1, len(parts)))
        return any(self._matches(folder, is_folder=True) for folder in folders) or self._matches(path, is_folder=False)

    def _matches(self, path: str, *, is_folder: bool) -> bool:
        for rule in self.rules:
            # In Helm, a negated rule ignores everything that it does not match.
            if rule.negated:
                if (rule.folders_only and not is_folder) or not rule.matches(path):
                    return True
            elif (is_folder or not rule.folders_only) and rule.matches(path):
                return True
        return False


def _parse_rule(line: str) -> _Rule:
    negated, pattern = line.startswith("!"), line.removeprefix("!")
    folders_only, pattern = pattern.endswith("/"), pattern.removesuffix("/")
    expression = re.compile(_translate(pattern.removeprefix("/")))
    if "/" in pattern:
        return _Rule(lambda path: bool(expression.fullmatch(path)), negated, folders_only)
    return _Rule(lambda path: bool(expression.fullmatch(path.rpartition("/")[2])), negated, folders_only)


def _translate(pattern: str) -> str:
    """Return the regular expression for a pattern of Go's ``filepath.Match``: ``*`` and ``?`` do not match ``/``."""
    special = {"*": "[^/]*", "?": "[^/]"}
    pieces = re.findall(r"\\.|\[[^\]]+\]|.", pattern, re.DOTALL)
    return "".join(
        special.get(piece) or (piece if piece[0] in "[\\" and len(piece) > 1 else re.escape(piece)) for piece in pieces
    )
