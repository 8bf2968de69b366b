"""The values that Helm renders a release from.

Helm merges three layers: the default values of the charts in ``chart/charts``, ``chart/values.yaml``, and the values of
the release. The release's win. ``valueYamlFiles`` would be a fourth; the rule ``release-inputs`` refuses it.

Sources: Helm's ``pkg/chartutil/coalesce.go``; ``allowNullValues`` in the reference of Pulumi's ``helm.v3.Release``.
"""

import functools
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pulumi_policy.proxy import UnknownValueError

from components.config import strict_yaml
from policies.rule import Context, InvalidConfiguration, Resource
from policies.tree import get

CHART = "chart"
"""Folder of the chart in the checkout."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Values = Mapping[str, Any]


def release_values(release: Resource, context: Context) -> Values:
    """Return the values that the release sets, or ``chart/values.yaml`` below them, and the dependencies' defaults.

    The result is a view: a value that a preview does not know raises ``UnknownValueError`` when it is read.

    Raises:
        InvalidConfiguration: a file of the chart is not readable as values.
        UnknownValueError: a preview does not know the release's values.
    """
    return merge(declared_values(release, context), dependency_values(context.checkout))


def declared_values(release: Resource, context: Context) -> Values:
    """Return the values as ``release_values``, without the dependencies' defaults.

    Raises:
        InvalidConfiguration: ``chart/values.yaml`` is not readable as values.
        UnknownValueError: a preview does not know the release's values.
    """
    own = get(release.props, "values", default={})
    # Without the option, the provider removes every null from the release's values before it passes them to Helm.
    nulls_delete = get(release.props, "allowNullValues", default=False) is not False
    return merge(own, chart_file_values(context.checkout), nulls_delete=nulls_delete)


def merge(upper: Values, lower: Values, *, nulls_delete: bool = True) -> Values:
    """Return ``upper`` over ``lower``: mappings are merged, all other values replaced.

    Args:
        upper: the values that take precedence.
        lower: the values that apply where ``upper`` has none.
        nulls_delete: whether a null in ``upper`` hides the value in ``lower``, as in Helm.
    """
    return _Merged(upper, lower, nulls_delete)


def chart_file_values(checkout: Path) -> Values:
    """Return the content of ``chart/values.yaml``.

    Raises:
        InvalidConfiguration: the file is not a YAML mapping, or Helm could read it in another way: it has repeated
            keys, aliases or tags.
    """
    file = checkout / CHART / "values.yaml"
    return _parse_strictly(file.read_bytes(), f"{CHART}/{file.name}") if file.is_file() else {}


def dependency_values(checkout: Path) -> Values:
    """Return the default values of the charts in ``chart/charts``, below their names; empty before their download.

    Raises:
        InvalidConfiguration: an archive cannot be read, or its values are not a YAML mapping.
    """
    archives = sorted((checkout / CHART / "charts").glob("*.tgz"))
    defaults: dict[str, Values] = {}
    for archive in archives:
        found = archive.stat()
        defaults |= _archived_values(archive, found.st_mtime_ns, found.st_size)
    return defaults


@functools.lru_cache(maxsize=8)  # every rule asks for it; reading an archive takes longer than all rules
def _archived_values(archive: Path, _modified: int, _size: int) -> Mapping[str, Values]:
    try:
        with tarfile.open(archive) as packed:
            names = [name for name in packed.getnames() if name.count("/") == 1 and name.endswith("/values.yaml")]
            return {name.partition("/")[0]: _parse(_content(packed, name), f"{archive.name}/{name}") for name in names}
    except (tarfile.TarError, EOFError, OSError) as error:
        raise InvalidConfiguration(f"{CHART}/charts/{archive.name} is not a readable archive: {error}") from None


def _content(packed: tarfile.TarFile, name: str) -> bytes:
    file = packed.extractfile(name)
    return file.read() if file else b""


@functools.lru_cache(maxsize=16)  # many tenancies are checked with one checkout
def _parse(text: bytes, source: str) -> Values:
    try:
        parsed = yaml.load(text, _LOADER)  # noqa: S506 - a safe loader
    except (yaml.YAMLError, ValueError) as error:
        raise InvalidConfiguration(f"{source} is not valid YAML{_position(error)}") from None
    if parsed is not None and not isinstance(parsed, dict):
        raise InvalidConfiguration(f"{source} is not a YAML mapping")
    return parsed or {}


@functools.lru_cache(maxsize=8)
def _parse_strictly(text: bytes, source: str) -> Values:
    try:
        parsed = strict_yaml.load(text.decode())
    except (strict_yaml.UnreadableYaml, UnicodeDecodeError) as error:
        # Its messages name keys, and no values.
        raise InvalidConfiguration(f"{source} is not YAML of one meaning: {error}") from None
    if parsed is not None and not isinstance(parsed, dict):
        raise InvalidConfiguration(f"{source} is not a YAML mapping")
    return parsed or {}


def _position(error: Exception) -> str:
    """Return the line of an error; its text may quote the file, which may contain secrets."""
    mark = getattr(error, "problem_mark", None)
    return f" in line {mark.line + 1}" if mark else ""


class _Merged(Mapping[str, Any]):
    """Two layers of values, merged when they are read."""

    def __init__(self, upper: Values, lower: Values, nulls_delete: bool) -> None:
        self._upper, self._lower, self._nulls_delete = upper, lower, nulls_delete

    def __getitem__(self, key: str) -> Any:  # noqa: ANN401 - values of any kind
        if key not in self._upper:
            return self._lower[key]
        value = self._upper[key]
        if value is None and not self._nulls_delete:
            return self._lower.get(key)
        below = self._lower.get(key)
        if isinstance(value, Mapping) and isinstance(below, Mapping):
            return _Merged(value, below, self._nulls_delete)
        return value

    def __iter__(self) -> Iterator[str]:
        yield from self._upper
        yield from (key for key in self._lower if not _has(self._upper, key))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _has(tree: Values, key: str) -> bool:
    try:
        return key in tree
    except UnknownValueError:
        return True
