"""Options of all test runs, delivery of interrupts, and a summary of skipped and failed tests."""

import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from local.paths import State
from local.tenancy.engine_environment import used_plugins

MESSAGE_LINES = 8
"""Number of lines of a failure's message in the file of ``--failures-to``."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--failures-to", type=Path, metavar="FILE", help="append a summary of the failures to this file")
    parser.addoption(
        "--screenshots-to",
        type=Path,
        metavar="DIR",
        help="write the screenshots of the browser tests to this folder; empties the homes of their users first",
    )


def pytest_configure() -> None:
    # By default, a case that takes longer than 200 ms fails, which says more about the machine than about the code.
    settings.register_profile("pangeo", deadline=None)
    settings.load_profile("pangeo")
    # A shell starts background processes with interrupts ignored, and their children inherit that.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_report_header() -> list[str]:
    """Name the Pulumi plugins that the engine tests use."""
    return [str(plugin) for plugin in used_plugins(State().bin)]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):  # the controller of the workers reports for all
        return
    for reason, count in Counter(_skip_reasons(terminalreporter.stats)).items():
        terminalreporter.write_line(f"{count} skipped: {reason}")
    file: Path | None = config.getoption("--failures-to")
    if file is None:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as failures:
        failures.writelines(_failure_summary(terminalreporter.stats))


def _skip_reasons(stats: dict[str, list[Any]]) -> Iterator[str]:
    for report in stats.get("skipped", []):
        match report.longrepr:
            case (_, _, str(reason)):
                yield reason.removeprefix("Skipped: ")


def _failure_summary(stats: dict[str, list[Any]]) -> Iterator[str]:
    for outcome, label in (("failed", "FAILED"), ("error", "ERROR")):
        for report in stats.get(outcome, []):
            crash = getattr(report.longrepr, "reprcrash", None)
            location, message = (f"{crash.path}:{crash.lineno}", crash.message) if crash else ("", str(report.longrepr))
            yield f"{label} {report.nodeid} ({report.when}) {location}\n"
            yield from (f"    {line}\n" for line in message.splitlines()[:MESSAGE_LINES])
