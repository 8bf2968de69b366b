"""Links, keys and commands in the documents exist, and quoted output is that of the program."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from ipaddress import ip_network
from itertools import chain
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import yaml

from components.address_ranges import LOCAL_NAT64, METADATA, METADATA_V6, NAT64, PRIVATE, UNUSABLE, contains
from components.chart.shared_folders import OWNERSHIP_CHANGE
from components.cli.capacity import print_capacities, stack_capacities
from components.cli.check import check_stacks
from components.config.image import Image
from components.config.schema import find_section
from components.config.section import Section
from components.config.tenancy import Tenancy
from docs.generate.fields import list_fields
from docs.generate.messages import log_in_messages
from tests.support.tenancies import stack_text, tenancy

DOCUMENTS = [
    Path("README.md"),
    Path("CONTRIBUTING.md"),
    Path("images/pangeo/README.md"),
    Path("local/README.md"),
    *sorted(Path("docs").glob("*.md")),
]
OPERATOR, USER = Path("docs/operator-guide.md"), Path("docs/user-guide.md")

every_document = pytest.mark.parametrize("path", DOCUMENTS, ids=str)


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def code(path: Path) -> str:
    """Code spans and blocks, one line each, without comments."""
    blocks = re.findall(r"^ *```.*?\n(.*?)^ *```", text(path), re.DOTALL | re.MULTILINE)
    spans = re.findall(r"`([^`\n]+)`", text(path))
    return "\n".join(line.partition(" #")[0] for part in [*blocks, *spans] for line in part.splitlines())


def yaml_blocks(path: Path) -> list[dict[str, Any]]:
    blocks = re.findall(r"^```yaml\n(.*?)^```", text(path), re.DOTALL | re.MULTILINE)
    loaded = [yaml.safe_load(block) for block in blocks]
    return [block.get("config", block) for block in loaded]


def known_keys(section: type[Section], above: str = "") -> Iterator[str]:
    for key, field in list_fields(section):
        yield f"{above}{key}"
        if inner := find_section(field.annotation):
            yield from known_keys(inner, f"{above}{key}.")


KEYS = {*known_keys(Tenancy), "identityBindPassword", "identityReadPassword"}


def used_keys(settings: dict[str, Any], above: str = "") -> Iterator[str]:
    for name, value in settings.items():
        key = f"{above}{name.removeprefix('pangeo:')}"
        yield key
        if isinstance(value, dict):
            yield from used_keys(value, f"{key}.")


def files_of(module: str) -> tuple[Path, Path]:
    """Files that ``python -m`` may run: a module, or a package's command."""
    path = Path(*module.split("."))
    return path.with_suffix(".py"), path / "__main__.py"


@every_document
def test_every_link_and_image_exists(path: Path) -> None:
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text(path))]
    inside = [target for target in targets if target and "://" not in target]

    assert [target for target in inside if not (path.parent / target).exists()] == []


@every_document
def test_every_key_in_a_document_exists(path: Path) -> None:
    keys = {*re.findall(r"\bpangeo:([A-Za-z]+(?:\.[A-Za-z]+)*)", text(path))}
    keys |= {key for block in yaml_blocks(path) for key in used_keys(block)}

    assert keys - KEYS == set()


@every_document
def test_every_make_target_in_a_document_exists(path: Path) -> None:
    [phony] = re.findall(r"^\.PHONY: (.*)$", Path("Makefile").read_text(), re.MULTILINE)

    assert {*re.findall(r"\bmake ([a-z-]+)", code(path))} - set(phony.split()) == set()


@every_document
def test_every_command_in_a_document_exists(path: Path) -> None:
    modules = {*re.findall(r"python -m ((?:bench|ci|components|docs|local|policies|tests)[\w.]*)", code(path))}

    assert [name for name in modules if not any(path.is_file() for path in files_of(name))] == []


def test_the_mirrors_example_gives_the_names_in_its_table() -> None:
    [section] = re.findall(r"^### Registries\n(.*?)^##", text(OPERATOR), re.DOTALL | re.MULTILINE)
    [example] = re.findall(r"^```\n(  pangeo:registries:.*?)^```", section, re.DOTALL | re.MULTILINE)
    registries = tenancy(registries=yaml.safe_load(example)["pangeo:registries"]).registries
    rows = re.findall(r"^\| `([^`]+)` \| (?:`([^`]+)`|itself)", section, re.MULTILINE)

    assert len(rows) == 5
    assert [str(registries.locate(Image.parse(image))) for image, _ in rows] == [name or image for image, name in rows]


@pytest.mark.parametrize(
    ("heading", "count"),
    [
        *(("Profiles", 1), ("Registries", 1), ("Web proxy", 2), ("PyPI and conda mirrors", 1)),
        ("Sizes of users and groups", 1),
    ],
)
def test_the_examples_of_sections_are_valid(heading: str, count: int) -> None:
    [section] = re.findall(rf"^### {heading}\n(.*?)^##", text(OPERATOR), re.DOTALL | re.MULTILINE)
    examples = re.findall(r"^```\n(  pangeo:.*?)^```", section, re.DOTALL | re.MULTILINE)

    assert len(examples) == count
    for example in examples:
        keys = yaml.safe_load(example)
        named = ("notebook.environment.", "sizes.groups.", "sizes.users.")
        assert set(used_keys(keys)) - KEYS == {key for key in used_keys(keys) if key.startswith(named)}
        assert tenancy(**{key.removeprefix("pangeo:"): value for key, value in keys.items()})


