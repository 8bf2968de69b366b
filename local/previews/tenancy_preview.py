"""``make preview STACK=vis``: the preview that CI makes, also on a machine without the official CLI and its plugins.

With the official CLI on PATH this is ``python -m ci preview``, and ``STACK=all`` is ``python -m ci previews``. Without
it the stand-ins run the same program on an empty backend: the preview shows what a first deployment of the stack file
would create, the policies' findings and the warnings. No cluster, directory or DNS server is contacted, and only the
summaries are written outside a temporary folder.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from ci.__main__ import add_limits
from ci.__main__ import main as ci
from ci.affected import tenancies
from ci.output.report_output import Summaries, report_all, report_preview
from ci.policy_review import review_policies
from ci.preview.engine_preview import find_policies, preview
from ci.preview.official_cli import missing_programs
from ci.preview.preview_all import Limits, PreviewCommand
from ci.preview.report import failed_preview
from components.config.problems import InvalidTenancy
from components.config.stack_file import stacks
from local.failure import Failure
from local.paths import PROJECT, State
from local.previews.stand_in_stack import require_engine, stand_in_stack
from local.stand_ins.charts.assemble import assemble
from local.stand_ins.plugins.choose import without_launchers

ALL = "all"
MODULE = "local.previews.tenancy_preview"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="make preview STACK=…", description="Preview a tenancy, or all, as CI does.")
    parser.add_argument("stack", help=f"a tenancy, or {ALL}")
    parser.add_argument("--markdown", type=Path, help=f"file for the Markdown summary; with {ALL} a folder")
    parser.add_argument("--report", type=Path, help="file for the report as JSON; for one tenancy")
    parser.add_argument(
        "--passphrases", type=Path, help=f"with {ALL} and the official CLI: folder with a file for each stack"
    )
    add_limits(parser)
    options = parser.parse_args(arguments)
    if options.passphrases and options.stack != ALL:
        parser.error(f"PASSPHRASES is only for STACK={ALL}; for one tenancy set PULUMI_CONFIG_PASSPHRASE_FILE")
    state = State()
    try:
        return (_preview_all if options.stack == ALL else _preview_one)(options, state)
    except (Failure, InvalidTenancy) as failure:
        fix = f"\n  fix  {failure.fix}" if isinstance(failure, Failure) else ""
        Console(stderr=True).print(f"{failure}{fix}", highlight=False, markup=False, soft_wrap=True)
        return 1


def _preview_one(options: argparse.Namespace, state: State) -> int:
    summary = options.markdown or state.root / "previews" / f"{options.stack}.md"
    if _has_official_cli():
        report = ["--report", str(options.report)] if options.report else []
        return ci(["preview", options.stack, "--markdown", str(summary), *report])
    with tempfile.TemporaryDirectory(prefix="pangeo-preview-") as folder:
        stack, notes = stand_in_stack(options.stack, state, Path(folder))
        review = review_policies(PROJECT, None)
        if review.errors:
            found = failed_preview(options.stack, *review.errors)
        else:
            found = preview(stack, policies=find_policies(PROJECT), notes=notes)
    found = replace(found, policy_changes=review.sentences)
    return report_preview(found, markdown_file=summary, report_file=options.report)


def _preview_all(options: argparse.Namespace, state: State) -> int:
    summaries = (options.markdown or state.root / "previews").absolute()
    if _has_official_cli():
        given = {
            "--passphrases": options.passphrases,
            "--concurrency": options.concurrency,
            "--timeout": options.timeout,
        }
        others = [word for option, value in given.items() if value for word in (option, str(value))]
        return ci(["previews", "--markdown", str(summaries), *others])
    require_engine(state)
    # All previews use the assembled chart, so it must be complete before the first of them starts.
    assemble(state)
    return report_all(
        tenancies(stacks(PROJECT / "stacks")),
        _command,
        Limits.of_machine(options.concurrency, options.timeout),
        Summaries(summaries),
    )


def _has_official_cli() -> bool:
    # The shell of make shell has a stand-in for a part of the CLI.
    return not missing_programs(without_launchers(os.environ.get("PATH", os.defpath)))


def _command(name: str, report: Path) -> PreviewCommand:
    # The parent process writes the summary that is kept; this one is deleted together with the report.
    files = ["--markdown", str(report.with_suffix(".md")), "--report", str(report)]
    return PreviewCommand(
        [sys.executable, "-m", MODULE, *files, "--", name], {**os.environ, "PYTHONPATH": str(PROJECT)}
    )


if __name__ == "__main__":
    sys.exit(main())
