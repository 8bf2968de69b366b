"""The command ``python -m ci``: affected tenancies, previews, comments on a pull request, the chart's record."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ci.affected import SCAFFOLDING_STACK, Affected, affected_tenancies, tenancies
from ci.chart_record import UnchangedVersion, write_record
from ci.comment import API, CommentFailed, PullRequest, write_comment
from ci.renames import Rename, find_renames
from ci.revisions import GitFailed, changed_files
from ci.stored_secrets import SWITCH_FIX, are_allowed, stored_secret_messages
from components.config.problems import InvalidTenancy
from components.config.stack_file import STACKS, stacks

SUMMARIES = Path(".state", "previews")
"""Default folder for the Markdown summaries of many previews."""

TOKEN_VARIABLE = "GITHUB_TOKEN"  # noqa: S105 - the variable's name, not a token
"""Environment variable with the token that writes comments."""

NO_COMMIT = "0" * 40
"""GitHub's placeholder for the commit before a branch's first push."""

EXAMPLES = """\
examples:
  python -m ci affected --base main      list the tenancies that the present branch affects
  python -m ci preview vis               preview the stack vis
  python -m ci preview vis --drift       compare vis with its cluster and directory; fail on any difference
  python -m ci previews                  preview all tenancies
  python -m ci previews vis climate --concurrency 2
  python -m ci record-chart              after a change of chart/ and of its version
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        The exit code: 0 success, 1 refused or failed, 2 wrong usage, 130 interrupted.
    """
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
    except (GitFailed, CommentFailed, UnchangedVersion, InvalidTenancy) as failure:
        print(failure, file=sys.stderr)
        return 1
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ci",
        description="Review a change before it reaches a tenancy.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True)

    affected = commands.add_parser("affected", help="list the stacks that a change affects, as JSON")
    affected.add_argument("--base", help="revision before the change; if missing or all zeros, all stacks are listed")
    affected.add_argument("--head", default="HEAD", help="revision after the change (default: HEAD)")
    affected.add_argument(
        "--only", metavar="STACK", help="list only this stack, even if unchanged; its file must exist"
    )
    affected.add_argument("--output", type=Path, help="file to append `stacks=[…]` to, e.g. $GITHUB_OUTPUT")
    affected.add_argument("--summary", type=Path, help="file to append notices to, e.g. $GITHUB_STEP_SUMMARY")
    affected.set_defaults(run=_affected)

    preview = commands.add_parser("preview", help="preview a stack with the official CLI")
    preview.add_argument("stack")
    preview.add_argument("--markdown", type=Path, help="file for the Markdown summary")
    preview.add_argument("--report", type=Path, help="file for the report as JSON")
    preview.add_argument("--commit", help="commit to name in the summary")
    preview.add_argument(
        "--base", help="revision before the change; the summary compares the policies with it and finds a renamed stack"
    )
    preview.add_argument(
        "--drift", action="store_true", help="compare with the cluster and the directory; fail on any difference"
    )
    preview.set_defaults(run=_preview)

    previews = commands.add_parser("previews", help="preview many stacks, a few at a time, with the official CLI")
    previews.add_argument("stack", nargs="*", help=f"default: all except {SCAFFOLDING_STACK}")
    add_limits(previews)
    previews.add_argument(
        "--passphrases", type=Path, metavar="FOLDER", help="folder with a file for each stack, named as the stack"
    )
    previews.add_argument(
        "--markdown",
        type=Path,
        metavar="FOLDER",
        default=SUMMARIES,
        help=f"folder for the Markdown summaries (default: {SUMMARIES})",
    )
    previews.add_argument("--summary", type=Path, help="file to append the table to, e.g. $GITHUB_STEP_SUMMARY")
    previews.add_argument("--commit", help="commit to name in the summaries")
    previews.set_defaults(run=_previews)

    record = commands.add_parser("record-chart", help="record the files of a new version of the chart")
    record.set_defaults(run=_record_chart)

    comment = commands.add_parser(
        "comment", help=f"write a summary into a comment on a pull request, with the token in {TOKEN_VARIABLE}"
    )
    comment.add_argument("markdown", type=Path, help="file with the summary; its first line identifies the comment")
    comment.add_argument("--repository", required=True, help="owner/name")
    comment.add_argument("--pull-request", required=True, type=int, metavar="NUMBER")
    comment.set_defaults(run=_comment)
    return parser


def add_limits(parser: argparse.ArgumentParser) -> None:
    """Add the options that limit the number of concurrent previews and the time for each."""
    parser.add_argument(
        "--concurrency",
        type=_count,
        metavar="N",
        help="number of concurrent previews (default: number of processors, at most 4)",
    )
    parser.add_argument("--timeout", type=_count, metavar="SECONDS", help="limit for each preview (default: 600)")


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
        changes = changed_files(options.base, options.head, Path.cwd())
        renamed = {rename.before: str(rename) for rename in find_renames(changes, options.base, Path.cwd())}
        found = affected_tenancies(changes, names, renamed)
    secrets = list(stored_secret_messages(found.stacks))
    if secrets and not are_allowed(os.environ):
        print("\n".join([*secrets, SWITCH_FIX]), file=sys.stderr)
        return 1
    found = Affected(found.stacks, (*found.notices, *secrets))
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
    from ci.policy_review import review_policies
    from ci.preview.engine_preview import CannotPreview, find_policies, preview
    from ci.preview.official_cli import StackRenamed, official_stack, switch_notes
    from ci.preview.report import failed_preview

    project = Path.cwd()
    review = review_policies(project, options.base or None)
    rename = _rename_to(options.stack, options.base, project)
    try:
        if review.errors:
            found = failed_preview(options.stack, *review.errors)
        else:
            with official_stack(options.stack, project, rename) as (stack, notes):
                found = preview(
                    stack,
                    policies=find_policies(project),
                    refresh=options.drift,
                    expect_no_changes=options.drift,
                    notes=[*notes, *switch_notes(os.environ)],
                )
    except StackRenamed as renamed:
        found = failed_preview(options.stack, str(renamed))
    except CannotPreview as failure:
        print(failure, file=sys.stderr)
        return 1
    found = replace(found, policy_changes=review.sentences)
    return report_preview(found, markdown_file=options.markdown, report_file=options.report, commit=options.commit)


def _rename_to(stack: str, base: str | None, project: Path) -> Rename | None:
    """Return the rename of another stack's file to this one; None if there is none, or if it cannot be known."""
    if not base:
        return None
    try:
        renames = find_renames(changed_files(base, "HEAD", project), base, project)
    except GitFailed:  # the review of the policies tells it
        return None
    return next((rename for rename in renames if rename.after == stack), None)


