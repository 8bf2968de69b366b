"""Previews of many stacks: real processes that stand for ``python -m ci preview``."""

import contextlib
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.console import Console

from ci.output.progress import progress_display
from ci.output.report_output import Summaries, report_all
from ci.output.table import HEAD, markdown_table, show_table, totals
from ci.preview.engine_preview import CannotPreview
from ci.preview.preview_all import Limits, PreviewCommand, TimedPreview, preview_all
from ci.preview.report import Preview, ResourceChange, Violation, failed_preview, read_report, write_report
from tests.unit.ci import events

LIMITS = Limits(2, 30)
CHANGE = ResourceChange("update", events.RELEASE, "pangeo", ())
REFUSED = Violation("tls", True, None, "no TLS")
PREVIEWS = {
    "good": Preview("good", succeeded=True, changes=(CHANGE,), notes=("a note",)),
    "refused": Preview("refused", succeeded=False, violations=(REFUSED,)),
    "failed": failed_preview("failed", "a <b>|`bad`"),
}
CRASH = "raise SystemExit('error: the stack crash could not be opened')"
TRACEBACK = "raise KeyError('unexpected')"
SLEEP = "import subprocess; subprocess.run(['sleep', '{marker}'], process_group=0)"
"""A preview that does not end; its engine has a process group of its own, as plugins do."""


def command(name: str, report: Path) -> PreviewCommand:
    """A command with the result that the name of the stack describes."""
    if name == "closed":
        raise CannotPreview("the stack closed has a passphrase")
    if name in PREVIEWS:
        write_report(PREVIEWS[name], report)
    if name == "partial":
        report.write_text('{"stack": "partial"')
    if name == "unknown-program":
        return PreviewCommand([str(report.parent / "no-such-program")], os.environ)
    code = {"crash": CRASH, "traceback": TRACEBACK, "silent": "raise SystemExit(3)"}.get(name, "")
    return PreviewCommand([sys.executable, "-c", code], os.environ)


def sleeping(marker: str) -> PreviewCommand:
    return PreviewCommand([sys.executable, "-c", SLEEP.format(marker=marker)], os.environ)


@pytest.fixture
def marker() -> str:
    """Seconds to sleep that no other process on the machine sleeps."""
    return f"71.{os.getpid()}"


def is_running(marker: str) -> bool:
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if file.read_bytes() == f"sleep\0{marker}\0".encode():
                return True
    return False


def wait_until_running(marker: str) -> None:
    deadline = time.monotonic() + 60
    while not is_running(marker):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_failed_preview_stops_no_other() -> None:
    names = ["closed", "failed", "crash", "good", "traceback", "silent", "partial", "unknown-program", "refused"]
    found = {timed.preview.stack: timed.preview for timed in preview_all(names, command, LIMITS)}

    assert list(found) == names
    assert [name for name in names if found[name].passed] == ["good"]
    assert found["good"] == PREVIEWS["good"]
    assert found["refused"].refused
    assert found["failed"].errors == ("a <b>|`bad`",)
    assert found["closed"].errors == ("the stack closed has a passphrase",)
    assert found["crash"].errors == ("error: the stack crash could not be opened",)
    assert found["traceback"].errors == ("KeyError: 'unexpected'",)
    assert found["partial"].errors[0].startswith("ValidationError: ")
    assert found["unknown-program"].errors[0].startswith("FileNotFoundError: ")
    assert found["silent"].errors == ("the preview's process ended with code 3 and no message",)


def test_no_more_previews_run_at_a_time_than_allowed() -> None:
    running: set[str] = set()
    most = 0

    def started(name: str) -> None:
        nonlocal most
        running.add(name)
        most = max(most, len(running))

    names = [f"stack-{number}" for number in range(6)]
    preview_all(names, command, LIMITS, on_start=started, on_end=lambda timed: running.remove(timed.preview.stack))

    assert most == 2
    assert running == set()


def test_default_concurrency_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    for processors, concurrency in {1: 1, 3: 3, 64: 4}.items():
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, count=processors: set(range(count)))
        assert Limits.of_machine() == Limits(concurrency, 600)
    assert Limits.of_machine(12, 30) == Limits(12, 30)


def test_timeout_names_the_stack_and_ends_its_processes(marker: str) -> None:
    [timed] = preview_all(["slow"], lambda *_: sleeping(marker), Limits(1, 1.5))

    assert timed.preview.errors == ("the preview of slow did not end within 1.5 s and was stopped",)
    assert not is_running(marker)


