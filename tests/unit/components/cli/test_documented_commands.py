"""What the documents say of the commands is what the commands take."""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
import typer

from components.cli.app import app
from components.cli.diagnose.doctor import BIND, GROUP, HUB_ASKS
from components.cli.diagnose.drift import WHAT as DRIFT
from components.cli.diagnose.hub_config import WHAT as SETTINGS
from components.cli.diagnose.status import CLUSTER, HOMES, RELEASE, SERVERS
from components.cli.diagnose.user import ACCOUNT, MEMBERSHIP, USER

DAY_TWO = Path("docs/day-two.md")
PICTURE = Path("docs/images/architecture.svg")


def options(command: object, above: str = "") -> Iterator[tuple[str, set[str]]]:
    """Every command by its words, with its options."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield above, {word for parameter in command.params for word in (*parameter.opts, *parameter.secondary_opts)}  # type: ignore[attr-defined]
        return
    for name, below in inner.items():
        yield from options(below, f"{above} {name}".strip())


COMMANDS = dict(options(typer.main.get_command(app)))


def used(path: Path) -> Iterator[tuple[str, set[str]]]:
    """Every ``python -m components …`` in a document: what is run, and the options it is given."""
    text = path.read_text().replace("\\\n", " ")
    for line in re.findall(r"python -m components ([^`\n|]*)", text):
        words = re.sub(r"[\[\]]", "", line).split()
        command = " ".join(words[:2]) if words[0] == "members" else words[0]
        yield command, {word for word in words if word.startswith("--")}


@pytest.mark.parametrize("path", sorted(Path("docs").glob("*.md")), ids=str)
def test_every_command_in_a_document_is_one_with_these_options(path: Path) -> None:
    assert [(command, given) for command, given in used(path) if given - COMMANDS.get(command, set())] == []
    assert {command for command, _ in used(path)} - set(COMMANDS) == set()


def test_every_command_and_option_is_documented() -> None:
    text = DAY_TWO.read_text()

    assert [command for command in COMMANDS if f"python -m components {command}" not in text] == []
    known = {option for given in COMMANDS.values() for option in given if option.startswith("--")}
    assert [option for option in sorted(known) if option not in text] == []


def test_every_link_of_the_chain_is_documented() -> None:
    rows = set(re.findall(r"^\| ([^|]+?) \|", DAY_TWO.read_text(), re.MULTILINE))
    shared = {"domain", "hub certificate", "hub", "hub pods", "directory …"}

    assert {*shared, SETTINGS, HUB_ASKS, BIND, GROUP, USER, ACCOUNT, MEMBERSHIP} <= rows
    assert {CLUSTER, RELEASE, SERVERS, HOMES, DRIFT} <= rows


def test_the_picture_can_be_read_by_itself() -> None:
    picture = ElementTree.parse(PICTURE).getroot()  # noqa: S314 - our own file
    space = {"svg": "http://www.w3.org/2000/svg"}

    assert picture.findtext("svg:title", namespaces=space)
    assert "FreeIPA" in (picture.findtext("svg:desc", namespaces=space) or "")
    assert "href" not in PICTURE.read_text(), "it loads nothing"