def _previews(options: argparse.Namespace) -> int:
    from ci.output.report_output import Summaries, report_all
    from ci.preview.engine_preview import CannotPreview
    from ci.preview.official_cli import preview_command, require_cli
    from ci.preview.preview_all import Limits

    known = stacks(STACKS)
    names = list(dict.fromkeys(options.stack)) or tenancies(known)
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        missing = f"stack {', '.join(unknown)}" if unknown else "tenancy"
        print(f"there is no {missing} in {STACKS}; there are: {', '.join(known) or 'none'}", file=sys.stderr)
        return 2
    if options.passphrases and not options.passphrases.is_dir():
        print(f"--passphrases {options.passphrases} is not a folder", file=sys.stderr)
        return 1
    try:
        require_cli()
        return report_all(
            names,
            lambda name, report: preview_command(name, report, options.passphrases),
            Limits.of_machine(options.concurrency, options.timeout),
            Summaries(options.markdown.absolute(), options.commit, options.summary),
        )
    except CannotPreview as failure:
        print(failure, file=sys.stderr)
        return 1


def _record_chart(_: argparse.Namespace) -> int:
    print(f"chart/source.sha256 has the files of version {write_record()}")
    return 0


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return int(text)


def _comment(options: argparse.Namespace) -> int:
    token = os.environ.get(TOKEN_VARIABLE)
    if not token:
        print(f"{TOKEN_VARIABLE} is not set; it must be a token that may write on pull requests", file=sys.stderr)
        return 2
    pull_request = PullRequest(options.repository, options.pull_request, os.environ.get("GITHUB_API_URL") or API)
    text = options.markdown.read_text(encoding="utf-8")
    print(write_comment(pull_request, text.partition("\n")[0], text, token))
    return 0


if __name__ == "__main__":
    sys.exit(main())
