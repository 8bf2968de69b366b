"""The product's chart with its two upstream charts in it, rendered by helm from the values of a tenancy."""

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
from components.chart.values import Values, chart_values
from components.config.tenancy import Tenancy
from local.paths import PROJECT

KUBERNETES = "1.34.4"
RENDER_TIMEOUT_SECONDS = 60

Key = tuple[str, str]
Object = dict[str, Any]
Render = Callable[[str], "Rendered"]


def _secret(of: str) -> str:
    return hashlib.sha256(of.encode()).hexdigest()


SECRETS = HubSecrets(
    proxy_token=_secret("proxy"),
    cookie_secret=_secret("cookie"),
    crypt_key=_secret("crypt"),
    gateway_token=_secret("gateway"),
)
"""As long and of the same letters as the stack's, and told apart from everything else in a render."""


@dataclass(frozen=True)
class Rendered:
    """What helm would send to the API server."""

    tenancy: Tenancy
    values: Values
    text: str

    @cached_property
    def objects(self) -> dict[Key, Object]:
        """Every object by kind and name."""
        documents = yaml.load_all(self.text, Loader=yaml.CSafeLoader)
        return {(each["kind"], each["metadata"]["name"]): each for each in documents if each}

    @property
    def pods(self) -> dict[Key, Object]:
        """The pod template of everything that makes pods."""
        made = {key: each.get("spec", {}).get("template", {}) for key, each in self.objects.items()}
        return {key: template for key, template in made.items() if "spec" in template}

    @property
    def hub_values(self) -> Values:
        """What the hub reads at its start."""
        read: Values = yaml.load(plain(self.objects["Secret", "hub"])["values.yaml"], Loader=yaml.CSafeLoader)
        return read

    def kinds(self, *kinds: str) -> dict[Key, Object]:
        """The objects of these kinds."""
        return {key: each for key, each in self.objects.items() if key[0] in kinds}


def rendered(helm: Path, chart: Path, tenancy: Tenancy) -> Rendered:
    """What ``helm template`` makes of the chart, the charts' own schemas enforced.

    Raises:
        ValueError: helm refused the values; the text is what it said.
    """
    values = chart_values(tenancy, SECRETS)
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


def plain(secret: Object) -> dict[str, str]:
    """A Secret's data without its base64."""
    data = {key: base64.b64decode(value).decode() for key, value in (secret.get("data") or {}).items()}
    return data | (secret.get("stringData") or {})


def difference(one: Rendered, other: Rendered, names: tuple[str, str]) -> str:
    """Two renders as a unified diff, object by object, Secrets readable; empty where they are the same."""
    return "\n".join(
        line
        for key in changed(one, other)
        for line in difflib.unified_diff(
            _lines(one.objects.get(key)),
            _lines(other.objects.get(key)),
            f"{names[0]}: {' '.join(key)}",
            f"{names[1]}: {' '.join(key)}",
            lineterm="",
            n=2,
        )
    )


def changed(one: Rendered, other: Rendered) -> list[Key]:
    """The objects that are not the same in both, or in one alone."""
    keys = sorted(one.objects.keys() | other.objects.keys())
    return [key for key in keys if one.objects.get(key) != other.objects.get(key)]


def changed_lines(diff: str) -> list[str]:
    """What a unified diff takes away and adds, without its headings and what stays."""
    return [line for line in diff.splitlines() if line[:1] in "+-" and not line.startswith(("+++", "---"))]


def unlike(wanted: object, found: object, path: str = "") -> Iterator[str]:
    """Where ``found`` lacks something of the tree ``wanted``, or has another leaf or another type of leaf."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        for key, value in wanted.items():
            yield from unlike(value, found.get(key), f"{path}.{key}")
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for number, (one, other) in enumerate(zip(wanted, found, strict=True)):
            yield from unlike(one, other, f"{path}[{number}]")
    elif wanted != found:
        yield f"{path}: {wanted!r} has become {found!r}"


def how_to_fetch(folder: str) -> str:
    """The commands that unpack the charts the product's chart depends on into ``folder``."""
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
        readable["data"] = {key: _nested(value) for key, value in plain(readable).items()}
        readable.pop("stringData", None)
    text: str = yaml.dump(readable, Dumper=_Readable, sort_keys=True, width=120)
    return text.splitlines()


def _nested(text: str) -> object:
    """Values kept as YAML inside a Secret as the tree they are, so that a diff names the key."""
    return yaml.load(text, Loader=yaml.CSafeLoader) if text.startswith("Chart:") else text


class _Readable(yaml.SafeDumper):
    """Texts of several lines as several lines, and nothing as a reference to elsewhere."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_Readable.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None),
)
