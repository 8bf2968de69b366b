"""The list of versions in docs/security.md is of the versions in use."""

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

DOCUMENT = Path("docs/security.md")
REQUIREMENTS = (Path("requirements.txt"), Path("local/requirements.txt"))
IMAGES = Path("local/images")
WITHOUT_A_SURFACE = {"rich", "typer"}
"""They write to a terminal."""


def recorded() -> dict[str, str]:
    rows = re.findall(
        r"^\| (\S+(?: \(chart\))?) \| v?(\d\S*) \| .+ \|$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE
    )
    return dict(rows)


def pins(*files: Path) -> dict[str, str]:
    text = "\n".join(file.read_text() for file in files)
    return dict(re.findall(r"^([A-Za-z0-9_.-]+)==(\S+)$", text, re.MULTILINE))


def modules() -> dict[str, str]:
    """The modules whose programs are built, with their versions."""
    tools = tomllib.loads(Path("local/tools/tools.toml").read_text())
    found = {}
    for tool in tools.values():
        text = (Path("local/tools") / tool["module"] / "go.mod").read_text()
        versions = dict(re.findall(r"^\t(\S+) v(\S+)", text, re.MULTILINE))
        module = max((name for name in versions if tool["package"].startswith(name)), key=len)
        found[module] = versions[module]
    return found


@pytest.mark.parametrize("name", sorted(set(pins(*REQUIREMENTS)) - WITHOUT_A_SURFACE))
def test_every_direct_requirement_was_looked_at_in_the_version_in_use(name: str) -> None:
    assert recorded().get(name) == pins(*REQUIREMENTS)[name], f"look for advisories of {name}, then write it down"


@pytest.mark.parametrize(
    "name", ["jupyterhub", "jupyterhub-kubespawner", "jupyterhub-ldapauthenticator", "tornado", "aiohttp"]
)
def test_what_answers_the_network_in_the_hub_was_looked_at(name: str) -> None:
    assert recorded()[name] == pins(IMAGES / "base.txt", IMAGES / "hub.txt")[name]


def test_the_proxy_was_looked_at() -> None:
    proxy = json.loads((IMAGES / "package.json").read_text())["dependencies"]
    assert recorded()["configurable-http-proxy"] == proxy["configurable-http-proxy"]


def test_every_charts_version_was_looked_at() -> None:
    lock = yaml.safe_load(Path("chart/Chart.lock").read_text())
    assert lock["dependencies"]
    for chart in lock["dependencies"]:
        assert recorded()[f"{chart['name']} (chart)"] == chart["version"]


@pytest.mark.parametrize("module", ["helm.sh/helm/v3", "k8s.io/kubernetes", "go.etcd.io/etcd/server/v3"])
def test_every_module_that_answers_or_acts_was_looked_at(module: str) -> None:
    assert recorded()[module] == modules()[module]


def test_the_other_modules_were_too() -> None:
    # In the list as pulumi; checks this repository's own files; is this repository's own.
    beside = {"github.com/pulumi/pulumi/pkg/v3", "github.com/rhysd/actionlint", "tools/policy-enforcer/program"}
    assert {name: version for name, version in modules().items() if recorded().get(name) != version}.keys() <= beside
