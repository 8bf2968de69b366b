"""Every run of tests can interrupt what it starts, and says at its end why tests were skipped and what failed."""

import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

LINES_OF_A_REASON = 8


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--failures-to", type=Path, metavar="FILE", help="add what failed, in short, to this file")


def pytest_configure() -> None:
    # A shell starts what is in the background with interrupts ignored, and all below inherits it.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):  # what one of several workers finds, the one above tells
        return
    for reason, count in Counter(_why_skipped(terminalreporter.stats)).items():
        terminalreporter.write_line(f"{count} skipped: {reason}")
    file: Path | None = config.getoption("--failures-to")
    if file is None:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as failures:
        failures.writelines(_in_short(terminalreporter.stats))


def _why_skipped(stats: dict[str, list[Any]]) -> Iterator[str]:
    for report in stats.get("skipped", []):
        match report.longrepr:
            case (_, _, str(reason)):
                yield reason.removeprefix("Skipped: ")


def _in_short(stats: dict[str, list[Any]]) -> Iterator[str]:
    for outcome, word in (("failed", "FAILED"), ("error", "ERROR")):
        for report in stats.get(outcome, []):
            crash = getattr(report.longrepr, "reprcrash", None)
            where, reason = (f"{crash.path}:{crash.lineno}", crash.message) if crash else ("", str(report.longrepr))
            yield f"{word} {report.nodeid} ({report.when}) {where}\n"
            yield from (f"    {line}\n" for line in reason.splitlines()[:LINES_OF_A_REASON])
