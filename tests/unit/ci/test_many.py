"""Many previews: each stack on its own, whatever becomes of the others, and all of them told."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from pulumi import automation
from pulumi.automation import CommandResult
from pulumi.automation.errors import CommandError, StackNotFoundError
from rich.console import Console

from ci.many import Looked, Opened, previews
from ci.official import CannotPreview
from ci.progress import watching
from ci.report import Preview, ResourceChange, Violation
from ci.table import HEAD, markdown_table, show_table, totals
from ci.tell import Summaries, tell_of_many
from previews import InFlight, WarmProject
from tests.unit.ci import events

PROJECT = WarmProject(Path(), {}, cast("automation.PulumiCommand", None), lambda: None)
"""Its threads are real; its engine is never asked."""


class Stack:
    """A stack whose engine says what it is told to."""

    def __init__(self, name: str, heard: list[Any], stopped: Exception | None = None) -> None:
        self.name, self._heard, self._stopped = name, heard, stopped

    def preview(self, on_event: Callable[[Any], None], **_: Any) -> None:
        for event in self._heard:
            on_event(event)
        if self._stopped:
            raise self._stopped


def stopped(said: str) -> CommandResult:
    return CommandResult(stdout="", stderr=f"error: {said}", code=255)


CREATED = [events.step("create"), events.ended(pangeo="1.0.0")]
STACKS = {
    "good": Stack("good", CREATED),
    "refused": Stack("refused", [*CREATED, events.violated("tls", "mandatory", "no TLS")], CommandError(stopped(""))),
    "failed": Stack("failed", [events.said("error", "a <b>|`bad`")], CommandError(stopped("preview failed"))),
    "gone": Stack("gone", [], StackNotFoundError(stopped("no stack named 'gone' found"))),
}


def opened(name: str) -> Opened:
    if name == "closed":
        raise CannotPreview("the stack closed has a passphrase")
    if name == "defect":
        raise KeyError("nobody thought of it")
    return cast("automation.Stack", STACKS[name]), ["a note"]


def look(names: list[str], started: Callable[[str], None] = lambda _: None) -> Iterator[Looked]:
    return previews(PROJECT, names, opened, started, policies=None, in_flight=InFlight(2))


def test_one_that_fails_stops_no_other() -> None:
    names = ["closed", "failed", "good", "defect", "gone", "refused"]
    found = {looked.preview.stack: looked for looked in look(names)}

    assert sorted(found) == sorted(names)
    assert [name for name in names if found[name].preview.good] == ["good"]
    assert found["good"].preview.counts == {"create": 1}
    assert found["good"].preview.notes == ("a note",)
    assert found["closed"].preview.errors == ("the stack closed has a passphrase",)
    assert found["failed"].preview.errors == ("a <b>|`bad`",)
    assert "KeyError" in found["defect"].preview.errors[0]
    assert found["refused"].preview.refused


def test_a_stack_that_the_back_end_does_not_have_is_told_with_the_way_out() -> None:
    [looked] = look(["gone"])

    [said] = looked.preview.errors
    assert said.startswith("the back-end has no stack gone: `pulumi stack init gone` makes it;")


def test_a_file_a_stack_a_table_of_all_and_exit_code_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ["failed", "good", "refused"]
    table = tmp_path / "table.md"
    table.write_text("before\n")

    code = tell_of_many(names, lambda started: look(names, started), Summaries(tmp_path / "all", "0123abc", table))

    assert code == 1
    assert sorted(path.name for path in (tmp_path / "all").iterdir()) == ["failed.md", "good.md", "refused.md"]
    assert "### Preview of `good` at `0123abc`" in (tmp_path / "all" / "good.md").read_text()
    assert "**mandatory** `tls`" in (tmp_path / "all" / "refused.md").read_text()
    assert table.read_text().startswith("before\n**3 tenancies previewed in ")
    shown = capsys.readouterr().out
    assert "mandatory policy tls" in shown
    assert "refused or failed: failed, refused" in shown


def test_where_all_are_good_the_exit_code_is_zero(tmp_path: Path) -> None:
    assert tell_of_many(["good"], lambda started: look(["good"], started), Summaries(tmp_path)) == 0


CHANGE = ResourceChange("update", events.RELEASE, "pangeo", ())
FOUND = [
    Looked(Preview("calm", succeeded=True, unchanged=12), 1.25),
    Looked(Preview("moved", succeeded=True, changes=(CHANGE, CHANGE)), 2),
    Looked(
        Preview(
            "open",
            succeeded=False,
            changes=(CHANGE,),
            violations=(Violation("tls", True, None, "no TLS"), Violation("sizes", False, None, "large")),
        ),
        3,
    ),
    Looked(Preview("broken", succeeded=False, errors=("line 1: a | b\nand `more`",)), 0.04),
]


def test_the_table_has_counts_refusals_and_what_came_of_it() -> None:
    head, _, *lines = markdown_table(FOUND, 4.5).splitlines()[2:]

    assert head == f"| {' | '.join(HEAD)} |"
    assert lines == [
        "| `calm` |  |  |  |  |  | 1.2 | no changes |",
        "| `moved` |  | 2 |  |  |  | 2.0 | changes |",
        "| `open` |  | 1 |  |  | 1 | 3.0 | `refused by tls` |",
        "| `broken` |  |  |  |  |  | 0.0 | `` failed: line 1: a ¦ b and `more` `` |",
    ]


def test_the_sentence_about_all_names_those_that_may_not_go_on() -> None:
    assert totals(FOUND[:1], 1.26) == "1 tenancy previewed in 1.3 s, none refused"
    assert totals(FOUND, 4.5) == "4 tenancies previewed in 4.5 s; refused or failed: open, broken"


def test_nothing_in_the_table_on_the_terminal_is_markup() -> None:
    out = io.StringIO()
    failed = Looked(Preview("vis", succeeded=False, errors=("[red]not markup[/red]",)), 1)
    show_table([failed], 1, Console(file=out, width=200))

    assert out.getvalue().count("[red]not markup[/red]") == 2


def test_a_log_has_a_line_for_each_that_is_done() -> None:
    out = io.StringIO()
    with watching(2, Console(file=out, width=20)) as watch:
        watch.started("calm")
        watch.ended(FOUND[0])
        watch.started("open")
        watch.ended(FOUND[2])

    assert out.getvalue().splitlines() == [
        "1/2 calm: No changes, 12 unchanged (1.2 s)",
        "2/2 open: Refused by 1 mandatory policy: 1 to update (3.0 s)",
    ]


def test_a_terminal_has_a_bar_with_those_under_way() -> None:
    out = io.StringIO()
    with watching(3, Console(file=out, width=100, force_terminal=True, color_system=None)) as watch:
        watch.started("calm")
        watch.started("[b]")
        watch.ended(FOUND[0])
        watch.started("open")

    assert "1/3" in out.getvalue()
    assert "[b], open" in out.getvalue()