def test_the_guides_use_every_screenshot_of_the_browser_tests() -> None:
    others = (Path("tests/engine/hub/test_options_page.py"), Path("tests/engine/server/test_usage.py"))
    files = (*Path("tests/browser").glob("test_*.py"), *others)
    tests = "".join(map(text, files))
    calls = r"(?:take_screenshot\(|save_picture\((?:request, page|page, screenshots), |screenshot=)\"([\w-]+)\""
    taken = {f"{name}.png" for name in re.findall(calls, tests)}
    shown = set(re.findall(r"\(images/([\w-]+\.png)\)", text(OPERATOR) + text(USER)))

    assert shown == taken


def test_the_user_guide_quotes_the_log_in_page() -> None:
    quoted = re.findall(r"^\| \*([^*]+)\* \|", text(USER), re.MULTILINE)
    messages = [message.text for message in log_in_messages()]

    def is_quoted(quotation: str) -> bool:
        parts = [part.strip() for part in quotation.split("…") if part.strip()]
        return any(all(part in message for part in parts) for message in messages)

    assert len(quoted) == 7
    assert [quotation for quotation in quoted if not is_quoted(quotation)] == []


def test_the_sizing_example_is_the_output_of_check(tmp_path: Path) -> None:
    [example, _] = yaml_blocks(OPERATOR)
    changes = {key.removeprefix("pangeo:"): value for key, value in example.items()}
    (tmp_path / "Pulumi.vis.yaml").write_text(stack_text(clusterName="vis", **changes))

    [report] = check_stacks(["vis"], tmp_path, resolve_domains=False, environment={})

    assert "\n".join(report.lines()).replace(str(tmp_path), "stacks") in text(OPERATOR)


def test_the_example_of_pools_is_the_output_of_capacity(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [_, example] = yaml_blocks(OPERATOR)
    changes = {key.removeprefix("pangeo:"): value for key, value in example.items()}
    (tmp_path / "Pulumi.vis.yaml").write_text(stack_text(clusterName="vis", **changes))

    capacities, invalid = stack_capacities(["vis"], tmp_path)
    print_capacities(capacities, as_json=False)

    assert invalid == []
    printed = capsys.readouterr().out.splitlines()
    assert "\n".join(line.rstrip() for line in printed).strip() in text(OPERATOR)


def test_move_creates_homes_and_existing_claims(tmp_path: Path) -> None:
    def claim(name: str, mode: str, **annotations: str) -> dict[str, Any]:
        about = {"name": name, "uid": "u", "annotations": {f"tenancy.pangeo/{key}": "x" for key in annotations}}
        return {"metadata": about, "spec": {"accessModes": [mode], "resources": {}, "volumeName": "v"}}

    claims = [
        claim("claim-alice", "ReadWriteOnce", **{"user-id": "x"}),
        claim("hub-db-dir", "ReadWriteOnce"),
        claim("folder-ocean", "ReadWriteMany", owner="x"),
        claim("archive-data", "ReadWriteMany"),
    ]
    (tmp_path / "claims.json").write_text(json.dumps({"items": claims}))
    (tmp_path / "kubectl").write_text("#!/bin/sh\n[ $1 = create ] || exec cat\n")
    (tmp_path / "kubectl").chmod(0o755)
    blocks = re.findall(r"^ *```\w*\n(.*?)^ *```", text(OPERATOR), re.DOTALL | re.MULTILINE)
    [script] = [dedent(each) for each in blocks if "open('claims.json')" in each]
    path = os.pathsep.join([str(tmp_path), str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=tmp_path, env={"PATH": path}, capture_output=True, check=True
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(each["metadata"]["name"], each["spec"].get("storageClassName")) for each in found] == [
        ("claim-alice", None),
        ("archive-data", "cephfs"),
    ]
    assert found[0]["metadata"]["annotations"] == {"tenancy.pangeo/user-id": "x"}


def test_copying_a_volume_changes_groups_as_little_as_servers_do() -> None:
    pod = yaml.safe_load(text(Path("docs/copy-volume.yaml")))
    assert OWNERSHIP_CHANGE.items() <= pod["spec"]["securityContext"].items()


@every_document
def test_no_command_has_a_password_in_its_arguments(path: Path) -> None:
    """Process lists show arguments. Passwords come from a prompt, a file or standard input."""
    found = re.findall(r"--docker-password|docker-registry|--from-literal|--password[ =]\S+|curl .*-u \S+:", code(path))
    assert found == []


@every_document
def test_every_command_for_the_object_store_has_its_address(path: Path) -> None:
    """Without one, ``aws`` sends the command to Amazon."""
    commands = re.findall(r"^aws s3.*$", code(path).replace("\\\n", ""), re.MULTILINE)
    assert [each for each in commands if "--endpoint-url" not in each] == []


def test_squids_example_refuses_private_networks_and_metadata_servers_first() -> None:
    rules = [line.split() for line in code(OPERATOR).splitlines() if line.startswith(("acl ", "http_access "))]
    names = [rule[1] for rule in rules if rule[0] == "acl"]
    refused = [ip_network(each) for rule in rules if rule[:3] == ["acl", "not_public", "dst"] for each in rule[3:]]
    assert [rule[1:] for rule in rules if rule[0] == "http_access"] == [
        ["deny", "not_public"],
        ["allow", "tenancy"],
        ["deny", "all"],
    ]
    assert set(names) == {"not_public", "tenancy"}
    ranges = (*PRIVATE, *METADATA, *METADATA_V6, *chain.from_iterable(UNUSABLE.values()), NAT64, LOCAL_NAT64)
    assert [each for each in ranges if not any(contains(network, ip_network(each)) for network in refused)] == []
    assert not any(contains(network, ip_network(each)) for network in refused for each in ("8.8.8.8", "2a00::1"))
