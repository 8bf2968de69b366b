"""Commands, options and check names in the documents match the program."""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
import typer

from components.cli.app import app
from components.cli.backup.check import BACKUP
from components.cli.diagnose.doctor import BIND, GROUP
from components.cli.diagnose.drift import SUBJECT as DRIFT
from components.cli.diagnose.hub_config import SUBJECT as SETTINGS
from components.cli.diagnose.hub_log_in import HUB_TO_DIRECTORY
from components.cli.diagnose.plain_http import SUBJECT as PLAIN_HTTP
from components.cli.diagnose.status import CLUSTER, IMAGES, RELEASE, SERVERS
from components.cli.diagnose.user import ACCOUNT, MEMBERSHIP, USER
from components.cli.homes.check import HOMES

DAY_TWO = Path("docs/day-two.md")
PICTURE = Path("docs/images/architecture.svg")


def options(command: object, above: str = "") -> Iterator[tuple[str, set[str]]]:
    """Yield each command with its options."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield above, {word for parameter in command.params for word in (*parameter.opts, *parameter.secondary_opts)}  # type: ignore[attr-defined]
        return
    for name, below in inner.items():
        yield from options(below, f"{above} {name}".strip())


COMMANDS = dict(options(typer.main.get_command(app)))


def used(path: Path) -> Iterator[tuple[str, set[str]]]:
    """Yield each ``python -m components …`` in a document: the command and its options."""
    text = path.read_text().replace("\\\n", " ")
    for line in re.findall(r"python -m components ([^`\n|]*)", text):
        words = re.sub(r"[\[\]]", "", line).split()
        command = " ".join(words[:2]) if words[0] in ("members", "backup") else words[0]
        yield command, {word for word in words if word.startswith("--")}


@pytest.mark.parametrize("path", sorted(Path("docs").glob("*.md")), ids=str)
def test_documented_commands_and_options_exist(path: Path) -> None:
    assert [(command, given) for command, given in used(path) if given - COMMANDS.get(command, set())] == []
    assert {command for command, _ in used(path)} - set(COMMANDS) == set()


def test_commands_and_options_are_documented() -> None:
    text = DAY_TWO.read_text()

    assert [command for command in COMMANDS if f"python -m components {command}" not in text] == []
    known = {option for given in COMMANDS.values() for option in given if option.startswith("--")}
    assert [option for option in sorted(known) if option not in text] == []


def test_checks_are_documented() -> None:
    rows = set(re.findall(r"^\| ([^|]+?) \|", DAY_TWO.read_text(), re.MULTILINE))
    shared = {"domain", "hub certificate", PLAIN_HTTP, "hub", "hub pods", "directory …"}

    assert {*shared, SETTINGS, HUB_TO_DIRECTORY, BIND, GROUP, USER, ACCOUNT, MEMBERSHIP} <= rows
    assert {CLUSTER, RELEASE, IMAGES, SERVERS, HOMES, BACKUP, DRIFT} <= rows


def test_picture_has_a_title_and_loads_nothing() -> None:
    picture = ElementTree.parse(PICTURE).getroot()  # noqa: S314 - our own file
    space = {"svg": "http://www.w3.org/2000/svg"}

    assert picture.findtext("svg:title", namespaces=space)
    assert "FreeIPA" in (picture.findtext("svg:desc", namespaces=space) or "")
    assert "href" not in PICTURE.read_text(), "it loads nothing"