INTERRUPTED = """
import os, sys
from pathlib import Path
from ci.output.report_output import Summaries, report_all
from ci.preview.preview_all import Limits, PreviewCommand
command = PreviewCommand([sys.executable, "-c", sys.argv[1]], os.environ)
sys.exit(report_all(["vis", "climate"], lambda *_: command, Limits(1, 60), Summaries(Path(sys.argv[2]))))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupt_ends_all_processes(number: signal.Signals, marker: str, tmp_path: Path) -> None:
    words = [sys.executable, "-c", INTERRUPTED, SLEEP.format(marker=marker), str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        wait_until_running(marker)
        process.send_signal(number)
        out, err = process.communicate(timeout=90)

    assert process.returncode == 130
    assert "started vis; running: vis" in out
    assert "interrupted: all running previews were ended" in out
    assert "climate" not in out
    assert "Traceback" not in err
    assert not is_running(marker)


def test_report_is_the_same_after_writing_and_reading(tmp_path: Path) -> None:
    preview = Preview("vis", succeeded=True, changes=(CHANGE,), policy_packs={"pangeo": "1.0.0"}, warnings=("a",))
    write_report(preview, tmp_path / "vis.json")

    assert read_report(tmp_path / "vis.json") == preview


def test_every_stack_has_a_summary_and_a_line_in_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ["failed", "good", "refused"]
    table = tmp_path / "table.md"
    table.write_text("before\n")

    code = report_all(names, command, LIMITS, Summaries(tmp_path / "all", "0123abc", table))

    assert code == 1
    assert sorted(path.name for path in (tmp_path / "all").iterdir()) == ["failed.md", "good.md", "refused.md"]
    assert "### Preview of `good` at `0123abc`" in (tmp_path / "all" / "good.md").read_text()
    assert "**mandatory** `tls`" in (tmp_path / "all" / "refused.md").read_text()
    assert table.read_text().startswith("before\n**3 tenancies previewed in ")
    shown = capsys.readouterr().out
    assert "mandatory policy tls" in shown
    assert "refused or failed: failed, refused" in shown


def test_exit_code_is_zero_if_every_preview_passed(tmp_path: Path) -> None:
    assert report_all(["good"], command, LIMITS, Summaries(tmp_path)) == 0


FOUND: Sequence[TimedPreview] = [
    TimedPreview(Preview("calm", succeeded=True, unchanged=12), 1.25),
    TimedPreview(Preview("moved", succeeded=True, changes=(CHANGE, CHANGE)), 2),
    TimedPreview(
        Preview(
            "open",
            succeeded=False,
            changes=(CHANGE,),
            violations=(REFUSED, Violation("sizes", False, None, "large")),
        ),
        3,
    ),
    TimedPreview(failed_preview("broken", "line 1: a | b\nand `more`"), 0.04),
]


def test_table_has_counts_refusals_and_results() -> None:
    head, _, *lines = markdown_table(FOUND, 4.5).splitlines()[2:]

    assert head == f"| {' | '.join(HEAD)} |"
    assert lines == [
        "| `calm` |  |  |  |  |  | 1.2 | no changes |",
        "| `moved` |  | 2 |  |  |  | 2.0 | changes |",
        "| `open` |  | 1 |  |  | 1 | 3.0 | `refused by tls` |",
        "| `broken` |  |  |  |  |  | 0.0 | `` failed: line 1: a ¦ b and `more` `` |",
    ]


def test_totals_name_the_refused_and_failed_stacks() -> None:
    assert totals(FOUND[:1], 1.26) == "1 tenancy previewed in 1.3 s, none refused"
    assert totals(FOUND, 4.5) == "4 tenancies previewed in 4.5 s; refused or failed: open, broken"


def test_terminal_table_does_not_interpret_markup() -> None:
    out = io.StringIO()
    failed = TimedPreview(failed_preview("vis", "[red]not markup[/red]"), 1)
    show_table([failed], 1, Console(file=out, width=200))

    assert out.getvalue().count("[red]not markup[/red]") == 2


def test_log_shows_running_and_finished_previews() -> None:
    out = io.StringIO()
    with progress_display(2, Console(file=out, width=20)) as progress:
        progress.show_start("calm")
        progress.show_start("open")
        progress.show_end(FOUND[0])
        progress.show_end(FOUND[2])

    assert out.getvalue().splitlines() == [
        "0/2 started calm; running: calm",
        "0/2 started open; running: calm, open",
        "1/2 calm: No changes, 12 unchanged (1.2 s); running: open",
        "2/2 open: Refused by 1 mandatory policy: 1 to update (3.0 s)",
    ]


def test_terminal_shows_a_bar_with_the_running_previews() -> None:
    out = io.StringIO()
    with progress_display(3, Console(file=out, width=100, force_terminal=True, color_system=None)) as progress:
        progress.show_start("calm")
        progress.show_start("[b]")
        progress.show_end(FOUND[0])
        progress.show_start("open")

    assert "1/3" in out.getvalue()
    assert "[b], open" in out.getvalue()
