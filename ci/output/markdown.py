"""A preview as the Markdown of one comment: first the summary, errors and policies, then the folded property diffs.

All text from the engine is in code spans and blocks, so that GitHub reads none of it as Markdown, HTML or a mention.
"""

import difflib
import re
from collections.abc import Iterator, Sequence

from ci.preview.differences import PropertyChange
from ci.preview.report import Preview, ResourceChange, Violation

MAX_CHARACTERS = 60_000
"""Length limit of a comment. GitHub's own is 65,536 characters; the difference is a reserve."""

MAX_PROPERTIES = 80
"""Number of properties that are shown of one resource."""

MAX_LINES_OF_TEXT = 60
"""Number of lines that are shown of one property's diff."""

MAX_LINE = 400
"""Number of characters that are shown of one line."""

SIGNS = {"create": "+", "import": "=", "update": "~", "replace": "±", "delete": "-", "drifted": "≠"}
"""The sign of each operation."""


def marker(stack: str) -> str:
    """Return the first line of a stack's comment, by which the next preview finds it. GitHub does not show it."""
    return f"<!-- pangeo-preview: {stack} -->"


def markdown(preview: Preview, *, commit: str | None = None) -> str:
    """Render the whole comment.

    Args:
        preview: the preview.
        commit: the previewed commit, or None to name none.
    """
    head = [
        marker(preview.stack),
        f"### Preview of {code(preview.stack)}{f' at {code(commit[:12])}' if commit else ''}",
        "",
        f"**{headline(preview)}**",
        "",
        *_errors(preview),
        *_policies(preview),
        *_bullet_list("Warnings", preview.warnings),
        *_bullet_list("How this preview was made", preview.notes),
    ]
    text = "\n".join(head)[:MAX_CHARACTERS]
    return text + "".join(_resources(preview.changes, space=MAX_CHARACTERS - len(text)))


def headline(preview: Preview) -> str:
    """Summarise a preview in one line: the changes, and whether it failed or was refused."""
    counts = ", ".join(f"{count} to {word}" for word, count in preview.counts.items() if word != "drifted")
    drifted = preview.counts.get("drifted", 0)
    parts = [f"{drifted} drifted from what was deployed" if drifted else "", counts]
    changes = "; ".join(part for part in parts if part) or "no changes"
    if preview.unchanged:
        changes += f", {preview.unchanged} unchanged"
    if preview.refused:
        mandatory = sum(violation.mandatory for violation in preview.violations)
        return f"Refused by {_count(mandatory, 'mandatory policy', 'mandatory policies')}: {changes}"
    return (changes if preview.succeeded else f"The preview failed: {changes}").capitalize()


def diff_lines(change: PropertyChange) -> Iterator[str]:
    """Return the lines of a diff for one property. Text of several lines is compared line by line."""
    comment = "  # replaces the resource" if change.replaces else ""
    before, after = change.before, change.after
    if before is not None and after is not None and ("\n" in before or "\n" in after):
        yield f"  {change.path}:{comment}"
        yield from _limit_lines(
            list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=1, lineterm=""))[2:]
        )
        return
    if before is not None:
        yield f"- {change.path}: {_one_line(before)}{comment}"
    if after is not None:
        yield f"+ {change.path}: {_one_line(after)}{comment}"


def property_lines(change: ResourceChange, *, limit: int) -> list[str]:
    """Return the lines of a diff for a resource, with at most ``limit`` properties.

    Properties that replace the resource come first, then changed ones, then added and removed ones.
    """
    ordered = sorted(change.properties, key=lambda each: (not each.replaces, None in (each.before, each.after)))
    lines = [line for each in ordered[:limit] for line in diff_lines(each)]
    left = len(ordered) - limit
    return [*lines, f"  … {_count(left, 'more property', 'more properties')}"] if left > 0 else lines


def _errors(preview: Preview) -> Iterator[str]:
    if preview.errors:
        yield from ("**Errors**", "", *_code_block("\n\n".join(preview.errors).splitlines(), ""), "")


def _policies(preview: Preview) -> Iterator[str]:
    packs = ", ".join(code(f"{name} {version}".strip()) for name, version in sorted(preview.policy_packs.items()))
    if not preview.violations:
        yield f"**Policies** {packs}: no violations" if packs else "**Policies**: no policy pack was run"
        yield ""
    else:
        yield from (f"**Policies** {packs}".rstrip(), "", *map(_violation, preview.violations), "")
    # Above the changes: a disabled policy has no violations.
    yield from _bullet_list("Policies that differ from their defaults or from the base", preview.policy_changes)


def _violation(violation: Violation) -> str:
    where = f" {code(violation.resource)}" if violation.resource else ""
    first, *rest = violation.message.splitlines() or [""]
    details = "".join(f"\n  {code(line)}" for line in rest if line.strip())
    level = "**mandatory**" if violation.mandatory else "advisory"
    return f"- {level} {code(violation.policy)}{where}: {code(first)}{details}"


def _bullet_list(title: str, sentences: Sequence[str]) -> Iterator[str]:
    if sentences:
        yield from (f"**{title}**", "", *(f"- {code(_one_line(sentence))}" for sentence in sentences), "")


def _resources(changes: Sequence[ResourceChange], *, space: int) -> Iterator[str]:
    # The reserve is for the sentence about omitted resources.
    space -= 200
    for number, change in enumerate(changes):
        part = "\n" + "\n".join(_resource(change, space=space))
        if len(part) > space:
            left = len(changes) - number
            yield f"\n{_count(left, 'more resource is', 'more resources are')} not shown; see the job's log.\n"
            return
        space -= len(part)
        yield part


def _resource(change: ResourceChange, *, space: int) -> Iterator[str]:
    title = f"{SIGNS[change.operation]} {change.operation} <code>{_html(change.type)} {_html(change.name)}</code>"
    lines = property_lines(change, limit=MAX_PROPERTIES)
    if not lines:
        yield from (f"- {title}", "")
        return
    yield from (f"<details><summary>{title} ({len(change.properties)})</summary>", "")
    # The title, the fences and the tags need some of the space.
    yield from _code_block(list(_fitting(lines, space=space - len(title) - 200)), "diff")
    yield from ("", "</details>", "")


def _fitting(lines: Sequence[str], *, space: int) -> Iterator[str]:
    for number, line in enumerate(lines):
        space -= len(line) + 1
        if space < 0:
            yield f"  … {_count(len(lines) - number, 'more line', 'more lines')}"
            return
        yield line


def _code_block(lines: Sequence[str], language: str) -> Iterator[str]:
    text = "\n".join(lines)
    # A fence must be longer than any run of backticks inside it.
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    yield from (f"{fence}{language}", text, fence)


def _limit_lines(lines: list[str]) -> Iterator[str]:
    yield from (line[:MAX_LINE] for line in lines[:MAX_LINES_OF_TEXT])
    if len(lines) > MAX_LINES_OF_TEXT:
        yield f"  … {len(lines) - MAX_LINES_OF_TEXT} more lines"


def _one_line(value: str) -> str:
    lines = value.splitlines()
    if len(lines) > 1:
        return f"(text of {len(lines)} lines) {lines[0]}"[:MAX_LINE]
    return value if len(value) <= MAX_LINE else f"{value[: MAX_LINE - 1]}…"


def code(text: str) -> str:
    """Return a Markdown code span; backticks in the text cannot end it."""
    line = " ".join(text.split())
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def _html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
