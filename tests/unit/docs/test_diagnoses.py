"""The diagnoses of ``verify`` in docs/faults.md are those that the program gives, for the faults that were tried."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.cli.diagnose.plain_http import PlainAnswer, assess
from components.cli.diagnose.result import Status
from components.cli.output import MARKS
from components.cli.verify.idle_websocket import Held, assess_websockets
from components.cli.verify.uploads import FAST, UPLOAD_BYTES, Upload, assess_upload
from tests.cluster.broken_tenancies.faults import FAULTS, Fault

SECTION = (
    Path("docs/faults.md").read_text(encoding="utf-8").partition("## Diagnoses of `verify`")[2].partition("\n## ")[0]
)
ROWS = {
    cells[0].strip(): [cell.strip() for cell in cells]
    for line in SECTION.splitlines()
    if line.startswith("| ") and (cells := line.strip("|").split("|"))
}
SOURCES = (
    *Path("components/cli").rglob("*.py"),
    *Path("components/readiness").rglob("*.py"),
    Path("components/in_hub/messages.py"),
)

WITH_VALUES = [
    assess_upload(FAST, Upload(UPLOAD_BYTES, 0, 0.2, 413), "", works_in_parts=False).message,
    assess(PlainAnswer(200, "", has_form=True, is_hub=True), "vis").message,
    assess_websockets(Held(65.0, ""), Held(30.0, "was closed"), "").message,
]
"""Messages of which a part is computed."""

SHORTEST = 10
"""Length in characters of the shortest part of a message that is looked for."""

OF_KUBERNETES = ("Insufficient memory", "persistentvolumeclaim", "FailedScheduling")
"""Messages that the cluster gives."""


def texts(source: Path) -> Iterator[str]:
    """Yield the texts of a source file, each value in them as ``…``."""
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(str(each.value) if isinstance(each, ast.Constant) else "…" for each in node.values)


def test_every_fault_that_was_tried_is_documented() -> None:
    assert set(ROWS) - {"Fault"} - {row for row in ROWS if set(row) <= {"-"}} == {fault.name for fault in FAULTS}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_documented_check_and_message_are_those_that_were_tried(fault: Fault) -> None:
    _, check, message, _ = ROWS[fault.name]

    assert check == f"{MARKS[Status(fault.status)][0]} `{fault.subject}`"
    assert fault.words in message


def test_documented_messages_are_the_programs() -> None:
    known = [*WITH_VALUES, *(text for source in SOURCES for text in texts(source))]
    parts = [
        part.strip()
        for row in ROWS.values()
        for message in re.findall("`([^`]+)`", row[2])
        for part in message.split("…")
        if len(part.strip()) >= SHORTEST
    ]

    assert len(parts) >= len(FAULTS)
    unknown = [part for part in parts if not any(part in text for text in known)]
    assert [part for part in unknown if not any(each in part for each in OF_KUBERNETES)] == []
