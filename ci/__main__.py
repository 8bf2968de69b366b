"""``python -m ci``: which tenancies a change affects, what it would do to one or all, telling the pull request."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ci.affected import SCAFFOLDING_STACK, Affected, affected, tenancies
from ci.comment import API, CommentFailed, PullRequest, write_comment
from ci.git import GitFailed, changed_files
from components.config.stack_file import STACKS, stacks

SUMMARIES = Path(".state", "previews")
TOKEN_VARIABLE = "GITHUB_TOKEN"  # noqa: S105 - a name
NO_COMMIT = "0" * 40
"""What GitHub gives as the commit before a branch's first push."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit code: 0 good, 1 refused or failed, 2 used wrongly."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
    except (GitFailed, CommentFailed) as failure:
        print(failure, file=sys.stderr)
        return 1
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ci", description=__doc__)
    commands = parser.add_subparsers(required=True)

    which = commands.add_parser("affected", help="the stacks that a change affects, as a JSON list")
    which.add_argument("--base", help="the revision before; left out or all zeros, every stack is listed")
    which.add_argument("--head", default="HEAD", help="the revision after (default: HEAD)")
    which.add_argument("--only", metavar="STACK", help="this stack, whatever changed; it must have a file")
    which.add_argument("--output", type=Path, help="a file to append `stacks=[…]` to, as GITHUB_OUTPUT")
    which.add_argument("--summary", type=Path, help="a file to append the notices to, as GITHUB_STEP_SUMMARY")
    which.set_defaults(run=_affected)

    look = commands.add_parser("preview", help="preview a stack with the official CLI")
    look.add_argument("stack")
    look.add_argument("--markdown", type=Path, help="a file for the Markdown summary")
    look.add_argument("--report", type=Path, help="a file for the report as JSON")
    look.add_argument("--commit", help="the commit to name in it")
    look.add_argument("--drift", action="store_true", help="look at what is really there; any difference is a failure")
    look.set_defaults(run=_preview)

    many = commands.add_parser("previews", help="preview all stacks, or some, a few at a time, with the official CLI")
    many.add_argument("stack", nargs="*", help=f"all but {SCAFFOLDING_STACK} when none is named")
    add_limits(many)
    many.add_argument("--passphrases", type=Path, metavar="FOLDER", help="a file for each stack, named as the stack")
    many.add_argument("--markdown", type=Path, metavar="FOLDER", default=SUMMARIES, help=f"default: {SUMMARIES}")
    many.add_argument("--summary", type=Path, help="a file to append the table to, as GITHUB_STEP_SUMMARY")
    many.add_argument("--commit", help="the commit to name in the summaries")
    many.set_defaults(run=_previews)

    tell = commands.add_parser("comment", help=f"write a summary on a pull request; the token is in {TOKEN_VARIABLE}")
    tell.add_argument("markdown", type=Path, help="the Markdown summary; its first line tells the stack's comment")
    tell.add_argument("--repository", required=True, help="owner/name")
    tell.add_argument("--pull-request", required=True, type=int, metavar="NUMBER")
    tell.set_defaults(run=_comment)
    return parser


def add_limits(parser: argparse.ArgumentParser) -> None:
    """Add the options for the number of concurrent previews and for the time of each."""
    parser.add_argument(
        "--concurrency", type=_count, metavar="N", help="previews at a time (default: processors, but at most 4)"
    )
    parser.add_argument(
        "--timeout", type=_count, metavar="SECONDS", help="time for each preview, in seconds (default: 600)"
    )


def _affected(options: argparse.Namespace) -> int:
    names = stacks(STACKS)
    if options.only:
        if options.only not in tenancies(names):
            known = ", ".join(tenancies(names))
            print(f"there is no tenancy {options.only!r} in {STACKS}; there are: {known or 'none'}", file=sys.stderr)
            return 2
        found = Affected((options.only,), ())
    elif not options.base or options.base == NO_COMMIT:
        found = Affected(tuple(tenancies(names)), ())
    else:
        found = affected(changed_files(options.base, options.head, Path.cwd()), names)
    listed = json.dumps(list(found.stacks))
    print(listed)
    for notice in found.notices:
        print(notice, file=sys.stderr)
    if options.output:
        with options.output.open("a") as out:
            out.write(f"stacks={listed}\n")
    if options.summary and found.notices:
        with options.summary.open("a") as out:
            out.writelines(f"- {notice}\n" for notice in found.notices)
    return 0


def _preview(options: argparse.Namespace) -> int:
    # The engine's SDK takes half a second to import; the other commands do not need it.
    from ci.output.report_output import report_preview
    from ci.preview.engine_preview import CannotPreview, policies_of, preview
    from ci.preview.official_cli import notes_on, official_stack

    project = Path.cwd()
    try:
        with official_stack(options.stack, project) as (stack, notes):
            found = preview(
                stack,
                policies=policies_of(project),
                refresh=options.drift,
                expect_no_changes=options.drift,
                notes=[*notes, *notes_on(os.environ)],
            )
    except CannotPreview as failure:
        print(failure, file=sys.stderr)
        return 1
    return report_preview(found, markdown_file=options.markdown, report_file=options.report, commit=options.commit)


def _previews(options: argparse.Namespace) -> int:
    from ci.output.report_output import Summaries, report_all
    from ci.preview.engine_preview import CannotPreview
    from ci.preview.official_cli import need_cli, preview_command
    from ci.preview.preview_all import Limits

    known = stacks(STACKS)
    names = list(dict.fromkeys(options.stack)) or tenancies(known)
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        wrong = f"there is no stack {', '.join(unknown)} in {STACKS}" if unknown else f"there is no tenancy in {STACKS}"
        print(f"{wrong}; there are: {', '.join(known) or 'none'}", file=sys.stderr)
        return 2
    if options.passphrases and not options.passphrases.is_dir():
        print(f"--passphrases {options.passphrases}: there is no such folder", file=sys.stderr)
        return 1
    try:
        need_cli()
        return report_all(
            names,
            lambda name, report: preview_command(name, report, options.passphrases),
            Limits.of_machine(options.concurrency, options.timeout),
            Summaries(options.markdown.absolute(), options.commit, options.summary),
        )
    except CannotPreview as failure:
        print(failure, file=sys.stderr)
        return 1


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return int(text)


def _comment(options: argparse.Namespace) -> int:
    token = os.environ.get(TOKEN_VARIABLE)
    if not token:
        print(f"{TOKEN_VARIABLE} is not set: a token that may write on pull requests", file=sys.stderr)
        return 2
    where = PullRequest(options.repository, options.pull_request, os.environ.get("GITHUB_API_URL") or API)
    text = options.markdown.read_text(encoding="utf-8")
    print(write_comment(where, text.partition("\n")[0], text, token))
    return 0


if __name__ == "__main__":
    sys.exit(main())
