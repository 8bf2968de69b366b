"""The project's chart with its two dependencies, rendered by helm from the values of a tenancy."""

import base64
import difflib
import hashlib
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from components.chart.secrets import HubSecrets
from components.chart.values import Values
from components.config.tenancy import Tenancy
from local.paths import PROJECT
from tests.support.rendered_values import values_with_secrets

KUBERNETES = "1.34.4"
RENDER_TIMEOUT_SECONDS = 60

Key = tuple[str, str]
Object = dict[str, Any]
Render = Callable[[str], "Rendered"]


def _secret(purpose: str) -> str:
    return hashlib.sha256(purpose.encode()).hexdigest()


SECRETS = HubSecrets(
    proxy_token=_secret("proxy"),
    cookie_secret=_secret("cookie"),
    crypt_key=_secret("crypt"),
    gateway_token=_secret("gateway"),
    members_token=_secret("members"),
    verification_token=_secret("verification"),
)
"""Secrets of the same form as a stack's, which can be found in a render."""


@dataclass(frozen=True)
class Rendered:
    """The objects that helm would send to the API server."""

    tenancy: Tenancy
    values: Values
    text: str

    @cached_property
    def objects(self) -> dict[Key, Object]:
        """All objects by kind and name."""
        documents = yaml.load_all(self.text, Loader=yaml.CSafeLoader)
        return {(each["kind"], each["metadata"]["name"]): each for each in documents if each}

    @property
    def pods(self) -> dict[Key, Object]:
        """Pod templates by kind and name of the object that contains them."""
        templates = {key: each.get("spec", {}).get("template", {}) for key, each in self.objects.items()}
        return {key: template for key, template in templates.items() if "spec" in template}

    @property
    def hub_values(self) -> Values:
        """The values that the hub reads when it starts."""
        read: Values = yaml.load(decode(self.objects["Secret", "hub"])["values.yaml"], Loader=yaml.CSafeLoader)
        return read

    def kinds(self, *kinds: str) -> dict[Key, Object]:
        """The objects of these kinds."""
        return {key: each for key, each in self.objects.items() if key[0] in kinds}


def render_chart(helm: Path, chart: Path, tenancy: Tenancy) -> Rendered:
    """Render the chart with ``helm template``, which validates the values with the charts' schemas.

    Raises:
        ValueError: helm refused the values; the text is helm's message.
    """
    values = values_with_secrets(tenancy, SECRETS)
    done = subprocess.run(
        [
            *(helm, "template", tenancy.release, chart, "--namespace", tenancy.namespace),
            *("--kube-version", KUBERNETES, "--values=-"),
        ],
        input=yaml.safe_dump(values),
        capture_output=True,
        text=True,
        timeout=RENDER_TIMEOUT_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise ValueError(done.stderr)
    return Rendered(tenancy, values, done.stdout)


def decode(secret: Object) -> dict[str, str]:
    """Decode a Secret's data."""
    data = {key: base64.b64decode(value).decode() for key, value in (secret.get("data") or {}).items()}
    return data | (secret.get("stringData") or {})


def difference(one: Rendered, other: Rendered, names: tuple[str, str]) -> str:
    """Return a unified diff of two renders with decoded Secrets; empty if they are equal."""
    return "\n".join(
        line
        for key in changed_objects(one, other)
        for line in difflib.unified_diff(
            _lines(one.objects.get(key)),
            _lines(other.objects.get(key)),
            f"{names[0]}: {' '.join(key)}",
            f"{names[1]}: {' '.join(key)}",
            lineterm="",
            n=2,
        )
    )


def changed_objects(one: Rendered, other: Rendered) -> list[Key]:
    """Return the objects that differ, or exist in only one render."""
    keys = sorted(one.objects.keys() | other.objects.keys())
    return [key for key in keys if one.objects.get(key) != other.objects.get(key)]


def changed_lines(diff: str) -> list[str]:
    """Return the removed and added lines of a unified diff."""
    return [line for line in diff.splitlines() if line[:1] in "+-" and not line.startswith(("+++", "---"))]


def find_differences(wanted: object, found: object, path: str = "") -> Iterator[str]:
    """Yield the paths where ``found`` lacks or changes a value of the tree ``wanted``; more values are allowed."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        for key, value in wanted.items():
            yield from find_differences(value, found.get(key), f"{path}.{key}")
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for number, (one, other) in enumerate(zip(wanted, found, strict=True)):
            yield from find_differences(one, other, f"{path}[{number}]")
    elif wanted != found:
        yield f"{path}: {found!r} instead of {wanted!r}"


def how_to_fetch(folder: str) -> str:
    """Return the commands that download and unpack the chart's dependencies into ``folder``."""
    dependencies = yaml.safe_load((PROJECT / "chart" / "Chart.yaml").read_text())["dependencies"]
    return " && ".join(
        f"helm pull {each['name']} --version {each['version']} --repo {each['repository']} --untar --untardir {folder}"
        for each in dependencies
    )


def _lines(rendered_object: Object | None) -> list[str]:
    if rendered_object is None:
        return []
    readable = dict(rendered_object)
    if readable["kind"] == "Secret":
        readable["data"] = {key: _nested(value) for key, value in decode(readable).items()}
        readable.pop("stringData", None)
    text: str = yaml.dump(readable, Dumper=_Readable, sort_keys=True, width=120)
    return text.splitlines()


def _nested(text: str) -> object:
    """Parse values that a Secret contains as YAML, so that a diff shows the key."""
    return yaml.load(text, Loader=yaml.CSafeLoader) if text.startswith("Chart:") else text


class _Readable(yaml.SafeDumper):
    """Writes multi-line strings as blocks, and no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_Readable.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None),
)
